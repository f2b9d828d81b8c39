"""The inbox: what one person was told, newest first."""

from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from swms.notices.models import Delivery, Notice

PAGE = 20
COUNTED = 100  # beyond this the header says 99+


@dataclass(frozen=True)
class Page:
    """Some notices, newest first, and where the pages around them begin; ``None`` at either end."""

    notices: list[Notice]
    newer_than: int | None
    older_than: int | None


def inbox(user):
    """Return the user's own notices; nobody reads those of another, whatever the duty."""
    return Notice.objects.filter(recipient=user)


def page(user, *, older_than: int | None = None, newer_than: int | None = None) -> Page:
    """Return one page of the inbox by keyset, so that new notices do not push others from page to page."""
    deliveries = Delivery.objects.defer("text", "mobile").order_by("id")
    own = inbox(user).prefetch_related(Prefetch("deliveries", deliveries))
    if newer_than is not None:
        rows = list(own.filter(pk__gt=newer_than).order_by("pk")[: PAGE + 1])
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        return Page(rows, rows[0].pk if more else None, rows[-1].pk if rows else None)
    rows = list((own if older_than is None else own.filter(pk__lt=older_than))[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return Page(rows, rows[0].pk if rows and older_than is not None else None, rows[-1].pk if more else None)


def mark_read(notices) -> int:
    """Note that these notices were read; return how many were not before."""
    return notices.filter(read_at=None).update(read_at=timezone.now())


def unread(user) -> int:
    """Return how many notices wait to be read, counting no further than ``COUNTED``."""
    return inbox(user).filter(read_at=None).order_by()[:COUNTED].count()


def context(request) -> dict:
    """Context processor: ``unread``, asked of the database only where a template shows it."""

    def count() -> int:
        user = getattr(request, "user", None)
        return unread(user) if user is not None and user.is_authenticated else 0

    return {"unread": SimpleLazyObject(count)}
