"""Feedback of a person whom the roster does not know (反馈, rulebook §2.1)."""

from datetime import date, timedelta

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone

from registration.workflows.qualification import QualificationState
from swms.crypto import index_candidates
from swms.dates import today, working_days_after
from swms.workflow import Refused, Step, Transition, Workflow

DECISION_WORKING_DAYS = 15
COMPLETION_DAYS = 30


class FeedbackState(models.TextChoices):
    """Where a feedback to the roster stands."""

    PENDING = "PENDING", "待审核"
    NEED_MORE = "NEED_MORE", "退回补正"
    APPROVED = "APPROVED", "审核通过"
    REJECTED = "REJECTED", "审核不通过"
    WITHDRAWN = "WITHDRAWN", "已撤回"


F = FeedbackState


def completion_last_day(feedback) -> date:
    """Return the last day on which what was returned may be completed."""
    return timezone.localdate(feedback.decided_at) + timedelta(days=COMPLETION_DAYS)


def _roster():
    return apps.get_model("registration", "Qualification").objects


def agrees_with_roster(feedback, step: Step):
    """Refuse what contradicts the roster: a number of another person, a person of another name."""
    identity = index_candidates("identity", feedback.id_number)
    if _roster().filter(mgmt_no=feedback.mgmt_no).exclude(id_index__in=identity).exists():
        raise Refused("number_taken", "该管理号在社工库中属于另一人，请核对")
    own = _roster().filter(id_index__in=identity)
    if own.exclude(name=feedback.name).exists():
        raise Refused("other_name", "社工库中该证件号码的姓名与反馈不同，请核对")
    same = own.filter(level=feedback.level, exam_year=feedback.exam_year)
    if same.exclude(mgmt_no=feedback.mgmt_no).exists():
        raise Refused("other_number", "社工库中已有此人同级别、同年度的证书，管理号不同，请核对")


def keep_decision(feedback, step: Step):
    """The reason and the time of the decision stay on the receipt's page."""
    feedback.decided_reason = step.reason
    feedback.decided_at = timezone.now()
    feedback.due_on = None


def enter_into_roster(feedback, step: Step):
    """R-ACC-06: the person is in the roster from the moment of approval."""
    keep_decision(feedback, step)
    row = _roster().filter(mgmt_no=feedback.mgmt_no).first()
    known = row is not None
    row = row or _roster().model(
        mgmt_no=feedback.mgmt_no, name=feedback.name, id_type=feedback.id_type, id_number=feedback.id_number
    )
    row.level, row.exam_year, row.issue_date = feedback.level, feedback.exam_year, feedback.issue_date
    row.province_id = feedback.region.province_code
    row.source = row.Source.FEEDBACK
    if known:
        row.save()
    else:
        row.begin(actor=step.actor)


def has_arrived(feedback, step: Step):
    """Only a person whom the roster knows by now, with this certificate, has nothing left to ask for."""
    own = _roster().filter(id_index__in=index_candidates("identity", feedback.id_number), name=feedback.name)
    this = Q(mgmt_no=feedback.mgmt_no) | Q(level=feedback.level, exam_year=feedback.exam_year)
    if not own.filter(this, state=QualificationState.VALID).exists():
        raise Refused("not_in_roster", "社工库中还没有这份证书")


def note_arrival(feedback, step: Step):
    """Say why on the receipt's page."""
    keep_decision(feedback, step)
    feedback.decided_reason = "社工库已收录您的信息，无需再审核"


def within_completion(feedback, step: Step):
    """30 days to complete what was returned."""
    if today() > completion_last_day(feedback):
        raise Refused("too_late", f"已超过{COMPLETION_DAYS}日补正期限，请重新提交反馈")


def past_completion(feedback, step: Step):
    """Only what was not completed in time lapses."""
    if today() <= completion_last_day(feedback):
        raise Refused("still_open", "补正期限未到")


def start_again(feedback, step: Step):
    """A completed feedback is a new round with a new clock."""
    feedback.round += 1
    feedback.due_on = working_days_after(today(), DECISION_WORKING_DAYS)


def note_lapse(feedback, step: Step):
    """Say why on the receipt's page."""
    feedback.decided_reason = "逾期未补正"
    feedback.decided_at = timezone.now()


def stop_clock(feedback, step: Step):
    """Nobody has to decide any more; the 90 days until the files go begin."""
    feedback.decided_at = timezone.now()
    feedback.due_on = None


DECIDE = "registration.decide_feedback"

# Whoever gave the feedback has no account: what the receipt number and an SMS code prove is checked
# by the page, so these moves are the system's.
FEEDBACK = Workflow(
    Transition(
        "approve",
        "审核通过",
        F.PENDING,
        F.APPROVED,
        DECIDE,
        versioned=True,
        guards=(agrees_with_roster,),
        effect=enter_into_roster,
    ),
    Transition(
        "return_for_more",
        "退回补正",
        F.PENDING,
        F.NEED_MORE,
        DECIDE,
        needs_reason=True,
        versioned=True,
        effect=keep_decision,
    ),
    Transition(
        "reject", "审核不通过", F.PENDING, F.REJECTED, DECIDE, needs_reason=True, versioned=True, effect=keep_decision
    ),
    Transition("resubmit", "补正后提交", F.NEED_MORE, F.PENDING, guards=(within_completion,), effect=start_again),
    Transition("lapse", "逾期未补正", F.NEED_MORE, F.REJECTED, guards=(past_completion,), effect=note_lapse),
    Transition("withdraw", "撤回反馈", F.PENDING, F.WITHDRAWN, effect=stop_clock),
    Transition("arrive", "社工库已收录", F.PENDING, F.APPROVED, guards=(has_arrived,), effect=note_arrival),
    Transition("arrive", "社工库已收录", F.NEED_MORE, F.APPROVED, guards=(has_arrived,), effect=note_arrival),
)
