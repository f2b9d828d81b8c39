"""Whom to remind of a deadline today, of what, and whether it is still needed (R-REREG-10).

What is due is read from 登记时钟 itself, so a reminder cannot know another date than the page, and nobody is
reminded of what has been sent in. The queries here only narrow down whose clock has to be read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from registration.models import Application, DeadlineReminder, Registration, SampledCase, Worker
from registration.queries.clock import ClockEntry, entries
from registration.workflows import (
    DONE_STATES,
    FIRST_KINDS,
    IN_REVIEW_STATES,
    REFUSED_STATES,
    ApplicationKind,
    ApplicationState,
    RegistrationState,
    SampleState,
)
from registration.workflows.application import FIX_DAYS
from swms.dates import add_months, add_years, midnight, today, working_days_after
from swms.notices.models import Delivery

Kind = DeadlineReminder.Kind
#: How many days before the last day each thing is reminded of, the most urgent last; of inspections working days.
LADDERS = {Kind.FIRST: (30, 7, 1), Kind.RENEWAL: (30, 7, 1), Kind.CORRECTION: (7, 1), Kind.INSPECTION: (3, 1)}
#: The end of validity is half a year away when missing hours are reminded of, and that is its only rung.
HOURS_MONTHS, HOURS_RUNG = 6, 180
#: A job that stood still for longer does not write about half a year any more.
HOURS_CATCH_UP = timedelta(days=31)
#: No rest days are longer than this in a row: how far a last filing day may lie behind a last day (R-TIME-05).
LONGEST_REST = timedelta(days=15)


@dataclass(frozen=True)
class DueReminder:
    """One entry of the clock whose rung has come."""

    entry: ClockEntry
    kind: Kind
    rung: int


def reminders_for(worker: Worker) -> list[DueReminder]:
    """Return what to remind a worker of today, at most one thing for each certificate: the most urgent.

    Only the rung that is due now: one whose moment passed long enough for the next one to have come is left out.
    """
    due: dict[int, DueReminder] = {}
    for entry in entries(worker):
        found = _due(entry)
        if found is None:
            continue
        before = due.get(entry.qualification.pk)
        if before is None or found.entry.last_day < before.entry.last_day:
            due[entry.qualification.pk] = found
    return list(due.values())


def _due(entry: ClockEntry) -> DueReminder | None:
    if entry.name == Kind.HOURS:
        from_day = add_months(entry.last_day, -HOURS_MONTHS)
        due = from_day <= today() <= from_day + HOURS_CATCH_UP and _is_short(entry)
        return DueReminder(entry, Kind.HOURS, HOURS_RUNG) if due else None
    asked = entry.unsent or entry.name == Kind.INSPECTION
    if not asked or entry.name not in LADDERS or entry.left is None or entry.left < 0:
        return None
    come = [rung for rung in LADDERS[Kind(entry.name)] if entry.left <= rung]
    return DueReminder(entry, Kind(entry.name), min(come)) if come else None


def _is_short(entry: ClockEntry) -> bool:
    record = entry.registration
    return entry.needs_more and record.standing == RegistrationState.VALID


def no_longer_needed(delivery: Delivery) -> str:
    """Return why a reminder on its way out has lost its reason; asked as the message leaves."""
    reminder = DeadlineReminder.objects.select_related("worker__user").filter(notice=delivery.notice_id).first()
    if reminder is None:
        return ""
    for entry in entries(reminder.worker):
        if entry.name != reminder.kind or entry.uid != reminder.subject:
            continue
        due = _due(entry)
        if due and due.rung == reminder.rung:
            return ""
    return "事项已经办理或期限已过"


def opening_no_longer_needed(delivery: Delivery) -> str:
    """Return why the news that a renewal can be sent has lost its reason: it has been sent, or it is over."""
    _, _, pk = delivery.notice.about.rpartition(":") if delivery.notice else ("", "", "")
    waiting = Application.objects.filter(pk=pk or None, state=ApplicationState.NOT_APPLIED).exists()
    return "" if waiting or not pk else "再登记申请已经提交或结束"


# --- whose clock to read ------------------------------------------------------------------------


def workers_to_remind() -> QuerySet[Worker]:
    """Return the workers who may have something due today, a few too many; in no order but their key's."""
    ending = Registration.objects.filter(_renewals_near() | _hours_near())
    waiting = Application.objects.filter(_firsts_near() | _corrections_near())
    return Worker.objects.filter(
        Q(pk__in=ending.values("worker"))
        | Q(pk__in=waiting.values("worker"))
        | Q(pk__in=_inspected().values("worker")),
        user__is_active=True,
    ).order_by("pk")


