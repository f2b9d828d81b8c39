"""What waits for whom among the reviewers."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from registration.models import Application, Decision
from registration.workflows import ApplicationState
from swms.regions.models import Duty, jurisdictions_of

#: The state that each duty decides on, and the stage whose reviewer may not be the same person (R-REG-18).
_DECIDES = {
    Duty.FIRST_REVIEW: (ApplicationState.PENDING_REVIEW, Decision.Stage.FINAL),
    Duty.FINAL_REVIEW: (ApplicationState.INITIAL_APPROVED, Decision.Stage.FIRST),
}
_SHOWN = ("worker__user", "qualification", "region", "claimed_by")


def in_region(user) -> QuerySet[Application]:
    """Return the submitted applications that the reviewer may see, newest first; drafts are the worker's own."""
    return (
        Application.objects.visible_to(user)
        .exclude(state=ApplicationState.NOT_APPLIED)
        .select_related(*_SHOWN)
        .order_by("-id")
    )


def awaiting(user) -> QuerySet[Application]:
    """Return the applications that wait for a decision of this very reviewer, the most urgent first.

    By state, duty and region; without those that four eyes keep from the reviewer. Put together once per user
    instance, so once per request: a review page asks five questions of it.
    """
    if not hasattr(user, "_awaiting"):
        user._awaiting = _awaiting(user)
    return user._awaiting.all()


def _awaiting(user) -> QuerySet[Application]:
    mine = Q(pk__in=())
    for each in jurisdictions_of(user):
        if each.duty not in _DECIDES:
            continue
        state, other = _DECIDES[each.duty]
        part = Q(state=state) & ~Exists(Decision.objects.filter(application=OuterRef("pk"), stage=other, reviewer=user))
        if each.region:
            part &= Q(region__path__startswith=each.path)
        mine |= part
    waiting = Application.objects.visible_to(user).filter(mine)
    if user.id_index:
        waiting = waiting.exclude(worker__user__id_index=user.id_index)
    return waiting.select_related(*_SHOWN).order_by("due_on", "id")
