"""Batch decisions: each case in a transaction of its own, and a sheet that says what came of each."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from swms.audit import trail
from swms.casework.models import BatchDecision, BatchRow
from swms.workflow import Refused

MOST = 200  # rulebook §2.3
WITHIN = 20  # seconds that one request spends; the rest waits on the sheet (decision 0026)
FORBIDDEN = "您不能对这件申请执行此操作"
FAILED = "系统出错，这件申请没有办理，请稍后逐件办理"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """A case that was chosen: its public number, the version of its form that was looked at, and the move."""

    ref: str
    seen: int
    move: str
    move_label: str


def open_batch(uid: UUID, kind: str, chosen: list[Choice], *, by, attestation: str) -> BatchDecision:
    """Write down what is to be decided, once; who sends the same confirmation again gets the same batch.

    Raises ``Refused``: ``none``, ``too_many``, ``taken`` (the confirmation is somebody else's).
    """
    if not chosen:
        raise Refused("none", "请至少选择一件申请")
    if len(chosen) > MOST:
        raise Refused("too_many", f"一次最多办理{MOST}件，您选了{len(chosen)}件，请分几次办理")
    known = BatchDecision.objects.filter(uid=uid)
    try:
        with transaction.atomic():
            if not known.exists():
                batch = BatchDecision.objects.create(uid=uid, kind=kind, by=by, attestation=attestation)
                BatchRow.objects.bulk_create(
                    BatchRow(
                        batch=batch,
                        place=place,
                        ref=each.ref,
                        seen=each.seen,
                        move=each.move,
                        move_label=each.move_label,
                    )
                    for place, each in enumerate(chosen, start=1)
                )
                refs = [each.ref for each in chosen]
                trail.record("console.batch", batch, actor=by, reason=attestation, changes={"rows": refs})
                return batch
    except IntegrityError:
        log.info("batch_sent_twice")  # at the same moment: the other one wrote it
    batch = known.filter(by=by, kind=kind).first()
    if batch is None:
        raise Refused("taken", "这次确认已经失效，请重新选择")
    return batch


def carry_out(batch: BatchDecision, decide: Callable[[BatchRow], None]) -> None:
    """Decide every row that still waits; whatever happens to one, the others are decided.

    ``decide`` makes the move or raises ``Refused`` or ``PermissionDenied``. Outcome and move are one transaction, so
    a process that dies leaves rows that wait, and carrying out the batch once more decides those alone. A row that
    another request holds is left to it. After ``WITHIN`` seconds the rest waits for the next time.
    """
    until = time.monotonic() + WITHIN
    for pk in batch.rows.filter(outcome=BatchRow.Outcome.WAITING).order_by("place").values_list("pk", flat=True):
        if time.monotonic() > until:
            break
        try:
            _decide(pk, decide)
        except DatabaseError:
            log.exception("batch_row_failed")  # it waits, and the sheet offers to go on
    with transaction.atomic():
        # Two requests that end together: the second finds nothing to finish.
        ended = BatchDecision.objects.select_for_update().filter(pk=batch.pk, finished_at=None)
        batch = ended.exclude(rows__outcome=BatchRow.Outcome.WAITING).first()
        if batch is not None:
            batch.finished_at = timezone.now()
            batch.save(update_fields=["finished_at"])
            trail.record("console.batch_finished", batch, actor=batch.by, changes=counted(batch))


def counted(batch: BatchDecision) -> dict[str, int]:
    """Return how many rows have each outcome."""
    outcomes = list(batch.rows.values_list("outcome", flat=True))
    return {outcome: outcomes.count(outcome) for outcome in BatchRow.Outcome.values}


@transaction.atomic
def _decide(pk: int, decide: Callable[[BatchRow], None]) -> None:
    waiting = BatchRow.objects.select_for_update(skip_locked=True).filter(outcome=BatchRow.Outcome.WAITING)
    row = waiting.filter(pk=pk).first()
    if row is None:
        return
    row.outcome, row.at = BatchRow.Outcome.DONE, timezone.now()
    try:
        with transaction.atomic():
            decide(row)
    except Refused as refused:
        row.outcome, row.code, row.words = BatchRow.Outcome.REFUSED, refused.code, refused.message[:500]
    except PermissionDenied:
        row.outcome, row.code, row.words = BatchRow.Outcome.REFUSED, "forbidden", FORBIDDEN
    except DatabaseError:
        raise
    except Exception:
        # One case that breaks must not keep the others from being decided; what broke is in the log.
        log.exception("batch_row_failed")
        row.outcome, row.code, row.words = BatchRow.Outcome.REFUSED, "failed", FAILED
    row.save(update_fields=["outcome", "code", "words", "at"])