def _spans(kind: Kind) -> Iterator[tuple[int, int]]:
    """Yield ``(rung, next)`` of a ladder: a rung is due from so many days before the last day, until the next is."""
    ladder = LADDERS[kind]
    yield from zip(ladder, (*ladder[1:], -1), strict=True)


def _reminded(kind: Kind, rung: int, **of) -> Exists:
    """Return the condition that this rung or a more urgent one was sent."""
    return Exists(DeadlineReminder.objects.filter(kind=kind, rung__lte=rung, **of))


def _renewals_near() -> Q:
    decided = Application.objects.filter(
        registration=OuterRef("pk"),
        kind=ApplicationKind.RENEW,
        term_end=OuterRef("valid_until"),
        state__in=(*IN_REVIEW_STATES, *DONE_STATES),
    )
    near = Q(pk__in=())
    for rung, following in _spans(Kind.RENEWAL):
        span = (today() + timedelta(days=following + 1) - LONGEST_REST, today() + timedelta(days=rung))
        told = _reminded(Kind.RENEWAL, rung, registration=OuterRef("pk"), last_day__gte=OuterRef("valid_until"))
        near |= Q(valid_until__range=span) & ~Q(told)
    states = (RegistrationState.VALID, RegistrationState.IN_REREG, RegistrationState.EXPIRED)
    return near & Q(state__in=states) & ~Q(Exists(decided))


def _hours_near() -> Q:
    half_a_year = add_months(today(), HOURS_MONTHS)
    # Months are of different lengths: the end of one half year is that of up to four days.
    span = (half_a_year - HOURS_CATCH_UP - timedelta(days=4), half_a_year + timedelta(days=4))
    told = _reminded(Kind.HOURS, HOURS_RUNG, registration=OuterRef("pk"), last_day__gte=OuterRef("valid_until"))
    return Q(state=RegistrationState.VALID, valid_until__range=span) & ~Q(told)


def _firsts_near() -> Q:
    near = Q(pk__in=())
    for rung, following in _spans(Kind.FIRST):
        earliest = add_years(today() + timedelta(days=following + 1) - LONGEST_REST, -1)
        latest = add_years(today() + timedelta(days=rung), -1) + timedelta(days=1)
        told = _reminded(Kind.FIRST, rung, application=OuterRef("pk"))
        near |= Q(qualification__issue_date__range=(earliest, latest)) & ~Q(told)
    return near & Q(kind__in=FIRST_KINDS, state__in=(ApplicationState.NOT_APPLIED, *REFUSED_STATES))


def _inspected() -> QuerySet[SampledCase]:
    """Return the drawn cases in which the person's time is nearly over (decision 0029)."""
    soon = working_days_after(today(), max(LADDERS[Kind.INSPECTION]))
    states = (SampleState.REQUESTED, SampleState.PROPOSED)
    return SampledCase.objects.filter(state__in=states, due_on__range=(today(), soon))


def _corrections_near() -> Q:
    first = max(LADDERS[Kind.CORRECTION])
    now = midnight(today())
    since, until = now - timedelta(days=FIX_DAYS), now - timedelta(days=FIX_DAYS - first - 1)
    return Q(
        refused_at__gte=since,
        refused_at__lt=until,
        refusal_kind=Application.RefusalKind.FIXABLE,
        state__in=(ApplicationState.NOT_APPLIED, *REFUSED_STATES),
    )
