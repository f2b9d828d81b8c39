"""反馈: asking to be added to the roster, without an account (R-ACC-05…07, R-ACC-10)."""

from django.contrib import messages

from registration.actions import feedback as actions
from registration.forms.feedback import FeedbackForm, FeedbackStatus
from registration.forms.proof import ProofStart
from registration.queries import feedback as queries
from registration.views import proving
from registration.views.account import FLOW as REGISTERING
from swms.accounts.models import SmsCode
from swms.signin import flow
from swms.signin.privacy import PRIVACY_VERSION
from swms.signin.views.answers import too_often
from swms.throttle import Throttled
from swms.uploads.models import Purpose
from swms.workflow import Refused

MATTER = proving.Matter(
    name="feedback",
    label="反馈",
    purpose=SmsCode.Purpose.FEEDBACK,
    files=Purpose.EVIDENCE,
    of_mobile=queries.of_mobile,
    start_form=ProofStart,
    status_form=FeedbackStatus,
    status_lead="凭回执编号和提交时填写的手机号查询，不需要账户。也可以在这里补正或撤回反馈。",
    elsewhere=("还没有反馈过，去反馈", "registration:feedback"),
)


class StartPage(proving.StartPage):
    """Step 1: what it is for, and which mobile. Public; looks nothing up."""

    matter = MATTER

    def known_mobile(self):
        registering = flow.facts(self.request, REGISTERING) or {}
        return registering.get("mobile") or getattr(self.request.user, "mobile", "")


class FormPage(proving.WritingPage):
    """Step 2: the person and the certificate. For who has proven the mobile."""

    matter = MATTER
    form_class = FeedbackForm

    def get(self, request):
        known = flow.facts(request, REGISTERING) or {}
        user = request.user
        if user.is_authenticated and user.is_worker:
            known = {"name": user.name, "id_type": user.id_type, "id_number": user.id_number}
        return self.show(FeedbackForm(initial=known, kept=self.kept()))

    def post(self, request):
        form, mobile = self.read_form(), self.facts["mobile"]
        if form.errors:
            return self.show(form)
        try:
            one = actions.submit(
                form.answers, mobile=mobile, image=self.files["image"], consent_version=PRIVACY_VERSION
            )
        except Throttled as error:
            return too_often(request, form, self.template, self.context(), error)
        except Refused as error:
            if not error.extra.get("ref"):
                form.add_error("id_number", error.message)
                return self.show(form)
            messages.info(request, "这件反馈已经提交过，不用重复提交。")
            return self.done(error.extra["ref"])
        return self.done(one.ref)


class ReceiptPage(proving.ReceiptPage):
    """What a person keeps; public, and so without a word about whom it concerns or how it stands."""

    matter = MATTER
    given_on = queries.given_on
    answer_by = queries.answer_by
    next = (
        "受理区域的民政部门核对您填写的信息和证书图片。",
        "审核通过后，您的信息列入社工库，系统会发短信通知您。",
        "收到通知后，请回到本网站注册账户。",
    )
