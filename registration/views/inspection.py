"""抽查件: what a drawn person is asked, sends and may still do (decision 0029)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property

from registration.actions import sampling as actions
from registration.forms.sampling import InspectionAnswerForm
from registration.models import SampledCase
from registration.queries import sampling as queries
from registration.views.page import WorkerPage
from registration.workflows import FAILED_SAMPLE_STATES, SampleState
from registration.workflows.sampling.case import EXTENSION_WORKING_DAYS
from swms.dates import today, working_days_after, working_days_left
from swms.ui import cn_date, cn_datetime, file_size
from swms.uploads.refusal import UploadRefused
from swms.workflow import Refused

S = SampleState
_LABEL_OF = {each.name: each.label for each in SampledCase.workflow}
LABELS = {S.REQUESTED: "说明", S.EXAMINING: "说明", S.PROPOSED: "陈述申辩", S.FAILED: "复核的理由"}
HINTS = {
    S.REQUESTED: "逐项说明所附的材料；没有的，写明原因。",
    S.EXAMINING: "写明补交的是什么。",
    S.PROPOSED: "写明哪里不符合事实、有什么理由；可以附上新的材料。",
    S.FAILED: "写明决定哪里不对，希望怎样处理；可以附上新的材料。",
}
SENT = {
    "answer": "材料已提交，等待审查。",
    "supplement": "补交的材料已提交。",
    "state": "陈述申辩已提交，会一并考虑后作出决定。",
    "ask_review": "复核申请已提交，由上一级民政部门办理。",
}


class InspectionPage(WorkerPage):
    """A page about a drawn case of the reader's own."""

    @cached_property
    def case(self) -> SampledCase:
        """The case that the address names; 404 for everybody else's."""
        mine = SampledCase.objects.visible_to(self.request.user).select_related(*queries.SHOWN)
        return get_object_or_404(mine, ref=self.kwargs["ref"], worker=self.worker)

    def to_case(self):
        return redirect(self.case.get_absolute_url())

    def closed(self):
        messages.info(self.request, f"抽查处于“{self.case.get_state_display()}”状态，现在不能提交。")
        return self.to_case()


class CasePage(InspectionPage):
    """Where the case stands, what was asked, what was sent, and what may be done."""

    def get(self, request, ref):
        one = self.case
        step = queries.next_step(one)
        context = {
            "case": one,
            "step": step,
            "step_url": reverse("registration:inspection_answer", args=[ref]) if step.action_label else "",
            "due": one.due_on if step.action_label else None,
            "left": working_days_left(today(), one.due_on) if step.action_label else None,
            "asked": _asked(one),
            "said": _said(one),
            "steps": queries.steps(one),
            "answers": [_answer(each) for each in queries.sent_answers(one)],
            "draft": queries.draft_of(one) if one.state in queries.MOVE_OF else None,
            "entries": queries.timeline(one),
            "extendable": queries.extension_possible(one),
            "supplement": one.state == S.EXAMINING,
            "own_row": queries.own_row(one),
            "public_url": reverse("registration:sampling_case", args=[one.campaign.ref]),
        }
        return render(request, "registration/sampling/inspection.html", context)


class AnswerPage(InspectionPage):
    """Write and upload (GET, ``do=save``), check (``?check=1``), and only then send (``do=send``)."""

    def get(self, request, ref):
        if not self.open:
            return self.closed()
        if request.GET.get("check") and self.draft:
            return self.check()
        text = self.draft.text if self.draft else ""
        return self.show(InspectionAnswerForm(initial={"text": text}))

    @property
    def open(self) -> bool:
        one = self.case
        closed = one.state in (S.PROPOSED, S.FAILED) and today() > one.due_on
        return one.state in queries.MOVE_OF and not closed and not (one.state == S.FAILED and one.review_asked_at)

    @cached_property
    def draft(self):
        return queries.draft_of(self.case)

    def post(self, request, ref):
        if not self.open:
            return self.closed()
        match request.POST.get("do"):
            case "send":
                return self.send()
            case "remove":
                return self.remove()
        return self.save()

    def save(self):
        form = InspectionAnswerForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            return self.show(form)
        said = form.cleaned_data
        try:
            actions.save(self.case, text=said["text"], files=said["files"], by=self.request.user)
        except UploadRefused as refused:
            form.add_error("files", refused.message)
            return self.show(form)
        except Refused as refused:
            if refused.code == "wrong_state":
                messages.info(self.request, refused.message)
                return self.to_case()
            form.add_error("files", refused.message)
            return self.show(form)
        if self.request.POST.get("do") == "later":
            messages.success(self.request, "草稿已保存，尚未提交。")
            return self.to_case()
        return redirect(f"{self.request.path}?check=1")

    def remove(self):
        try:
            removed = actions.remove_file(self.case, self.request.POST.get("file", ""))
        except Refused as refused:
            messages.info(self.request, refused.message)
            return self.to_case()
        if removed:
            messages.success(self.request, "文件已删除。")
        return redirect(self.request.path)

    def send(self):
        name = self.request.POST.get("move", "")
        try:
            actions.send(self.case, name, by=self.request.user)
        except Refused as refused:
            if refused.code == "nothing_said":
                messages.error(self.request, refused.message)
                return redirect(self.request.path)
            messages.info(self.request, refused.message)
            return self.to_case()
        messages.success(self.request, SENT[name])
        return self.to_case()

    def show(self, form):
        one = self.case
        form.fields["text"].label, form.fields["text"].help_text = LABELS[one.state], HINTS[one.state]
        context = {
            "form": form,
            "case": one,
            "heading": queries.PURPOSE_OF[one.state],
            "status": "现在还没有提交。填写后先核对，再提交。",
            "asked": _asked(one),
            "said": _said(one),
            "files": _files(self.draft),
            "cancel_url": one.get_absolute_url(),
        }
        return render(self.request, "registration/sampling/answer.html", context)

    def check(self):
        one, draft = self.case, self.draft
        files = _files(draft)
        rows = [
            {"label": LABELS[one.state], "value": draft.text or "没有填写"},
            *({"label": "材料", "value": each["name"], "url": each["url"]} for each in files),
        ]
        context = {
            "heading": f"核对并{queries.PURPOSE_OF[one.state]}",
            "text": _after_sending(one),
            "rows": rows if files else [*rows, {"label": "材料", "value": "没有上传"}],
            "move": queries.MOVE_OF[one.state],
            "submit_label": _LABEL_OF[queries.MOVE_OF[one.state]],
            "edit_url": self.request.path,
        }
        return render(self.request, "registration/sampling/check.html", context)


