"""Promises 2, 3, 4 and 9 of docs/quality, as far as certificates and annotations keep them."""

import os
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q

from certificates.models import Annotation, Certificate, FileDamaged
from certificates.pdf import keys
from certificates.pdf.verify import examine
from certificates.queries.alarms import done_late
from certificates.queries.annotations import due_annotations
from certificates.queries.clock import database_now
from certificates.queries.issuing import due_applications
from certificates.workflows import AnnotationState, DocumentState
from registration.models import Application
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from swms.dates import today
from swms.invariants import invariant

FULL = "SWMS_CHECK_EVERY_FILE"  # in the environment: look at every file instead of a sample
SAMPLE = 50


@invariant("2b. at most one certificate per application, exactly one once 已出证")
def one_certificate_each() -> Iterator[str]:
    """Yield applications whose number of certificates is not what their state says."""
    counted = Application.objects.annotate(
        made=Count("period__registration__certificates", filter=Q(period__registration__certificates__sha256__gt="")),
        current=Count(
            "period__registration__certificates",
            filter=Q(period__registration__certificates__state=DocumentState.ISSUED),
        ),
    )
    for application in counted.filter(state=ApplicationState.CERT_ISSUED).exclude(current=1).iterator():
        yield f"{application.ref}: 已出证 with {application.current} certificates in force"
    for application in counted.exclude(state=ApplicationState.CERT_ISSUED).filter(made__gt=0).iterator():
        yield f"{application.ref}: has a certificate file and is not 已出证"


@invariant("3. every annotation is done or refused before its deadline, or an alarm exists")
def annotations_in_time() -> Iterator[str]:
    """Yield annotations that are late without a breach in the trail."""
    breaches = AuditEvent.objects.filter(verb="certificates.annotation.alarm_breach")
    told = set(breaches.values_list("target_id", flat=True))
    grace = timedelta(seconds=2 * settings.SWEEP_SECONDS)
    waiting = Annotation.objects.filter(state=AnnotationState.SUBMITTED, deadline_at__lt=database_now() - grace)
    for annotation in (waiting | done_late()).order_by("pk").iterator():
        if str(annotation.pk) not in told:
            yield f"{annotation.number}: late without an alarm"


@invariant("4. done means: the file is there, its hash is the recorded one, its signature validates")
def files_are_whole() -> Iterator[str]:
    """Yield documents whose file is missing, changed or not validly signed; a random sample unless FULL is set."""
    roots = keys.trust_roots()
    for documents in (
        Certificate.objects.exclude(sha256=""),
        Annotation.objects.filter(state=AnnotationState.ACTIVE, valid_until__gte=today()),
    ):
        rows = documents.order_by("pk") if os.environ.get(FULL) else documents.order_by("?")[:SAMPLE]
        for document in rows.iterator():
            try:
                if not examine(document.read(), roots).is_intact:
                    yield f"{document}: its signature does not validate"
            except FileDamaged:
                yield f"{document}: its file is missing or changed"
    for annotation in Annotation.objects.exclude(purged_at=None).order_by("-pk")[:SAMPLE]:
        if annotation.file.exists():
            yield f"{annotation.number}: its file was deleted and is there"


@invariant("9b. no certificate and no annotation that is due stays unclaimed for two sweep periods")
def nothing_lies_about() -> Iterator[str]:
    """Yield work that no worker holds although it has been due for more than two sweeps."""
    long_ago = database_now() - timedelta(seconds=3 * settings.SWEEP_SECONDS)
    idle = due_annotations().filter(next_attempt_at__lt=long_ago)
    for annotation in idle.exclude(lease_until__gt=long_ago).iterator():
        yield f"{annotation.number}: due and unclaimed"
    # A failed certificate waits for its next turn by its lease.
    free = due_applications().filter(completed_at__lt=long_ago)
    held = Q(period__registration__certificates__lease_until__gt=long_ago)
    for application in free.exclude(held).iterator():
        yield f"{application.ref}: completed, its certificate unclaimed"
