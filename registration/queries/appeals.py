"""Appeals, as the person who appealed follows them, as a link opens them, and what is due on them."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from registration.models import Appeal
from registration.queries.progress import ProgressStep
from registration.workflows import AppealState
from registration.workflows.appeal import (
    COMPLETION_DAYS,
    DECISION_WORKING_DAYS,
    OBJECTION_LASTS,
    completion_last_day,
    hash_of,
    link_is_open,
    may_be_sent_again,
)
from swms.audit import trail
from swms.crypto import index_candidates
from swms.dates import midnight, today, working_days_after
from swms.ui import cn_date, cn_datetime
from swms.uploads.models import StoredFile

OPEN = (AppealState.SUBMITTED, AppealState.NEED_MORE, AppealState.APPROVED)
CLOSED = (AppealState.DONE, AppealState.EXPIRED, AppealState.REJECTED, AppealState.BLOCKED)
PER_IDENTITY = (3, dt.timedelta(days=30))  # R-APL-05
FILES_STAY = dt.timedelta(days=30)  # R-APL-05
IMAGES = ("front", "back")


def of_mobile(ref: str, mobile: str) -> Appeal | None:
    """Return the appeal with this receipt number that was made with this mobile.

    Call it for who has proven to hold the mobile: there is no account that could be asked.
    """
    found = Appeal.objects.filter(ref=ref, mobile_index__in=index_candidates("mobile", mobile))
    return found.select_related(*IMAGES).first()


def given_on(ref: str) -> dt.datetime | None:
    """Return when the appeal with this receipt number was made, all that a bare receipt shows."""
    return Appeal.objects.filter(ref=ref).values_list("created_at", flat=True).first()


def answer_by(given_at: dt.datetime) -> dt.date:
    """Return the day by which an appeal made at this moment is answered."""
    return working_days_after(timezone.localdate(given_at), DECISION_WORKING_DAYS)


def open_for(id_number: str) -> Appeal | None:
    """Return the one appeal about this identity number that has not ended (R-APL-05)."""
    return _about(id_number).filter(state__in=OPEN).first()


def free_again(id_number: str) -> dt.datetime | None:
    """Return when another appeal about this identity number is taken, ``None`` for at once (R-APL-05).

    Appeals are counted, never accounts: the answer is the same whether or not there is one.
    """
    limit, period = PER_IDENTITY
    recent = _about(id_number).filter(created_at__gt=timezone.now() - period).order_by("-created_at")
    oldest = recent.values_list("created_at", flat=True)[limit - 1 : limit].first()
    return oldest + period if oldest else None


def earlier(appeal: Appeal, user) -> QuerySet[Appeal]:
    """Return the other appeals about the same identity number that the reviewer may see, newest first."""
    same = Appeal.objects.visible_to(user).filter(id_index=appeal.id_index)
    return same.exclude(pk=appeal.pk).order_by("-id")


def mended(appeal: Appeal) -> list[str] | None:
    """Return the labels of what was changed for the present round; ``None`` if the time for it ran out."""
    edit = trail.history(appeal).filter(verb="registration.appeal.edit", changes__round=appeal.round).last()
    return [str(Appeal._meta.get_field(name).verbose_name) for name in edit.changes["fields"]] if edit else None


def of_link(key: str) -> Appeal | None:
    """Return the appeal whose newest link for a new password has this key."""
    return _by_hash("link_hash", key)


def of_objection(key: str) -> Appeal | None:
    """Return the appeal to which the link with this key objects."""
    return _by_hash("objection_hash", key)


def _by_hash(field: str, key: str) -> Appeal | None:
    return Appeal.objects.select_related("account").filter(**{field: hash_of(key)}).first() if key else None


def _about(id_number: str) -> QuerySet[Appeal]:
    return Appeal.objects.filter(id_index__in=index_candidates("identity", id_number))


# --- what the person is told -----------------------------------------------------------------------
# Nothing here depends on whether there is an account, nor names its office (R-APL-03).


@dataclass(frozen=True)
class AppealStep:
    """The one thing to do next, in words; without ``url_name`` there is nothing to press."""

    title: str
    text: str
    action_label: str = ""
    url_name: str = ""
    url_args: tuple = ()


def next_step(appeal: Appeal) -> AppealStep:
    """Return what the person should do or know now."""
    match appeal.state:
        case AppealState.SUBMITTED:
            text = f"{settings.AUTHORITY_LABEL}最迟在{cn_date(appeal.due_on)}前答复，结果会发短信通知您。"
            return AppealStep("等待审核，目前不需要您做什么", text)
        case AppealState.NEED_MORE:
            text = f"请按审核意见补充，在{cn_date(completion_last_day(appeal))}前重新提交。"
            if today() > completion_last_day(appeal):
                return AppealStep("已超过补充期限", "申诉即将交回审核。")
            return AppealStep("补充后重新提交", text, "补充并重新提交", "registration:appeal_edit", (appeal.ref,))
        case AppealState.APPROVED:
            return _approved(appeal)
        case AppealState.DONE:
            return AppealStep("现在可以登录", "请用新手机号或身份证号和新密码登录。", "登录", "signin:sign_in")
        case AppealState.EXPIRED:
            text = "链接已经过期。新手机号已绑定到账户，可以用它获取验证码，重新设置密码。"
            return AppealStep("用新手机号找回密码", text, "找回密码", "signin:recover")
        case AppealState.BLOCKED:
            text = "原手机号提出了异议，绑定已撤销，账户已锁定，由安全管理员核实。请携带身份证到现场办理。"
            return AppealStep("申诉已中止", text)
    return AppealStep("申诉未通过", "请核对审核意见。确认信息无误或补齐材料后，可以从找回密码页重新申诉。")


def _approved(appeal: Appeal) -> AppealStep:
    if appeal.reset_at:
        text = "新密码已设置。原手机号在24小时内可以提出异议，期满后申诉办结。"
        return AppealStep("现在可以登录", text, "登录", "signin:sign_in")
    if link_is_open(appeal):
        text = f"链接已用短信发送到新手机号，{cn_datetime(appeal.link_until)}前有效。"
        title = "打开短信中的链接，设置新密码"
    else:
        text, title = "链接已经过期。", "重新获取链接，设置新密码"
    if may_be_sent_again(appeal):
        until = cn_datetime(appeal.decided_at + OBJECTION_LASTS)
        text += f"没有收到或已过期的，在{until}前可以重新发送。"
        return AppealStep(title, text, "重新发送链接", "registration:appeal_resend", (appeal.ref,))
    return AppealStep(title, text)


def steps(appeal: Appeal) -> list[ProgressStep]:
    """Return the step list of the current round, as ``ui/steps.html`` takes it."""
    state = appeal.state
    waits, refused = state == AppealState.SUBMITTED, state == AppealState.REJECTED
    passed = state in (AppealState.APPROVED, AppealState.DONE, AppealState.EXPIRED, AppealState.BLOCKED)
    reset = "done" if appeal.reset_at else "current" if state == AppealState.APPROVED else "next"
    if state in (AppealState.EXPIRED, AppealState.BLOCKED):
        reset = "failed"
    return [
        ProgressStep("提交申诉", "done", "本人", timezone.localdate(appeal.created_at)),
        ProgressStep(
            "审核",
            "failed" if refused else "done" if passed else "current",
            settings.AUTHORITY_LABEL,
            date=None if waits else timezone.localdate(appeal.decided_at),
            expected=appeal.due_on if waits else None,
            note=appeal.get_state_display() if refused or state == AppealState.NEED_MORE else "",
        ),
        ProgressStep(
            "设置新密码",
            reset,
            "本人",
            date=timezone.localdate(appeal.reset_at) if appeal.reset_at else None,
            note=appeal.get_state_display() if reset == "failed" else "",
        ),
    ]


# --- what is due -----------------------------------------------------------------------------------


def endings_due() -> QuerySet[int]:
    """Return the keys of the approved appeals to which nobody may object any more, oldest first."""
    now = timezone.now()
    over = Q(decided_at__lte=now - OBJECTION_LASTS)
    done = Q(reset_at__isnull=False) & (over | Q(objection_hash=""))
    missed = Q(reset_at=None, link_until__lte=now) & over
    return Appeal.objects.filter(done | missed, state=AppealState.APPROVED).order_by("pk").values_list("pk", flat=True)


def give_backs_due() -> QuerySet[int]:
    """Return the keys of the appeals that were not completed in time, oldest first."""
    returned = Appeal.objects.filter(
        state=AppealState.NEED_MORE, decided_at__lt=midnight(today()) - dt.timedelta(days=COMPLETION_DAYS)
    )
    return returned.order_by("pk").values_list("pk", flat=True)


def files_due(late: dt.timedelta = dt.timedelta()) -> QuerySet[StoredFile]:
    """Return the images of appeals that ended more than 30 days, and ``late``, ago (R-APL-05)."""
    ended = Appeal.objects.filter(state__in=CLOSED, closed_at__lt=midnight(today()) - FILES_STAY - late)
    of_ended = Q(pk__in=ended.values("front")) | Q(pk__in=ended.values("back"))
    return StoredFile.objects.filter(of_ended, purged_at=None)
