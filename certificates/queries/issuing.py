"""Reads about registration certificates: the queue, and the versions."""

from django.db.models import Exists, OuterRef, QuerySet

from certificates.models import Certificate, Replacement
from certificates.queries.annotations import unclaimed
from certificates.workflows import DocumentState, ReplacementState
from registration.models import Application, Registration
from registration.workflows import ApplicationState, RegistrationState


def due_applications() -> QuerySet[Application]:
    """Return the completed registrations that no version was stored for yet, the oldest first."""
    orders = Application.objects.filter(state=ApplicationState.REGISTERED, certificate=None)
    return orders.exclude(_in_production()).order_by("completed_at", "pk")


def due_replacements() -> QuerySet[Replacement]:
    """Return the approved replacements that no version was stored for yet, the oldest first."""
    orders = Replacement.objects.filter(state=ReplacementState.APPROVED, certificate=None)
    return orders.exclude(_in_production()).order_by("decided_at", "pk")


def due_certificates() -> QuerySet[Certificate]:
    """Return the stored versions that wait for their file and that no worker is at, the oldest first."""
    return unclaimed(Certificate.objects.filter(state=DocumentState.QUEUED)).order_by("created_at", "pk")


def _in_production() -> Exists:
    """The condition that another version of the same registration is being made: the next one waits for it."""
    return Exists(Certificate.objects.filter(registration=OuterRef("registration"), state=DocumentState.QUEUED))


def versions(registration: Registration) -> list[Certificate]:
    """Return all versions of a registration's certificate, the newest first."""
    rows = registration.certificates.select_related("application", "replacement").defer("sealed")
    return list(rows.order_by("-version"))


def current_certificate(registration: Registration) -> Certificate | None:
    """Return the newest version of a registration's certificate; ``None`` before its content is stored."""
    return registration.certificates.order_by("-version").first()


def is_withdrawn(registration: Registration) -> bool:
    """Tell whether nothing of the registration is served any more: it was undone (R-REG-24)."""
    return registration.standing in (RegistrationState.REVOKED, RegistrationState.CANCELLED)


def served_certificate(registration: Registration) -> Certificate | None:
    """Return the version whose file is there to be read: while the next one is in production, the one before it.

    ``None`` before the first one is made, and of a registration that was revoked or cancelled.
    """
    if is_withdrawn(registration):
        return None
    return registration.certificates.exclude(state=DocumentState.QUEUED).order_by("-version").first()
