"""What is late: alarms are read off the rows, so none can be lost (quality promise 3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Min, QuerySet

from certificates.models import Annotation, Certificate
from certificates.queries.clock import database_now
from certificates.workflows import AnnotationState, DocumentState
from registration.models import Application
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent

#: Level: the part of the deadline that is left when it is reached, 12, 4 and 0 of 24 hours.
LEVELS = {"breach": 0.0, "page": 4 / 24, "warn": 12 / 24}

#: The event in the trail of an application whose certificate could not even be begun.
IMPOSSIBLE = "registration.application.certificate_impossible"


@dataclass(frozen=True)
class Alarm:
    """So many pieces of work of one kind have waited too long; ``level`` is warn, page or breach."""

    level: str
    label: str
    count: int
    oldest: datetime


def alarms() -> list[Alarm]:
    """Return what is late now, the worst first. Each piece of work counts at its worst level only."""
    kinds = (
        ("证书加注", Annotation.objects.filter(state=AnnotationState.SUBMITTED), "submitted_at"),
        ("登记证书", Certificate.objects.filter(state=DocumentState.QUEUED), "created_at"),
    )
    found = []
    now = database_now()
    for level in LEVELS:
        for label, rows, since in kinds:
            first, last = _span(level, now)
            ages = {f"{since}__lte": last} | ({f"{since}__gt": first} if first else {})
            late = rows.filter(**ages).aggregate(count=Count("pk"), oldest=Min(since))
            if late["count"]:
                found.append(Alarm(level, label, late["count"], late["oldest"]))
    return found


def late_annotations(level: str) -> QuerySet[Annotation]:
    """Return the annotations in hand that have reached ``level`` or a worse one."""
    left = settings.ANNOTATION_DEADLINE * LEVELS[level]
    return Annotation.objects.filter(state=AnnotationState.SUBMITTED, deadline_at__lte=database_now() + left)


def done_late() -> QuerySet[Annotation]:
    """Return the annotations that were finished or refused after their deadline."""
    return Annotation.objects.filter(annotated_at__gt=F("deadline_at")) | Annotation.objects.filter(
        state=AnnotationState.FAILED, closed_at__gt=F("deadline_at")
    )


def impossible(applications: QuerySet[Application]) -> list[Application]:
    """Return those of the applications whose certificate was tried and could not be begun, the oldest first.

    Nobody needs to take the alarm back: it ends when the certificate is there.
    """
    waiting = applications.filter(state=ApplicationState.REGISTERED, period__registration__certificates=None)
    known = {str(each.pk): each for each in waiting.order_by("completed_at", "pk")[:1000]}
    events = AuditEvent.objects.filter(verb=IMPOSSIBLE, target_type=Application._meta.label_lower, target_id__in=known)
    told = set(events.values_list("target_id", flat=True))
    return [each for pk, each in known.items() if pk in told]


def _span(level: str, now: datetime) -> tuple[datetime | None, datetime]:
    """Return the moments of submission (after, up to) that put waiting work at ``level`` now."""
    deadline: timedelta = settings.ANNOTATION_DEADLINE
    names = list(LEVELS)
    worse = names[names.index(level) - 1] if level != names[0] else None
    first = now - deadline * (1 - LEVELS[worse]) if worse else None
    return first, now - deadline * (1 - LEVELS[level])
