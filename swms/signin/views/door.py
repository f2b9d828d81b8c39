"""In and out."""

import math
from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from swms import throttle
from swms.accounts.backends import axes_username
from swms.middleware import client_ip
from swms.signin import privacy
from swms.signin.forms import SignIn
from swms.signin.views.answers import go_on, safe_next, too_often

TEMPLATE = "accounts/sign_in.html"
PER_ADDRESS = (20, timedelta(minutes=1))  # S3
PER_ACCOUNT = (50, timedelta(hours=1))  # guesses spread over many addresses


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class SignInPage(View):
    """The sign-in page. Public. After 5 failures axes answers in its place (R-ACC-12): see `locked_out`."""

    def get(self, request):
        target = safe_next(request, request.GET.get("next", ""))
        if request.user.is_authenticated:
            return go_on(request, target)
        return self._show(request, SignIn(initial={"next": target}))

    def post(self, request):
        form = SignIn(request.POST)
        if not form.is_valid():
            return self._show(request, form)
        typed = form.cleaned_data["username"]
        try:
            throttle.hit("sign_in_address", client_ip(request), *PER_ADDRESS)
            throttle.hit("sign_in_account", axes_username(request, {"username": typed}), *PER_ACCOUNT)
        except throttle.Throttled as error:
            return too_often(request, form, TEMPLATE, {}, error)
        user = authenticate(request, username=typed, password=form.cleaned_data["password"])
        if user is None:
            form.add_error(None, "账号或密码不正确，请核对后重新输入")
            return self._show(request, form)
        enter(request, user)
        target = safe_next(request, form.cleaned_data["next"])
        if not privacy.is_current(user):
            return HttpResponseRedirect(_with_next("signin:privacy", target))
        if user.needs_second_factor:
            return HttpResponseRedirect(_with_next("signin:second_factor", target))
        return go_on(request, target)

    @staticmethod
    def _show(request, form):
        return render(
            request, TEMPLATE, {"form": form, "expired": request.method == "GET" and "expired" in request.GET}
        )


def enter(request, user) -> None:
    """Begin a session for `user` under a new key, with its clocks at zero (S9)."""
    login(request, user, backend="swms.accounts.backends.IdentityBackend")
    request.session["started"] = request.session["seen"] = timezone.now().timestamp()


@require_POST
def sign_out(request):
    """End the session."""
    logout(request)
    messages.success(request, "您已退出登录。")
    return HttpResponseRedirect(reverse("signin:sign_in"))


def locked_out(request, response=None, credentials=None) -> HttpResponse:
    """Answer in place of the sign-in page during a lock-out, alike for known and unknown accounts (S3)."""
    failures = AccessAttempt.objects.filter(
        username=axes_username(request, credentials), ip_address=client_ip(request)
    ).order_by("-attempt_time")
    last = failures.values_list("attempt_time", flat=True).first() or timezone.now()
    left = (last + settings.AXES_COOLOFF_TIME - timezone.now()).total_seconds()
    seconds = max(1, math.ceil(left))
    response = render(request, "accounts/locked_out.html", {"retry_after": seconds}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _with_next(name: str, target: str) -> str:
    return reverse(name) + (f"?{urlencode({'next': target})}" if target else "")
