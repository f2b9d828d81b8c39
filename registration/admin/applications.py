"""The queue of 首次登记 and 再登记, and its review page."""

from django.contrib import admin
from django.db.models import F, Prefetch, Q, prefetch_related_objects

from registration import queries
from registration.admin.escalations import raised, raised_part
from registration.admin.form_shown import (
    changed_rows,
    content_of,
    corrected,
    files_of,
    name_in,
    record_sections,
    stored_files,
    value_in,
)
from registration.admin.identity import find
from registration.forms.review import RefusalForm
from registration.models import Application, Decision
from registration.queries.reminding import REMIND_WITH_LEFT
from registration.reasons import REASONS
from registration.workflows import (
    DONE_STATES,
    IN_REVIEW_STATES,
    REFUSED_STATES,
    RENEWAL_KINDS,
    ApplicationKind,
    ApplicationState,
)
from registration.workflows.application import nameable
from swms.codes import CertificateLevel
from swms.console.batch import BatchAdmin
from swms.console.exports import Exported
from swms.console.review import Case
from swms.console.screens import Filter, desks_by_clock
from swms.idnumbers import mask_id
from swms.notices.ledger import told
from swms.regions.models import REVIEW_DUTIES
from swms.regions.queries import full_name, name_of
from swms.ui import cn_datetime

#: What the list reads of a case; the name and the level are read beside it, and not a whole person and certificate.
_LISTED = ("ref", "kind", "state", "due_on", "form_version", "region")


