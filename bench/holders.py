"""Holders, their certificates laid out, and annotations in hand, made quickly for benchmarks; all fictitious."""

from __future__ import annotations

import itertools
import json
import os
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import psutil

_serial = itertools.count(1)
BORN = date(1960, 1, 1)


def make(count: int, *, folder: Path) -> list[int]:
    """Return the ids of so many certificates whose holders have an account and whose base is laid out.

    One base is laid out and kept under every certificate: what a copy costs does not depend on the name in it.
    """
    from bench.certificates import CONTENT
    from certificates.models import LAYOUT, BaseCopy, keep
    from certificates.pdf import keys, page, ready
    from certificates.queries.contents import qualification_content
    from registration.models import Qualification
    from tests import factories

    signer = keys.load_signer()
    pdf = page.render(page.QUALIFICATION, CONTENT | {"signer": signer.name})
    base, sidecar = ready.make_ready(pdf, kind=page.QUALIFICATION, certificate=CONTENT["management_number"])
    found = []
    for _ in range(count):
        number = _id_number(next(_serial))
        one = factories.worker("示例甲", number=number)
        found.append(factories.qualification("示例甲", number=number, worker=one).pk)
    copies = []
    for one in Qualification.objects.filter(pk__in=found).select_related("province", "worker__photo"):
        facts = qualification_content(one, signer=signer.name) | {"photo": ""}
        copy = BaseCopy(
            qualification=one, layout=LAYOUT, sidecar=json.loads(sidecar.to_json()),
            sealed=json.dumps(facts, ensure_ascii=False, sort_keys=True),
        )  # fmt: skip
        copy.path, copy.sha256 = keep(copy.uid, base, folder="base")
        copies.append(copy)
    BaseCopy.objects.bulk_create(copies, batch_size=500)
    return found


def queue(rows: list[int]) -> None:
    """Put an annotation in hand for each certificate, as if it had been asked for now; no message is sent."""
    from certificates.models import TERMS_VERSION, Annotation, Scenario
    from certificates.queries.clock import database_now
    from swms.dates import today, valid_through

    scenario, now = Scenario.objects.get(code="self"), database_now()
    Annotation.objects.bulk_create(
        [
            Annotation(
                number=f"JZ-110000-2026-{next(_serial):08}",
                qualification_id=pk,
                scenario=scenario,
                valid_days=90,
                applied_on=today(),
                valid_until=valid_through(today(), 90),
                terms_version=TERMS_VERSION,
                idempotency_key=uuid.uuid4(),
                submitted_at=now,
                deadline_at=now + timedelta(hours=24),
                next_attempt_at=now,
            )
            for pk in rows
        ],
        batch_size=500,
    )


def drain(*, within: float = 100) -> None:
    """Sweep until nothing is in hand any more."""
    from certificates.models import Annotation
    from certificates.tasks import sweep_annotations
    from certificates.workflows import AnnotationState

    in_hand = Annotation.objects.filter(state=AnnotationState.SUBMITTED)
    sweep_annotations.delay()
    end = time.monotonic() + within
    while in_hand.exists():
        if time.monotonic() > end:
            left = list(in_hand.values_list("pk", "attempts", "lease_until", "next_attempt_at")[:5])
            raise RuntimeError(f"{in_hand.count()} annotations were not done within {within:.0f} s: {left}")
        time.sleep(0.02)


def examine_sample(count: int = 5) -> None:
    """Judge some finished copies as verification does; raises RuntimeError for one that is not valid."""
    from certificates.models import Annotation
    from certificates.pdf import verify
    from certificates.pdf.keys import trust_roots
    from certificates.workflows import AnnotationState

    done = list(Annotation.objects.filter(state=AnnotationState.ACTIVE).values_list("pk", flat=True))
    for pk in random.Random(1).sample(done, count):
        if not verify.examine(Annotation.objects.get(pk=pk).read(), trust_roots()).is_intact:
            raise RuntimeError("the measured certificates are not valid")


def employ(rows: list[int]) -> None:
    """Let the holders of these certificates work for one institution."""
    from registration.models import Qualification
    from tests import factories

    spring = factories.institution("示例社会工作服务中心")
    for one in Qualification.objects.filter(pk__in=rows).select_related("worker"):
        factories.experience(one.worker, institution=spring)


def forget_bases(rows: list[int]) -> None:
    """Let these certificates be laid out anew when they are next asked for."""
    from certificates.models import BaseCopy

    BaseCopy.objects.filter(qualification__in=rows).delete()


def agree(rows: list[int]) -> None:
    """Let the holders agree to 服务须知."""
    from certificates.models import TERMS_VERSION, TermsAgreement
    from registration.models import Qualification

    users = Qualification.objects.filter(pk__in=rows).values_list("worker__user", flat=True)
    TermsAgreement.objects.bulk_create([TermsAgreement(user_id=user, version=TERMS_VERSION) for user in users])


def ask(pk: int) -> None:
    """Ask for an annotation as its holder does."""
    from certificates import actions
    from certificates.models import TERMS_VERSION, Scenario
    from registration.models import Qualification

    one = Qualification.objects.select_related("worker__user").get(pk=pk)
    actions.request_annotation(
        one,
        scenario=Scenario.objects.get(code="self"),
        valid_days=90,
        info_confirmed=True,
        terms_version=TERMS_VERSION,
        idempotency_key=uuid.uuid4(),
        by=one.worker.user,
    )


def waits(rows: list[int]) -> list[float]:
    """Return for each certificate the seconds from its request to its copy, as the trail has them."""
    from certificates.models import Annotation
    from swms.audit.models import AuditEvent

    asked = dict(Annotation.objects.filter(qualification__in=rows).values_list("pk", "submitted_at"))
    done = AuditEvent.objects.filter(
        verb="certificates.annotation.generate", target_id__in=[str(pk) for pk in asked]
    ).values_list("target_id", "at")
    return [(at - asked[int(pk)]).total_seconds() for pk, at in done]


class Worker:
    """A Celery worker with its processes."""

    def __init__(self, child):
        self._process = psutil.Process(child.process.pid)

    def memory(self) -> float:
        """Return the megabytes that its processes have to themselves, without the parent."""
        forked = self._process.children(recursive=True)
        return sum(each.memory_full_info().uss for each in forked) / 1e6


@contextmanager
def worker(folder: Path, *, processes: int) -> Iterator[Worker]:
    """Run a Celery worker of so many processes on the servers of this installation."""
    from django.conf import settings

    from tests.processes import Portal

    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    # The address is printed in every base: with another one all of them would be laid out again.
    portal = Portal(folder / "processes", servers, SWMS_SITE_URL=settings.SITE_URL)
    try:
        child = portal.worker("--concurrency", str(processes))
        yield Worker(child)
    except BaseException:
        print(child.output[-5000:])
        raise
    finally:
        portal.end()


def _id_number(serial: int) -> str:
    """Return another fictitious identity number for each serial, with a right check digit."""
    from swms.idnumbers import check_digit

    born = BORN + timedelta(days=serial // 900)
    digits = f"110000{born:%Y%m%d}{serial % 900 + 1:03}"
    return digits + check_digit(digits)
