"""Following one's feedback: how it stands, mending what was returned, withdrawing (§2.1)."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache

from registration.actions import feedback as actions
from registration.forms.feedback import FeedbackForm, FeedbackStatus
from registration.models import Feedback
from registration.queries import feedback as queries
from registration.views.feedback import FOLLOWING, FORM, PER_ADDRESS, PROVEN_FOR, PURPOSE, CodePage, Writing
from registration.workflows import FeedbackState
from swms import throttle
from swms.idnumbers import mask_id, mask_mobile
from swms.middleware import client_ip
from swms.regions.queries import full_name
from swms.signin import codes, flow
from swms.signin.views.answers import too_often
from swms.throttle import Throttled
from swms.ui import cn_date
from swms.workflow import Refused


def status_url(ref: str) -> str:
    """Return the page that asks for the mobile of this receipt number."""
    return f"{reverse('registration:feedback_status')}?{urlencode({'ref': ref})}"


@method_decorator(never_cache, name="dispatch")
class StatusPage(View):
    """Ask for the receipt number and its mobile. Public; known and unknown ones get the same answer."""

    template = "registration/feedback/status.html"

    def get(self, request):
        known = flow.facts(request, FOLLOWING) or {}
        ref = request.GET.get("ref", "")[:32] or known.get("ref", "")
        mobile = known.get("mobile", "") if known.get("ref") == ref else ""
        return render(request, self.template, {"form": FeedbackStatus(initial={"ref": ref, "mobile": mobile})})

    def post(self, request):
        form = FeedbackStatus(request.POST)
        if not form.is_valid():
            return render(request, self.template, {"form": form})
        ref, mobile = form.cleaned_data["ref"], form.cleaned_data["mobile"]
        try:
            throttle.hit("feedback_address", client_ip(request), *PER_ADDRESS)
            codes.send_code(mobile, PURPOSE, silently=queries.of_mobile(ref, mobile) is None)
        except Throttled as error:
            return too_often(request, form, self.template, {}, error, "mobile")
        flow.begin(request, FOLLOWING, ref=ref, mobile=mobile)
        return redirect("registration:feedback_status_code")


class StatusCodePage(CodePage):
    """The code that opens the feedback."""

    matter = FOLLOWING
    begins_at = "registration:feedback_status"
    here = "registration:feedback_status_code"

    def known(self):
        return queries.of_mobile(self.facts["ref"], self.facts["mobile"]) is not None

    def go_on(self):
        return redirect("registration:feedback_case", self.facts["ref"])

    def context(self):
        return super().context() | {"giving": False, "ref": self.facts["ref"]}


@method_decorator(never_cache, name="dispatch")
class FollowingPage(View):
    """A page of one feedback, for who has proven to hold its mobile; everybody else is asked to."""

    def dispatch(self, request, *args, **kwargs):
        ref = kwargs["ref"]
        self.facts = flow.facts(request, FOLLOWING) or {}
        if "proven" not in self.facts or self.facts["ref"] != ref:
            messages.info(request, "请先验证手机号，再查看反馈。")
            return HttpResponseRedirect(status_url(ref))
        self.feedback = queries.of_mobile(ref, self.facts["mobile"])
        if self.feedback is None:
            raise Http404
        flow.begin(request, FOLLOWING, PROVEN_FOR, **self.facts)
        return super().dispatch(request, *args, **kwargs)

    def back(self):
        return redirect("registration:feedback_case", self.feedback.ref)


class CasePage(FollowingPage):
    """How the feedback stands, why, and what to do next."""

    def get(self, request, ref):
        one = self.feedback
        step = queries.next_step(one)
        decided = one.state in (FeedbackState.NEED_MORE, FeedbackState.REJECTED)
        context = {
            "feedback": one,
            "step": step,
            "step_url": reverse(step.url_name, args=step.url_args) if step.url_name else "",
            "reason": one.decided_reason if decided else "",
            "steps": queries.steps(one),
            "rows": _rows(one),
            "withdrawable": one.state == FeedbackState.PENDING,
        }
        return render(request, "registration/feedback/case.html", context)


class EditPage(Writing, FollowingPage):
    """Complete what was returned (§2.1)."""

    matter = FOLLOWING

    def get(self, request, ref):
        one = self.feedback
        if one.state != FeedbackState.NEED_MORE:
            messages.info(request, f"反馈处于“{one.get_state_display()}”状态，不能修改。")
            return self.back()
        names = ("name", "id_type", "id_number", "level", "exam_year", "issue_date", "mgmt_no", "region", "note")
        kept = queries.kept_image(self.facts.get("image", "")) or self.former
        return self._show(FeedbackForm(initial={name: getattr(one, name) for name in names}, kept=kept))

    def post(self, request, ref):
        form = self.read_form()
        if form.errors:
            return self._show(form)
        try:
            actions.resubmit(self.feedback, form.answers, image=self.image)
        except Refused as error:
            if error.code != "already_open":
                messages.error(request, error.message)
                return self.back()
            form.add_error("id_number", error.message)
            return self._show(form)
        flow.begin(request, FOLLOWING, PROVEN_FOR, ref=ref, mobile=self.facts["mobile"], proven="yes")
        messages.success(request, "修改后的反馈已重新提交，请等待审核。")
        return self.back()

    @property
    def former(self):
        image = self.feedback.certificate_image
        return image if image and not image.purged_at else None

    def _show(self, form):
        context = {
            "heading": "修改反馈",
            "form": form,
            "mobile": mask_mobile(self.facts["mobile"]),
            "reason": self.feedback.decided_reason,
            "status": "修改尚未提交。按“重新提交”后才算提交。",
            "submit_label": "重新提交",
            "cancel_url": reverse("registration:feedback_case", args=[self.feedback.ref]),
        }
        return render(self.request, FORM, context)


class WithdrawPage(FollowingPage):
    """撤回反馈."""

    def get(self, request, ref):
        one = self.feedback
        if one.state != FeedbackState.PENDING:
            messages.info(request, f"反馈处于“{one.get_state_display()}”状态，不能撤回。")
            return self.back()
        context = {
            "heading": "撤回反馈",
            "text": "撤回后审核停止，不能恢复；上传的证书图片在90日后清除。需要时可以重新反馈。",
            "rows": [{"label": "回执编号", "value": one.ref}, {"label": "姓名", "value": one.name}],
            "submit_label": "撤回反馈",
            "kind": "danger",
            "cancel_url": reverse("registration:feedback_case", args=[one.ref]),
        }
        return render(request, "registration/confirm.html", context)

    def post(self, request, ref):
        try:
            actions.withdraw(self.feedback)
        except Refused as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "反馈已撤回。")
        return self.back()


class EndPage(View):
    """Forget the proof, as on a computer that others use."""

    def post(self, request):
        flow.end(request, FOLLOWING)
        messages.success(request, "已结束查询。再次查看需要重新验证手机号。")
        return redirect("registration:feedback_status")


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
