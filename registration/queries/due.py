"""What the system itself has to do, found by the rows alone."""

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from registration.models import Application, Feedback, Registration
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
from swms.dates import add_months, filing_last_day, midnight, today


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
    first_day = midnight(today())
    returned = Feedback.objects.filter(
        state=FeedbackState.NEED_MORE, decided_at__lt=first_day - timedelta(days=COMPLETION_DAYS)
    )
    return returned.order_by("pk").values_list("pk", flat=True)