def _after_sending(one: SampledCase) -> str:
    if one.state == S.FAILED:
        return "提交后由上一级民政部门复核，只能申请一次，不能撤回。"
    if one.state == S.PROPOSED:
        return "提交后不能修改，由另一名工作人员一并考虑后作出决定。"
    return "提交后不能修改；审查期间需要补充的，可以再补交。"


class ExtendPage(InspectionPage):
    """延期, once."""

    def get(self, request, ref):
        one = self.case
        if not queries.extension_possible(one):
            return self._not_now()
        until = working_days_after(one.due_on, EXTENSION_WORKING_DAYS)
        context = {
            "heading": "申请延期",
            "text": f"提交材料的期限延长{EXTENSION_WORKING_DAYS}个工作日。只能延期一次，立即生效，不需要审批。",
            "rows": [
                {"label": "抽查编号", "value": one.ref},
                {"label": "现在的期限", "value": cn_date(one.due_on)},
                {"label": "延期以后", "value": cn_date(until)},
            ],
            "submit_label": "申请延期",
            "cancel_url": one.get_absolute_url(),
        }
        return render(request, "registration/confirm.html", context)

    def post(self, request, ref):
        try:
            one = actions.extend(self.case, by=request.user)
        except Refused as refused:
            messages.info(request, refused.message)
        else:
            messages.success(request, f"已延期到{cn_date(one.due_on)}。")
        return self.to_case()

    def _not_now(self):
        messages.info(self.request, "现在不能延期：已经延期过一次，或者期限已经届满。")
        return self.to_case()


# --- in words ------------------------------------------------------------------------------------------


def _asked(one: SampledCase) -> list[dict]:
    """Return what was asked and why."""
    rows = [
        {"label": "抽查事由", "value": one.campaign.purpose},
        {"label": "需要提交", "value": one.campaign.request},
    ]
    if one.asked_more:
        rows.append({"label": "补充要求", "value": one.asked_more})
    return rows


def _said(one: SampledCase) -> list[dict]:
    """Return the callouts of what the office said last."""
    told = []
    if one.unanswered_on and one.state == S.EXAMINING and not one.late:
        day = cn_date(one.unanswered_on)
        told.append({"tone": "wait", "title": "没有在期限内收到材料", "text": f"{day}已如实记录，现在仍可以补交。"})
    if one.state == S.PROPOSED:
        told.append({"tone": "bad", "title": "拟定为不合格的理由", "text": one.finding_reason})
    if one.state in (*FAILED_SAMPLE_STATES, S.IN_REVIEW):
        told.append({"tone": "bad", "title": "不合格的理由", "text": one.decided_reason})
    if one.reviewed_reason:
        told.append({"tone": "info", "title": "复核意见", "text": one.reviewed_reason})
    if one.state == S.STOPPED:
        told.append({"tone": "info", "title": "终止的原因", "text": one.decided_reason})
    return told


def _answer(each) -> dict:
    files = _files(each)
    return {
        "heading": f"{each.get_purpose_display()}（{cn_datetime(each.sent_at)}提交）",
        "rows": [
            {"label": "说明", "value": each.text or "没有填写"},
            *({"label": "材料", "value": file["name"], "url": file["url"]} for file in files),
        ],
    }


def _files(answer) -> list[dict]:
    if answer is None:
        return []
    return [
        {"uid": str(each.uid), "name": each.name, "url": each.get_absolute_url(), "size": file_size(each.size)}
        for each in answer.files.all()
        if each.purged_at is None
    ]
