"""What the system itself has to do, found by the rows alone."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from registration.models import Application, Feedback, Registration
from registration.models.policies import PREFECTURE_DEPTH
from registration.queries.policies import provinces_reviewing_at_prefecture
from registration.workflows import (
    OPEN_STATES,
    REFUSED_STATES,
    RENEWAL_KINDS,
    ApplicationKind,
    ApplicationState,
    FeedbackState,
    QualificationState,
    RegistrationState,
)
from registration.workflows.application import RENEWAL_MONTHS, filing_refused, renewal_window
from registration.workflows.feedback import COMPLETION_DAYS
from swms.accounts.models import User
from swms.dates import add_months, filing_last_day, today, working_days_after
from swms.regions.models import Duty, Jurisdiction

REMIND_WITH_LEFT = 10  # of the 30 working days: the reminder comes after 20 (R-REG-16)
REMIND_WITH_LEFT_ON_FEEDBACK = 5  # of 15: the reminder comes after 10 (rulebook §2.1)


@dataclass(frozen=True)
class Clock:
    """A kind of case with ``due_on``: who decides it in which state, how many working days before the end to remind.

    ``region`` is the lookup to the case's region; in the states of ``by_policy`` the province's policy says whose
    office it is (R-REG-17).
    """

    model: type[Model]
    left: int
    decides: dict[str, str]
    region: str = "region"
    by_policy: tuple[str, ...] = ()


_CLOCKS = [
    Clock(
        Application,
        REMIND_WITH_LEFT,
        {
            ApplicationState.PENDING_REVIEW: Duty.FIRST_REVIEW,
            ApplicationState.INITIAL_APPROVED: Duty.FINAL_REVIEW,
        },
        by_policy=(ApplicationState.PENDING_REVIEW,),
    ),
    Clock(Feedback, REMIND_WITH_LEFT_ON_FEEDBACK, {FeedbackState.PENDING: Duty.FIRST_REVIEW}),
]


def remind_of(clock: Clock) -> None:
    """Have the reviewers reminded of another kind of case; a spoke calls it when it is ready."""
    if clock not in _CLOCKS:
        _CLOCKS.append(clock)


def completions_due() -> QuerySet[int]:
    """Return the keys of the applications that wait to be entered into the register, oldest first."""
    return Application.objects.filter(state=ApplicationState.FINAL_APPROVED).order_by("pk").values_list("pk", flat=True)


def expiries_due() -> QuerySet[int]:
    """Return the keys of the registrations whose last day is past (R-TIME-04), oldest first."""
    ended = Registration.objects.filter(state=RegistrationState.VALID, valid_until__lt=today())
    return ended.order_by("valid_until", "pk").values_list("pk", flat=True)


def renewals_due() -> QuerySet[Registration]:
    """Return the registrations whose window is open and whose renewal has no case yet (R-REREG-03, §2.4).

    A record that ended on a rest day can still be renewed on the working day after it (R-TIME-05).
    """
    there = Application.objects.filter(
        registration=OuterRef("pk"), kind=ApplicationKind.RENEW, term_end=OuterRef("valid_until")
    )
    ending = Registration.objects.filter(
        ~Exists(there),
        state__in=(RegistrationState.VALID, RegistrationState.EXPIRED),
        valid_until__range=(_earliest_end(), _latest_end()),
        qualification__state=QualificationState.VALID,
    )
    return ending.order_by("valid_until", "pk")


def _latest_end() -> date:
    """Return the last ``valid_until`` whose window is open today; 28 February opens those of 28 to 31 May."""
    day = add_months(today(), RENEWAL_MONTHS)
    while renewal_window(day + timedelta(days=1)).opens <= today():
        day += timedelta(days=1)
    return day


def _earliest_end() -> date:
    """Return the first ``valid_until`` for which filing is still accepted today."""
    day = today()
    while filing_last_day(day - timedelta(days=1)) >= today():
        day -= timedelta(days=1)
    return day


def stale_renewals() -> QuerySet[int]:
    """Return the keys of the registrations whose returned renewal was not corrected in time (§2.4)."""
    returned = Registration.objects.filter(state=RegistrationState.IN_REREG, correct_by__lt=today())
    return returned.order_by("correct_by", "pk").values_list("pk", flat=True)


def renewals_over() -> list[int]:
    """Return the keys of the renewals that were not sent, or not sent again, in time."""
    waiting = Application.objects.filter(
        kind__in=RENEWAL_KINDS, state__in=(ApplicationState.NOT_APPLIED, *REFUSED_STATES), term_end__lt=today()
    ).select_related("registration__region", "qualification")
    return [each.pk for each in waiting.order_by("pk").iterator(chunk_size=500) if _closed(each)]


def _closed(application: Application) -> bool:
    refused = filing_refused(application)
    return refused is not None and refused.code == "window_closed"


def voids_due() -> QuerySet[int]:
    """Return the keys of the renewals whose registration is gone (R-REG-22, R-REG-24)."""
    gone = (RegistrationState.REVOKED, RegistrationState.CANCELLED, RegistrationState.SUPERSEDED)
    open_ones = Application.objects.filter(
        kind__in=RENEWAL_KINDS, state__in=(*OPEN_STATES, *REFUSED_STATES), registration__state__in=gone
    )
    return open_ones.order_by("pk").values_list("pk", flat=True)


def lapses_due() -> QuerySet[int]:
    """Return the keys of the feedbacks that were returned and not completed in 30 days (rulebook §2.1)."""
    first_day = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    returned = Feedback.objects.filter(
        state=FeedbackState.NEED_MORE, decided_at__lt=first_day - timedelta(days=COMPLETION_DAYS)
    )
    return returned.order_by("pk").values_list("pk", flat=True)


@dataclass
class Reminder:
    """How many cases one reviewer should hurry with: nearly due, overdue, and overdue at the offices below."""

    reviewer: User
    near: int = 0
    overdue: int = 0
    below: int = 0


def reminders_due() -> list[Reminder]:
    """Return whom to remind today (R-REG-16): after two thirds of the time, and upward once it is over.

    A county hears nothing of first reviews that its province's policy gives to the prefecture (R-REG-17).
    One query for each clock and two more, whatever the number of cases and reviewers.
    """
    late = Q(due_on__lt=today())
    groups = [
        group | {"duty": clock.decides[group["state"]], "by_policy": group["state"] in clock.by_policy}
        for clock in _CLOCKS
        for group in clock.model.objects.filter(
            state__in=clock.decides, due_on__lte=working_days_after(today(), clock.left)
        )
        .values("state", path=F(f"{clock.region}__path"))
        .annotate(near=Count("pk", filter=~late), overdue=Count("pk", filter=late))
    ]
    mine, below = defaultdict(set), defaultdict(set)
    reviewers, at_prefecture = {}, provinces_reviewing_at_prefecture()
    duties = {duty for clock in _CLOCKS for duty in clock.decides.values()}
    for each in Jurisdiction.objects.filter(duty__in=duties, user__is_active=True).select_related("user", "region"):
        reviewers[each.user_id] = each.user
        above = each.depth > PREFECTURE_DEPTH and each.region.province_code in at_prefecture
        for number, group in enumerate(groups):
            if not group["path"].startswith(each.path) or (above and group["by_policy"]):
                continue
            if group["duty"] == each.duty:
                mine[each.user_id].add(number)
            elif each.duty == Duty.FINAL_REVIEW:
                below[each.user_id].add(number)
    reminders = [
        Reminder(
            reviewer,
            sum(groups[n]["near"] for n in mine[pk]),
            sum(groups[n]["overdue"] for n in mine[pk]),
            sum(groups[n]["overdue"] for n in below[pk] - mine[pk]),
        )
        for pk, reviewer in reviewers.items()
    ]
    return [each for each in reminders if each.near or each.overdue or each.below]
