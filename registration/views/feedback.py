"""反馈: asking to be added to the roster, without an account (R-ACC-05…07, R-ACC-10)."""

from django.contrib import messages
from django.shortcuts import render

from registration.actions import feedback as actions
from registration.forms.feedback import FeedbackForm, FeedbackStart
from registration.queries import feedback as queries
from registration.views import by_receipt
from registration.views.account import FLOW as REGISTERING
from swms.accounts.models import SmsCode
from swms.idnumbers import mask_mobile
from swms.signin import flow
from swms.signin.privacy import PRIVACY_VERSION
from swms.signin.views.answers import too_often
from swms.throttle import Throttled
from swms.workflow import Refused

MATTER = by_receipt.Matter(
    "feedback", "反馈", SmsCode.Purpose.FEEDBACK, queries.of_mobile, queries.given_on, queries.answer_by
)
FORM = "registration/by_receipt/form.html"


class StartPage(by_receipt.StartPage):
    matter = MATTER
    template = "registration/feedback/start.html"
    form_class = FeedbackStart

    def known_mobile(self):
        registering = flow.facts(self.request, REGISTERING) or {}
        return super().known_mobile() or registering.get("mobile") or getattr(self.request.user, "mobile", "")


class CodePage(by_receipt.CodePage):
    matter = MATTER


class FormPage(by_receipt.NewPage):
    """Step 2: the person and the certificate."""

    matter = MATTER
    form_class = FeedbackForm

    def get(self, request):
        known = flow.facts(request, REGISTERING) or {}
        user = request.user
        if user.is_authenticated and user.is_worker:
            known = {"name": user.name, "id_type": user.id_type, "id_number": user.id_number}
        return self._show(FeedbackForm(initial=known, kept=self.kept()))

    def post(self, request):
        form, mobile = self.read_form(), self.facts["mobile"]
        if form.errors:
            return self._show(form)
        try:
            one = actions.submit(form.answers, mobile=mobile, image=self.image, consent_version=PRIVACY_VERSION)
        except Throttled as error:
            return too_often(request, form, FORM, self._context(), error)
        except Refused as error:
            if not error.extra.get("ref"):
                form.add_error("id_number", error.message)
                return self._show(form)
            messages.info(request, "这件反馈已经提交过，不用重复提交。")
            return self.done(error.extra["ref"])
        return self.done(one.ref)

    def _show(self, form):
        return render(self.request, FORM, self._context() | {"form": form})

    def _context(self) -> dict:
        return {
            "heading": "填写反馈",
            "mobile": mask_mobile(self.facts["mobile"]),
            "status": "反馈尚未提交。填写完整并按“提交反馈”后才算提交。",
            "submit_label": "提交反馈",
        }


class ReceiptPage(by_receipt.ReceiptPage):
    matter = MATTER
    next = (
        "受理区域的民政部门核对您填写的信息和证书图片。",
        "审核通过后，您的信息列入社工库，系统会发短信通知您。",
        "收到通知后，请回到本网站注册账户。",
    )
