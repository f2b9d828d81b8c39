"""Holders and their annotations, made the way the portal makes them. Everybody in here is fictitious."""

import uuid

from certificates import actions
from certificates.models import TERMS_VERSION, Annotation, Scenario
from registration.models import Qualification
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
