"""What waits for whom among the reviewers."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from registration.models import Application, Decision
from registration.queries.policies import decided_from
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
    parts: dict[str, Q] = {}
    for each in jurisdictions_of(user):
        if each.duty not in _DECIDES:
            continue
        state, other = _DECIDES[each.duty]
        part = Q(state=state) & ~Exists(Decision.objects.filter(application=OuterRef("pk"), stage=other, reviewer=user))
        parts[each.path] = parts.get(each.path, Q()) | (part & decided_from(each))
    mine = Q(pk__in=()) if not parts else Q()
    for path, part in parts.items():  # the region once for all duties in it, or its share is counted for each of them
        mine |= within("region", path) & part
    waiting = Application.objects.visible_to(user).filter(mine)
    if user.id_index:
        waiting = waiting.exclude(worker__user__id_index=user.id_index)
    return waiting.select_related(*_SHOWN).order_by("due_on", "id")
