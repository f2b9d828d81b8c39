"""What may happen to a bulletin. Whether it is public now is read off the clock at the moment of asking."""

from django.db import models
from django.utils import timezone

from swms.dates import today
from swms.workflow import Refused, Step, Transition, Workflow


class BulletinState(models.TextChoices):
    """What was decided about a bulletin."""

    DRAFT = "DRAFT", "草稿"
    PUBLISHED = "PUBLISHED", "已发布"
    WITHDRAWN = "WITHDRAWN", "已撤回"
    DISCARDED = "DISCARDED", "已作废"


S = BulletinState


def written(bulletin, step: Step):
    """There is something to read, and it is not over before it begins."""
    lacking = [label for label, text in (("标题", bulletin.title), ("正文", bulletin.body)) if not text.strip()]
    if lacking:
        raise Refused("incomplete", f"还没有填写：{'、'.join(lacking)}")
    if bulletin.expires_on and bulletin.expires_on < _first_day(bulletin):
        raise Refused("over_before", "有效期至早于发布日期，请先修改")


def _first_day(bulletin):
    starts = bulletin.publish_at
    return max(today(), timezone.localdate(starts)) if starts else today()


def not_yet_public(bulletin, step: Step):
    """What nobody has read yet can go back to its desk."""
    if bulletin.is_out:
        raise Refused("already_public", "公告已经公开，只能撤回")


def public_already(bulletin, step: Step):
    """Only what was public is withdrawn: its page says so from then on."""
    if not bulletin.is_out:
        raise Refused("not_public_yet", "公告还没有公开，请取消定时发布")


def publish(bulletin, step: Step):
    """At once, unless a later moment was set."""
    now = timezone.now()
    if bulletin.publish_at is None or bulletin.publish_at < now:
        bulletin.publish_at = now


def take_back(bulletin, step: Step):
    """The moment that was set is forgotten with it."""
    bulletin.publish_at = None


def withdraw(bulletin, step: Step):
    """The page stays and says when and why."""
    bulletin.withdrawn_at = timezone.now()
    bulletin.withdrawn_reason = step.reason


MANAGE = "bulletins.manage"

BULLETIN = Workflow(
    Transition("publish", "发布", S.DRAFT, S.PUBLISHED, MANAGE, guards=(written,), effect=publish),
    Transition("discard", "作废", S.DRAFT, S.DISCARDED, MANAGE),
    Transition("unschedule", "取消定时发布", S.PUBLISHED, S.DRAFT, MANAGE, guards=(not_yet_public,), effect=take_back),
    Transition(
        "withdraw",
        "撤回",
        S.PUBLISHED,
        S.WITHDRAWN,
        MANAGE,
        needs_reason=True,
        guards=(public_already,),
        effect=withdraw,
    ),
)
