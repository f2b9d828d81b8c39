"""Annotating: claim rows with a lease, stamp and sign outside any transaction, record in one short one."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from certificates.actions.bases import base_for
from certificates.actions.upkeep import note_breach
from certificates.models import Annotation, keep
from certificates.pdf import increment, keys, page, timestamps
from certificates.pdf.stamp import Stamp
from certificates.queries.annotations import due_annotations, unclaimed
from certificates.queries.clock import database_now
from certificates.queries.statements import copy_address
from certificates.workflows import AnnotationState
from swms.crashpoints import crashpoint
from swms.notices.send import together

log = logging.getLogger(__name__)

BATCH = 50  # rows that are claimed together
DRAIN_SECONDS = 10
MAKE_SECONDS = 30  # far from the task's time limit, also where a whole batch has to be laid out first
DRAINS = 7302  # the advisory locks of drains
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True)
class Made:
    """A signed copy that is on disk and not yet recorded."""

    annotation: Annotation
    path: str
    sha256: str
    signer: str
    printed: str


def annotate(ids: Sequence[int]) -> int:
    """Stamp and sign those of the annotations that are in hand and free; return how many became 有效.

    Safe to run twice, late, or never: what another worker holds or has done is passed over.
    """
    in_hand = Annotation.objects.filter(pk__in=ids, state=AnnotationState.SUBMITTED)
    return _work_off(unclaimed(in_hand).order_by("pk"))[1]


def drain(seconds: float = DRAIN_SECONDS) -> bool:
    """Stamp and sign what is due and was never tried, a batch at a time and in turn; return whether any is left.

    Several may run at once, they pass over what another holds. It stops after ``seconds``, so that other jobs
    of the same worker get their turn. At most ``ANNOTATION_DRAINS`` run at a time: one more does nothing.
    """
    with _one_of(settings.ANNOTATION_DRAINS) as free:
        if not free:
            return False
        end = time.monotonic() + seconds
        while _work_off(due_annotations().filter(attempts=0), limit=BATCH)[0]:
            if time.monotonic() > end:
                return True
    return False


@transaction.atomic
def claim_retries(limit: int = 1000) -> list[int]:
    """Return the ids of those that were tried before and are due again, and put their next turn off a little.

    Each is to travel alone: should it be what kills the worker, it takes no others with it. Should its message be
    lost, it is due again after two sweeps.
    """
    tried = due_annotations().filter(attempts__gt=0)
    ids = list(tried.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:limit])
    pause = timedelta(seconds=2 * settings.SWEEP_SECONDS)
    Annotation.objects.filter(pk__in=ids).update(next_attempt_at=Now() + pause)
    return ids


def drains_needed() -> int:
    """Return how many drains would have something to do: one for each batch that waits."""
    most = settings.ANNOTATION_DRAINS
    waiting = due_annotations().filter(attempts=0)[: most * BATCH].count()
    return -(-waiting // BATCH)


@contextmanager
def _one_of(places: int) -> Iterator[bool]:
    """Hold one of so many places while the block runs, or tell that none is free; a crash gives it back."""
    with connection.cursor() as cursor:
        for place in range(places):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [DRAINS, place])
            if cursor.fetchone()[0]:
                break
        else:
            yield False
            return
        try:
            yield True
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [DRAINS, place])


def _work_off(free: QuerySet[Annotation], limit: int | None = None) -> tuple[int, int]:
    """Claim rows of ``free``, make and record their copies; return how many were claimed and how many became 有效."""
    rows = _claim(free, limit)
    crashpoint("annotate.claimed")
    if not rows:
        return 0, 0
    signed_at = timezone.localtime(database_now()).replace(microsecond=0)
    made = list(_make(rows, signed_at))
    crashpoint("annotate.written")
    done = _record(made, signed_at)
    crashpoint("annotate.recorded")
    return len(rows), done


@transaction.atomic
def _claim(free: QuerySet[Annotation], limit: int | None = None) -> list[Annotation]:
    """Return the rows of ``free`` that nobody else is claiming just now, leased to this worker."""
    rows = list(
        free.select_for_update(skip_locked=True, of=("self",)).select_related(
            "scenario", "qualification__province", "qualification__worker__photo", "qualification__base_copy"
        )[:limit]
    )
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    Annotation.objects.filter(pk__in=[row.pk for row in rows]).update(
        lease_until=Now() + lease, attempts=F("attempts") + 1
    )
    for row in rows:
        row.attempts += 1
    return rows


def _make(rows: list[Annotation], signed_at: datetime) -> Iterator[Made]:
    """Yield the signed copies; a row that fails is put off or given up, and does not hold up the others."""
    signer, timestamper = keys.load_signer(), timestamps.stamper()
    fingerprint = signer.certificate.fingerprint(hashes.SHA256()).hex()
    end = time.monotonic() + MAKE_SECONDS
    for place, row in enumerate(rows):
        if place and time.monotonic() > end:
            _release(rows[place:])
            return
        if not row.qualification.is_valid:  # revocation closes the row itself
            continue
        try:
            printed = json.dumps(row.names, ensure_ascii=False)
            base, sidecar = base_for(row.qualification, row.scenario.label, signer=signer.name)
            crashpoint("annotate.based")
            stamp = Stamp(
                purpose=row.scenario.label,
                valid_until=row.valid_until,
                number=row.number,
                token=row.verify_token,
                verify_url=copy_address(row, signed_at),
            )
            data = increment.annotate(
                base, sidecar, stamp=stamp, signer=signer, signed_at=signed_at, timestamper=timestamper
            )
            crashpoint("annotate.signed")
            path, sha256 = keep(row.uid, data, folder="annotation")
        except (DatabaseError, InterfaceError):
            raise  # not the row's fault; its lease runs out and the sweep finds it
        except Exception as error:  # one bad row among fifty must not stop the rest
            _put_off(row, error)
            continue
        yield Made(row, path, sha256, fingerprint, printed)


@transaction.atomic
def _record(made: list[Made], signed_at: datetime) -> int:
    """Make the copies 有效, all in one transaction; return how many."""
    files = {one.annotation.pk: one for one in made}

    def facts(annotation: Annotation) -> dict:
        one = files[annotation.pk]
        said = {"path": one.path, "sha256": one.sha256, "signer": one.signer, "printed": one.printed}
        return said | {"signed_at": signed_at}

    rows = Annotation.objects.filter(pk__in=files).select_related("scenario", "qualification__worker__user")
    with together():
        refused = Annotation.workflow.apply_all(rows, "generate", said=facts)  # and into 签发日志
        crashpoint("annotate.logged")
    for annotation, why in refused:  # revoked meanwhile, or a quicker worker: the file is an orphan
        log.info("annotation_not_recorded", extra={"annotation": annotation.number, "code": why.code})
    done = set(files) - {annotation.pk for annotation, _ in refused}
    for one in made:
        if one.annotation.pk in done and signed_at > one.annotation.deadline_at:
            one.annotation.annotated_at = signed_at
            note_breach(one.annotation)
    return len(done)


def _release(rows: list[Annotation]) -> None:
    """Give back what was claimed and never begun."""
    free = Annotation.objects.filter(pk__in=[row.pk for row in rows], state=AnnotationState.SUBMITTED)
    free.update(lease_until=None, attempts=F("attempts") - 1)


def _put_off(row: Annotation, error: Exception) -> None:
    """Free the row for a later attempt; give it up when it can never succeed or its deadline has passed (§2.13)."""
    permanent = isinstance(error, page.ContentError)
    log.warning(
        "annotation_failed",
        extra={"annotation": row.number, "attempts": row.attempts, "error": type(error).__name__},
    )
    if permanent or row.deadline_at <= database_now():
        with transaction.atomic():
            row.move("fail")
            note_breach(row)
        return
    wait = min(FIRST_WAIT * 2 ** (row.attempts - 1), LONGEST_WAIT, settings.ANNOTATION_DEADLINE / 8)
    Annotation.objects.filter(pk=row.pk, state=AnnotationState.SUBMITTED).update(
        lease_until=None, next_attempt_at=Now() + wait
    )
