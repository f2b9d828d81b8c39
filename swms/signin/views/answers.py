"""Answers that several pages of this package give."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from swms.accounts.models import User
from swms.context import links
from swms.throttle import Throttled

#: Where each kind of user begins, by the name in `swms.context.LINKS`.
BEGINNING = {User.Kind.WORKER: "dashboard", User.Kind.INSTITUTION: "institution", User.Kind.STAFF: "console"}


def safe_next(request, target: str) -> str:
    """Return `target` where it leads to a page of this site, else the empty string."""
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if ours else ""


def signed_in_page(user) -> str:
    """Return the address where this kind of user begins."""
    return links().get(BEGINNING[user.kind]) or reverse("home")


def go_on(request, target: str = "") -> HttpResponseRedirect:
    """Lead who is signed in to where they wanted to go, or to where they begin."""
    return HttpResponseRedirect(safe_next(request, target) or signed_in_page(request.user))


def too_often(request, form, template: str, context: dict, error: Throttled, field: str | None = None) -> HttpResponse:
    """Show the form again, with what was typed, beside the time to wait: 429 with `Retry-After` (S3)."""
    form.add_error(field, str(error))
    response = render(request, template, context | {"form": form}, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response
