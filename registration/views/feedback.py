"""反馈: asking to be added to the roster, without an account (R-ACC-05…07, R-ACC-10).

A code by SMS proves the mobile, before anything is written and again before anything is shown. What was
proven is kept in the session (swms.signin.flow); the address of a receipt alone shows nothing personal.
"""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from registration.actions import feedback as actions
from registration.forms.feedback import FeedbackForm, FeedbackStart
from registration.queries import feedback as queries
from registration.views.account import FLOW as REGISTERING
from swms import throttle
from swms.accounts.models import SmsCode
from swms.idnumbers import mask_mobile
from swms.middleware import client_ip
from swms.signin import codes, flow
from swms.signin.forms import CodeForm
from swms.signin.privacy import PRIVACY_VERSION
from swms.signin.views.answers import too_often
from swms.signin.views.recovery import resend
from swms.throttle import Throttled
from swms.uploads.models import StoredFile
from swms.uploads.refusal import UploadRefused
from swms.workflow import Refused

GIVING = "feedback"  # facts: mobile, image (uid of a kept upload), proven
FOLLOWING = "feedback_status"  # facts: ref, mobile, image, proven
PURPOSE = SmsCode.Purpose.FEEDBACK
PROVEN_FOR = timedelta(hours=1)  # there is much to fill in
PER_ADDRESS = (20, timedelta(hours=1))  # S4
FORM = "registration/feedback/form.html"


@method_decorator(never_cache, name="dispatch")
class StartPage(View):
    """Step 1: what it is for, and which mobile. Public; looks nothing up."""

    template = "registration/feedback/start.html"

    def get(self, request):
        known = flow.facts(request, GIVING) or flow.facts(request, REGISTERING) or {}
        mobile = known.get("mobile") or getattr(request.user, "mobile", "")
        return render(request, self.template, {"form": FeedbackStart(initial={"mobile": mobile})})

    def post(self, request):
        form = FeedbackStart(request.POST)
        if not form.is_valid():
            return render(request, self.template, {"form": form})
        mobile = form.cleaned_data["mobile"]
        try:
            throttle.hit("feedback_address", client_ip(request), *PER_ADDRESS)
            codes.send_code(mobile, PURPOSE)
        except Throttled as error:
            return too_often(request, form, self.template, {}, error, "mobile")
        flow.begin(request, GIVING, mobile=mobile)
        return redirect("registration:feedback_code")


@method_decorator(never_cache, name="dispatch")
class CodePage(View):
    """The code that proves the mobile. Public."""

    template = "registration/feedback/code.html"
    matter = GIVING
    begins_at = "registration:feedback"
    here = "registration:feedback_code"

    def dispatch(self, request, *args, **kwargs):
        self.facts = flow.facts(request, self.matter)
        if self.facts is None:
            messages.info(request, "请从这里开始。")
            return redirect(self.begins_at)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return render(request, self.template, self.context() | {"form": CodeForm()})

    def post(self, request):
        mobile = self.facts["mobile"]
        if "resend" in request.POST:
            return resend(request, mobile, PURPOSE, self.here, known=self.known())
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                codes.check_code(mobile, PURPOSE, form.cleaned_data["code"])
            except Refused as error:
                form.add_error("code", error.message)
            else:
                flow.begin(request, self.matter, PROVEN_FOR, **self.facts, proven="yes")
                return self.go_on()
        return render(request, self.template, self.context() | {"form": form})

    def known(self) -> bool:
        """Whether a code is really sent."""
        return True

    def go_on(self):
        return redirect("registration:feedback_form")

    def context(self) -> dict:
        return {"mobile": mask_mobile(self.facts["mobile"]), "back_to": reverse(self.begins_at), "giving": True}


class Writing:
    """Mix into a page with the form: keeps the image over mistakes elsewhere in it."""

    matter = GIVING
    former: StoredFile | None = None  # the image of an earlier round

    def read_form(self, **kwargs) -> FeedbackForm:
        """Return the posted form, judged; a good image is kept at once."""
        facts, request = self.facts, self.request
        kept = queries.kept_image(facts.get("image", ""))
        form = FeedbackForm(request.POST, request.FILES, kept=kept or self.former, **kwargs)
        form.is_valid()
        examined = form.cleaned_data.get("image")
        if examined:
            try:
                kept = actions.keep_image(examined, mobile=facts["mobile"], instead_of=kept)
            except (Throttled, UploadRefused) as error:
                form.add_error("image", str(error))
            else:
                form.keep(kept)
                facts["image"] = str(kept.uid)
        flow.begin(request, self.matter, PROVEN_FOR, **facts)
        self.image = kept
        return form


@method_decorator(never_cache, name="dispatch")
class FormPage(Writing, View):
    """Step 2: the person and the certificate. For who has proven the mobile."""

    def dispatch(self, request, *args, **kwargs):
        self.facts = flow.facts(request, GIVING)
        if self.facts is None or "proven" not in self.facts:
            messages.info(request, "请先验证手机号。如果刚才已经提交，回执编号已用短信发给您。")
            return redirect("registration:feedback")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        known = flow.facts(request, REGISTERING) or {}
        user = request.user
        if user.is_authenticated and user.is_worker:
            known = {"name": user.name, "id_type": user.id_type, "id_number": user.id_number}
        return self._show(FeedbackForm(initial=known, kept=queries.kept_image(self.facts.get("image", ""))))

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
            return self._done(error.extra["ref"])
        return self._done(one.ref)

    def _done(self, ref: str):
        flow.end(self.request, GIVING)
        flow.begin(self.request, FOLLOWING, PROVEN_FOR, ref=ref, mobile=self.facts["mobile"], proven="yes")
        return redirect("registration:feedback_receipt", ref)

    def _show(self, form):
        return render(self.request, FORM, self._context() | {"form": form})

    def _context(self) -> dict:
        return {
            "heading": "填写反馈",
            "mobile": mask_mobile(self.facts["mobile"]),
            "status": "反馈尚未提交。填写完整并按“提交反馈”后才算提交。",
            "submit_label": "提交反馈",
        }


@method_decorator(never_cache, name="dispatch")
class ReceiptPage(View):
    """What a person keeps; public, and so without a word about whom it concerns or how it stands."""

    def get(self, request, ref):
        given_at = queries.given_on(ref)
        if given_at is None:
            raise Http404
        context = {
            "ref": ref,
            "given_at": given_at,
            "by": queries.answer_by(given_at),
            "next": [
                "受理区域的民政部门核对您填写的信息和证书图片。",
                "审核通过后，您的信息列入社工库，系统会发短信通知您。",
                "收到通知后，请回到本网站注册账户。",
            ],
            "status_url": reverse("registration:feedback_case", args=[ref]),  # asks for the mobile where needed
        }
        return render(request, "registration/feedback/receipt.html", context)
