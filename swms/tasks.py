"""The kernel's own jobs."""

import logging

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from swms import claims, throttle
from swms.heartbeats import Heartbeat
from swms.invariants import judge
from swms.notices import delivery
from swms.signin import codes
from swms.uploads import storage

log = logging.getLogger(__name__)


@shared_task
def beat():
    """Leave a sign of life of beat and worker, which readiness reads."""
    Heartbeat.objects.update_or_create(name="beat", defaults={"at": timezone.now()})


@shared_task
def purge():
    """Delete what has served: codes, throttle windows, claims, sessions, files without a row, old outbox messages."""
    codes.purge()
    throttle.purge()
    claims.purge()
    call_command("clearsessions")
    storage.remove_orphans()
    delivery.purge()


@shared_task
def check_invariants():
    """Judge the promises and raise the alarm in the log when one is broken."""
    for verdict in judge():
        if verdict.violations:
            log.error("invariant_broken", extra={"promise": verdict.promise, "count": len(verdict.violations)})
