"""Reading every issued file again, a few at a time, for ever: there, unchanged, validly signed, and what its row says.

Where it stands is a row; two workers never walk the same stretch, and one that dies walks it again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from certificates.models import Annotation, Certificate, FileCheck, FileDamaged, FileFault
from certificates.queries import issued_log
from certificates.queries.examining import examined
from certificates.workflows import AnnotationState
from swms.crashpoints import crashpoint
from swms.crypto import CannotOpen
from swms.dates import today

log = logging.getLogger(__name__)

#: The subject of a fault of the log as a whole.
LOG = "log"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a document."""

    code: str
    text: str


MISSING = Fault("missing", "文件不在了")
CHANGED = Fault("changed", "文件与登记的指纹不符")
SIGNATURE = Fault("signature", "签名无效")
CONTENT = Fault("content", "文件的内容与登记的记录不符")
UNLOGGED = Fault("unlogged", "不在签发日志中，或与日志中的指纹不符")


def recheck(batch: int | None = None) -> int:
    """Read the next files of each kind again; return how many. Faults are kept once, and cleared when mended."""
    batch = batch or settings.RECHECK_BATCH
    return sum(_walk(name, batch) for name in _KINDS)


@transaction.atomic
def _walk(name: str, batch: int) -> int:
    model, judge = _KINDS[name]
    FileCheck.objects.get_or_create(name=name)
    at = FileCheck.objects.select_for_update(skip_locked=True).filter(name=name).first()
    if at is None:  # another worker is at it
        return 0
    rows = list(model.objects.exclude(sha256="").filter(pk__gt=at.last).order_by("pk")[:batch])
    for row in rows:
        note(f"{name}:{row.pk}", str(row), judge(row))
        crashpoint("recheck.noted")
    now = timezone.now()
    at.last, at.read, at.at = rows[-1].pk if rows else at.last, at.read + len(rows), now
    if len(rows) < batch:
        at.last, at.rounds, at.round_ended_at = 0, at.rounds + 1, now
    at.save()
    return len(rows)


def note(subject: str, number: str, fault: Fault | None) -> None:
    """Keep a fault, or clear the one that was kept; the same fault twice is one."""
    kept = FileFault.objects.filter(subject=subject, cleared_at=None).first()
    if kept and (fault is None or kept.code != fault.code):
        kept.cleared_at = timezone.now()
        kept.save(update_fields=["cleared_at"])
        kept = None
    if fault and not kept:
        log.critical("issued_file_at_fault", extra={"number": number, "code": fault.code})
        FileFault.objects.create(
            subject=subject, number=number, code=fault.code, text=fault.text[:200], found_at=timezone.now()
        )


def recheck_log() -> str:
    """Judge the whole log and keep the first fault; return it, or nothing."""
    found = next(issued_log.faults(), "")
    note(LOG, "签发日志", Fault("log", found) if found else None)
    return found


def _judge_certificate(document: Certificate) -> Fault | None:
    return _judge(document, number=document.registration.number, annotation="")


def _judge_copy(document: Annotation) -> Fault | None:
    if document.state != AnnotationState.ACTIVE or document.valid_until < today():
        return None if _is_logged(document) else UNLOGGED  # its file may be deleted already (R-ANN-13)
    return _judge(document, number=document.qualification.mgmt_no, annotation=document.number)


def _judge(document: Certificate | Annotation, *, number: str, annotation: str) -> Fault | None:
    if not document.path or not document.file.exists():
        return MISSING
    try:
        found = examined(document.read())
    except FileDamaged:
        return CHANGED
    if not found.is_intact:
        return SIGNATURE
    try:
        printed = document.names if annotation else document.content
    except (CannotOpen, ValueError):
        return CONTENT
    said = (found.certificate, found.annotation, found.token, found.certificate_sha256)
    if said != (number, annotation, document.verify_token, document.signer) or not printed:
        return CONTENT
    if not annotation and printed["registration_number"] != number:
        return CONTENT
    return None if _is_logged(document) else UNLOGGED


def _is_logged(document: Certificate | Annotation) -> bool:
    entry = issued_log.issued_entry(document)
    return entry is not None and entry.sha256 == document.sha256


_KINDS: dict[str, tuple[type, Callable]] = {
    "certificate": (Certificate, _judge_certificate),
    "copy": (Annotation, _judge_copy),
}
