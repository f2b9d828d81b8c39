"""What ``swms.dates`` is told of the announced days, remembered for a moment.

A page asks for working days dozens of times; the table changes once a year. Every process reads it again
after half a minute at the latest, so a change holds everywhere within a minute, whatever the broker does.
"""

import time
from datetime import date

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from swms import dates
from swms.calendar.models import AnnouncedDay

SECONDS = 30

_known: tuple[float, dict[date, bool]] | None = None


def current() -> dict[date, bool]:
    """Return the announced days, as this process last read them."""
    global _known
    known, now = _known, time.monotonic()
    if known is None or not 0 <= now - known[0] < SECONDS:
        known = _known = (now, dict(AnnouncedDay.objects.values_list("date", "is_working")))
    return known[1]


def forget() -> None:
    """Let this process read the table again; others do so by themselves."""
    global _known
    _known = None


def install() -> None:
    """Make ``swms.dates`` count by the announced days."""
    dates.set_overrides(current)


@receiver([post_save, post_delete], sender=AnnouncedDay)
def _forget_on_change(**kwargs) -> None:
    forget()
    transaction.on_commit(forget)  # another thread may have read the old days in between
