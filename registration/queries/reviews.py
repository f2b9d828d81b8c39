"""What waits for whom among the reviewers."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date

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

    By state, duty and region; without those that four eyes keep from the reviewer.
    """
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


@dataclass(frozen=True)
class QueuePage:
    """Some rows of a queue, and the opaque mark to ask for those after them; ``None`` at the end."""

    rows: list[Application]
    next: str | None


def queue_page(queue: QuerySet[Application], *, after: str | None = None, size: int = 50) -> QueuePage:
    """Return one page of ``awaiting``: no OFFSET, no COUNT, and no row twice while others are decided.

    A mark that cannot be read counts as none.
    """
    place = _place(after)
    if place:
        due_on, pk = place
        queue = queue.filter(Q(due_on__gt=due_on) | Q(due_on=due_on, id__gt=pk))
    rows = list(queue[: size + 1])
    if len(rows) <= size:
        return QueuePage(rows, None)
    last = rows[size - 1]
    mark = json.dumps([last.due_on.isoformat(), last.pk]).encode()
    return QueuePage(rows[:size], base64.urlsafe_b64encode(mark).decode())


def _place(mark: str | None) -> tuple[date, int] | None:
    if not mark:
        return None
    try:
        due_on, pk = json.loads(base64.urlsafe_b64decode(mark))
        return date.fromisoformat(due_on), int(pk)
    except (binascii.Error, ValueError, TypeError):
        return None
