"""Appeals of people who lost the bound mobile, made and followed without an account (R-APL-01…06)."""

import logging
from datetime import timedelta

import rules
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registration.actions import kept
from registration.actions.constraints import with_receipt
from registration.models import Appeal
from registration.queries.appeals import (
    IMAGES,
    endings_due,
    files_due,
    free_again,
    give_backs_due,
    of_link,
    of_objection,
    open_for,
)
from registration.queries.kept import abandoned
from registration.workflows import AppealState
from registration.workflows.appeal import (
    DECISION_WORKING_DAYS,
    hash_of,
    link_is_open,
    may_be_objected,
    may_be_sent_again,
    route,
    send_link,
)
from swms import throttle
from swms.audit import trail
from swms.crypto import index_candidates
from swms.dates import today, working_days_after
from swms.notices.send import sms
from swms.references import new_receipt
from swms.signin import handover
from swms.signin.actions import change_password
from swms.ui import cn_datetime
from swms.uploads import storage
from swms.uploads.models import Purpose, StoredFile
from swms.workflow import Refused

log = logging.getLogger(__name__)

PER_MOBILE = (5, timedelta(days=1))
LINKS = ((1, timedelta(minutes=1)), (5, timedelta(days=1)))
IMAGES_CONSENT = "2026-11"
"""The version of the words by which people agree to the use of the images of their identity card (R-SEC-01)."""


def submit(answers: dict, *, mobile: str, images: dict[str, StoredFile], consent_version: str) -> Appeal:
    """Make an appeal for somebody who has proven to hold ``mobile``; the receipt goes there by SMS.

    Does the same work and gives the same answer whether or not there is an account (R-APL-03). Raises
    Throttled beyond 5 a day for one mobile; Refused `already_open`, with the extra `ref` if that appeal was
    made with the same mobile, and `too_many` (R-APL-05). Call outside a transaction: the count must outlive
    a refusal.
    """
    throttle.hit("appeal_mobile", mobile, *PER_MOBILE)
    free = free_again(answers["id_number"])
    if free and open_for(answers["id_number"]) is None:
        raise Refused("too_many", f"这个身份证号30日内最多申诉3次，{cn_datetime(free)}后可以再次申诉，或到现场办理")
    return with_receipt(
        lambda: _enter(answers, mobile, images, consent_version),
        unique="one_open",
        taken=lambda: _already_open(answers["id_number"], mobile),
    )


def _enter(answers: dict, mobile: str, images: dict[str, StoredFile], consent_version: str) -> Appeal:
    one = Appeal(
        **answers,
        **images,
        ref=new_receipt("SS", today()),
        mobile=mobile,
        due_on=working_days_after(today(), DECISION_WORKING_DAYS),
    )
    route(one)
    one.begin()
    for image in images.values():
        storage.attach(image, one)
    versions = {"consent_version": consent_version, "images_consent": IMAGES_CONSENT}
    trail.record("registration.appeal.consent", one, changes=versions)
    return one


@transaction.atomic
def resubmit(appeal: Appeal, answers: dict, *, images: dict[str, StoredFile]) -> Appeal:
    """Complete what was asked for and send it again; a side without a new image keeps the former one.

    Raises Refused `wrong_state`, and `too_late` after 15 days. Nothing is written then.
    """
    one = Appeal.objects.select_for_update(of=("self",)).select_related(*IMAGES).get(pk=appeal.pk)
    changed = [name for name, value in answers.items() if getattr(one, name) != value]
    for name, value in answers.items():
        setattr(one, name, value)
    for side, image in images.items():
        changed.append(side)
        if former := getattr(one, side):
            storage.purge(former)
        setattr(one, side, image)
        storage.attach(image, one)
    one.save()
    trail.record("registration.appeal.edit", one, changes={"fields": changed, "round": one.round + 1})
    return one.move("resubmit")


