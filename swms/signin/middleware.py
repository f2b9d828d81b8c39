"""No page of an office or an institution opens on a password alone (S10)."""

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
