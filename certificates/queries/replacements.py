"""Reads about replacements: the worker's open one, a reviewer's queue, and what lies in the way."""

from django.db.models import F, Q, QuerySet

from certificates.models import Replacement
from certificates.workflows import OPEN_STATES, UNDECIDED_STATES, ReplacementState
from registration.models import Worker
from registration.queries.policies import NEVER, decided_from
from registration.queries.reminding import Clock
from registration.queries.statistics import Source
from registration.workflows import QualificationState, RegistrationState
from swms.current import once
from swms.dates import today
from swms.regions.models import Duty, jurisdictions_of, within

_DECIDES = {Duty.FIRST_REVIEW: ReplacementState.PENDING, Duty.FINAL_REVIEW: ReplacementState.INITIAL_APPROVED}
_SHOWN = ("worker__user", "registration__region", "registration__qualification", "correction")


REMIND_WITH_LEFT = 5  # of the 15 working days (§2.14)
#: Reminders go to the offices that review registrations first and last.
REPLACEMENTS = tuple(
    Clock(Replacement, state, duty, REMIND_WITH_LEFT, "registration__region", review=review)
    for (duty, state), review in zip(_DECIDES.items(), ("first", "final"), strict=True)
)
#: How they stand in the statistics of an office.
WAITING = Source(
    Replacement,
    "registration__region",
    "submitted_at",
    {ReplacementState.PENDING: "等待初审", ReplacementState.INITIAL_APPROVED: "等待终审"},
    {"": "换发证书"},
)


def open_replacement(worker: Worker) -> Replacement | None:
    """Return the worker's replacement that is not over; there is at most one (R-REP-02)."""
    return worker.replacements.filter(state__in=OPEN_STATES).select_related("registration").first()


def open_cases(worker: Worker) -> list[str]:
    """Return in words what stands against merging the worker with somebody else."""
    one = open_replacement(worker)
    return [f"登记证书换发{one.ref}尚未办结"] if one else []


def awaiting(user) -> QuerySet[Replacement]:
    """Return the replacements that wait for a decision of this very reviewer, the most urgent first.

    By state, duty and region; without those that four eyes keep from the reviewer, and without those that the
    policy under which they were sent in leaves to another office (R-REG-17, R-REG-18). Put together once for a
    page, which asks several questions of it.
    """
    return once(("awaiting", Replacement, user.pk), lambda: _awaiting(user)).all()


def _awaiting(user) -> QuerySet[Replacement]:
    mine = NEVER
    for each in jurisdictions_of(user):
        if each.duty not in _DECIDES:
            continue
        part = Q(state=_DECIDES[each.duty]) & (Q(state=ReplacementState.PENDING) | ~Q(first_reviewer=user))
        mine |= within("registration__region", each.path) & part & decided_from(each, "registration__region")
    waiting = Replacement.objects.visible_to(user).filter(mine)
    if user.id_index:
        waiting = waiting.exclude(worker__user__id_index=user.id_index)
    return waiting.select_related(*_SHOWN).order_by("due_on", "id")


def in_region(user) -> QuerySet[Replacement]:
    """Return every submitted replacement that the reviewer may see, the newest first."""
    sent = Replacement.objects.visible_to(user).exclude(submitted_at=None)
    return sent.select_related(*_SHOWN).order_by("-id")


def replacements_over() -> QuerySet[Replacement]:
    """Return the undecided replacements whose registration is no longer in force (R-REP-02)."""
    gone = (
        RegistrationState.REVOKED,
        RegistrationState.CANCELLED,
        RegistrationState.SUPERSEDED,
        RegistrationState.EXPIRED,
    )
    lost = (
        Q(registration__state__in=gone)
        | ~Q(registration__qualification__state=QualificationState.VALID)
        | Q(registration__state=RegistrationState.VALID, registration__valid_until__lt=today())
        | Q(
            registration__state=RegistrationState.IN_REREG,
            registration__correct_by__lt=today(),
            registration__valid_until__lt=today(),
        )
    )
    return Replacement.objects.filter(lost, state__in=UNDECIDED_STATES).order_by("pk")


def files_due(before) -> QuerySet[Replacement]:
    """Return the replacements that came to nothing before that moment and still keep what was uploaded."""
    over = Replacement.objects.filter(
        state__in=(ReplacementState.REJECTED, ReplacementState.WITHDRAWN), decided_at__lt=before
    )
    return over.filter(evidence__purged_at=None, evidence__isnull=False).distinct().order_by("pk")


def earlier(replacement: Replacement) -> QuerySet[Replacement]:
    """Return the worker's other submitted replacements, for the reviewer to compare."""
    others = replacement.worker.replacements.exclude(pk=replacement.pk).exclude(submitted_at=None)
    return others.order_by(F("submitted_at").desc())
