"""Holders and their annotations, made the way the portal makes them. Everybody in here is fictitious."""

import json
import uuid

from django.utils import timezone

from certificates import actions
from certificates.models import (
    PROOFS,
    TERMS_VERSION,
    Annotation,
    Certificate,
    Replacement,
    Scenario,
    new_token,
)
from certificates.queries.contents import registration_content
from registration.models import Qualification, Registration
from swms.dates import add_years, today
from swms.references import next_registration_number
from tests import factories


def holder(name: str = "王芳", **roster) -> Qualification:
    """Return a certificate whose holder has an account."""
    number = factories.id_number()
    one = factories.worker(name, number=number)
    return factories.qualification(name, number=number, worker=one, **roster)


def agreed_holder(name: str = "王芳", **roster) -> Qualification:
    """Return a certificate whose holder has agreed to 服务须知."""
    qualification = holder(name, **roster)
    actions.agree_to_terms(qualification.worker.user, TERMS_VERSION)
    return qualification


def ask(qualification: Qualification, **changes) -> Annotation:
    """Apply for an annotation as the holder, 90 days unless said otherwise."""
    asked = {
        "scenario": Scenario.objects.get(code="self"),
        "valid_days": 90,
        "info_confirmed": True,
        "terms_version": TERMS_VERSION,
        "idempotency_key": uuid.uuid4(),
        "by": qualification.worker.user,
    }
    return actions.request_annotation(qualification, **asked | changes)


def registered(name: str = "王芳", **facts) -> Registration:
    """Return a registration in force without the case that led to it: for what does not look at the case."""
    qualification = holder(name)
    worker = qualification.worker
    factories.fill_in(worker)
    day = today()
    return Registration(
        number=next_registration_number("110105", qualification.level, day.year),
        worker=worker,
        qualification=qualification,
        region=factories.region("110105"),
        **{
            "anchor": day,
            "first_registered_on": day,
            "valid_from": day,
            "valid_until": add_years(day, 3),
        }
        | facts,
    ).begin()


def new_version(registration: Registration, **order) -> Certificate:
    """Return the registration's next version as if it had been drawn and signed; the one before is 已换发."""
    last = registration.certificates.order_by("-version").first()
    token, number = new_token(), last.version + 1 if last else 1
    content = registration_content(registration, token=token, version=number) | {"photo": ""}
    one = Certificate(
        registration=registration,
        version=number,
        verify_token=token,
        sealed=json.dumps(content, ensure_ascii=False),
        **order,
    ).begin()
    if last:
        last.move("supersede")
    return one.move("issue", path="-", sha256="0" * 64, signer="-", signed_at=timezone.now())


def replacement(registration: Registration, reason: str = "lost", *, submit: bool = True, **answers) -> Replacement:
    """Return a replacement that the worker filled in, 待审核 unless it is not to be submitted."""
    by = registration.worker.user
    one = actions.replacing.begin(registration, reason=reason, by=by)
    answers = answers or ({"new_name": "王方"} if reason == "correction" else {"note": "搬家时遗失"})
    one = actions.replacing.fill_in(one, answers, by=by)
    if reason in PROOFS and not one.evidence.exists():
        factories.evidence(one, by)
    return actions.replacing.submit(one, by=by) if submit else one
