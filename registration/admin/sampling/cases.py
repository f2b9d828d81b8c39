"""抽查件: what was sent beside what was approved, the proposal, the decision by another person, the review."""

from django.contrib import admin
from django.db.models import Q

from registration.admin.form_shown import content_of, files_of, record_sections, stored_files, value_in
from registration.admin.identity import find
from registration.models import Application, Registration, SampledCase
from registration.queries import AutomaticCheck
from registration.queries import sampling as queries
from registration.queries.reminding import REMIND_WITH_LEFT_ON_SAMPLE
from registration.workflows import ENDED_SAMPLE_STATES, FAILED_SAMPLE_STATES, Finding, RegistrationState, SampleState
from registration.workflows.sampling.case import MORE_AT_MOST, another_person, fresh_eyes, involved, is_settled
from swms.console.evidence import shown
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, desks_by_clock
from swms.dates import today
from swms.notices.ledger import told
from swms.regions.models import REVIEW_DUTIES
from swms.regions.queries import full_name
from swms.ui import cn_date, cn_datetime

S = SampleState
_UNDONE = (RegistrationState.REVOKED, RegistrationState.CANCELLED)


@admin.register(SampledCase)
class SampledCaseAdmin(ReviewAdmin):
    """What waits for this reviewer first; then what did not pass and is to be handed over to 撤销."""

    label = "抽查件"
    duties = REVIEW_DUTIES
    columns = ("姓名", "抽查编号", "批次", "登记区域", "状态", "期限")
    search_words = "抽查编号、登记证书编号、姓名或证件号码"
    empty_title = "现在没有等您处理的抽查件"
    secrets = {"id_number": "证件号码", "mobile": "手机号"}
    confirmed = ("propose_fail", "decide_pass", "decide_fail", "overturn", "roll_back", "uphold", "stop")

    def records(self, user):
        return queries.in_region(user)

    def waiting(self, user):
        return queries.awaiting(user)

    def filters(self, user):
        everything = self.records(user)
        return [
            Filter("mine", "等我处理", self.waiting(user)),
            Filter("worker", "等待本人", everything.filter(state__in=(S.REQUESTED, S.PROPOSED))),
            Filter("handover", "不合格，待办撤销", everything.filter(_to_hand_over())),
            Filter("ended", "已办结", everything.filter(state__in=ENDED_SAMPLE_STATES), counted=False),
            Filter("all", "全部", everything, counted=False),
        ]

    def desks(self, user):
        return desks_by_clock(self.label, self.list_url, self.waiting(user), near=REMIND_WITH_LEFT_ON_SAMPLE)

    def row(self, record):
        return {
            "title": record.worker.user.name,
            "cells": [
                {"text": record.ref},
                {"text": record.campaign.title},
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
            numbers=("registration__number",),
            owner="worker__user__",
        )

    # -- the page ---------------------------------------------------------------------------

    def moves(self, record, user):
        # Four eyes are guards, asked only when the button is pressed: who may not pass them sees no button.
        barred = {
            another_person: user.pk in involved(record),
            fresh_eyes: user.pk in (record.decided_by_id, record.reviewed_by_id),
        }
        useless = {"ask_more"} if record.more_asked >= MORE_AT_MOST else set()
        if record.finding != Finding.FAIL:
            useless.add("decide_fail")
        return [
            move
            for move in record.moves_for(user)
            if move.name not in useless and not any(barred.get(guard) for guard in move.guards)
        ]

    def secret(self, record, name):
        """As it stands in the form that was approved."""
        return value_in(content_of(record.application), name)

    def consequences(self, record, move, form):
        rows = [
            {"label": "抽查编号", "value": record.ref},
            {"label": "姓名", "value": record.worker.user.name},
            {"label": "登记证书编号", "value": record.registration.number},
        ]
        if form is not None:
            rows.append({"label": "理由", "value": form.cleaned_data["reason"]})
        return {"text": _CONSEQUENCES[move.name], "rows": rows}

    def case(self, record, user):
        content = content_of(record.application)
        stored = stored_files(content)
        answers = queries.sent_answers(record)
        return Case(
            title=f"{record.worker.user.name} · 登记抽查",
            badge=record.get_state_display(),
            whose_move=f"{record.ref} · {full_name(record.region)}",
            due=record.due_on,
            notes=_notes(record),
            checks=_checks(record, answers, user),
            sections=[
                *self._after(record, user),
                {"label": "抽查要求", "entries": [_asked(record)]},
                {"label": "本人提交", "entries": [_said(each) for each in answers]},
                *record_sections(content),
            ],
            files=[*_sent_files(answers), *files_of(content, stored)],
            history=entries(record),
            sent=told(record),
        )

    def _after(self, record, user) -> list[dict]:
        """Return the way to 撤销 (R-REG-24): 不合格 undoes nothing by itself."""
        rows = [
            {"label": "登记申请", "value": record.application.ref, "url": self._url(Application, record.application)}
        ]
        visible = Registration.objects.visible_to(user).filter(pk=record.registration_id).exists()
        shown = {"label": "登记记录", "value": record.registration.number}
        rows.append(shown | ({"url": self._url(Registration, record.registration)} if visible else {}))
        rows.append({"label": "登记状态", "badge": record.registration.standing.label})
        return [{"label": "登记", "entries": [rows]}]

    def _url(self, model, record) -> str:
        return self.admin_site.get_model_admin(model).record_url(record)


_CONSEQUENCES = {
    "propose_fail": "这是拟定的意见，不是决定。本人会收到理由，可以在5个工作日内陈述申辩，然后由另一人决定。",
    "decide_pass": "抽查以合格办结，本人会收到通知。不能撤回。",
    "decide_fail": (
        "本人会收到理由，可以在15个工作日内申请复核一次。不合格本身不撤销登记；"
        "复核期满或者复核维持以后，由终审人员在登记记录中决定是否撤销。"
    ),
    "overturn": "原来的不合格决定撤销，抽查以合格办结，本人会收到通知。不能撤回。",
    "roll_back": "原来的不合格决定撤销，抽查退回重新审查；提出意见和作出决定的人不再办理这一件。",
    "uphold": "不合格成为最后的结果，不能再申请复核。登记是否撤销，由终审人员在登记记录中决定。",
    "stop": "抽查不再进行，本人会收到通知，不需要再提交材料。不能撤回。",
}


def _to_hand_over() -> Q:
    """What did not pass and cannot be reviewed any more, while the registration stands."""
    final = Q(state=S.UPHELD) | Q(state=S.FAILED, due_on__lt=today())
    return final & ~Q(registration__state__in=_UNDONE)


def _notes(record: SampledCase) -> list[dict]:
    """Return what a reviewer should know first."""
    notes = []
    if record.state in FAILED_SAMPLE_STATES and record.registration.state not in _UNDONE:
        if is_settled(record):
            text = "需要撤销登记的，请打开下面的登记记录，由有终审职责的人员办理；不合格本身不撤销登记。"
            notes.append({"tone": "bad", "title": "结果已经确定，登记仍然有效", "text": text})
        else:
            text = f"本人可以在{cn_date(record.due_on)}前申请复核，期满以后再决定是否撤销登记。"
            notes.append({"tone": "wait", "title": "还在申请复核的期限内", "text": text})
    if record.finding and record.state in (S.PROPOSED, S.DECIDING):
        who = f"{record.proposed_by.name}，{cn_datetime(record.proposed_at)}"
        label = f"拟定{record.get_finding_display()}"
        text = f"{record.finding_reason}（{who}）" if record.finding_reason else who
        notes.append({"tone": "wait" if record.finding == Finding.FAIL else "info", "title": label, "text": text})
    if record.decided_reason:
        title = f"{'终止' if record.state == S.STOPPED else '不合格'}的理由（{record.decided_by.name}）"
        notes.append({"tone": "bad", "title": title, "text": record.decided_reason})
    if record.reviewed_reason:
        notes.append(
            {"tone": "info", "title": f"复核意见（{record.reviewed_by.name}）", "text": record.reviewed_reason}
        )
    return notes


def _checks(record: SampledCase, answers, user) -> list[AutomaticCheck]:
    """Return what the system can tell by itself; nothing of it is binding."""
    if record.state in ENDED_SAMPLE_STATES:
        return []
    missed = f"{cn_date(record.unanswered_on)}记录为逾期未提交" if record.unanswered_on else ""
    sent = any(each.purpose == "evidence" for each in answers)
    standing = record.registration.standing
    checks = [
        AutomaticCheck("answered", "本人提交了材料", sent, missed),
        AutomaticCheck("in_time", "在期限内提交", sent and not record.late and not record.unanswered_on, missed),
        AutomaticCheck("standing", "登记没有被撤销或注销", standing not in _UNDONE, standing.label),
    ]
    if record.state == S.EXAMINING:
        decided = user.pk in involved(record)
        note = "您审核过这份登记，可以审查，不能作出决定" if decided else ""
        checks.append(AutomaticCheck("own_approval", "您没有审核过这份登记", not decided, note))
    return checks


def _asked(record: SampledCase) -> list[dict]:
    rows = [
        {"label": "批次", "value": f"{record.campaign.title}（{record.campaign.ref}）"},
        {"label": "抽查事由", "value": record.campaign.purpose},
        {"label": "需要提交", "value": record.campaign.request},
    ]
    if record.asked_more:
        rows.append({"label": f"补充要求（第{record.more_asked}次）", "value": record.asked_more})
    if record.extended_on:
        rows.append({"label": "延期", "value": f"{cn_date(record.extended_on)}本人申请"})
    return rows


def _sent_files(answers) -> list[dict]:
    return [
        shown(f"抽查材料 · {each.get_purpose_display()}", file, f"{cn_date(each.sent_at)}提交")
        for each in answers
        for file in each.files.all()
    ]


def _said(answer) -> list[dict]:
    files = len(answer.files.all())
    return [
        {"label": answer.get_purpose_display(), "value": answer.text or "没有填写说明"},
        {"label": "提交时间", "value": cn_datetime(answer.sent_at)},
        {"label": "材料", "value": f"{files}个文件，见“材料”" if files else "没有上传"},
    ]
