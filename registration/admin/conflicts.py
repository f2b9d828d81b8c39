"""Rows of imports that contradicted the roster, decided one by one (§2.16)."""

from django.contrib import admin
from django.urls import reverse
from django.utils.http import urlencode

from registration.admin.identity import find
from registration.models import Qualification, RosterConflict, RosterImport
from registration.workflows import RosterConflictState
from swms.console.history import entries
from swms.console.paging import count
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Desk, Filter
from swms.idnumbers import mask_id
from swms.regions.models import Duty
from swms.ui import cn_date


@admin.register(RosterConflict)
class RosterConflictAdmin(ReviewAdmin):
    """What is there beside what came; keep ours, take theirs, or send it back."""

    group = "证书"
    label = "导入冲突"
    duties = (Duty.CERTIFICATE,)
    key = "uid"
    columns = ("姓名", "管理号", "冲突", "文件", "行号", "状态")
    search_words = "管理号、姓名或证件号码"
    empty_title = "现在没有等您处理的冲突"
    empty_text = "导入的行与社工库不一致时会列在这里。"
    secrets = {"id_number": "来件的证件号码"}
    confirmed = ("take",)

    def records(self, user):
        shown = ("roster_import", "province", "decided_by")
        return RosterConflict.objects.visible_to(user).select_related(*shown).order_by("-id")

    def waiting(self, user):
        open_ones = RosterConflict.objects.visible_to(user).filter(state=RosterConflictState.OPEN)
        return open_ones.select_related("roster_import", "province").order_by("id")

    def filters(self, user):
        return [
            Filter("open", "待处理", self.waiting(user)),
            Filter("all", "全部", self.records(user), counted=False),
        ]

    def desks(self, user):
        waiting = count(self.waiting(user))
        return [Desk(self.label, self.list_url, waiting)] if waiting else []

    def row(self, record):
        return {
            "title": record.name,
            "cells": [
                {"text": record.mgmt_no},
                {"text": record.get_kind_display()},
                {"text": record.roster_import.file_name},
                {"text": str(record.row)},
                {"badge": record.get_state_display()},
            ],
        }

    def search(self, user, text):
        return find(self.records(user), text, name="name", numbers=("mgmt_no",), owner="", reference=None)

    def make_move(self, record, name, **given):
        record.move(name, looked_at=given.pop("seen", None), **given)

    def consequences(self, record, move, form):
        rivals = record.rivals()
        ours = next((row for row in rivals if row.mgmt_no == record.mgmt_no or record.is_same_award(row)), None)
        text = "社工库中的记录改为来件的内容。" if ours else "社工库新增这份证书。"
        others = [row for row in rivals if row != ours and row.id_index == record.id_index]
        if any(row.name != record.name for row in others):
            text += "同一证件号码的其他记录，姓名一并改为来件的姓名。"
        rows = [
            {"label": row["label"], "value": f"{row['old']}，改为{row['new']}" if differs(row) else row["new"]}
            for row in compared(ours, record)
        ]
        return {"text": text + "撤回这次导入时可以还原。", "rows": rows}

    def case(self, record, user):
        rivals = record.rivals() if record.state == RosterConflictState.OPEN else []
        incoming = _incoming(record, self._import_url(record, user), compared_above=bool(rivals))
        sections = [{"label": "来件", "entries": [incoming]}]
        if rivals:
            sections.append({"label": "社工库中的记录", "entries": [[self._rival(each)] for each in rivals]})
        return Case(
            title=f"{record.name} · 导入冲突",
            badge=record.get_state_display(),
            whose_move=f"{record.get_kind_display()} · {record.roster_import.file_name} 第{record.row}行",
            notes=_notes(record, rivals),
            changes=compared(rivals[0], record) if rivals else [],
            changes_since="原记录与来件",
            old_label=f"社工库（{rivals[0].mgmt_no}）" if rivals else "",
            new_label="来件",
            sections=[*sections, *_merge_hint(record, rivals)],
            history=entries(record),
        )

    def _rival(self, row: Qualification) -> dict:
        screen = self.admin_site.get_model_admin(Qualification)
        account = "已注册账户" if row.worker else "未注册账户"
        said = f"{row.mgmt_no}，{row.get_level_display()} {row.exam_year}年，{account}"
        return {"label": row.name, "value": said, "url": screen.record_url(row)}

    def _import_url(self, record, user) -> str:
        screen = self.admin_site.get_model_admin(RosterImport)
        return screen.record_url(record.roster_import) if screen.opens_to(user) else ""


def compared(ours: Qualification | None, theirs: RosterConflict) -> list[dict]:
    """Return a row of the roster beside the row that came, for ``ui/diff.html``; numbers are masked."""
    return [
        {"label": label, "old": _said(ours, name) if ours else "", "new": _said(theirs, name)}
        for name, label in _COMPARED.items()
    ]


_COMPARED = {
    "name": "姓名",
    "id_type": "证件类型",
    "id_number": "证件号码",
    "mgmt_no": "管理号",
    "level": "级别",
    "exam_year": "考试年度",
    "issue_date": "签发日期",
    "province": "省份",
}


def _said(record, name: str) -> str:
    match name:
        case "id_type":
            return record.get_id_type_display()
        case "id_number":
            return mask_id(record.id_number)
        case "level":
            return record.get_level_display()
        case "exam_year":
            return f"{record.exam_year}年"
        case "issue_date":
            return cn_date(record.issue_date)
        case "province":
            return record.province.name
    return getattr(record, name)


def differs(row: dict) -> bool:
    """Whether something that was there becomes something else."""
    return bool(row["old"]) and row["old"] != row["new"]


def _incoming(record: RosterConflict, import_url: str, *, compared_above: bool) -> list[dict]:
    """Return what came; what stands in the comparison already is not said twice."""
    shown = {"id_number": "证件号码"} if compared_above else _COMPARED
    rows = [{"label": label, "value": _said(record, name)} for name, label in shown.items()]
    for row in rows:
        if row["label"] == "证件号码":
            row["secret"] = "id_number"
    source = {"label": "来自", "value": f"{record.roster_import.file_name} 第{record.row}行", "url": import_url}
    decided = [{"label": "说明", "value": record.decided_reason}] if record.decided_reason else []
    return [*rows, source, *decided]


def _notes(record: RosterConflict, rivals: list[Qualification]) -> list[dict]:
    if record.state != RosterConflictState.OPEN:
        return []
    notes = []
    if not rivals:
        notes.append({"tone": "info", "text": "社工库中已没有与它矛盾的记录，采用来件即新增这份证书。"})
    elif rivals[0].id_index != record.id_index and mask_id(rivals[0].id_number) == mask_id(record.id_number):
        notes.append({"tone": "wait", "text": "两个证件号码只在隐去的几位上不同，请显示完整号码核对。"})
    return notes


def _merge_hint(record: RosterConflict, rivals: list[Qualification]) -> list[dict]:
    """Where two people stand against each other they may be one."""
    people = {row.id_index: row for row in rivals}
    if record.state != RosterConflictState.OPEN or len(people) < 2:
        return []
    keep, join, *_ = people.values()
    url = f"{reverse('admin:registration_rostermerge_add')}?{urlencode({'keep': keep.mgmt_no, 'join': join.mgmt_no})}"
    row = {"label": "如果是同一人", "value": "先合并这两条记录", "url": url}
    return [{"label": "重复人员", "entries": [[row]]}]
