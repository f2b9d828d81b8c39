"""An appeal of somebody who lost the mobile and with it the way to a new password (申诉, R-APL-01…06, rulebook §2.12).

An approved appeal stays 已通过 for the 24 hours in which the old mobile may object, whether or not the password
was reset meanwhile; only then does it end. So an objection always finds it in the state that the table names.
"""

import hashlib
import secrets
from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from swms.accounts.models import User
from swms.crypto import index_candidates
from swms.current import once
from swms.dates import today, working_days_after
from swms.idnumbers import normalise_name
from swms.notices.send import notify, sms
from swms.signin import handover
from swms.signin.actions import user_of_mobile
from swms.workflow import Refused, Step, Transition, Workflow

DECISION_WORKING_DAYS = 3
OBJECTION_WORKING_DAYS = 1
COMPLETION_DAYS = 15
OBJECTION_LASTS = timedelta(hours=24)  # and so long may the link be sent again
LINK_LASTS = timedelta(minutes=30)


class AppealState(models.TextChoices):
    """Where an appeal stands."""

    SUBMITTED = "SUBMITTED", "待审核"
    NEED_MORE = "NEED_MORE", "补充材料"
    APPROVED = "APPROVED", "已通过"
    DONE = "DONE", "已重置"
    EXPIRED = "EXPIRED", "链接过期"
    REJECTED = "REJECTED", "未通过"
    BLOCKED = "BLOCKED", "原号码提出异议"


S = AppealState


# --- whose it is -----------------------------------------------------------------------------------


def holder_of(id_number: str) -> User | None:
    """Return the social worker's account of an identity number, locked ones too."""
    found = User.objects.filter(kind=User.Kind.WORKER, id_index__in=index_candidates("identity", id_number))
    found = found.select_related("worker__region").filter(worker__isnull=False)
    return once(("holder", id_number), found.first)


def account_of(appeal) -> User | None:
    """Return the account whose name and identity number are the appeal's (§2.12)."""
    holder = holder_of(appeal.id_number)
    return holder if holder and normalise_name(holder.name) == normalise_name(appeal.name) else None


def route(appeal) -> None:
    """Send the appeal to the office of the account's 登记区域; without one it is the security administrator's."""
    account = account_of(appeal)
    appeal.region = account.worker.region if account else None


# --- times -----------------------------------------------------------------------------------------


def completion_last_day(appeal) -> date:
    """Return the last day on which what was asked for may be added."""
    return timezone.localdate(appeal.decided_at) + timedelta(days=COMPLETION_DAYS)


def may_be_objected(appeal) -> bool:
    """Tell whether the old mobile may still object."""
    return bool(appeal.objection_hash) and timezone.now() < appeal.decided_at + OBJECTION_LASTS


def may_be_sent_again(appeal) -> bool:
    """Tell whether another link may be sent to the new mobile."""
    approved = appeal.state == S.APPROVED and appeal.reset_at is None
    return approved and timezone.now() < appeal.decided_at + OBJECTION_LASTS


def link_is_open(appeal) -> bool:
    """Tell whether the newest link to the new mobile still opens the page of the new password."""
    return appeal.state == S.APPROVED and appeal.reset_at is None and timezone.now() < appeal.link_until


# --- links -----------------------------------------------------------------------------------------


