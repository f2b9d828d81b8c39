"""What the keepers of the roster decide: rows that contradict it, and records that are one person (§2.16)."""

from django.db import models
from django.utils import timezone

from swms.workflow import Refused, Step, Transition, Workflow


class RosterConflictState(models.TextChoices):
    """Where a row of an import stands that contradicted the roster."""

    OPEN = "OPEN", "待处理"
    KEPT = "KEPT", "保留原记录"
    TAKEN = "TAKEN", "采用来件"
    RETURNED = "RETURNED", "退回来源单位"
    CLOSED = "CLOSED", "随导入撤回"


class RosterMergeState(models.TextChoices):
    """Where the merging of two records stands."""

    PROPOSED = "PROPOSED", "待复核"
    MERGED = "MERGED", "已合并"
    REJECTED = "REJECTED", "不予合并"
    WITHDRAWN = "WITHDRAWN", "已撤回"


def keep_decision(record, step: Step):
    """Who decided, when, and what was said."""
    record.decided_by = step.actor
    record.decided_reason = step.reason
    record.decided_at = timezone.now()


def as_it_was_seen(record, step: Step):
    """What is binding is decided on what was on the screen, not on what it has become since."""
    if step.data.get("looked_at") != record.looked_at:
        raise Refused("stale", "打开页面之后社工库里的记录有变化，请重新核对")


def by_another(merge, step: Step):
    """Nobody makes two people one alone."""
    if merge.proposed_by_id == step.actor.pk:
        raise Refused("four_eyes", "提出合并和复核须由不同的人员进行")


C, M = RosterConflictState, RosterMergeState

#: ``take`` is carried out, and may be refused, by ``registration.roster.conflicts`` in the same transaction.
ROSTER_CONFLICT = Workflow(
    Transition(
        "take", "采用来件", C.OPEN, C.TAKEN, "registration.decide_roster_conflict",
        guards=(as_it_was_seen,), effect=keep_decision,
    ),
    Transition("keep", "保留原记录", C.OPEN, C.KEPT, "registration.decide_roster_conflict", effect=keep_decision),
    Transition(
        "return_to_source", "退回来源单位", C.OPEN, C.RETURNED, "registration.decide_roster_conflict",
        needs_reason=True, effect=keep_decision,
    ),
    Transition("close", "随导入撤回", C.OPEN, C.CLOSED, effect=keep_decision),
)  # fmt: skip

#: ``approve`` is carried out, and may be refused, by ``registration.actions.merging`` in the same transaction.
ROSTER_MERGE = Workflow(
    Transition(
        "approve", "确认合并", M.PROPOSED, M.MERGED, "registration.decide_roster_merge",
        guards=(by_another, as_it_was_seen), effect=keep_decision,
    ),
    Transition(
        "reject", "不予合并", M.PROPOSED, M.REJECTED, "registration.decide_roster_merge",
        needs_reason=True, guards=(by_another,), effect=keep_decision,
    ),
    Transition(
        "withdraw", "撤回合并", M.PROPOSED, M.WITHDRAWN, "registration.withdraw_roster_merge", effect=keep_decision
    ),
)  # fmt: skip
