"""What the system itself has to do, found by the rows alone."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from registration.models import Application, Feedback, Registration
from registration.workflows import ApplicationState, FeedbackState, RegistrationState
from registration.workflows.feedback import COMPLETION_DAYS
from swms.dates import today


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
