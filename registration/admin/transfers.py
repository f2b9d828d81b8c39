"""The queue of changes (变更, R-CHG-05…10) and their review page."""

from django.contrib import admin
from django.db.models import Prefetch, prefetch_related_objects

from registration import queries as hub
from registration.actions import transfers as actions
from registration.admin.escalations import raised, raised_part
from registration.admin.identity import find
from registration.models import Institution, Transfer
from registration.queries import transfers as queries
from registration.queries.reminding import REMIND_WITH_LEFT_ON_TRANSFER
from registration.workflows import PENDING_STATES, TransferState
from swms.console.evidence import shown
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, desks_by_clock
from swms.dates import today
from swms.idnumbers import mask_id
from swms.regions.models import REVIEW_DUTIES
from swms.ui import cn_date, cn_datetime


@admin.register(Transfer)
class TransferAdmin(ReviewAdmin):
    """Changes out of and into the reviewer's region: both offices see each from beginning to end."""

    label = "变更"
    duties = REVIEW_DUTIES
    columns = ("申请人", "受理编号", "类型", "转出区域", "转入区域", "状态", "办结期限")
    near = REMIND_WITH_LEFT_ON_TRANSFER
    search_words = "受理编号、登记证书编号、管理号、姓名或证件号码"
    empty_title = "现在没有等您审核的变更"
    empty_text = "新的变更申请提交后会出现在这里。"
    secrets = {"id_number": "证件号码"}

    # -- the queue --------------------------------------------------------------------------

    def records(self, user):
        return queries.in_region(user)

    def waiting(self, user):
        return queries.awaiting(user)

    def filters(self, user):
        mine, everything = self.waiting(user), self.records(user)
        return [
            Filter("mine", "等我审核", mine),
            raised_part(Transfer, everything),
            Filter("out", "等待转出地", everything.filter(state=TransferState.PENDING_OUT)),
            Filter("in", "等待转入地", everything.filter(state=TransferState.PENDING_IN)),
            Filter("done", "已办结", everything.exclude(state__in=PENDING_STATES), counted=False),
            Filter("all", "全部", everything, counted=False),
        ]

    def desks(self, user):
        return desks_by_clock(self.label, self.list_url, self.waiting(user), near=self.near)

    def row(self, record):
        return {
            "title": record.worker.user.name,
            "cells": [
                {"text": record.ref},
                {"text": record.get_kind_display()},
                {"text": queries.now_called(record.from_region)},
                {"text": queries.now_called(record.to_region) if record.moves_region else "不变"},
                {"badge": record.get_state_display()},
                self.clock(record),
            ],
        }

    def search(self, user, text):
        return find(
            self.records(user),
            text,
            name="worker__user__name",
            numbers=("worker__registrations__number", "worker__qualifications__mgmt_no"),
            owner="worker__user__",
        )

    # -- the page ---------------------------------------------------------------------------

    def moves(self, record, user):
        # Four eyes is a guard, which is asked only when the button is pressed: who may not pass it sees no button.
        mine = self.waiting(user).filter(pk=record.pk).exists()
        return record.moves_for(user) if mine else []

    def make_move(self, record, name, *, actor, seen, **said):
        actions.decide(record, name, by=actor, seen=seen, **said)

    def secret(self, record, name):
        return getattr(record.worker.user, name) or ""

    def case(self, record, user):
        _read(record)
        waits = record.state in PENDING_STATES
        return Case(
            title=f"{record.worker.user.name} · {record.get_kind_display()}",
            badge=record.get_state_display(),
            whose_move=f"{record.ref} · {_whose_move(record)}",
            due=record.due_on,
            notes=[*raised(record), *_notes(record)],
            checks=queries.automatic_checks(record) if waits else [],
            changes=queries.before_and_after(record),
            changes_since="变更的内容",
            old_label="变更前",
            new_label="变更后",
            sections=[{"label": "变更申请", "entries": [_rows(record)]}],
            files=[shown(label, file) for label, file in queries.proofs(record)],
            history=entries(record),
        )


def _read(record: Transfer) -> None:
    """Read at once what several parts of the page show of the person's registrations and of the new employer."""
    employer = Prefetch("to_institution", Institution.objects.select_related("region"))
    prefetch_related_objects([record], "worker__registrations", employer)


def _whose_move(record: Transfer) -> str:
    if record.state not in PENDING_STATES:
        return record.get_state_display()
    return f"{record.get_state_display()}（{hub.office(queries.place(record))}）"


def _notes(record: Transfer) -> list[dict]:
    """Return what a reviewer should know first: an approval of the other office, how it ended, what was before."""
    notes = []
    if record.state in PENDING_STATES and record.due_on < today():
        text = "已超过15个工作日，上级民政部门也可以审核。逾期不会自动通过。"
        notes.append({"tone": "bad", "title": "已逾期", "text": text})
    if record.approved_out_at:
        who = record.approved_out_by.name
        notes.append({"tone": "info", "title": "转出地已同意", "text": f"{who}，{cn_datetime(record.approved_out_at)}"})
    if record.decided_reason:
        title = f"{record.get_state_display()}（{cn_date(record.decided_at)}）"
        notes.append({"tone": "wait", "title": title, "text": record.decided_reason})
    before = record.copied_from
    if before and before.decided_reason:
        title = f"上次申请{before.ref}{before.get_state_display()}"
        notes.append({"tone": "wait", "title": title, "text": before.decided_reason})
    return notes


def _rows(record: Transfer) -> list[dict]:
    rows = [
        {"label": "姓名", "value": record.worker.user.name},
        {"label": "证件号码", "value": mask_id(record.worker.user.id_number or ""), "secret": "id_number"},
        {"label": "登记证书编号", "value": "、".join(each.number for each in record.worker.registrations.all())},
        {"label": "变更类型", "value": record.get_kind_display()},
    ]
    if record.changes_employer:
        kind = dict(Transfer._meta.get_field("to_type").choices)[record.new_employer_type]
        rows.append({"label": "变更后的单位性质", "value": kind})
    return [
        *rows,
        {"label": "变更日期", "value": cn_date(record.effective_date)},
        {"label": "变更原因", "value": record.reason},
        {"label": "提交时间", "value": cn_datetime(record.submitted_at)},
    ]
