"""Annotating: claim rows with a lease, stamp and sign outside any transaction, record in one short one."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F
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
from swms.workflow import Refused

log = logging.getLogger(__name__)

BATCH = 50  # ids in one message
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
    rows = _claim(ids)
    crashpoint("annotate.claimed")
    if not rows:
        return 0
    signed_at = timezone.localtime(database_now()).replace(microsecond=0)
    made = list(_make(rows, signed_at))
    crashpoint("annotate.written")
    done = _record(made, signed_at)
    crashpoint("annotate.recorded")
    return done


@transaction.atomic
def claim_due_annotations(limit: int = 1000) -> list[list[int]]:
    """Return the ids of due annotations in batches to be published, and put their next turn off a little.

    Should a message be lost, its rows are due again after two sweeps. A row that was tried before
    travels alone: should it be what kills the worker, it takes no others with it.
    """
    rows = list(
        due_annotations().select_for_update(skip_locked=True, of=("self",)).values_list("pk", "attempts")[:limit]
    )
    pause = timedelta(seconds=2 * settings.SWEEP_SECONDS)
    Annotation.objects.filter(pk__in=[pk for pk, _ in rows]).update(next_attempt_at=Now() + pause)
    fresh = [pk for pk, attempts in rows if not attempts]
    batches = [fresh[at : at + BATCH] for at in range(0, len(fresh), BATCH)]
    return batches + [[pk] for pk, attempts in rows if attempts]


@transaction.atomic
def _claim(ids: Sequence[int]) -> list[Annotation]:
    """Return the free rows among ``ids``, now leased to this worker."""
    rows = list(
        unclaimed(Annotation.objects.filter(pk__in=ids, state=AnnotationState.SUBMITTED))
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("scenario", "qualification__province", "qualification__worker__photo")
        .order_by("pk")
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
    for row in rows:
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
    done = 0
    for one in made:
        try:
            facts = {"path": one.path, "sha256": one.sha256, "signer": one.signer, "printed": one.printed}
            one.annotation.move("generate", **facts, signed_at=signed_at)
        except Refused as refused:  # revoked meanwhile, or a quicker worker: the file is an orphan
            log.info("annotation_not_recorded", extra={"annotation": one.annotation.number, "code": refused.code})
            continue
        note_breach(one.annotation)
        done += 1
    return done


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
