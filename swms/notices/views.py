"""The inbox of whoever is signed in, at /notices/."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from swms.kept import count_anew
from swms.notices import inbox, ledger

DIGITS = 18  # of the largest number that a notice can have, and be compared with


@login_required
@never_cache
@require_safe
def inbox_page(request):
    """The notices, newest first; ``?before=`` and ``?after=`` name the notice at the edge of a page."""
    before, after = _key(request.GET.get("before")), _key(request.GET.get("after"))
    page = inbox.page(request.user, older_than=before, newer_than=after)
    if after is not None and page.newer_than is None:
        return redirect("notices:inbox")  # the newest page, whole
    here = reverse("notices:inbox")
    context = {
        "notices": [{"notice": each, "outside": ledger.outside(each)} for each in page.notices],
        "newer_url": f"{here}?after={page.newer_than}" if page.newer_than else None,
        "older_url": f"{here}?before={page.older_than}" if page.older_than else None,
    }
    return render(request, "notices/inbox.html", context)


@login_required
@require_POST
def open_notice(request, pk: int):
    """Mark one notice as read and go to what it is about."""
    notice = get_object_or_404(inbox.inbox(request.user), pk=pk)
    inbox.mark_read(inbox.inbox(request.user).filter(pk=pk))
    return count_anew(request, redirect(notice.url or "notices:inbox"))


@login_required
@require_POST
def read_all(request):
    """Mark everything in the inbox as read."""
    if number := inbox.mark_read(inbox.inbox(request.user)):
        messages.success(request, f"已将{number}条消息标为已读")
    return count_anew(request, redirect("notices:inbox"))


def _key(text: str | None) -> int | None:
    """Return the notice's number in an address; what is none counts as the beginning."""
    if text and text.isascii() and text.isdigit() and len(text) <= DIGITS:
        return int(text)
    return None
