"""Following one's appeal: how it stands, completing it, another link (R-APL-03, R-APL-04)."""

from django.contrib import messages
from django.shortcuts import render

from registration.actions import appeals as actions
from registration.forms.appeal import AppealForm
from registration.models import Appeal
from registration.queries import appeals as queries
from registration.views import proving
from registration.views.appeal import MATTER
from registration.workflows import AppealState
from registration.workflows.appeal import may_be_sent_again
from swms.idnumbers import mask_id, mask_mobile
from swms.throttle import Throttled
from swms.workflow import Refused


class CasePage(proving.CasePage):
    """How the appeal stands, why, and what to do next; alike with and without an account."""

    matter = MATTER

    def next_step(self):
        return queries.next_step(self.record)

    def steps(self):
        return queries.steps(self.record)

    def rows(self):
        return _rows(self.record)

    def reason(self):
        decided = self.record.state in (AppealState.NEED_MORE, AppealState.REJECTED)
        return self.record.decided_reason if decided else ""


class EditPage(proving.CompletingPage):
    """Complete what was asked for (§2.12)."""

    matter = MATTER
    form_class = AppealForm
    heading = "补充申诉材料"
    names = ("name", "reason")

    def get(self, request, ref):
        if self.record.state != AppealState.NEED_MORE:
            return self.closed_to("修改")
        return self.show(AppealForm(initial=self.initial(), kept=self.kept(), completing=True))

    def post(self, request, ref):
        form = self.read_form(completing=True)
        if form.errors:
            return self.show(form)
        try:
            actions.resubmit(self.record, form.answers, images=self.files)
        except Refused as error:
            messages.error(request, error.message)
            return self.back()
        return self.sent()


class SendAgainPage(proving.FollowingPage):
    """Another link for a new password, to the new mobile."""

    matter = MATTER

    def get(self, request, ref):
        one = self.record
        if not may_be_sent_again(one):
            messages.info(request, "现在不能再发送链接。")
            return self.back()
        context = {
            "heading": "重新发送链接",
            "text": "新的链接用短信发送到新手机号，30分钟内有效；之前的链接不再有效。",
            "rows": [
                {"label": "回执编号", "value": one.ref},
                {"label": "新手机号", "value": mask_mobile(one.mobile)},
            ],
            "submit_label": "发送链接",
            "cancel_url": MATTER.url("case", one.ref),
        }
        return render(request, "registration/confirm.html", context)

    def post(self, request, ref):
        try:
            actions.send_again(self.record)
        except (Refused, Throttled) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "新的链接已发送，请查看短信。")
        return self.back()


def _rows(one: Appeal) -> list[dict]:
    return [
        {"label": "姓名", "value": one.name},
        {"label": "身份证号", "value": mask_id(one.id_number)},
        {"label": "新手机号", "value": mask_mobile(one.mobile)},
        {"label": "身份证人像面", "value": _name(one.front)},
        {"label": "身份证国徽面", "value": _name(one.back)},
        {"label": "申诉理由", "value": one.reason or "无"},
    ]


def _name(image) -> str:
    if image is None:
        return ""
    return "已删除" if image.purged_at else image.name
