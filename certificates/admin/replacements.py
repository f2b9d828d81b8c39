"""The queue of 换发, for the first and the final review (R-REP-02, R-REP-03)."""

from django.contrib import admin

from certificates.models import Replacement
from certificates.queries.replacement_page import beside, whose_move
from certificates.queries.replacements import REMIND_WITH_LEFT, awaiting, earlier, in_region
from certificates.workflows import ENDED_STATES, ReplacementState, refused_now
from registration.admin.escalations import raised, raised_part
from registration.admin.identity import find
from registration.models import Registration
from registration.queries import AutomaticCheck
from registration.queries.identity import IDENTITY_TAKEN, identity_conflict
from swms.console.evidence import shown
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, desks_by_clock
from swms.idnumbers import mask_id
from swms.regions.models import REVIEW_DUTIES
from swms.regions.queries import full_name
from swms.ui import cn_date, cn_datetime

EARLIER_SHOWN = 10


@admin.register(Replacement)
class ReplacementAdmin(ReviewAdmin):
    """Replacements: what waits for this reviewer first, everything of the region behind it."""

    label = "登记证书换发"
    duties = REVIEW_DUTIES
    columns = ("申请人", "受理编号", "换发原因", "登记区域", "状态", "办结期限")
    near = REMIND_WITH_LEFT
    search_words = "受理编号、登记证书编号、管理号、姓名或证件号码"
    empty_title = "现在没有等您审核的换发申请"
    secrets = {"id_number": "证件号码", "new_id_number": "更正后的证件号码"}

    # -- the queue --------------------------------------------------------------------------

    def records(self, user):
        return in_region(user)

    def waiting(self, user):
        return awaiting(user)

    def filters(self, user):
        mine, everything = self.waiting(user), self.records(user)
        return [
            Filter("mine", "等我审核", mine),
            raised_part(Replacement, everything),
            Filter("first", "等待审核", everything.filter(state=ReplacementState.PENDING)),
            Filter("final", "等待终审", everything.filter(state=ReplacementState.INITIAL_APPROVED)),
            Filter("done", "已办结", everything.filter(state__in=ENDED_STATES), counted=False),
            Filter("all", "全部", everything, counted=False),
        ]

    def desks(self, user):
        return desks_by_clock(self.label, self.list_url, self.waiting(user), near=self.near)

    def row(self, record):
        return {
            "title": record.worker.user.name,
            "cells": [
                {"text": record.ref},
                {"text": record.get_reason_display()},
                {"text": full_name(record.region)},
                {"badge": record.get_state_display()},
                self.clock(record),
            ],
        }

    def search(self, user, text):
        return find(
            self.records(user),
            text,
            name="worker__user__name",
            numbers=("registration__number", "registration__qualification__mgmt_no"),
            owner="worker__user__",
        )

    # -- the page ---------------------------------------------------------------------------

    def moves(self, record, user):
        # Guards are asked only when a button is pressed: who may not pass them sees no button.
        if not self.waiting(user).filter(pk=record.pk).exists():
            return []
        other = "approve" if record.is_correction else "pass_first"
        return [move for move in record.moves_for(user) if move.name != other]

    def secret(self, record, name):
        return (record.new_id_number or "") if name == "new_id_number" else record.before["id_number"]

    def case(self, record, user):
        return Case(
            title=f"{record.worker.user.name} · 登记证书换发",
            badge=record.get_state_display(),
            whose_move=f"{record.ref} · {whose_move(record)} · {full_name(record.region)}",
            due=record.due_on,
            notes=[*raised(record), *_notes(record)],
            checks=_checks(record) if record.due_on else [],
            changes=beside(record),
            changes_since="申请更正的内容" if record.is_correction else "",
            sections=[
                {"label": "换发申请", "entries": [_answers(record)]},
                {"label": "登记", "entries": [self._registration(record)]},
                *self._earlier(record),
            ],
            files=_files(record),
            history=entries(record),
        )

    def _registration(self, record) -> list[dict]:
        registration = record.registration
        url = self.admin_site.get_model_admin(Registration).record_url(registration)
        return [
            {"label": "登记证书编号", "value": registration.number, "url": url},
            {"label": "级别", "value": registration.qualification.get_level_display()},
            {"label": "管理号", "value": registration.qualification.mgmt_no},
            {"label": "有效期", "value": f"{cn_date(registration.valid_from)}至{cn_date(registration.valid_until)}"},
            {"label": "登记状态", "badge": registration.standing.label},
        ]

    def _earlier(self, record) -> list[dict]:
        rows = [
            {
                "label": each.ref,
                "value": f"{each.get_reason_display()}，{cn_date(each.submitted_at)}提交，{each.get_state_display()}",
                "url": self.record_url(each),
            }
            for each in earlier(record)[:EARLIER_SHOWN]
        ]
        return [{"label": "此人的其他换发申请", "entries": [rows]}] if rows else []


def _notes(record: Replacement) -> list[dict]:
    """Return what a reviewer should know first: who passed it, and what the approval will change."""
    notes = []
    if record.first_reviewer and record.is_correction and record.first_decided_at != record.decided_at:
        who = f"{record.first_reviewer.name}，{cn_datetime(record.first_decided_at)}"
        notes.append({"tone": "info", "title": "", "text": f"初审通过：{who}"})
    if record.decided_reason:
        notes.append({"tone": "wait", "title": "审核意见", "text": record.decided_reason})
    if record.state == ReplacementState.INITIAL_APPROVED:
        text = "账户、个人信息和社工库中此人的所有证书同时更正，并生成新版登记证书；本人会收到短信。"
        notes.append({"tone": "info", "title": "终审通过后立即更正", "text": text})
    return notes


def _checks(record: Replacement) -> list[AutomaticCheck]:
    """Return what the system can judge; the proof itself is for the reviewer's eyes."""
    record.registration.worker = record.worker  # the same person, read already
    refused = refused_now(record.registration)
    checks = [
        AutomaticCheck(
            "in_force", "登记有效，没有正在审核的登记或变更申请", refused is None, refused and refused.message
        )
    ]
    if record.is_correction:
        conflict = identity_conflict(record.worker, **(record.before | record.asked))
        note = IDENTITY_TAKEN if conflict else ""
        checks.append(AutomaticCheck("number_free", "更正后的证件号码没有被他人使用", conflict is None, note))
        proof = "请核对公安机关证明上的姓名、证件号码与申请一致"
        checks.append(AutomaticCheck("proof", "公安机关证明", None, proof))
    return checks


def _answers(record: Replacement) -> list[dict]:
    before = record.before
    rows = [
        {"label": "换发原因", "value": record.get_reason_display()},
        {"label": "更正前的姓名" if record.correction else "姓名", "value": before["name"]},
        {
            "label": "更正前的证件号码" if record.correction else "证件号码",
            "value": mask_id(before["id_number"]),
            "secret": "id_number",
        },
    ]
    if record.new_name:
        rows.append({"label": "更正后的姓名", "value": record.new_name})
    if record.new_id_number:
        number = {"label": "更正后的证件号码", "value": mask_id(record.new_id_number), "secret": "new_id_number"}
        rows.append(number)
    rows.append({"label": "说明", "value": record.note or "无"})
    return rows


def _files(record: Replacement) -> list[dict]:
    files = record.evidence.filter(purged_at=None).order_by("pk")
    return [shown("公安机关证明" if record.is_correction else "证明材料", file) for file in files]
