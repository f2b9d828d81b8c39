"""What the system itself has to do, found by the rows alone."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from registration.models import Application, Feedback, Institution, InstitutionFeedback, Registration
from registration.workflows import (
    ApplicationState,
    FeedbackState,
    InstitutionFeedbackState,
    InstitutionState,
    RegistrationState,
)
from registration.workflows.feedback import COMPLETION_DAYS
from swms.accounts.models import User
from swms.dates import today, working_days_after
from swms.regions.models import Duty, Jurisdiction

REMIND_WITH_LEFT = 10  # of the 30 working days: the reminder comes after 20 (R-REG-16)
REMIND_WITH_LEFT_ON_FEEDBACK = 5  # of 15: the reminder comes after 10 (rulebook §2.1)
_DECIDES = {
    ApplicationState.PENDING_REVIEW: Duty.FIRST_REVIEW,
    ApplicationState.INITIAL_APPROVED: Duty.FINAL_REVIEW,
    FeedbackState.PENDING: Duty.FIRST_REVIEW,
    InstitutionFeedbackState.PENDING: Duty.FIRST_REVIEW,
    InstitutionState.SUBMITTED: Duty.FIRST_REVIEW,
}
_CLOCKS = (
    (Application, REMIND_WITH_LEFT),
    (Feedback, REMIND_WITH_LEFT_ON_FEEDBACK),
    (InstitutionFeedback, REMIND_WITH_LEFT_ON_FEEDBACK),
    (Institution, REMIND_WITH_LEFT_ON_FEEDBACK),
)


def completions_due() -> QuerySet[int]:
    """Return the keys of the applications that wait to be entered into the register, oldest first."""
    return Application.objects.filter(state=ApplicationState.FINAL_APPROVED).order_by("pk").values_list("pk", flat=True)


def expiries_due() -> QuerySet[int]:
    """Return the keys of the registrations whose last day is past (R-TIME-04), oldest first."""
    ended = Registration.objects.filter(state=RegistrationState.VALID, valid_until__lt=today())
    return ended.order_by("valid_until", "pk").values_list("pk", flat=True)


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

    Three queries, whatever the number of cases and reviewers.
    """
    late = Q(due_on__lt=today())
    groups = [
        group
        for model, left in _CLOCKS
        for group in model.objects.filter(state__in=_DECIDES, due_on__lte=working_days_after(today(), left))
        .values("region__path", "state")
        .annotate(near=Count("pk", filter=~late), overdue=Count("pk", filter=late))
    ]
    mine, below = defaultdict(set), defaultdict(set)
    reviewers = {}
    for each in Jurisdiction.objects.filter(duty__in=_DECIDES.values(), user__is_active=True).select_related(
        "user", "region"
    ):
        reviewers[each.user_id] = each.user
        for number, group in enumerate(groups):
            if not group["region__path"].startswith(each.path):
                continue
            if _DECIDES[group["state"]] == each.duty:
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
