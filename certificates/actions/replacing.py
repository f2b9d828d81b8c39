"""What the worker does about a replacement, and what the system closes (R-REP-01…03, rulebook §2.14)."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from certificates.models import Replacement
from certificates.queries.replacements import files_due, open_replacement
from certificates.workflows import ReplacementReason, ReplacementState, refused_now
from registration.models import Registration, Worker
from swms.audit.trail import record
from swms.dates import today
from swms.references import next_reference
from swms.uploads.examine import Examined
from swms.uploads.models import Purpose, StoredFile
from swms.uploads.storage import purge, store
from swms.workflow import Refused

log = logging.getLogger(__name__)

MAX_FILES = 5  # R-PRO-14
FILES_KEPT = timedelta(days=90)  # after a case that came to nothing, as for feedback (§2.1)


def begin(registration: Registration, *, reason: str, by) -> Replacement:
    """Open a replacement that is yet to be filled in, or give the open one that reason (R-REP-02).

    Raises ``Refused``: ``not_in_force``, ``case_open``, and ``already_open`` with ``extra["ref"]`` when one is with
    the reviewers or is for another registration.
    """
    if registration.worker.user_id != by.pk:
        raise PermissionDenied
    refused = refused_now(registration)
    if refused:
        raise refused
    try:
        with transaction.atomic():
            return _begin(registration, reason, by)
    except IntegrityError as error:  # pressed twice at the same moment
        raise _already_open(open_replacement(registration.worker)) from error


def _begin(registration: Registration, reason: str, by) -> Replacement:
    there = Replacement.objects.select_for_update(of=("self",)).filter(pk=_open_pk(registration)).first()
    if there is None:
        ref = next_reference("HF", registration.region_id, today().year)
        worker = registration.worker
        return Replacement(ref=ref, worker=worker, registration=registration, reason=reason).begin(actor=by)
    if there.state != ReplacementState.DRAFT or there.registration_id != registration.pk:
        raise _already_open(there)
    if there.reason != reason:
        there.reason = reason
        if reason != ReplacementReason.CORRECTION:
            there.new_name, there.new_id_number = "", None
        there.save()
    return there


def _open_pk(registration: Registration) -> int | None:
    there = open_replacement(registration.worker)
    return there and there.pk


def _already_open(there: Replacement | None) -> Refused:
    ref = there.ref if there else ""
    return Refused("already_open", f"已有一件没有办结的换发申请（{ref}），不能同时再申请一件", ref=ref)


@transaction.atomic
def fill_in(
    replacement: Replacement, answers: dict, *, by, files: Iterable[Examined] = (), removed: Iterable[StoredFile] = ()
) -> Replacement:
    """Keep what the worker filled in so far; raises ``Refused`` ``not_draft``, ``too_many``, and UploadRefused."""
    one = Replacement.objects.select_for_update(of=("self",)).get(pk=replacement.pk)
    if one.worker.user_id != by.pk:
        raise PermissionDenied
    if one.state != ReplacementState.DRAFT:
        raise Refused("not_draft", f"申请处于“{one.get_state_display()}”状态，不能再修改")
    for name, value in answers.items():
        setattr(one, name, value)
    one.save()
    for file in removed:
        _drop(file)
    files = list(files)
    if one.evidence.count() + len(files) > MAX_FILES:
        raise Refused("too_many", f"最多保留{MAX_FILES}个文件，请先删除不再需要的文件")
    for examined in files:
        store(examined, owner=one.worker.user, purpose=Purpose.EVIDENCE, holder=one)
    changed = sorted(answers) + (["evidence"] if files or removed else [])
    record("certificates.replacement.edit", one, actor=by, changes={"fields": changed})
    return one


def _drop(file: StoredFile) -> None:
    file.holder = None
    file.save(update_fields=["holder_type", "holder_id"])
    purge(file)


def submit(replacement: Replacement, *, by) -> Replacement:
    """Send it in; raises ``Refused``: ``not_in_force``, ``case_open``, ``incomplete``, ``wrong_state``."""
    return replacement.move("submit", actor=by)


def withdraw(replacement: Replacement, *, by) -> Replacement:
    """Give up or take back while nobody has decided."""
    return replacement.move("withdraw", actor=by)


def close(pk: int) -> bool:
    """End an undecided replacement whose registration is gone; ``False`` when there is nothing to do any more."""
    try:
        Replacement.objects.get(pk=pk).move("close")
    except Refused as refused:  # decided or withdrawn at this very moment
        log.info("nothing_to_do", extra={"move": "close", "code": refused.code})
        return False
    return True


def purge_files() -> int:
    """Remove the proofs of replacements that were refused or withdrawn 90 days ago; return how many cases."""
    cases = list(files_due(timezone.now() - FILES_KEPT))
    for case in cases:
        with transaction.atomic():
            for file in case.evidence.filter(purged_at=None):
                purge(file)
    return len(cases)


def move_replacements(worker: Worker, into: Worker) -> None:
    """Two records turned out to be one person: what was replaced before goes along with its registration."""
    worker.replacements.update(worker=into)
