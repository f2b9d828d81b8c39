"""Rate limits that are kept in PostgreSQL, so that they survive a Redis that was flushed or is away (S3).

A limit is exact over any period of its length: a window remembers the moments of its last hits. Keys
(addresses, numbers) are kept as keyed hashes. A hit that is taken back by a rollback was never counted:
call `hit` before the transaction whose failure it should outlive.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.utils import timezone

from swms.crypto import blind_index, index_candidates


class Throttled(Exception):
    """Too many attempts; `retry_after` is the number of whole seconds until the next may be made."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"操作过于频繁，请在{_in_words(retry_after)}后再试")
        self.retry_after = retry_after


class Window(models.Model):
    """The recent hits under one key of one limit, oldest first."""

    scope = models.CharField(max_length=32)
    key = models.CharField(max_length=44)
    hits = ArrayField(models.DateTimeField())
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "swms"
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_window_per_key")]

    def __str__(self) -> str:
        return f"{self.scope}: {len(self.hits)}"


# The update that changes nothing locks a row which is there already, so that new and known keys are one case.
_LOCK = """
    INSERT INTO swms_window AS known (scope, key, hits, expires_at) VALUES (%s, %s, '{}', %s)
    ON CONFLICT (scope, key) DO UPDATE SET scope = known.scope
    RETURNING id, hits
"""


def hit(scope: str, key: str, limit: int, period: timedelta) -> int:
    """Count one attempt and return how many are left, if fewer than `limit` were made within `period`.

    Raises Throttled otherwise; a refused attempt is not counted, so that waiting always helps.
    """
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [scope, _hashed(scope, key), now + period])
            pk, hits = cursor.fetchone()
        recent = [moment for moment in hits if moment > now - period]
        if len(recent) < limit:
            Window.objects.filter(pk=pk).update(hits=[*recent, now], expires_at=now + period)
            return limit - len(recent) - 1
    raise Throttled(_wait(recent, limit, period, now))


def check(scope: str, key: str, limit: int, period: timedelta) -> None:
    """Raise Throttled if `hit` would, without counting: for limits on failures, known only afterwards."""
    now = timezone.now()
    hits = Window.objects.filter(scope=scope, key__in=index_candidates(_purpose(scope), key)).values_list("hits")
    recent = sorted(moment for (row,) in hits for moment in row if moment > now - period)
    if len(recent) >= limit:
        raise Throttled(_wait(recent, limit, period, now))


def clear(scope: str, key: str) -> None:
    """Forget the attempts under one key, as after a success."""
    Window.objects.filter(scope=scope, key__in=index_candidates(_purpose(scope), key)).delete()


def purge() -> int:
    """Delete the windows whose hits have all left their period; return how many."""
    return Window.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def _purpose(scope: str) -> str:
    return f"throttle:{scope}"


def _hashed(scope: str, key: str) -> str:
    return blind_index(_purpose(scope), key)


def _wait(recent: list[datetime], limit: int, period: timedelta, now: datetime) -> int:
    if limit <= 0:
        return math.ceil(period.total_seconds())
    return max(1, math.ceil((recent[-limit] + period - now).total_seconds()))


def _in_words(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds}秒"
    return f"{math.ceil(seconds / 60)}分钟" if seconds < 3600 else f"{math.ceil(seconds / 3600)}小时"
