"""Following one's feedback: how it stands, mending what was returned, withdrawing (§2.1)."""

from django.contrib import messages
from django.shortcuts import render

from registration.actions import feedback as actions
from registration.forms.feedback import FeedbackForm
from registration.models import Feedback
from registration.queries import feedback as queries
from registration.views import proving
from registration.views.feedback import MATTER
from registration.workflows import FeedbackState
from swms.idnumbers import mask_id, mask_mobile
from swms.regions.queries import full_name
from swms.ui import cn_date
from swms.workflow import Refused


class CasePage(proving.CasePage):
    """How the feedback stands, why, and what to do next."""

    matter = MATTER

    def next_step(self):
        return queries.next_step(self.record)

    def steps(self):
        return queries.steps(self.record)

    def rows(self):
        return _rows(self.record)

    def reason(self):
        decided = self.record.state in (FeedbackState.NEED_MORE, FeedbackState.REJECTED)
        return self.record.decided_reason if decided else ""

    def links(self):
        if self.record.state != FeedbackState.PENDING:
            return []
        return [{"label": "撤回反馈", "url": MATTER.url("withdraw", self.record.ref)}]


class EditPage(proving.CompletingPage):
    """Complete what was returned (§2.1)."""

    matter = MATTER
    form_class = FeedbackForm
    heading = "修改反馈"
    names = ("name", "id_type", "id_number", "level", "exam_year", "issue_date", "mgmt_no", "region", "note")

    def get(self, request, ref):
        if self.record.state != FeedbackState.NEED_MORE:
            return self.closed_to("修改")
        return self.show(FeedbackForm(initial=self.initial(), kept=self.kept()))

    def former(self, name):
        image = self.record.certificate_image
        return image if image and not image.purged_at else None

    def post(self, request, ref):
        form = self.read_form()
        if form.errors:
            return self.show(form)
        try:
            actions.resubmit(self.record, form.answers, image=self.files.get("image"))
        except Refused as error:
            if error.code != "already_open":
                messages.error(request, error.message)
                return self.back()
            form.add_error("id_number", error.message)
            return self.show(form)
        return self.sent()


class WithdrawPage(proving.FollowingPage):
    """撤回反馈."""

    matter = MATTER

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
