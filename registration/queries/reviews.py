"""What waits for whom among the reviewers."""

from collections import defaultdict
from functools import reduce
from operator import and_, or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from registration.models import Application, Decision
from registration.queries.policies import NEVER, decided_from
from registration.workflows import ApplicationState
from swms.current import once
from swms.dates import today
from swms.regions.models import Duty, jurisdictions_of, within

#: The state that each duty decides on, and the stage whose reviewer may not be the same person (R-REG-18).
_DECIDES = {
    Duty.FIRST_REVIEW: (ApplicationState.PENDING_REVIEW, Decision.Stage.FINAL),
    Duty.FINAL_REVIEW: (ApplicationState.INITIAL_APPROVED, Decision.Stage.FIRST),
}
#: The list's rows, and what the system's checks of each ask (``read_for_checks``).
_SHOWN = (
    *("worker__user", "worker__region", "worker__household_region"),
    *("qualification", "region", "registration__region"),
)


def in_region(user) -> QuerySet[Application]:
    """Return the submitted applications that the reviewer may see, newest first; drafts are the worker's own."""
    return once(("applications", user.pk), lambda: _in_region(user)).all()


def _in_region(user) -> QuerySet[Application]:
    return (
        Application.objects.visible_to(user)
        .filter(form_version__gt=0)
        .exclude(state=ApplicationState.NOT_APPLIED)
        .select_related(*_SHOWN)
        .order_by("-id")
    )


def awaiting(user) -> QuerySet[Application]:
    """Return the applications that wait for a decision of this very reviewer, the most urgent first.

    By state, duty and region; without those that four eyes keep from the reviewer, and without those that the
    policy under which they were sent in leaves to another office (R-REG-17). One query, whatever the policy.
    Put together once per user instance and day, so once per request: a review page asks five questions of it.
    """
    day, rows = getattr(user, "_awaiting", (None, None))
    if day != today():
        user._awaiting = _, rows = today(), _awaiting(user)
    return rows.all()


def _awaiting(user) -> QuerySet[Application]:
    parts: dict[str, dict[str, Q]] = defaultdict(dict)  # by region, what is asked of the cases in each state
    for each in jurisdictions_of(user):
        if each.duty not in _DECIDES or (left_here := decided_from(each)) is NEVER:
            continue
        state, other = _DECIDES[each.duty]
        decided = Decision.objects.filter(application=OuterRef("pk"), stage=other, reviewer=user)
        parts[each.path][state] = ~Exists(decided) & left_here
    # What is visible lies in these regions: of a single one, said twice, the planner would expect too few rows.
    held = {each.path for each in jurisdictions_of(user) if each.duty in Application.scope.duties}
    mine = [_in_states(asked) & (within("region", path) if len(held) > 1 else Q()) for path, asked in parts.items()]
    waiting = Application.objects.visible_to(user).filter(reduce(or_, mine, NEVER))
    if user.id_index:
        waiting = waiting.exclude(worker__user__id_index=user.id_index)
    return waiting.select_related(*_SHOWN).order_by("due_on", "id")


def _in_states(asked: dict[str, Q]) -> Q:
    """Return the condition on cases in one of the states, each with what is asked there.

    The states are named first and by themselves, so that the planner knows how many rows there will be: of an OR
    over them it thinks far too little.
    """
    return reduce(and_, (~Q(state=state) | more for state, more in asked.items()), Q(state__in=asked))
