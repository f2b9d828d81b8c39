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

from certificates.models import Certificate, Replacement, keep, new_token
from certificates.pdf import increment, keys, page, ready, timestamps
from certificates.queries.alarms import IMPOSSIBLE
from certificates.queries.annotations import unclaimed
from certificates.queries.clock import database_now
from certificates.queries.contents import photo_url, registration_content
from certificates.queries.statements import certificate_address
from certificates.workflows import DocumentState, ReplacementState
from registration.models import Application, Registration
from registration.workflows import ApplicationState
from swms.audit import trail
from swms.crashpoints import crashpoint
from swms.workflow import Refused

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


def issue(application_pk: int) -> bool:
    """Make and sign the certificate of a completed registration (F9); ``False`` when there is nothing to do."""
    document = _ordered(Application, application_pk)
    crashpoint("issue.allocated")
    return _finish(document)


def replace(replacement_pk: int) -> bool:
    """Make and sign the next version for an approved replacement (R-REP-03); ``False`` when there is nothing to do."""
    document = _ordered(Replacement, replacement_pk)
    crashpoint("replace.allocated")
    return _finish(document)


def make(certificate_pk: int) -> bool:
    """Finish a version whose content is stored, whoever ordered it; ``False`` when there is nothing to do."""
    return _finish(Certificate.objects.filter(pk=certificate_pk, state=DocumentState.QUEUED).first())


def _finish(document: Certificate | None) -> bool:
    """Draw, sign and record a queued version.

    Wherever it is cut short, running it again finishes the same version: what it prints was
    stored before the first drawing, and only the last transaction makes a file count.
    """
    if document is None:
        return False
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
        path=path,
        sha256=sha256,
        signer=signer.certificate.fingerprint(hashes.SHA256()).hex(),
        signed_at=signed_at,
    )
    crashpoint("issue.recorded")
    return done


def _ordered(model: type[Application] | type[Replacement], pk: int) -> Certificate | None:
    """Return the version to make for an order; ``None``, and the alarm, when it cannot even be begun."""
    try:
        return _allocate(model, pk)
    except (DatabaseError, InterfaceError, keys.KeyUnusable):
        raise  # not the order's fault: the sweep brings it back
    except Exception as error:  # its photo is gone from the disk: there is no row yet to put off
        _note_impossible(model, pk, error)
        return None


#: In which state a record orders a version, and how the version names the record.
_ORDERS = {
    Application: (ApplicationState.REGISTERED, "application"),
    Replacement: (ReplacementState.APPROVED, "replacement"),
}


@transaction.atomic
def _allocate(model: type[Application] | type[Replacement], pk: int) -> Certificate | None:
    """Return the version to make for an order, its content stored; ``None`` when the order waits for none.

    One version of a registration is in production at a time: a second order has to wait for its turn, and the
    sweep brings it back.
    """
    state, name = _ORDERS[model]
    order = model.objects.select_for_update(of=("self",)).filter(pk=pk, state=state).first()
    if order is None:
        return None
    registration = Registration.objects.select_for_update(of=("self",)).get(pk=order.registration_id)
    last = registration.certificates.order_by("-version").first()
    if last and last.state == DocumentState.QUEUED:
        return last if getattr(last, f"{name}_id") == order.pk else None
    token, version = new_token(), last.version + 1 if last else 1
    content = registration_content(registration, token=token, version=version, signer=keys.load_signer().name)
    content["verify_url"] = certificate_address(content, token, database_now())
    content["photo"] = photo_url(registration.worker.photo)
    document = Certificate(
        registration=registration,
        version=version,
        verify_token=token,
        sealed=json.dumps(content, ensure_ascii=False),
        **{name: order},
    )
    return document.begin()


@transaction.atomic
def _note_impossible(model: type[Application] | type[Replacement], pk: int, error: Exception) -> None:
    """Leave an event in the order's trail, once; the console shows it until the certificate is there."""
    order = model.objects.select_for_update(of=("self",)).get(pk=pk)
    log.error("certificate_impossible", extra={"order": order.ref, "error": type(error).__name__})
    if not trail.history(order).filter(verb=IMPOSSIBLE).exists():
        trail.record(IMPOSSIBLE, order, changes={"error": type(error).__name__})


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
    return increment.sign(base, sidecar, signer=signer, signed_at=signed_at, timestamper=timestamps.stamper())


def _record(document: Certificate, **facts) -> bool:
    """Make the file count, the version before it 已换发 and the order done: all of it or nothing (R-REP-03)."""
    try:
        with transaction.atomic():
            # Locked in the order of their versions, so that two workers cannot wait for one another.
            in_force = document.registration.certificates.filter(state=DocumentState.ISSUED).exclude(pk=document.pk)
            for older in in_force.order_by("version"):
                older.move("supersede")
                crashpoint("replace.superseded")
            document.move("issue", **facts)  # and into 签发日志
            crashpoint("issue.logged")
            document.order.move("issue")
    except Refused as refused:  # a quicker worker; this file is an orphan
        log.info("certificate_not_recorded", extra={"certificate": str(document), "code": refused.code})
        return False
    return True


def _put_off(document: Certificate, error: Exception) -> None:
    log.warning(
        "certificate_failed",
        extra={"certificate": str(document), "attempts": document.attempts, "error": type(error).__name__},
    )
    wait = min(FIRST_WAIT * 2 ** (document.attempts - 1), LONGEST_WAIT)
    Certificate.objects.filter(pk=document.pk, state=DocumentState.QUEUED).update(lease_until=Now() + wait)
