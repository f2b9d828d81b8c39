"""Promises 2, 3, 4 and 9, as far as certificates and annotations keep them."""

import os
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q

from certificates.models import Annotation, Certificate, FileDamaged, Replacement
from certificates.queries import issued_log
from certificates.queries.alarms import done_late
from certificates.queries.annotations import due_annotations
from certificates.queries.clock import database_now
from certificates.queries.examining import examined
from certificates.queries.issuing import due_applications, due_certificates, due_replacements
from certificates.workflows import AnnotationState, DocumentState, ReplacementState
from registration.models import Application, Registration, Worker
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from swms.dates import today
from swms.invariants import invariant

FULL = "SWMS_CHECK_EVERY_FILE"  # in the environment: look at every file instead of a sample
SAMPLE = 50


@invariant("2b. at most one version per order, exactly one once it is done, and one in force")
def one_version_each() -> Iterator[str]:
    """Yield applications and replacements whose version is not what their state says, and records without one."""
    for model, done in ((Application, ApplicationState.CERT_ISSUED), (Replacement, ReplacementState.ISSUED)):
        made = Q(certificate__sha256__gt="")
        for order in model.objects.filter(state=done).exclude(made).iterator():
            yield f"{order.ref}: {order.get_state_display()} without a certificate"
        for order in model.objects.exclude(state=done).filter(made).iterator():
            yield f"{order.ref}: has a certificate file and is {order.get_state_display()}"
    current = Count("certificates", filter=Q(certificates__state=DocumentState.ISSUED))
    ever = Count("certificates", filter=Q(certificates__sha256__gt=""))
    for record in Registration.objects.annotate(current=current, ever=ever).filter(ever__gt=0).exclude(current=1):
        yield f"{record.number}: {record.current} versions in force"


@invariant("2e. whoever was corrected has one name and one number everywhere")
def corrected_everywhere() -> Iterator[str]:
    """Yield people whose roster rows still name them as before a correction (R-REP-03)."""
    for one in Worker.objects.exclude(corrections=None).select_related("user").distinct():
        new = one.corrections.last().new
        if {"name": one.user.name, "id_number": one.user.id_number} != new:
            yield f"worker {one.pk}: the account is not as it was corrected"
        for row in one.qualifications.all():
            if {"name": row.name, "id_number": row.id_number} != new:
                yield f"{row.mgmt_no}: not as its holder was corrected"


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
    for documents in (
        Certificate.objects.exclude(sha256=""),
        Annotation.objects.filter(state=AnnotationState.ACTIVE, valid_until__gte=today()),
    ):
        rows = documents.order_by("pk") if os.environ.get(FULL) else documents.order_by("?")[:SAMPLE]
        for document in rows.iterator():
            try:
                if not examined(document.read()).is_intact:
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
    for document in due_certificates().filter(created_at__lt=long_ago).exclude(lease_until__gt=long_ago):
        yield f"{document}: its file is due and unclaimed"
    for application in due_applications().filter(completed_at__lt=long_ago).iterator():
        yield f"{application.ref}: completed, its certificate unclaimed"
    for replacement in due_replacements().filter(decided_at__lt=long_ago).iterator():
        yield f"{replacement.ref}: approved, its certificate unclaimed"


@invariant("4b. every issued document is in the log of issued documents, and the log agrees with its signed heads")
def log_is_whole() -> Iterator[str]:
    """Yield forged rows, forged or missing entries, a cut tail, and a head that nobody signed."""
    yield from issued_log.faults()
