"""What surrounds every request: its facts, the limits of its session, and refusals in words."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from swms.current import RequestFacts, reset_current, set_current
from swms.throttle import Throttled
from swms.workflow import Refused


def client_ip(request) -> str:
    """Return the client's address, counted from the right through the trusted proxies."""
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if settings.TRUSTED_PROXIES and len(chain) >= settings.TRUSTED_PROXIES:
        return chain[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR") or "0.0.0.0"


class RequestContextMiddleware:
    """Makes the request's id and address known to the audit trail."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        shows = request.method in ("GET", "HEAD")
        token = set_current(RequestFacts(getattr(request, "id", ""), client_ip(request), shows))
        try:
            return self.get_response(request)
        finally:
            reset_current(token)

    def process_view(self, request, view, args, kwargs):
        # PostgreSQL keeps no NUL, so a key with one names nothing; as a look-up it would be an error.
        if "\0" not in request.path_info:
            return None
        if request.path_info.endswith(".json"):
            return JsonResponse({"code": "not_found", "message": "没有这个地址"}, status=404)
        raise Http404


class SessionLimitsMiddleware:
    """Ends sessions that idled too long or lasted too long (R-ACC-12, S9); staff sooner."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Looking at the user reads the session and makes the answer vary by cookie: not without one.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            kind = "staff" if request.user.is_staff else "worker"
            now = timezone.now().timestamp()
            started = request.session.setdefault("started", now)
            seen = request.session.get("seen", now)
            idle, absolute = settings.SESSION_IDLE[kind], settings.SESSION_ABSOLUTE[kind]
            if now - seen > idle.total_seconds() or now - started > absolute.total_seconds():
                logout(request)
                if request.headers.get("Accept", "").startswith("application/json"):
                    return self.get_response(request)
                # A button's address may answer a POST only: lead back to the page that has the button.
                page = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "")
                query = urlencode({"next": page, "expired": 1})
                return HttpResponseRedirect(f"{reverse(settings.LOGIN_URL)}?{query}")
            if now - seen > 30 or "seen" not in request.session:  # not a write for every page
                request.session["seen"] = now
        return self.get_response(request)


class RefusedMiddleware:
    """Turns a ``Refused`` that no view dealt with into words on the page the person came from.

    A ``Throttled`` becomes 429 with ``Retry-After`` (S3).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, Throttled):
            context = {"message": str(exception), "retry_after": exception.retry_after}
            response = render(request, "429.html", context, status=429)
            response["Retry-After"] = str(exception.retry_after)
            return response
        if not isinstance(exception, Refused):
            return None
        back = request.headers.get("Referer", "")
        here = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        if request.method == "POST" and here:
            messages.error(request, exception.message)
            return HttpResponseRedirect(back)
        return render(request, "errors/refused.html", {"refused": exception}, status=409)
