"""The second factor: set up at the first sign-in, asked at every one after (S10)."""

import django_otp
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache

from swms.signin import second_factor
from swms.signin.forms import ConfirmPassword, SecondFactor
from swms.signin.views.answers import go_on, safe_next, too_often
from swms.signin.views.confirming import confirm_password
from swms.throttle import Throttled
from swms.workflow import Refused


class StaffStep(LoginRequiredMixin, View):
    """A step of those who need a second factor; others get 404."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.needs_second_factor:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


@method_decorator(never_cache, name="dispatch")
class SecondFactorPage(StaffStep):
    """Ask for the authenticator's code after the password."""

    template = "accounts/second_factor.html"

    def get(self, request):
        target = safe_next(request, request.GET.get("next", ""))
        if request.user.is_verified():
            return go_on(request, target)
        if not second_factor.has_device(request.user):
            query = f"?{urlencode({'next': target})}" if target else ""
            return HttpResponseRedirect(reverse("signin:set_up") + query)
        return render(request, self.template, {"form": SecondFactor(initial={"next": target})})

    def post(self, request):
        form = SecondFactor(request.POST)
        if not form.is_valid():
            return render(request, self.template, {"form": form})
        try:
            device = second_factor.verify(request.user, form.cleaned_data["code"])
        except Refused as error:
            form.add_error("code", error.message)
            return render(request, self.template, {"form": form})
        except Throttled as error:
            return too_often(request, form, self.template, {}, error, "code")
        _enter(request, device)
        if device.name == "recovery":
            left = second_factor.recovery_codes_left(request.user)
            messages.warning(request, f"您使用了一个恢复码，还剩 {left} 个。可以在“我的账户”中重新生成。")
        return go_on(request, form.cleaned_data["next"])


@method_decorator(never_cache, name="dispatch")
class SetUpPage(StaffStep):
    """Show the secret as a QR code and as text; the first right code puts it to use."""

    template = "accounts/set_up.html"

    def dispatch(self, request, *args, **kwargs):
        # Whoever has only the password must not replace a device that is in use.
        if request.user.is_authenticated and second_factor.has_device(request.user):
            return redirect("signin:account" if request.user.is_verified() else "signin:second_factor")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        target = safe_next(request, request.GET.get("next", ""))
        return render(request, self.template, self._context(request, SecondFactor(initial={"next": target})))

    def post(self, request):
        form = SecondFactor(request.POST)
        if not form.is_valid():
            return render(request, self.template, self._context(request, form))
        try:
            device, codes = second_factor.confirm(request.user, form.cleaned_data["code"])
        except Refused as error:
            form.add_error("code", error.message)
            return render(request, self.template, self._context(request, form))
        except Throttled as error:
            return too_often(request, form, self.template, self._context(request, form), error, "code")
        _enter(request, device)
        return _show_codes(request, codes, safe_next(request, form.cleaned_data["next"]))

    @staticmethod
    def _context(request, form):
        device = second_factor.pending_device(request.user, request.session.get("pending_device"))
        request.session["pending_device"] = device.pk
        return {
            "form": form,
            "qr": second_factor.qr_image(device),
            "secret": second_factor.secret_text(device),
        }


@method_decorator(never_cache, name="dispatch")
class RecoveryCodesPage(StaffStep):
    """Make new recovery codes, after the password once more."""

    template = "accounts/recovery_codes_renew.html"

    def get(self, request):
        return render(request, self.template, {"form": ConfirmPassword()})

    def post(self, request):
        form = ConfirmPassword(request.POST)
        answer = confirm_password(request, form, self.template, {})
        if answer is not None:
            return answer
        return _show_codes(request, second_factor.renew_recovery_codes(request.user), reverse("signin:account"))


def _enter(request, device) -> None:
    django_otp.login(request, device)
    request.session.cycle_key()  # the session is worth more than before


def _show_codes(request, codes: list[str], target: str):
    """Show recovery codes in the answer itself: they are kept nowhere, so no other page could."""
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "target": target or reverse("home")})
