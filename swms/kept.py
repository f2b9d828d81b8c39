"""Numbers beside the links of the console: kept for some seconds for each reader, counted anew after an action.

A page of the console shows fifty of them, and nobody decides by one. What a reader's own decision changes she
sees changed on the very next page; what colleagues change, within ``NUMBERS_KEPT_SECONDS``. Each process keeps its
own, so that nothing has to be asked of another server (decision 0035).
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache

_Counted = TypeVar("_Counted")

#: The mark of a reader who has just acted: a cookie, because the next page may come from another process.
ACTED = "acted"


def kept(request, what: str, count: Callable[[], _Counted]) -> _Counted:
    """Return what ``count()`` gives, or gave this reader for the same ``what`` a few seconds ago."""
    key = f"numbers:{request.user.pk}:{what}"
    if ACTED not in request.COOKIES and (known := cache.get(key)) is not None:
        return known
    found = count()
    cache.set(key, found, settings.NUMBERS_KEPT_SECONDS)
    return found


def count_anew(request, response):
    """Return the answer to a request that did something, with the reader's numbers counted anew from now on.

    What does something leads on to another page; a search or a refused form shows one itself and changes no number.
    """
    if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
        response.set_cookie(
            ACTED, "1", max_age=settings.NUMBERS_KEPT_SECONDS, path="/console/", httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response
