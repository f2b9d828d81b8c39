"""What a move writes beside the state, in the same transaction."""

from datetime import timedelta

from django.apps import apps
from django.utils import timezone

from registration.workflows.application.filing import accepted_as, fix_last_day, local_start, renewal_window
from registration.workflows.application.guards import named_in
from registration.workflows.application.states import RENEWAL_KINDS
from registration.workflows.application.states import ApplicationKind as K
from registration.workflows.registration import RegistrationState
from swms import claims
from swms.dates import add_years, today, working_days_after, working_days_left
from swms.references import next_registration_number
from swms.workflow import Step

REVIEW_WORKING_DAYS = 30  # R-REG-16
TERM_YEARS = 3  # R-REG-21


def receive(application, step: Step):
    """F1: the form is synced, 首次登记时间 stamped, the 30 working days start; a record's renewal begins."""
    now, kind = timezone.now(), accepted_as(application)
    if application.kind != kind:  # another channel: what was in time for the old one says nothing about this one
        application.kind, application.first_submitted_at = kind, None
    application.submitted_at = now
    application.first_submitted_at = application.first_submitted_at or now
    application.due_on = working_days_after(today(), REVIEW_WORKING_DAYS)
    application.promise_version = step.data["promise_version"]
    application.promised_at = now
    application.late_reason = step.data.get("late_reason", "").strip() if application.late else ""
    follow_profile(application)
    application.sync_form()
    if kind == K.RENEW:
        application.registration.move("start_renewal")


def follow_profile(application):
    """Take over 登记区域 and 首次登记时间 from the personal information as it is now (R-PRO-05, R-PRO-07)."""
    if application.region_id != application.worker.region_id:
        claims.release(application)  # its office is another one now
    application.region = application.worker.region
    if application.kind in RENEWAL_KINDS:
        application.first_registered_on = application.registration.first_registered_on
    else:
        application.first_registered_on = local_start(application) or timezone.localdate(application.submitted_at)


def stop_clock(application, step: Step):
    """F3: withdrawn; nothing is submitted any more."""
    application.due_on = application.submitted_at = None
    application.promise_version, application.promised_at = "", None
    if application.kind == K.RENEW and _awaits_renewal(application.registration):
        application.registration.end_renewal()


def decided(stage: str, *, passed: bool):
    """Return the effect that writes down a decision, and under which policy it was made (R-REG-15…18)."""

    def effect(application, step: Step):
        named = [] if passed else named_in(application, step)
        codes = [] if passed else [*(step.data.get("reason_codes") or ()), *(each.code for each in named)]
        application.decisions.create(
            round=application.round,
            stage=stage,
            passed=passed,
            refusal_kind="" if passed else step.data["refusal_kind"],
            reason_codes=list(dict.fromkeys(codes)),
            items=[each.stored for each in named],
            reason=step.reason,
            form_version=application.form_version,
            region=application.region,
            working_days=max(0, working_days_left(timezone.localdate(application.submitted_at), today())),
            policy_version=apps.get_model("registration", "ProvincePolicy").governing(application).version,
            reviewer=step.actor,
        )
        if not passed:
            application.refused_at = timezone.now()
            application.refusal_kind = step.data["refusal_kind"]
            application.due_on = None
            if application.kind == K.RENEW:
                _renewal_refused(application)

    return effect


def _awaits_renewal(record) -> bool:
    """Whether the end of a renewal moves the record; revoked or cancelled meanwhile, it stays what it is."""
    return record.state == RegistrationState.IN_REREG


def _renewal_refused(application):
    """§2.4: after 补正 the record stays 再登记审核中 while the case can be sent again; after 不予登记 it does not."""
    record = application.registration
    if not _awaits_renewal(record):
        return
    if application.refusal_kind == application.RefusalKind.FIXABLE:
        again = max(fix_last_day(application), renewal_window(application.term_end).last_day)
        record.move("await_correction", until=again)
    else:
        record.end_renewal()


def open_next_round(application, step: Step):
    """F10: the data stays, the history stays, the round counts."""
    application.round += 1
    application.due_on = application.submitted_at = None
    application.promise_version, application.promised_at = "", None


def enter_into_register(application, step: Step):
    """F8: the number, the record and its next term, in one transaction (R-REG-21, R-REREG-05, R-REREG-08).

    Dates count from the final decision, so that a job that comes late changes nothing.
    """
    decision = application.decisions.filter(stage="final", passed=True).latest("pk")
    day = timezone.localdate(decision.at)
    match application.kind:
        case K.RENEW:
            record = application.registration
            term = next_term(record.anchor, record.valid_until)
            record.move("renew", term=term, anchor=record.anchor)
        case K.MAKEUP_RENEW:
            record, term = application.registration, (day, add_years(day, TERM_YEARS))
            record.move("renew", term=term, anchor=day)
        case _:
            record, term = _first_record(application, day)
    record.periods.create(application=application, valid_from=term[0], valid_until=term[1])
    application.registration = record
    application.completed_at = timezone.now()


def _first_record(application, day):
    """Make the record of a first registration; return it with its first term."""
    anchor = application.first_registered_on
    cap = application.worker.local_valid_until if local_start(application) else None
    term = current_period(anchor, day, cap)
    record = apps.get_model("registration", "Registration")(
        number=next_registration_number(application.region.code, application.qualification.level, day.year),
        worker=application.worker,
        qualification=application.qualification,
        region=application.region,
        anchor=anchor,
        first_registered_on=anchor,
        valid_from=term[0],
        valid_until=term[1],
    )
    return record.begin(), term


def current_period(anchor, day, local_valid_until=None):
    """Return ``(valid_from, valid_until)`` of the three-year term since ``anchor`` that holds ``day``.

    Arithmetic is always from the anchor, so 29 February does not drift (R-REREG-05). A local
    certificate's own end caps it (R-REG-21).
    """
    count = 1
    while (until := add_years(anchor, TERM_YEARS * count)) < day:
        count += 1
    valid_from = anchor if count == 1 else add_years(anchor, TERM_YEARS * (count - 1)) + timedelta(days=1)
    if local_valid_until and local_valid_until >= valid_from:
        until = min(until, local_valid_until)
    return valid_from, until


def next_term(anchor, valid_until):
    """Return ``(valid_from, valid_until)`` of the term that follows the one ending on ``valid_until`` (R-REREG-05).

    A term cut short by a local certificate's own end still counts as one of three years.
    """
    count = 1
    while add_years(anchor, TERM_YEARS * count) < valid_until:
        count += 1
    return valid_until + timedelta(days=1), add_years(anchor, TERM_YEARS * (count + 1))


def mark_issued(application, step: Step):
    """F9: the file is there; a lower level's registration gives way to this one (R-REG-22)."""
    application.issued_at = timezone.now()
    lower = apps.get_model("registration", "Registration").objects.filter(
        worker=application.worker,
        qualification__level__lt=application.qualification.level,
        state__in=(RegistrationState.VALID, RegistrationState.IN_REREG),
    )
    for registration in lower:
        registration.move("supersede")


def close(application, step: Step):
    """Nobody waits for anything any more."""
    application.due_on = None
