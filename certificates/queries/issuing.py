"""Reads about registration certificates: the queue, and the version that counts."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from certificates.models import Certificate
from certificates.workflows import DocumentState
from registration.models import Application, Registration
from registration.workflows import ApplicationState


def due_applications() -> QuerySet[Application]:
    """Return the completed registrations whose certificate should be made now, the oldest first."""
    busy = Certificate.objects.filter(state=DocumentState.QUEUED, lease_until__gte=Now()).values("registration")
    return (
        Application.objects.filter(state=ApplicationState.REGISTERED)
        .exclude(Q(period__registration__in=busy))
        .order_by("completed_at", "pk")
    )


def current_certificate(registration: Registration) -> Certificate | None:
    """Return the newest version of a registration's certificate; ``None`` before its content is stored."""
    return registration.certificates.order_by("-version").first()


def served_certificate(registration: Registration) -> Certificate | None:
    """Return the version whose file is there to be read: while the next one is in production, the one before it."""
    return registration.certificates.exclude(state=DocumentState.QUEUED).order_by("-version").first()
