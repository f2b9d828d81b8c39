"""Feedback of a worker whose institution the system does not know (机构反馈, rulebook §2.8; R-PRO-10)."""

from datetime import date, timedelta

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from registration.workflows.institution import InstitutionState
from swms.dates import today
from swms.workflow import Refused, Step, Transition, Workflow

DECISION_WORKING_DAYS = 15
REGISTRATION_DAYS = 180


class InstitutionFeedbackState(models.TextChoices):
    """Where a feedback about an institution stands."""

    PENDING = "PENDING", "待审核"
    APPROVED = "APPROVED", "审核通过（已通知机构）"
    REGISTERED = "REGISTERED", "机构已注册"
    REJECTED = "REJECTED", "审核不通过"
    MERGED = "MERGED", "已有机构（并入）"
    EXPIRED = "EXPIRED", "逾期未注册"


F = InstitutionFeedbackState

#: The institutions that a feedback can be about: those that are on their way in, or in.
JOINABLE = (
    InstitutionState.INVITED,
    InstitutionState.SUBMITTED,
    InstitutionState.RETURNED,
    InstitutionState.ACTIVE,
    InstitutionState.SUSPENDED,
)


def registration_last_day(feedback) -> date:
    """Return the last day on which the institution may still register (R-TIME-02)."""
    return timezone.localdate(feedback.decided_at) + timedelta(days=REGISTRATION_DAYS)


def _institutions():
    return apps.get_model("registration", "Institution").objects


def _already_there(institution) -> Refused:
    known = f"“{institution.name}”（{institution.get_state_display()}）" if institution else ""
    return Refused("already_there", f"系统中已有使用这个统一社会信用代码的机构{known}，请并入已有机构")


def not_a_duplicate(feedback, step: Step):
    """§2.8: an institution that is there already is not invited again."""
    there = _institutions().filter(uscc=feedback.uscc).first() if feedback.uscc else None
    if there:
        raise _already_there(there)


def institution_chosen(feedback, step: Step):
    """A merge says into which institution."""
    chosen = step.data.get("institution")
    if chosen is None or chosen.state not in JOINABLE:
        raise Refused("institution_required", "请选择要并入的机构，已注销或未通过审核的机构不能选")


def past_registration(feedback, step: Step):
    """Only what nobody registered in time expires; a form under review was sent in time."""
    if today() <= registration_last_day(feedback):
        raise Refused("still_open", f"{REGISTRATION_DAYS}日的注册期限未到")
    if feedback.institution and feedback.institution.state == InstitutionState.SUBMITTED:
        raise Refused("under_review", "机构已提交注册，正在审核")


def institution_is_active(feedback, step: Step):
    """§2.8: registered is who was approved."""
    if feedback.institution is None or not feedback.institution.is_active:
        raise Refused("not_registered", "机构尚未注册")


def keep_decision(feedback, step: Step):
    """The reason and the time of the decision stay on the worker's page."""
    feedback.decided_reason = step.reason
    feedback.decided_at = timezone.now()
    feedback.due_on = None


def invite(feedback, step: Step):
    """The institution exists from now on as 已邀请; its contact is sent the way in."""
    keep_decision(feedback, step)
    institution = _institutions().model(
        name=feedback.name,
        uscc=feedback.uscc or None,
        region=feedback.region,
        contact_name=feedback.contact_name,
        contact_mobile=feedback.contact_mobile,
    )
    try:
        with transaction.atomic():
            institution.begin(actor=step.actor)
    except IntegrityError as error:  # it was entered at this very moment
        raise _already_there(None) from error
    feedback.institution = institution


def join(feedback, step: Step):
    """Remember the institution that is there already."""
    keep_decision(feedback, step)
    feedback.institution = step.data["institution"]


DECIDE = "registration.decide_institution_feedback"

INSTITUTION_FEEDBACK = Workflow(
    Transition(
        "approve", "审核通过并邀请机构", F.PENDING, F.APPROVED, DECIDE, guards=(not_a_duplicate,), effect=invite
    ),
    Transition("merge", "并入已有机构", F.PENDING, F.MERGED, DECIDE, guards=(institution_chosen,), effect=join),
    Transition("reject", "审核不通过", F.PENDING, F.REJECTED, DECIDE, needs_reason=True, effect=keep_decision),
    Transition("register", "机构已注册", F.APPROVED, F.REGISTERED, guards=(institution_is_active,)),
    Transition("expire", "逾期未注册", F.APPROVED, F.EXPIRED, guards=(past_registration,)),
)