def hash_of(key: str) -> str:
    """Return what is stored of a link's key, which is long and random and so needs no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


def _new_link(page: str) -> tuple[str, str]:
    """Return the address of a link that nobody can guess, and the hash to know it by."""
    key = secrets.token_urlsafe(32)
    # In the query and not in the path: the log of the web server leaves queries out, ours blanks the key.
    return f"{settings.SITE_URL}{reverse(f'registration:{page}')}?key={key}", hash_of(key)


def send_link(appeal) -> None:
    """Send a link for a new password to the new mobile, in place of the one before; the caller saves."""
    address, appeal.link_hash = _new_link("appeal_reset")
    appeal.link_until = timezone.now() + LINK_LASTS
    minutes = int(LINK_LASTS.total_seconds() // 60)
    text = f"您的申诉 {appeal.ref} 已通过，新手机号已绑定。请在{minutes}分钟内打开链接设置新密码 {address}"
    sms(appeal.mobile, text, kind="registration.appeal.link", lifetime=LINK_LASTS)


def _warn_old_mobile(appeal) -> None:
    address, appeal.objection_hash = _new_link("appeal_objection")
    hours = int(OBJECTION_LASTS.total_seconds() // 3600)
    text = (
        f"有人通过申诉把您的账户改绑到另一个手机号。如果不是您本人，请在{hours}小时内打开链接提出异议，"
        f"账户将立即锁定 {address}"
    )
    sms(appeal.old_mobile, text, kind="registration.appeal.warning", lifetime=OBJECTION_LASTS)


# --- guards ----------------------------------------------------------------------------------------


def account_there(appeal, step: Step):
    """§2.12: without an account of this name and number there is nothing to approve."""
    account = account_of(appeal)
    if account is None:
        raise Refused("no_account", "无对应账号，不能通过，请按不通过处理")
    if not account.is_active:
        raise Refused("account_locked", "对应的账户已锁定，须先由安全管理员解除锁定")


def mobile_free(appeal, step: Step):
    """A mobile belongs to one account."""
    other = user_of_mobile(appeal.mobile)
    if other and other != account_of(appeal):
        raise Refused("mobile_taken", f"{handover.MOBILE_TAKEN}，不能通过")


def images_there(appeal, step: Step):
    """R-APL-02: both sides of the identity card."""
    for image in (appeal.front, appeal.back):
        if image is None or image.purged_at:
            raise Refused("images_missing", "缺少身份证正反面图片，不能通过")


def within_completion(appeal, step: Step):
    """15 days to add what was asked for."""
    if today() > completion_last_day(appeal):
        raise Refused("too_late", f"已超过{COMPLETION_DAYS}日补充期限，申诉已交回审核")


def past_completion(appeal, step: Step):
    """Only what was not completed in time is given back."""
    if today() <= completion_last_day(appeal):
        raise Refused("still_open", "补充期限未到")


def reset_stands(appeal, step: Step):
    """A new password, and nobody who may still object."""
    if appeal.reset_at is None:
        raise Refused("not_reset", "尚未设置新密码")
    if may_be_objected(appeal):
        raise Refused("may_be_objected", "原手机号仍可提出异议")


def link_ran_out(appeal, step: Step):
    """No password was set, and no link can set one any more."""
    if appeal.reset_at is not None:
        raise Refused("was_reset", "已设置新密码")
    if may_be_sent_again(appeal) or link_is_open(appeal):
        raise Refused("still_open", "链接仍可使用或重新发送")


def objected_in_time(appeal, step: Step):
    """R-APL-04: within 24 hours, by the moment."""
    if not may_be_objected(appeal):
        raise Refused("too_late", "已超过24小时，不能再提出异议")


# --- effects ---------------------------------------------------------------------------------------


def keep_decision(appeal, step: Step):
    """The reason and the moment of the decision stay on the receipt's page."""
    appeal.decided_reason = step.reason
    appeal.decided_at = timezone.now()
    appeal.due_on = None


def refuse(appeal, step: Step):
    """A refusal ends the appeal."""
    keep_decision(appeal, step)
    close(appeal, step)


def close(appeal, step: Step):
    """The 30 days until the images go begin (R-APL-05)."""
    appeal.closed_at = timezone.now()


def start_again(appeal, step: Step):
    """A completed appeal is a new round with a new clock, perhaps at another office."""
    appeal.round += 1
    appeal.due_on = working_days_after(today(), DECISION_WORKING_DAYS)
    route(appeal)


def hand_over(appeal, step: Step):
    """R-APL-04: the new mobile is bound and gets the link, the old one may object."""
    keep_decision(appeal, step)
    account = account_of(appeal)
    appeal.account, appeal.old_mobile = account, account.mobile or ""
    handover.bind(account, appeal.mobile, by=step.actor)
    notify(
        account,
        kind="registration.appeal.approve",
        title="手机号已按申诉更换",
        body=f"申诉 {appeal.ref} 已通过，账户改绑了新手机号。不是您本人申诉的，请立即联系{settings.AUTHORITY_LABEL}。",
    )
    send_link(appeal)
    if appeal.old_mobile and appeal.old_mobile != appeal.mobile:
        _warn_old_mobile(appeal)


def undo(appeal, step: Step):
    """R-APL-04: the old mobile is bound again and the account locked until the security administrator releases it."""
    handover.lock(appeal.account, mobile=appeal.old_mobile)
    appeal.due_on = working_days_after(today(), OBJECTION_WORKING_DAYS)
    close(appeal, step)


DECIDE = "registration.decide_appeal"

# Whoever appeals has no account to act with: what the receipt number and an SMS code prove, and what a link
# proves, is checked by the page, so these moves are the system's.
APPEAL = Workflow(
    Transition(
        "approve",
        "通过",
        S.SUBMITTED,
        S.APPROVED,
        DECIDE,
        versioned=True,
        guards=(account_there, mobile_free, images_there),
        effect=hand_over,
    ),
    Transition(
        "return_for_more",
        "退回补充",
        S.SUBMITTED,
        S.NEED_MORE,
        DECIDE,
        needs_reason=True,
        versioned=True,
        effect=keep_decision,
    ),
    Transition("reject", "不通过", S.SUBMITTED, S.REJECTED, DECIDE, needs_reason=True, versioned=True, effect=refuse),
    Transition("resubmit", "补充后提交", S.NEED_MORE, S.SUBMITTED, guards=(within_completion,), effect=start_again),
    # §2.12 knows one way out of 补充材料: who never answers must not keep the account's owner from appealing.
    Transition(
        "give_back", "逾期未补充，交审核", S.NEED_MORE, S.SUBMITTED, guards=(past_completion,), effect=start_again
    ),
    Transition("finish", "重设密码完成", S.APPROVED, S.DONE, guards=(reset_stands,), effect=close),
    Transition("expire", "链接过期", S.APPROVED, S.EXPIRED, guards=(link_ran_out,), effect=close),
    Transition("block", "原手机号提出异议", S.APPROVED, S.BLOCKED, guards=(objected_in_time,), effect=undo),
)
