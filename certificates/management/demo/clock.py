"""The demo's clock: what happened weeks ago is made at the time when it happened.

Histories, deadlines and dates on certificates are then right by themselves, and nothing is dated back
by hand. Only the making of demo data may turn the clock, in a process that serves nobody.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta

from django.utils import timezone

_real_now = timezone.now


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Let Django's clock stand at ``moment``."""
    before = timezone.now
    timezone.now = lambda: moment
    try:
        yield moment
    finally:
        timezone.now = before


def office_hour(days_ago: float, chance: random.Random) -> datetime:
    """Return a moment between 8:30 and 17:30 of the day ``days_ago``, and never one that is still to come."""
    day = timezone.localdate(_real_now()) - timedelta(days=int(days_ago))
    start = timezone.make_aware(datetime.combine(day, time(8, 30)))
    return min(start + timedelta(seconds=chance.randrange(9 * 3600)), _real_now() - timedelta(minutes=1))


def just_now() -> datetime:
    """Return a moment so short ago that what is carried out within minutes need not have been yet."""
    return _real_now() - timedelta(minutes=1)
