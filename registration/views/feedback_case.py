"""Following one's feedback: how it stands, mending what was returned, withdrawing (§2.1)."""

from django.contrib import messages
from django.shortcuts import render

from registration.actions import feedback as actions
from registration.forms.feedback import FeedbackForm, FeedbackStatus
from registration.models import Feedback
from registration.queries import feedback as queries
from registration.views import by_receipt
from registration.views.feedback import FORM, MATTER
from registration.workflows import FeedbackState
from swms.idnumbers import mask_id, mask_mobile
from swms.regions.queries import full_name
from swms.ui import cn_date
from swms.workflow import Refused


class StatusPage(by_receipt.StatusPage):
    matter = MATTER
    form_class = FeedbackStatus
    lead = "凭回执编号和提交时填写的手机号查询，不需要账户。也可以在这里补正或撤回反馈。"
    not_yet = "还没有反馈过，去反馈"


class StatusCodePage(by_receipt.StatusCodePage):
    matter = MATTER


class FollowingPage(by_receipt.FollowingPage):
    matter = MATTER


class CasePage(FollowingPage):
    """How the feedback stands, why, and what to do next."""

    def get(self, request, ref):
        one = self.record
        decided = one.state in (FeedbackState.NEED_MORE, FeedbackState.REJECTED)
        return self.show_case(
            queries.next_step(one),
            steps=queries.steps(one),
            rows=_rows(one),
            reason=one.decided_reason if decided else "",
            heading="反馈内容",
            withdraw_url=MATTER.url("withdraw", ref) if one.state == FeedbackState.PENDING else "",
        )


class EditPage(by_receipt.Writing, FollowingPage):
    """Complete what was returned (§2.1)."""

    form_class = FeedbackForm
    kept_as = FollowingPage.kept_as

    def get(self, request, ref):
        one = self.record
        if one.state != FeedbackState.NEED_MORE:
            return self.closed_to("修改")
        names = ("name", "id_type", "id_number", "level", "exam_year", "issue_date", "mgmt_no", "region", "note")
        return self._show(FeedbackForm(initial={name: getattr(one, name) for name in names}, kept=self.kept()))

    def post(self, request, ref):
        form = self.read_form()
        if form.errors:
            return self._show(form)
        try:
            actions.resubmit(self.record, form.answers, image=self.image)
        except Refused as error:
            if error.code != "already_open":
                messages.error(request, error.message)
                return self.back()
            form.add_error("id_number", error.message)
            return self._show(form)
        messages.success(request, "修改后的反馈已重新提交，请等待审核。")
        return self.proven_anew()

    @property
    def former(self):
        image = self.record.certificate_image
        return image if image and not image.purged_at else None

    def _show(self, form):
        context = {
            "heading": "修改反馈",
            "form": form,
            "mobile": mask_mobile(self.facts["mobile"]),
            "reason": self.record.decided_reason,
            "status": "修改尚未提交。按“重新提交”后才算提交。",
            "submit_label": "重新提交",
            "cancel_url": MATTER.url("case", self.record.ref),
        }
        return render(self.request, FORM, context)


class WithdrawPage(FollowingPage):
    """撤回反馈."""

    def get(self, request, ref):
        one = self.record
        if one.state != FeedbackState.PENDING:
            return self.closed_to("撤回")
        context = {
            "heading": "撤回反馈",
            "text": "撤回后审核停止，不能恢复；上传的证书图片在90日后清除。需要时可以重新反馈。",
            "rows": [{"label": "回执编号", "value": one.ref}, {"label": "姓名", "value": one.name}],
            "submit_label": "撤回反馈",
            "kind": "danger",
            "cancel_url": MATTER.url("case", one.ref),
        }
        return render(request, "registration/confirm.html", context)

    def post(self, request, ref):
        try:
            actions.withdraw(self.record)
        except Refused as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "反馈已撤回。")
        return self.back()


class EndPage(by_receipt.EndPage):
    matter = MATTER


def _rows(one: Feedback) -> list[dict]:
    image = one.certificate_image
    return [
        {"label": "姓名", "value": one.name},
        {"label": one.get_id_type_display(), "value": mask_id(one.id_number)},
        {"label": "手机号", "value": mask_mobile(one.mobile)},
        {"label": "证书级别", "value": one.get_level_display()},
        {"label": "考试年度", "value": f"{one.exam_year}年"},
        {"label": "签发日期", "value": cn_date(one.issue_date)},
        {"label": "管理号", "value": one.mgmt_no},
        {"label": "受理区域", "value": full_name(one.region)},
        {"label": "证书图片", "value": "已清除" if image and image.purged_at else image.name if image else ""},
        {"label": "说明", "value": one.note or "无"},
    ]
