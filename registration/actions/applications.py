"""Applications: how they come to be, follow the personal information, and are sent."""

import logging

from django.db import connection, transaction

from registration.models import Application, Feedback, Qualification, Registration, Worker
from registration.models.form_content import form_content
from registration.queries.corrections import UNNAMED, edited_unnamed, standing_correction
from registration.queries.differences import form_diff
from registration.queries.due import renewals_due
from registration.queries.profile import parts_open
from registration.workflows import (
    LOCKED_STATES,
    OPEN_STATES,
    REFUSED_STATES,
    REGISTERED_STATES,
    ApplicationKind,
    ApplicationState,
    QualificationState,
    RegistrationState,
)
from registration.workflows.application import filed_in_time, follow_profile, makeup_open, window_closed
from swms import claims
from swms.audit.trail import record
from swms.crypto import index_candidates
from swms.dates import today
from swms.notices.send import notify
from swms.references import next_reference
from swms.workflow import Refused

log = logging.getLogger(__name__)


@transaction.atomic
def attach_qualifications(worker: Worker) -> list[Qualification]:
    """Link every roster row of the worker's identity and name to the worker (R-ACC-03), and open the applications.

    Returns the rows that were newly linked. Safe to repeat.
    """
    user = worker.user
    rows = list(
        Qualification.objects.select_for_update()
        .filter(id_index__in=index_candidates("identity", user.id_number), name=user.name, worker=None)
        .order_by("-level", "pk")
    )
    for row in rows:
        row.worker = worker
        row.save(update_fields=["worker", "updated_at"])
        record("registration.qualification.attach", row, actor=user)
    open_applications(worker)
    return rows


@transaction.atomic
def open_applications(worker: Worker) -> list[Application]:
    """Open an application in 未申请登记证书 for every valid certificate that never had one (R-REG-09, R-REG-22).

    Returns the new ones, the highest level first. Safe to repeat, also at the same moment: the worker's row is locked.
    """
    Worker.objects.select_for_update().get(pk=worker.pk)
    rows = worker.qualifications.filter(state=QualificationState.VALID, applications=None).order_by("-level", "pk")
    opened = []
    for row in rows:
        # The region is often not known yet: the reference carries the certificate's province then.
        place = worker.region_id or row.province_id
        application = Application(
            ref=next_reference("DJ", place, today().year), worker=worker, qualification=row, region=worker.region
        )
        opened.append(application.begin(actor=worker.user))
    return opened


@transaction.atomic
def open_renewal(registration: Registration, *, by=None) -> Application | None:
    """Open the renewal of a registration's present term, or return the one there is (§2.4).

    ``None`` outside the window, and for a record that is not in force. Safe to repeat, also at the same
    moment: the registration's row is locked.
    """
    record = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    there = record.applications.filter(kind=ApplicationKind.RENEW, term_end=record.valid_until).first()
    if there or not renewals_due().filter(pk=record.pk).exists():
        return there
    return _begin(record, ApplicationKind.RENEW, by=by)


@transaction.atomic
def open_makeup(registration: Registration, *, by) -> Application:
    """Open the make-up renewal of a lapsed registration, or return the one there is (补登记, R-REREG-08).

    A registration that ended while the nightly job did not run is let expire first: nobody waits for a job.

    Raises ``Refused("makeup_closed")`` where the province does not take late renewals today.
    """
    record = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    _settle(record)
    going_on = (*OPEN_STATES, *REFUSED_STATES)
    there = record.applications.filter(kind=ApplicationKind.MAKEUP_RENEW, state__in=going_on).first()
    if there:
        return there
    draft = Application(kind=ApplicationKind.MAKEUP_RENEW, registration=record, term_end=record.valid_until)
    if record.state != RegistrationState.EXPIRED or not makeup_open(draft, today()):
        raise Refused("makeup_closed", "登记区域所在省份目前不受理补登记")
    return _begin(record, ApplicationKind.MAKEUP_RENEW, by=by)


def _settle(record: Registration) -> None:
    """Carry out what the dates say of one record: the nightly job may be late, and nobody waits for it."""
    if record.standing != RegistrationState.EXPIRED:
        return
    if record.state == RegistrationState.IN_REREG:
        record.end_renewal()
    elif record.state == RegistrationState.VALID:
        record.move("expire")
    for renewal in record.applications.filter(state__in=(ApplicationState.NOT_APPLIED, *REFUSED_STATES)):
        if renewal.is_renewal:
            _by_the_system(Application, renewal.pk, "lapse")


def _begin(record: Registration, kind: str, *, by) -> Application:
    return Application(
        ref=next_reference("DJ", record.region_id, today().year),
        kind=kind,
        worker=record.worker,
        qualification=record.qualification,
        registration=record,
        term_end=record.valid_until,
        first_registered_on=record.first_registered_on,
        region=record.region,
    ).begin(actor=by)


def apply(application: Application, *, by, promise_version: str, late_reason: str = "") -> Application:
    """Send the application in (F1); ``promise_version`` is empty when 承诺声明 was not ticked.

    ``late_reason`` is asked for in the make-up channel alone. Raises ``Refused``: ``profile_incomplete`` (with
    ``extra["missing"]``), ``promise_missing``, ``certificate_not_valid``, ``record_closed``, ``window_not_open``,
    ``window_closed``, ``late_reason_required``, ``requirement_short``, ``under_age``, ``wrong_state``.
    """
    return application.move("apply", actor=by, promise_version=promise_version, late_reason=late_reason)


