"""Who may do what to the hub's records."""

import rules

from registration.models import ProvincePolicy
from swms.dates import today
from swms.regions.models import Duty, Region, holds_duty, jurisdictions_of


@rules.predicate
def is_own(user, record):
    """The record is the worker's own."""
    return user.is_worker and record.worker.user_id == user.pk


@rules.predicate
def is_another(user, record):
    """Nobody reviews the own case, not even under another account (R-REG-18)."""
    owner = record.worker.user
    return owner.pk != user.pk and (not user.id_number or owner.id_number != user.id_number)


def on_duty(duty: str, place: str = "region"):
    """Return a predicate: staff who hold ``duty`` over the region that the record names as ``place``."""

    @rules.predicate(f"on_duty:{duty}:{place}")
    def predicate(user, record):
        region = getattr(record, place)
        return region is not None and holds_duty(user, duty, region)

    return predicate


def sits_where_review_is(duty: str):
    """Return a predicate: a reviewer in the office that the case's policy names for this review, or above it.

    R-REG-17; the policy is that of the day on which the case was sent in (decision 0027).
    """

    @rules.predicate(f"sits_where_review_is:{duty}")
    def predicate(user, record):
        region = record.region
        if region is None:
            return False
        depths = [j.depth for j in jurisdictions_of(user) if j.duty == duty and region.path.startswith(j.path)]
        if not depths:
            return False
        policy = ProvincePolicy.governing(record)
        return min(depths) <= policy.depth(region.path, final=duty == Duty.FINAL_REVIEW)

    return predicate


@rules.predicate
def speaks_for_province(user, province: Region):
    """A final reviewer of exactly this province: neither of a part of it nor of the whole country."""
    held = (j.region for j in jurisdictions_of(user) if j.duty == Duty.FINAL_REVIEW)
    return province.level == Region.Level.PROVINCE and province in held


@rules.predicate
def steps_in(user, transfer):
    """A final reviewer above both offices of a change, once the time of the one that decides is over (R-CHG-10)."""
    if transfer.due_on is None or transfer.due_on >= today():
        return False
    places = [place.path for place in (transfer.from_region, transfer.to_region)]
    return any(
        each.duty == Duty.FINAL_REVIEW and all(path != each.path and path.startswith(each.path) for path in places)
        for each in jurisdictions_of(user)
    )


@rules.predicate
def keeps_roster_of(user, qualification):
    """A keeper of certificates for the province that issued this one."""
    return holds_duty(user, Duty.CERTIFICATE, qualification.province)


@rules.predicate
def keeps_the_roster(user):
    """A keeper of certificates for the whole country: an import may bring rows of any province."""
    return any(each.duty == Duty.CERTIFICATE and each.region_id is None for each in jurisdictions_of(user))


@rules.predicate
def is_neither_of_them(user, merge):
    """Nobody decides who one is, not even under another account (R-REG-18)."""
    return not user.id_number or user.id_number not in (merge.keep.id_number, merge.join.id_number, merge.old_number)


@rules.predicate
def proposed_it(user, merge):
    """Who proposed a merge may take it back."""
    return merge.proposed_by_id == user.pk


@rules.predicate
def receives_appeal(user, appeal):
    """A first reviewer of the account's 登记区域; where there is none, a security administrator (rulebook §2.12)."""
    if appeal.region_id is None:
        return holds_duty(user, Duty.SECURITY)
    return holds_duty(user, Duty.FIRST_REVIEW, appeal.region)


@rules.predicate
def keeps_accounts_safe(user, record):
    """A security administrator."""
    return holds_duty(user, Duty.SECURITY)


@rules.predicate
def is_about_another(user, appeal):
    """Nobody decides on the own account or row, not even under another one (R-REG-18)."""
    return not user.id_number or user.id_number != appeal.id_number


@rules.predicate
def runs_sampling(user, campaign):
    """A final reviewer of exactly the office that the campaign is of."""
    return any(j.duty == Duty.FINAL_REVIEW and j.region_id == campaign.region_id for j in jurisdictions_of(user))


@rules.predicate
def of_the_sampling_office(user, case):
    """A final reviewer of the office whose campaign drew the case."""
    return runs_sampling(user, case.campaign)


@rules.predicate
def above_the_sampling_office(user, case):
    """A final reviewer of an office above the one whose campaign drew the case."""
    path = case.campaign.region.path
    return any(
        j.duty == Duty.FINAL_REVIEW and j.path != path and path.startswith(j.path) for j in jurisdictions_of(user)
    )


rules.add_perm("registration.own_application", is_own)
rules.add_perm("registration.first_review", sits_where_review_is(Duty.FIRST_REVIEW) & is_another)
rules.add_perm("registration.final_review", sits_where_review_is(Duty.FINAL_REVIEW) & is_another)
rules.add_perm("registration.revoke", sits_where_review_is(Duty.FINAL_REVIEW) & is_another)
rules.add_perm("registration.keep_roster", keeps_roster_of)
rules.add_perm("registration.import_roster", keeps_the_roster)
rules.add_perm("registration.decide_roster_conflict", keeps_roster_of & is_about_another)
rules.add_perm("registration.decide_roster_merge", keeps_roster_of & is_neither_of_them)
rules.add_perm("registration.withdraw_roster_merge", keeps_roster_of & proposed_it)
rules.add_perm("registration.decide_feedback", on_duty(Duty.FIRST_REVIEW))
rules.add_perm("registration.set_policy", speaks_for_province)
rules.add_perm("registration.decide_appeal", receives_appeal & is_about_another)
rules.add_perm("registration.release_account", keeps_accounts_safe & is_about_another)
rules.add_perm("registration.own_transfer", is_own)
rules.add_perm("registration.decide_transfer_out", (on_duty(Duty.FIRST_REVIEW, "from_region") | steps_in) & is_another)
rules.add_perm("registration.decide_transfer_in", (on_duty(Duty.FIRST_REVIEW, "to_region") | steps_in) & is_another)
rules.add_perm("registration.decide_institution_feedback", on_duty(Duty.FIRST_REVIEW) & is_another)
rules.add_perm("registration.decide_institution", on_duty(Duty.FIRST_REVIEW))
rules.add_perm("registration.run_sampling", runs_sampling)
rules.add_perm("registration.own_sample", is_own)
rules.add_perm("registration.examine_sample", (on_duty(Duty.FIRST_REVIEW) | of_the_sampling_office) & is_another)
rules.add_perm("registration.decide_sample", of_the_sampling_office & is_another)
rules.add_perm("registration.review_sample", above_the_sampling_office & is_another)
