"""Issuing registration certificates: content first, then the file, then the record (issue ≠ render)."""

import json
import logging
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from certificates.models import Certificate, keep, new_token
from certificates.pdf import increment, keys, page, ready
from certificates.queries.alarms import IMPOSSIBLE
from certificates.queries.annotations import unclaimed
from certificates.queries.clock import database_now
from certificates.queries.contents import photo_url, registration_content
from certificates.workflows import DocumentState
from registration.models import Application
from registration.workflows import ApplicationState
from swms.audit import trail
from swms.crashpoints import crashpoint
from swms.workflow import Refused

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


def issue(application_pk: int) -> bool:
    """Make and sign the certificate of a completed registration (F9); ``False`` when there is nothing to do.

    Wherever it is cut short, running it again finishes the same certificate: what it prints was
    stored before the first drawing, and only the last transaction makes a file count.
    """
    try:
        document = _allocate(application_pk)
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:  # its photo is gone from the disk: there is no row yet to put off
        _note_impossible(application_pk, error)
        return False
    if document is None:
        return False
    crashpoint("issue.allocated")
    if not _claim(document):
        return False
    crashpoint("issue.claimed")
    try:
        signed_at = timezone.localtime(database_now()).replace(microsecond=0)
        signer = keys.load_signer()
        data = _signed(document, signer, signed_at)
        crashpoint("issue.signed")
        path, sha256 = keep(document.uid, data, folder="registration")
    except (DatabaseError, InterfaceError):
        raise  # the lease runs out and the sweep finds the row
    except Exception as error:  # whatever is wrong, the row waits for the next attempt and the alarm grows
        _put_off(document, error)
        return False
    crashpoint("issue.written")
    done = _record(
        document,
        application_pk,
        path=path,
        sha256=sha256,
        signer=signer.certificate.fingerprint(hashes.SHA256()).hex(),
        signed_at=signed_at,
    )
    crashpoint("issue.recorded")
    return done


@transaction.atomic
def _allocate(application_pk: int) -> Certificate | None:
    """Return the certificate to make, its content stored; ``None`` when the application does not wait for one."""
    application = (
        Application.objects.select_for_update(of=("self",))
        .filter(pk=application_pk, state=ApplicationState.REGISTERED)
        .first()
    )
    if application is None:
        return None
    registration = application.period.registration
    last = registration.certificates.order_by("-version").first()
    if last and last.state == DocumentState.QUEUED:
        return last
    token, version = new_token(), last.version + 1 if last else 1
    content = registration_content(registration, token=token, version=version, signer=keys.load_signer().name)
    content["photo"] = photo_url(registration.worker.photo)
    document = Certificate(
        registration=registration,
        version=version,
        verify_token=token,
        sealed=json.dumps(content, ensure_ascii=False),
    )
    return document.begin()


@transaction.atomic
def _note_impossible(application_pk: int, error: Exception) -> None:
    """Leave an event in the application's trail, once; the console shows it until the certificate is there."""
    application = Application.objects.select_for_update(of=("self",)).get(pk=application_pk)
    log.error("certificate_impossible", extra={"application": application.ref, "error": type(error).__name__})
    if not trail.history(application).filter(verb=IMPOSSIBLE).exists():
        trail.record(IMPOSSIBLE, application, changes={"error": type(error).__name__})


def _claim(document: Certificate) -> bool:
    """Lease the document to this worker; ``False`` when another one has it."""
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    waiting = Certificate.objects.filter(pk=document.pk, state=DocumentState.QUEUED)
    claimed = unclaimed(waiting).update(lease_until=Now() + lease, attempts=F("attempts") + 1)
    document.attempts += claimed
    return bool(claimed)


def _signed(document: Certificate, signer: keys.Signer, signed_at: datetime) -> bytes:
    pdf = page.render(page.REGISTRATION, document.content)
    base, sidecar = ready.make_ready(
        pdf,
        kind=page.REGISTRATION,
        certificate=document.registration.number,
        token=document.verify_token,
        annotatable=False,
    )
    return increment.sign(base, sidecar, signer=signer, signed_at=signed_at)


@transaction.atomic
def _record(document: Certificate, application_pk: int, **facts) -> bool:
    """Make the file count and the application 已出证, both or neither."""
    try:
        document.move("issue", **facts)
    except Refused as refused:  # a quicker worker; this file is an orphan
        log.info("certificate_not_recorded", extra={"certificate": str(document), "code": refused.code})
        return False
    supersede_older(document)
    Application.objects.get(pk=application_pk).move("issue")
    return True


def supersede_older(document: Certificate) -> None:
    """Let the new version take the place of those before it: 已换发 at verification (R-REP-03)."""
    for older in document.registration.certificates.filter(state=DocumentState.ISSUED).exclude(pk=document.pk):
        older.move("supersede")


def _put_off(document: Certificate, error: Exception) -> None:
    log.warning(
        "certificate_failed",
        extra={"certificate": str(document), "attempts": document.attempts, "error": type(error).__name__},
    )
    wait = min(FIRST_WAIT * 2 ** (document.attempts - 1), LONGEST_WAIT)
    Certificate.objects.filter(pk=document.pk, state=DocumentState.QUEUED).update(lease_until=Now() + wait)
