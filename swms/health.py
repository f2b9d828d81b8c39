"""Liveness and readiness, for the load balancer and for ``make run``."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from swms.heartbeats import Heartbeat

STALE_BEATS = 5  # periods of silence after which the jobs count as stopped


@never_cache
@require_safe
def live(request):
    """Answer 200 as long as the process can answer at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request):
    """Answer 200 when the database answers, 503 when not; Redis and jobs are told, not required.

    Without Redis or workers nothing is lost, since the sweep finds every row later, so the
    portal stays in service; the answer says what is degraded.
    """
    parts = {"database": _database(), "redis": _redis()}
    parts["jobs"] = parts["database"] and _jobs()
    status = "ok" if all(parts.values()) else "degraded" if parts["database"] else "down"
    return JsonResponse({"status": status, **parts}, status=200 if parts["database"] else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False


def _redis() -> bool:
    try:
        return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1).ping()
    except redis.RedisError:
        return False


def _jobs() -> bool:
    last = Heartbeat.objects.filter(name="beat").first()
    return bool(last and (timezone.now() - last.at).total_seconds() < STALE_BEATS * settings.SWEEP_SECONDS)
