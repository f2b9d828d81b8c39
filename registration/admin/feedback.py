"""The queue of feedback to the roster (反馈, R-ACC-05…07)."""

from django.contrib import admin

from registration.admin.escalations import raised, raised_part
from registration.admin.identity import find
from registration.admin.mended import mended_since
from registration.models import Feedback, Qualification
from registration.queries import AutomaticCheck
from registration.queries.feedback import earlier, mended
from registration.queries.reminding import REMIND_WITH_LEFT_ON_FEEDBACK
from registration.workflows import FeedbackState
from swms.console.evidence import shown
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, desks_by_clock
from swms.idnumbers import mask_id, mask_mobile
from swms.notices.ledger import texted
from swms.regions.models import Duty
from swms.regions.queries import full_name
from swms.ui import cn_date

EARLIER_SHOWN = 10


@admin.register(Feedback)
class FeedbackAdmin(ReviewAdmin):
    """Requests to be added to the roster; approving one enters the person."""

    label = "社工库反馈"
    duties = (Duty.FIRST_REVIEW,)
    columns = ("姓名", "回执编号", "证书", "受理区域", "状态", "办结期限")
    near = REMIND_WITH_LEFT_ON_FEEDBACK
    search_words = "回执编号、管理号、姓名或证件号码"
    empty_title = "现在没有等您处理的反馈"
    secrets = {"id_number": "证件号码", "mobile": "手机号"}

    def records(self, user):
        return Feedback.objects.visible_to(user).select_related("region", "certificate_image").order_by("-id")

    def waiting(self, user):
        pending = Feedback.objects.visible_to(user).filter(state=FeedbackState.PENDING)
        return pending.select_related("region").order_by("due_on", "id")

    def filters(self, user):
        everything = self.records(user)
        return [
            Filter("mine", "等我处理", self.waiting(user)),
            raised_part(Feedback, everything),
            Filter("more", "等待补正", everything.filter(state=FeedbackState.NEED_MORE)),
            Filter("all", "全部", everything, counted=False),
        ]

    def desks(self, user):
        return desks_by_clock(self.label, self.list_url, self.waiting(user), near=self.near)

    def row(self, record):
        return {
            "title": record.name,
            "changed": record.round > 1 and record.state == FeedbackState.PENDING,
            "cells": [
                {"text": record.ref},
                {"text": f"{record.get_level_display()} {record.exam_year}年"},
                {"text": full_name(record.region)},
                {"badge": record.get_state_display()},
                self.clock(record),
            ],
        }

    def search(self, user, text):
        return find(self.records(user), text, name="name", numbers=("mgmt_no",), owner="")

    def changes_between(self, record, seen):
        return mended_since(record, seen, _rows(record))

    def case(self, record, user):
        image = record.certificate_image
        return Case(
            title=f"{record.name} · 社工库反馈",
            badge=record.get_state_display(),
            whose_move=f"{record.ref} · {full_name(record.region)}",
            due=record.due_on,
            notes=[*raised(record), *_notes(record)],
            checks=_against_roster(record),
            sections=[{"label": "反馈内容", "entries": [_rows(record)]}, *self._earlier(record, user)],
            files=[shown("证书图片", image)] if image and not image.purged_at else [],
            history=entries(record),
            sent=texted(record),
        )

    def _earlier(self, record, user) -> list[dict]:
        """Return the section of what the same person gave before (R-ACC-07)."""
        rows = [
            {
                "label": each.ref,
                "value": f"{cn_date(each.created_at)}提交，{each.get_state_display()}",
                "url": self.record_url(each),
            }
            for each in earlier(record, user)[:EARLIER_SHOWN]
        ]
        return [{"label": "同一证件号码的其他反馈", "entries": [rows]}] if rows else []


def _notes(record: Feedback) -> list[dict]:
    """Return what a reviewer should know first: what was said before, and what was mended since."""
    if not record.decided_reason:
        return []
    notes = [{"tone": "wait", "title": f"上次审核意见（{cn_date(record.decided_at)}）", "text": record.decided_reason}]
    if record.state == FeedbackState.PENDING:
        notes.append({"tone": "info", "title": "补正时修改了", "text": "、".join(mended(record)) or "没有修改"})
    return notes


def _rows(record: Feedback) -> list[dict]:
    return [
        {"label": "姓名", "value": record.name},
        {"label": "证件类型", "value": record.get_id_type_display()},
        {"label": "证件号码", "value": mask_id(record.id_number), "secret": "id_number"},
        {"label": "手机号", "value": mask_mobile(record.mobile), "secret": "mobile"},
        {"label": "证书级别", "value": record.get_level_display()},
        {"label": "考试年度", "value": f"{record.exam_year}年"},
        {"label": "管理号", "value": record.mgmt_no},
        {"label": "签发日期", "value": cn_date(record.issue_date)},
        {"label": "说明", "value": record.note or "无"},
    ]


def _against_roster(record: Feedback) -> list[AutomaticCheck]:
    """Compare with the roster: the same number or the same person there is worth a look before approving."""
    row = Qualification.objects.filter(mgmt_no=record.mgmt_no).first()
    others = Qualification.objects.filter(id_index=record.id_index).exclude(mgmt_no=record.mgmt_no)
    same = row is not None and row.id_index == record.id_index and row.name == record.name
    known = "社工库中已有这条记录" if same else "社工库中这个管理号属于另一人"
    note = known if row else "社工库中没有这个管理号"
    names = set(others.values_list("name", flat=True))
    return [
        AutomaticCheck("number", "管理号没有被他人使用", row is None or same, note),
        AutomaticCheck(
            "name", "证件号码在社工库中没有别的姓名", not names - {record.name}, "此人另有证书" if names else ""
        ),
    ]
