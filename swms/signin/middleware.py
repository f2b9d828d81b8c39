"""No page of an office or an institution opens on a password alone (S10), or on one that somebody else knows."""

from django.contrib import messages
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode

#: What may be opened between the password and the second factor.
OPEN = frozenset({
    "signin:second_factor", "signin:set_up", "signin:sign_out", "signin:privacy", "mode", "live", "ready",
})  # fmt: skip


class SecondFactorMiddleware:
    """Leads who signed in with a password only to the second factor, whatever page was asked for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        user = request.user
        if not user.is_authenticated or not user.needs_second_factor or user.is_verified():
            return None
        if request.resolver_match.view_name in OPEN:
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"code": "second_factor_required", "message": "请先完成第二步验证"}, status=403)
        query = {"next": request.get_full_path()} if request.method == "GET" else {}
        return HttpResponseRedirect(f"{reverse('signin:second_factor')}?{urlencode(query)}".rstrip("?"))


class OwnPasswordMiddleware:
    """Leads who was handed a password to choosing one, before anything else opens.

    Otherwise whoever handed it out could sign in as the person for good (S15).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        user = request.user
        if not user.is_authenticated or not user.password_was_handed_out:
            return None
        if request.resolver_match.view_name in OPEN | {"signin:change_password", "signin:recovery_codes"}:
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"code": "password_handed_out", "message": "请先修改初始密码"}, status=403)
        messages.info(request, "当前密码是别人告诉您的，请先改为自己的密码。")
        return HttpResponseRedirect(reverse("signin:change_password"))