def send_again(appeal: Appeal) -> None:
    """Send another link to the new mobile; the one before opens nothing any more (R-APL-04).

    Raises Refused `not_now` 24 hours after the approval or once the password is set, and Throttled beyond
    one a minute and five a day. Call outside a transaction.
    """
    if not may_be_sent_again(appeal):
        raise Refused("not_now", "现在不能再发送链接")
    for limit, period in LINKS:
        throttle.hit(f"appeal_link_{period.days}", appeal.ref, limit, period)
    with transaction.atomic():
        one = Appeal.objects.select_for_update(of=("self",)).get(pk=appeal.pk)
        if not may_be_sent_again(one):
            raise Refused("not_now", "现在不能再发送链接")
        send_link(one)
        one.save(update_fields=["link_hash", "link_until"])
        trail.record("registration.appeal.send_link", one)


@transaction.atomic
def reset_password(key: str, password: str) -> Appeal:
    """Set the password that was chosen behind the link with this key, which then has served (R-APL-04).

    Raises Refused `link_dead`. The appeal ends once nobody may object to it any more.
    """
    one = of_link(key)
    one = one and Appeal.objects.select_for_update(of=("self",)).select_related("account").get(pk=one.pk)
    # Asked again under the lock: another link may have been sent, or an objection made, meanwhile.
    if one is None or one.link_hash != hash_of(key) or not link_is_open(one):
        raise Refused("link_dead", "链接已失效或已使用")
    change_password(one.account, password, verb="reset_by_appeal")
    one.reset_at = timezone.now()
    one.save(update_fields=["reset_at"])
    if not may_be_objected(one):
        one.move("finish")
    return one


def object_to(key: str) -> Appeal:
    """Object from the old mobile: the binding is undone, the account locked (R-APL-04).

    Raises Refused `link_dead`, `wrong_state` and `too_late`.
    """
    one = of_objection(key)
    if one is None:
        raise Refused("link_dead", "链接已失效")
    return one.move("block")


@transaction.atomic
def release(appeal: Appeal, *, keep: str, reason: str, by) -> Appeal:
    """Let the owner of a locked account in again, with the ``old`` mobile or, if the objection was wrong, the ``new``.

    Raises PermissionDenied, Refused `not_locked` and `mobile_taken`.
    """
    one = Appeal.objects.select_for_update(of=("self",)).select_related("account").get(pk=appeal.pk)
    if not rules.has_perm("registration.release_account", by, one):
        raise PermissionDenied
    if one.state != AppealState.BLOCKED or one.released_at:
        raise Refused("not_locked", "账户没有因这件申诉锁定，或已解除锁定")
    mobile = one.mobile if keep == "new" else one.old_mobile
    handover.release(one.account, mobile=mobile, by=by, reason=reason)
    one.released_at, one.due_on = timezone.now(), None
    one.save(update_fields=["released_at", "due_on"])
    trail.record("registration.appeal.release", one, actor=by, reason=reason, changes={"mobile": keep})
    text = "您的账户已解除锁定，绑定的是本手机号。原密码已失效，请在登录页用本手机号找回密码。"
    sms(mobile, text, kind="registration.appeal.release")
    return one


def close_due() -> int:
    """End the approved appeals whose time is over, give back those not completed in time; return how many."""
    ended = [_by_the_system(pk, "finish", "expire") for pk in list(endings_due())]
    returned = [_by_the_system(pk, "give_back") for pk in list(give_backs_due())]
    return sum(ended) + sum(returned)


def purge_files() -> int:
    """Remove the images of appeals that ended 30 days ago and of those never sent (R-APL-05); return how many.

    Row and hash of each stay, and so does the decision.
    """
    return kept.purge([*files_due(), *abandoned(Purpose.ID_CARD)])


def _by_the_system(pk: int, *names: str) -> bool:
    """Make the first of these moves that is due; somebody may have been faster."""
    for name in names:
        try:
            Appeal.objects.get(pk=pk).move(name)
        except Refused as refused:
            log.info("nothing_to_do", extra={"move": name, "code": refused.code})
        else:
            return True
    return False


def _already_open(id_number: str, mobile: str) -> Refused:
    other = open_for(id_number)
    own = other is not None and other.mobile_index in index_candidates("mobile", mobile)
    return Refused(
        "already_open",
        "这个身份证号已有一件未办结的申诉，不能重复提交。请凭回执编号和当时填写的手机号查询进度",
        ref=other.ref if own else "",
    )
