"""The steps of an import in the console: an upload is tried, then confirmed, and may be undone."""

from __future__ import annotations

from typing import BinaryIO

import rules
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.dispatch import Signal

from registration.models import RosterImport
from registration.roster import staging
from registration.roster.files import FileRefused
from registration.roster.importing import begin
from swms.audit.trail import record
from swms.workflow import Refused

#: Sent inside the transaction with ``instance``, an import that a worker is to carry out.
staged = Signal()


def stage(file: BinaryIO, *, name: str, by) -> RosterImport:
    """Keep an uploaded file and set its dry run on its way. Raises PermissionDenied, FileRefused."""
    if not rules.has_perm("registration.import_roster", by):
        raise PermissionDenied
    with transaction.atomic():
        import_ = begin(file, name=name, by=by, dry_run=True)
        try:
            staging.keep_upload(import_, file)
        except OSError as error:
            raise FileRefused("unavailable", "系统暂时无法保存文件，请稍后再试") from error
        record("registration.roster.stage", import_, actor=by, changes={"sha256": import_.sha256})
        staged.send(RosterImport, instance=import_)
    return import_


@transaction.atomic
def confirm(dry: RosterImport, *, by) -> RosterImport:
    """Start the real run over the file of a dry run, and return it.

    Raises PermissionDenied, ``Refused``: ``not_finished``, ``nothing_to_import``, ``already_confirmed``
    (extra ``pk``), ``file_gone``.
    """
    if not rules.has_perm("registration.import_roster", by):
        raise PermissionDenied
    dry = RosterImport.objects.select_for_update(of=("self",)).get(pk=dry.pk)
    if not dry.dry_run or dry.outcome != RosterImport.Outcome.FINISHED:
        raise Refused("not_finished", "试运行还没有完成，不能导入")
    if not dry.rows_created + dry.rows_updated + dry.rows_conflicting:
        raise Refused("nothing_to_import", "文件中没有可以新增、更新或待处理的行")
    since = RosterImport.objects.filter(sha256=dry.sha256, dry_run=False, started_at__gt=dry.finished_at)
    later = since.exclude(outcome=RosterImport.Outcome.UNDONE).first()
    if later:
        raise Refused("already_confirmed", "这个文件已经开始导入，不用重复提交", pk=later.pk)
    if not staging.is_staged(dry):
        raise Refused("file_gone", "上传的文件已清除，请重新上传")
    import_ = RosterImport.objects.create(
        file_name=dry.file_name, sha256=dry.sha256, by=by, dry_run=False, rows_total=dry.rows_total
    )
    record("registration.roster.confirm", import_, actor=by, changes={"sha256": import_.sha256})
    staged.send(RosterImport, instance=import_)
    return import_


@transaction.atomic
def ask_to_undo(import_: RosterImport, *, by, reason: str) -> RosterImport:
    """Ask for an import to be undone, and return it; a worker carries it out.

    Raises PermissionDenied, ``Refused``: ``not_an_import``, ``not_finished``, ``already_undone``, ``nothing_to_undo``.
    """
    if not rules.has_perm("registration.import_roster", by):
        raise PermissionDenied
    import_ = RosterImport.objects.select_for_update(of=("self",)).get(pk=import_.pk)
    if import_.dry_run:
        raise Refused("not_an_import", "试运行没有改动社工库，无需撤回")
    if import_.outcome in (RosterImport.Outcome.UNDOING, RosterImport.Outcome.UNDONE):
        raise Refused("already_undone", f"这次导入{import_.get_outcome_display()}，不能重复撤回")
    if import_.outcome == RosterImport.Outcome.RUNNING:
        raise Refused("not_finished", "导入还没有结束，请稍后再撤回")
    if not import_.may_be_undone:
        raise Refused("nothing_to_undo", "这次导入没有改动社工库，无需撤回")
    import_.outcome, import_.undone_by, import_.undo_reason = RosterImport.Outcome.UNDOING, by, reason
    import_.save(update_fields=["outcome", "undone_by", "undo_reason"])
    record("registration.rosterimport.undo", import_, actor=by, reason=reason, changes={"sha256": import_.sha256})
    staged.send(RosterImport, instance=import_)
    return import_