def withdraw(application: Application, *, by) -> Application:
    """Take the application back while nobody has decided (R-REG-19)."""
    return application.move("withdraw", actor=by)


def reopen(application: Application, *, by) -> Application:
    """Begin the next round after a refusal (R-REG-14); raises ``Refused("too_early")`` within 30 days of 不予登记."""
    return application.move("reopen", actor=by)


def complete(pk: int) -> bool:
    """Enter a finally approved application into the register (F8); ``False`` when there is nothing left to do.

    The number is allocated in the transaction of the move, so a failed attempt burns none.
    """
    return _by_the_system(Application, pk, "complete")


def expire(pk: int) -> bool:
    """Let a registration past its end expire (R-REREG-07); ``False`` when there is nothing to do any more."""
    return _by_the_system(Registration, pk, "expire")


def end_stale_renewal(pk: int) -> bool:
    """Let a registration fall back on its dates when its renewal was not corrected in time (§2.4)."""
    registration = Registration.objects.get(pk=pk)
    return _by_the_system(Registration, pk, "run_out" if registration.valid_until < today() else "end_renewal")


def close_renewal(pk: int) -> bool:
    """Close a renewal that can no longer be sent (逾期未申请); ``False`` when there is nothing to do any more."""
    return _by_the_system(Application, pk, "lapse")


def void_renewal(pk: int) -> bool:
    """Close a renewal whose registration was revoked, cancelled or superseded (R-REG-22, R-REG-24)."""
    return _by_the_system(Application, pk, "void")


def lapse(pk: int) -> bool:
    """Close a feedback that was not completed in time; ``False`` when there is nothing to do any more."""
    return _by_the_system(Feedback, pk, "lapse")


def _by_the_system(model, pk: int, name: str) -> bool:
    """Make a move that may have been made already, or may no longer be due."""
    instance = model.objects.get(pk=pk)
    try:
        instance.move(name)
    except Refused as refused:
        log.info("nothing_to_do", extra={"move": name, "code": refused.code})
        return False
    return True


def profile_changed(worker: Worker, *, by, part: str) -> None:
    """Let the applications follow an edit of ``part`` of the personal information, or refuse it (R-REG-10…13).

    Call it after the write and inside the same transaction, which a refusal then undoes. Locks the
    worker's applications: a decision made at the same moment either comes first and refuses the
    edit, or finds the form's version raised. In a round of correction the form may differ from the
    refused one in what was named alone (R-REG-14). Raises ``Refused``: ``locked``, ``not_named``,
    ``required_emptied`` (with ``extra["missing"]``), ``window_closed``.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("profile_changed belongs inside the transaction of the edit")
    applications = list(Application.objects.select_for_update(of=("self",)).filter(worker=worker).order_by("pk"))
    registered = Registration.objects.filter(worker=worker, state__in=REGISTERED_STATES).exists()
    if part not in parts_open([each.state for each in applications], registered):
        raise Refused("locked", _why_locked(applications))
    fresh = Worker.objects.select_related("user", "region").get(pk=worker.pk)
    if part != "contact":
        _refuse_unnamed(applications, fresh)
    for application in applications:
        if application.state == ApplicationState.PENDING_REVIEW:
            application.worker = fresh
            _follow(application, by=by)


def _refuse_unnamed(applications: list[Application], worker: Worker) -> None:
    """R-REG-14: what a refusal did not name stays as the reviewer saw it, whichever way the edit came."""
    for each in applications:
        each.worker = worker
    corrections = [found for each in applications if (found := standing_correction(each))]
    labels = edited_unnamed(corrections, worker) if corrections else []
    if labels:
        raise Refused("not_named", f"{'、'.join(labels)}：{UNNAMED}", labels=labels)


def _why_locked(applications: list[Application]) -> str:
    for states in (LOCKED_STATES, REFUSED_STATES):
        for each in applications:
            if each.state in states:
                return f"申请处于“{each.get_state_display()}”状态，个人信息不能修改"
    return "登记已完成，这项信息不能直接修改，请通过变更办理"


def _follow(application: Application, *, by) -> None:
    """R-REG-12: write the next version of the form, if the edit changed anything that it says."""
    missing = application.worker.missing()
    if missing:
        names = "、".join(label for _, label in missing)
        raise Refused(
            "required_emptied", f"申请正在审核，以下内容不能为空：{names}", missing=[name for name, _ in missing]
        )
    follow_profile(application)
    if not filed_in_time(application):
        raise window_closed(application)
    changes = form_diff(application.form.content, form_content(application))
    if not changes:
        return
    seen = application.form_version
    application.sync_form()
    application.save()
    record(
        "registration.application.edit",
        application,
        actor=by,
        changes={
            "form_version": [seen, application.form_version],
            "keys": sorted({f"{each.section}.{each.key}" for each in changes}),
        },
    )
    if claim := claims.holder(application):  # F2
        notify(
            claim.by,
            kind="registration.application.edit",
            title="正在查看的申请有更新",
            body=f"{application.ref}的资料刚刚更新，请按最新内容审核。",
        )
