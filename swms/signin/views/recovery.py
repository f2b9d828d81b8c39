"""A forgotten password: a code to the bound mobile, then a new password (R-APL-06)."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from swms import throttle
from swms.accounts.models import SmsCode, User
from swms.idnumbers import mask_mobile
from swms.middleware import client_ip
from swms.signin import actions, codes, flow
from swms.signin.forms import Recover, RecoverPassword
from swms.signin.views.answers import too_often
from swms.throttle import Throttled
from swms.workflow import Refused

FLOW = "recover"
PURPOSE = SmsCode.Purpose.RECOVER
PER_ADDRESS = (10, timedelta(hours=1))


@method_decorator(never_cache, name="dispatch")
class RecoverPage(View):
    """Ask which mobile. Public. Known and unknown mobiles get the same answer (S4)."""

    template = "accounts/recover.html"

    def get(self, request):
        return self._show(request, Recover())

    def post(self, request):
        form = Recover(request.POST)
        if not form.is_valid():
            return self._show(request, form)
        mobile = form.cleaned_data["mobile"]
        try:
            throttle.hit("recover_address", client_ip(request), *PER_ADDRESS)
            codes.send_code(mobile, PURPOSE, silently=actions.user_of_mobile(mobile) is None)
        except Throttled as error:
            return too_often(request, form, self.template, {"appeal_url": appeal_url()}, error, "mobile")
        flow.begin(request, FLOW, mobile=mobile)
        return redirect("signin:recover_password")

    def _show(self, request, form):
        return render(request, self.template, {"form": form, "appeal_url": appeal_url()})


@method_decorator([never_cache, sensitive_post_parameters("password", "again")], name="dispatch")
class RecoverPasswordPage(View):
    """Ask for the code and the new password. Public."""

    template = "accounts/recover_password.html"

    def dispatch(self, request, *args, **kwargs):
        self.begun = flow.facts(request, FLOW)
        if self.begun is None:
            messages.info(request, "请从这里开始找回密码。如果刚才已经设置了新密码，请直接登录。")
            return redirect("signin:recover")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self._show(request, RecoverPassword())

    def post(self, request):
        mobile = self.begun["mobile"]
        if "resend" in request.POST:
            return resend(request, mobile, PURPOSE, "signin:recover_password", known=actions.user_of_mobile(mobile))
        # Not the account's own, so that a judgement of the password says nothing about the account.
        form = RecoverPassword(request.POST, owner=User(mobile=mobile))
        if not form.is_valid():
            return self._show(request, form)
        try:
            codes.check_code(mobile, PURPOSE, form.cleaned_data["code"])
            actions.recover_password(mobile, form.cleaned_data["password"])
        except Refused as error:
            form.add_error("code", error.message)
            return self._show(request, form)
        flow.end(request, FLOW)
        messages.success(request, "新密码已经设置，其他设备上的登录已经退出。请用新密码登录。")
        return HttpResponseRedirect(reverse("signin:sign_in"))

    def _show(self, request, form):
        context = {"form": form, "mobile": mask_mobile(self.begun["mobile"]), "appeal_url": appeal_url()}
        return render(request, self.template, context)


def resend(request, mobile: str, purpose: str, back: str, *, known=True):
    """Send another code and go back to the page that asks for it; a mobile that is not `known` gets none."""
    try:
        codes.send_code(mobile, purpose, silently=not known)
    except Throttled as error:
        messages.error(request, str(error))
    else:
        messages.info(request, "新的验证码已发送，之前的验证码不再有效。")
    return redirect(back)


def appeal_url() -> str:
    """Return the address of 申诉, empty where the installation has none; linked from here only (R-APL-06)."""
    try:
        return reverse("registration:appeal")
    except NoReverseMatch:
        return ""
