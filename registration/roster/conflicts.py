"""Rows that contradicted the roster: kept when they are found, applied when somebody takes theirs (§2.16)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from registration import actions
from registration.models import Qualification, RosterChange, RosterConflict, RosterImport, Worker
from registration.roster.checks import Entry
from registration.workflows import IN_REVIEW_STATES, ApplicationState, RosterConflictState
from swms.audit.trail import record
from swms.crypto import index_candidates
from swms.regions.models import Duty, holds_duty
from swms.workflow import Refused

MOST = 5000
"""How many conflicts of one import are kept to be decided; a file with more of them is the wrong file."""


def keep(run: RosterImport, rows: Sequence[tuple[Entry, str]]) -> None:
    """Keep rows of an import that were not applied; what is open already is not asked again."""
    left = MOST - run.conflicts.count()
    for entry, kind in rows[: max(0, left)]:
        conflict = RosterConflict(
            roster_import=run,
            row=entry.row,
            kind=kind,
            **{name: getattr(entry, name) for name in _SAID},
            province_id=entry.province,
        )
        open_already = RosterConflict.objects.filter(
            state=RosterConflictState.OPEN,
            id_index__in=index_candidates("identity", entry.id_number),
            province_id=entry.province,
            **{name: getattr(entry, name) for name in _SAID if name != "id_number"},
        )
        if not open_already.exists():
            conflict.begin()


_SAID = ("name", "id_type", "id_number", "mgmt_no", "level", "exam_year", "issue_date")


def take(conflict: RosterConflict, *, by) -> None:
    """Apply a row that contradicted the roster, as the effect of the move and in its transaction.

    The row of the same 管理号, or else this person's of the same level and year, becomes what the file says; a new
    certificate is added; all rows of the person get the name. Raises ``Refused`` and writes nothing:
    ``merged_away``, ``has_account`` where somebody who has an account would be called otherwise, ``in_use`` where a
    certificate is registered or applied with, ``case_open``, ``two_rows``, ``other_province``.
    """
    rivals = conflict.rivals()
    locked = Qualification.objects.select_for_update(of=("self",)).filter(pk__in=[row.pk for row in rivals])
    rivals = {row.pk: row for row in locked.select_related("province", "worker").order_by("pk")}
    target = _target(conflict, list(rivals.values()))
    person = [row for row in rivals.values() if row.id_index == conflict.id_index and row != target]
    renamed = [row for row in person if row.name != conflict.name]
    if target is None and conflict.kind == RosterConflict.Kind.MERGED:
        raise Refused("merged_away", "该证件号码已并入另一人，请与来源单位核对后，用现在的证件号码重新导入")
    for row in filter(None, (target, *renamed)):
        if not holds_duty(by, Duty.CERTIFICATE, row.province):
            raise Refused("other_province", f"涉及{row.province.name}的记录，请由该省或全国的证书管理人员处理")
        if row.worker and (row.name, row.id_index) != (conflict.name, conflict.id_index):
            raise Refused("has_account", "此人已有账户，姓名或证件号码须由本人申请更正；如果是重复的人员，请办理合并")
    if target:
        _refuse_in_use(target, conflict)
    try:
        with transaction.atomic():
            _apply(conflict, target, renamed, by)
    except IntegrityError as error:
        raise Refused("two_rows", "来件同时与两条记录相同，请先核对这两条记录") from error
    for worker in Worker.objects.filter(user__id_index__in=index_candidates("identity", conflict.id_number)):
        actions.attach_qualifications(worker)


def close_open(run: RosterImport) -> None:
    """Close what still waits of an import that was undone: its rows are nobody's business any more."""
    for conflict in run.conflicts.filter(state=RosterConflictState.OPEN):
        conflict.move("close")


def _target(conflict: RosterConflict, rows: list[Qualification]) -> Qualification | None:
    numbered = next((row for row in rows if row.mgmt_no == conflict.mgmt_no), None)
    award = next((row for row in rows if conflict.is_same_award(row)), None)
    if numbered and award and numbered != award:
        raise Refused("two_rows", "来件同时与两条记录相同：管理号与一条相同，人员、级别和年度与另一条相同，请先核对")
    return numbered or award


def _refuse_in_use(target: Qualification, conflict: RosterConflict) -> None:
    """A certificate that is registered, applied with or annotated keeps its number, level and year."""
    award = (target.mgmt_no, target.level, target.exam_year)
    applied = target.applications.exclude(state=ApplicationState.NOT_APPLIED)
    if target.worker_id and award != (conflict.mgmt_no, conflict.level, conflict.exam_year):
        raise Refused("in_use", "原记录已由本人的账户使用，管理号、级别和年度不能由导入更改")
    if applied.filter(state__in=IN_REVIEW_STATES).exists():
        raise Refused("case_open", "此人有一件登记申请正在审核，办结后才能更改证书信息")


def _apply(conflict: RosterConflict, target: Qualification | None, renamed: list[Qualification], by) -> None:
    if target is None:
        new = Qualification(
            **{name: getattr(conflict, name) for name in RosterConflict.FIELDS}, roster_import=conflict.roster_import
        )
        new.begin(actor=by)
        Qualification.objects.filter(pk=new.pk).update(updated_at=new.created_at)  # untouched since it came
    else:
        _change(target, {name: getattr(conflict, name) for name in RosterConflict.FIELDS}, conflict, by)
    for row in renamed:
        _change(row, {"name": conflict.name}, conflict, by)


def _change(row: Qualification, values: dict, conflict: RosterConflict, by) -> None:
    """Change a row and keep what it was, so that undoing the import undoes this too."""
    changed = [name for name in values if getattr(row, name) != values[name]]
    if not changed:
        return
    before = {name: _plain(getattr(row, name)) for name in RosterConflict.FIELDS if name != "id_number"}
    was, number = row.updated_at, row.id_number
    for name in changed:
        setattr(row, name, values[name])
    row.save()
    RosterChange.objects.create(
        roster_import=conflict.roster_import,
        qualification=row,
        conflict=conflict,
        before=before,
        id_number=number,
        was_updated_at=was,
        changed_at=row.updated_at,
    )
    fields = [str(Qualification._meta.get_field(name).verbose_name) for name in changed]
    record("registration.qualification.take", row, actor=by, changes={"fields": fields, "conflict": str(conflict.uid)})


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value
