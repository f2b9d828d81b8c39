"""One's own account: what is known, password, mobile, sessions, consent."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from swms.accounts.models import SmsCode, User
from swms.idnumbers import mask_mobile
from swms.signin import actions, codes, flow, privacy, second_factor
from swms.signin.forms import ChangeMobile, ChangePassword, CodeForm
from swms.signin.views.answers import go_on, safe_next, too_often
from swms.signin.views.confirming import confirm_password
from swms.signin.views.recovery import resend
from swms.throttle import Throttled
from swms.workflow import Refused

FLOW = "change_mobile"
PURPOSE = SmsCode.Purpose.CHANGE_MOBILE


@method_decorator(never_cache, name="dispatch")
class AccountPage(LoginRequiredMixin, View):
    """What the account holds, masked, with the way to change each thing."""

    def get(self, request):
        user = request.user
        left = second_factor.recovery_codes_left(user) if user.needs_second_factor else 0
        return render(request, "accounts/account.html", {"account": user, "recovery_codes_left": left})


@method_decorator([never_cache, sensitive_post_parameters("present", "password", "again")], name="dispatch")
class ChangePasswordPage(LoginRequiredMixin, View):
    """A new password, which ends all other sessions (S9)."""

    template = "accounts/change_password.html"

    def get(self, request):
        return render(request, self.template, {"form": ChangePassword()})

    def post(self, request):
        form = ChangePassword(request.POST, owner=request.user)
        answer = confirm_password(request, form, self.template, {})
        if answer is not None:
            return answer
        actions.change_password(request.user, form.cleaned_data["password"])
        stay(request)
        messages.success(request, "密码已修改，其他设备上的登录已经退出。")
        return redirect("signin:account")


@method_decorator([never_cache, sensitive_post_parameters("present")], name="dispatch")
class ChangeMobilePage(LoginRequiredMixin, View):
    """The new mobile, after the password once more."""

    template = "accounts/change_mobile.html"

    def get(self, request):
        return render(request, self.template, {"form": ChangeMobile()})

    def post(self, request):
        form = ChangeMobile(request.POST)
        answer = confirm_password(request, form, self.template, {})
        if answer is not None:
            return answer
        mobile = form.cleaned_data["mobile"]
        if mobile == request.user.mobile:
            form.add_error("mobile", "这就是现在绑定的手机号")
            return render(request, self.template, {"form": form})
        try:
            codes.send_code(mobile, PURPOSE)
        except Throttled as error:
            return too_often(request, form, self.template, {}, error, "mobile")
        flow.begin(request, FLOW, mobile=mobile)
        return redirect("signin:change_mobile_code")


@method_decorator(never_cache, name="dispatch")
class ChangeMobileCodePage(LoginRequiredMixin, View):
    """The code that came to the new mobile."""

    template = "accounts/change_mobile_code.html"

    def dispatch(self, request, *args, **kwargs):
        self.begun = flow.facts(request, FLOW)
        if request.user.is_authenticated and self.begun is None:
            return redirect("signin:change_mobile")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self._show(request, CodeForm())

    def post(self, request):
        mobile = self.begun["mobile"]
        if "resend" in request.POST:
            return resend(request, mobile, PURPOSE, "signin:change_mobile_code")
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self._show(request, form)
        try:
            codes.check_code(mobile, PURPOSE, form.cleaned_data["code"])
            actions.change_mobile(request.user, mobile)
        except Refused as error:
            form.add_error("code", error.message)
            return self._show(request, form)
        flow.end(request, FLOW)
        stay(request)
        messages.success(request, "手机号已更换，其他设备上的登录已经退出。")
        return redirect("signin:account")

    def _show(self, request, form):
        return render(request, self.template, {"form": form, "mobile": mask_mobile(self.begun["mobile"])})


@require_POST
@login_required
def end_other_sessions(request):
    """End all sessions but this one."""
    actions.end_other_sessions(request.user)
    stay(request)
    messages.success(request, "其他设备上的登录已经全部退出。")
    return redirect("signin:account")


class PrivacyPage(View):
    """The privacy notice. Public; who is signed in and has not agreed to it as it reads now can agree here."""

    def get(self, request):
        target = safe_next(request, request.GET.get("next", ""))
        ask = request.user.is_authenticated and not privacy.is_current(request.user)
        context = {"version": privacy.PRIVACY_VERSION, "ask": ask, "next": target}
        return render(request, "accounts/privacy.html", context)

    def post(self, request):
        if request.user.is_authenticated and not privacy.is_current(request.user):
            actions.give_consent(request.user)
        if not request.user.is_authenticated:
            return redirect("signin:privacy")
        return go_on(request, request.POST.get("next", ""))


def stay(request) -> None:
    """Keep this session after the user's others were ended, under a new key."""
    user = User.objects.get(pk=request.user.pk)
    update_session_auth_hash(request, user)
    request.session["seen"] = timezone.now().timestamp()
