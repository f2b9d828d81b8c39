"""Institutions, from the invitation to the end (rulebook §2.9; R-SVC-07)."""

from django.db import models
from django.utils import timezone

from swms.dates import today, working_days_after
from swms.workflow import Refused, Step, Transition, Workflow

DECISION_WORKING_DAYS = 15
MINUTE = 60


class InstitutionState(models.TextChoices):
    """Where an institution stands."""

    INVITED = "INVITED", "已邀请"
    SUBMITTED = "SUBMITTED", "待审核"
    ACTIVE = "ACTIVE", "正常"
    RETURNED = "RETURNED", "退回"
    REJECTED = "REJECTED", "审核不通过"
    SUSPENDED = "SUSPENDED", "暂停"
    DEREGISTERED = "DEREGISTERED", "已注销"


S = InstitutionState
REQUIRED = ("uscc", "legal_rep", "established", "address", "contact_name", "contact_mobile", "business_scope")


def form_complete(institution, step: Step):
    """§3.6: nothing is reviewed that the form asks for and nobody answered."""
    if not all(getattr(institution, name) for name in REQUIRED) or institution.certificate_scan_id is None:
        raise Refused("incomplete", "机构信息或登记证书扫描件不完整，请填写完整后提交")


def not_just_sent(institution, step: Step):
    """A button that is pressed twice sends one message."""
    newest = institution.links.order_by("-pk").first()
    if newest and (timezone.now() - newest.sent_at).total_seconds() < MINUTE:
        raise Refused("just_sent", "一分钟之内刚刚发送过，请稍后再试")


def has_an_account(institution, step: Step):
    """Without an account there is nothing to set a password for."""
    if institution.account_id is None:
        raise Refused("no_account", "这家机构没有账户")


def receive(institution, step: Step):
    """The form is in; the reviewer's clock starts."""
    institution.submitted_at = timezone.now()
    institution.due_on = working_days_after(today(), DECISION_WORKING_DAYS)


def start_again(institution, step: Step):
    """What was returned comes back as a new round with a new clock."""
    institution.round += 1
    receive(institution, step)


def keep_decision(institution, step: Step):
    """The reason and the time of the latest decision stay on the page."""
    institution.decided_reason = step.reason
    institution.decided_at = timezone.now()
    institution.due_on = None


def release_code(institution, step: Step):
    """Whoever was refused holds no code any more: the next application under it is free."""
    keep_decision(institution, step)
    institution.released_uscc, institution.uscc = institution.uscc or "", None


def note_lapse(institution, step: Step):
    """Say why on the page."""
    release_code(institution, step)
    institution.decided_reason = "邀请没有使用，已失效"


DECIDE = "registration.decide_institution"

# Whoever fills in the form has no account yet: the invitation or the SMS code is checked by the page,
# so these moves are the system's.
INSTITUTION = Workflow(
    Transition("invite", "重新发送邀请", S.INVITED, S.INVITED, DECIDE, guards=(not_just_sent,)),
    Transition("submit", "提交注册", S.INVITED, S.SUBMITTED, guards=(form_complete,), effect=receive),
    Transition("lapse", "邀请失效", S.INVITED, S.REJECTED, effect=note_lapse),
    Transition("approve", "审核通过", S.SUBMITTED, S.ACTIVE, DECIDE, versioned=True, effect=keep_decision),
    Transition(
        "return_for_more",
        "退回",
        S.SUBMITTED,
        S.RETURNED,
        DECIDE,
        needs_reason=True,
        versioned=True,
        effect=keep_decision,
    ),
    Transition(
        "reject", "审核不通过", S.SUBMITTED, S.REJECTED, DECIDE, needs_reason=True, versioned=True, effect=release_code
    ),
    Transition("resubmit", "补正后提交", S.RETURNED, S.SUBMITTED, guards=(form_complete,), effect=start_again),
    Transition("suspend", "暂停", S.ACTIVE, S.SUSPENDED, DECIDE, needs_reason=True, effect=keep_decision),
    Transition("resume", "恢复", S.SUSPENDED, S.ACTIVE, DECIDE, needs_reason=True, effect=keep_decision),
    Transition("deregister", "注销", S.ACTIVE, S.DEREGISTERED, DECIDE, needs_reason=True, effect=keep_decision),
    Transition(
        "send_password_link",
        "发送设置密码的链接",
        S.ACTIVE,
        S.ACTIVE,
        DECIDE,
        guards=(has_an_account, not_just_sent),
    ),
)