@admin.register(Application)
class ApplicationAdmin(Exported, BatchAdmin):
    """Registrations: what waits for this reviewer first, everything of the region behind it."""

    label = "登记审核"
    duties = REVIEW_DUTIES
    columns = ("申请人", "受理编号", "类别", "级别", "登记区域", "等待", "办结期限")
    near = REMIND_WITH_LEFT
    running = (ApplicationState.PENDING_REVIEW, ApplicationState.INITIAL_APPROVED)
    search_words = "受理编号、管理号、登记证书编号、姓名或证件号码"
    empty_title = "现在没有等您审核的申请"
    empty_text = "新的申请提交后会出现在这里。"
    secrets = {"id_number": "证件号码", "mobile": "手机号"}
    export_header = (
        "受理编号", "类别", "状态", "申请人", "证件类型", "证件号码", "级别", "管理号",
        "登记区域", "首次提交时间", "提交时间", "办结期限", "登记完成时间", "出证时间",
    )  # fmt: skip
    batched = ("pass_first", "pass_final")

    # -- the queue --------------------------------------------------------------------------

    def records(self, user):
        return queries.in_region(user)

    def waiting(self, user):
        return queries.awaiting(user)

    def filters(self, user):
        everything = self.records(user)
        return [
            Filter("mine", "等我审核", self.waiting(user)),
            raised_part(Application, everything),
            Filter("first", "等待初审", everything, where=Q(state=ApplicationState.PENDING_REVIEW)),
            Filter("final", "等待终审", everything, where=Q(state=ApplicationState.INITIAL_APPROVED)),
            Filter("renewals", "再登记", everything, where=Q(kind__in=RENEWAL_KINDS, state__in=IN_REVIEW_STATES)),
            Filter("worker", "等待本人修改", everything, counted=False, where=Q(state__in=REFUSED_STATES)),
            Filter("done", "已办结", everything, counted=False, where=Q(state__in=DONE_STATES)),
            Filter("all", "全部", everything, counted=False),
        ]

    def desks(self, user):
        found = []
        for state, label in (
            (ApplicationState.PENDING_REVIEW, "登记初审"),
            (ApplicationState.INITIAL_APPROVED, "登记终审"),
        ):
            rows = self.waiting(user).filter(state=state)
            found += desks_by_clock(label, self.list_url, rows, near=self.near)
        return found

    def listed(self, rows):
        rows = rows.select_related(None).only(*_LISTED)
        return rows.annotate(applicant=F("worker__user__name"), level=F("qualification__level"))

    def row(self, record):
        return {
            "title": record.applicant,
            "changed": record.state in IN_REVIEW_STATES and record.form_version > 1,
            "cells": [
                {"text": record.ref},
                {"text": ApplicationKind(record.kind).label},
                {"text": CertificateLevel(record.level).label},
                {"text": name_of(record.region_id)},
                {"badge": queries.whose_move(record).label, "tone": "wait" if self.runs(record) else "idle"},
                self.clock(record),
            ],
        }

    def export_cells(self, record):
        user, certificate = record.worker.user, record.qualification
        return [
            record.ref,
            record.get_kind_display(),
            record.get_state_display(),
            user.name,
            user.get_id_type_display(),
            mask_id(user.id_number or ""),
            certificate.get_level_display(),
            certificate.mgmt_no,
            full_name(record.region) if record.region else "",
            record.first_submitted_at,
            record.submitted_at,
            record.due_on,
            record.completed_at,
            record.issued_at,
        ]

    def search(self, user, text):
        return find(
            self.records(user),
            text,
            name="qualification__name",
            numbers=("qualification__mgmt_no", "qualification__registration__number"),
            owner="worker__user__",
        )

    def batch_checks(self, record):
        return queries.automatic_checks(record)

    def read_for_checks(self, records):
        queries.read_for_checks(records)

    # -- the page ---------------------------------------------------------------------------

    def moves(self, record, user):
        # Four eyes is a guard, which is asked only when the button is pressed: who may not pass it sees no button.
        _fetch_decisions(record)
        other = {ApplicationState.PENDING_REVIEW: "final", ApplicationState.INITIAL_APPROVED: "first"}.get(record.state)
        decided = any(each.stage == other and each.reviewer_id == user.pk for each in record.decisions.all())
        return [] if decided else record.moves_for(user)

    def secret(self, record, name):
        """As it stands in the form: what came later is for the office that has the person now (R-CHG-07)."""
        return value_in(record.form.content, name)

    def reason_form(self, record, data=None):
        return RefusalForm(data, offered=nameable(record, content_of(record)))

    def name_items(self, case, form):
        name_in(case, form)

    def changes_between(self, record, seen):
        old = record.forms.filter(version=seen).first()
        if old is None:
            return []
        now = record.form.content
        return changed_rows(old.content, now, stored_files(now, old.content))

    def case(self, record, user):
        _fetch_decisions(record)
        content = content_of(record)
        previous = queries.previous_form(record)
        stored = stored_files(content, *([previous.content] if previous else []))
        corrections = corrected(record, content, stored)
        return Case(
            title=f"{record.worker.user.name} · {record.get_kind_display()}",
            badge=record.get_state_display(),
            whose_move=f"{record.ref} · {_whose_move(record)}",
            due=record.due_on if self.runs(record) else None,
            notes=[*raised(record), *_notes(record)],
            checks=queries.automatic_checks(record) if record.state in IN_REVIEW_STATES else [],
            changes=changed_rows(previous.content, content, stored) if previous and not corrections else [],
            changes_since=_since_when(record, previous),
            corrections=corrections,
            sections=record_sections(content),
            files=files_of(content, stored),
            history=queries.timeline(record, for_staff=True),
            sent=told(record),
        )


def _fetch_decisions(record: Application) -> None:
    """Read the few decisions of a case once for its page."""
    prefetch_related_objects([record], Prefetch("decisions", Decision.objects.select_related("reviewer")))


def _whose_move(record) -> str:
    move = queries.whose_move(record)
    if move.code not in ("first", "final"):
        return move.label
    return f"{move.label}（{queries.office_of(record, final=move.code == 'final')}）"


def _notes(record) -> list[dict]:
    """Return what a reviewer should know first: what was decided before."""
    notes = []
    for each in record.decisions.all():
        said = f"第 {each.round} 轮{each.get_stage_display()}{'通过' if each.passed else '未通过'}"
        who = f"{each.reviewer.name}，{cn_datetime(each.at)}"
        if each.passed:
            notes.append({"tone": "info", "title": "", "text": f"{said}：{who}"})
        else:
            coded = "；".join(REASONS[code].label for code in each.reason_codes if code in REASONS)
            text = f"{each.get_refusal_kind_display()}：{coded}。{each.reason}（{who}）"
            notes.append({"tone": "wait", "title": said, "text": text})
    return notes


def _since_when(record, previous) -> str:
    if previous is None:
        return ""
    of_this_case = previous.application_id == record.pk
    return f"第 {previous.version} 版以来的变化" if of_this_case else "上次登记以来的变化"
