"""Who may do what to the hub's records."""

import rules

from swms.regions.models import Duty, holds_duty, jurisdictions_of


@rules.predicate
def is_own(user, record):
    """The record is the worker's own."""
    return user.is_worker and record.worker.user_id == user.pk


@rules.predicate
def is_another(user, record):
    """Nobody reviews the own case, not even under another account (R-REG-18)."""
    owner = record.worker.user
    return owner.pk != user.pk and (not user.id_number or owner.id_number != user.id_number)


def on_duty(duty: str):
    """Return a predicate: staff who hold ``duty`` over the record's region."""

    @rules.predicate(f"on_duty:{duty}")
    def predicate(user, record):
        return record.region_id is not None and holds_duty(user, duty, record.region)

    return predicate


@rules.predicate
def keeps_roster_of(user, qualification):
    """A keeper of certificates for the province that issued this one."""
    return holds_duty(user, Duty.CERTIFICATE, qualification.province)


@rules.predicate
def keeps_the_roster(user):
    """A keeper of certificates for the whole country: an import may bring rows of any province."""
    return any(each.duty == Duty.CERTIFICATE and each.region_id is None for each in jurisdictions_of(user))


rules.add_perm("registration.own_application", is_own)
rules.add_perm("registration.first_review", on_duty(Duty.FIRST_REVIEW) & is_another)
rules.add_perm("registration.final_review", on_duty(Duty.FINAL_REVIEW) & is_another)
rules.add_perm("registration.revoke", on_duty(Duty.FINAL_REVIEW) & is_another)
rules.add_perm("registration.keep_roster", keeps_roster_of)
rules.add_perm("registration.import_roster", keeps_the_roster)
rules.add_perm("registration.decide_feedback", on_duty(Duty.FIRST_REVIEW))
rules.add_perm("registration.decide_institution_feedback", on_duty(Duty.FIRST_REVIEW) & is_another)
rules.add_perm("registration.decide_institution", on_duty(Duty.FIRST_REVIEW))
