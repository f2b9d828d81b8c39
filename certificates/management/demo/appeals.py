"""The demo's appeals of people who lost the bound mobile, in every state; one account is locked on an objection."""

from __future__ import annotations

import random
import re
from datetime import timedelta

from certificates.management.demo import pictures
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.offices import Staff
from certificates.management.demo.people import Person
from registration.actions import appeals
from registration.models import Appeal, Worker
from registration.roster import fictitious
from swms.accounts.models import User
from swms.dates import today
from swms.notices.models import Delivery
from swms.signin.privacy import PRIVACY_VERSION
from swms.uploads.models import Purpose
from swms.uploads.storage import store

#: What becomes of each appeal, and how many days ago it was made; those ``unknown`` have no account.
APPEALS = (
    ("waiting", 0),
    ("waiting", 6),
    ("returned", 4),
    ("rejected", 8),
    ("approved", 1),
    ("done", 12),
    ("expired", 20),
    ("blocked", 3),
    ("unknown", 1),
    ("unknown", 2),
)
SECURITY = "demo-security"
_REASON = "原手机号已停用，无法接收验证码（演示）"
_NEW_PASSWORD = "Chongshe-2026"


def make_appeals(people: list[Person], first_place: int, staff: Staff, chance: random.Random) -> None:
    """Let people whom the demo does not name appeal; ``first_place`` is where no other demo person is."""
    with_region = set(Worker.objects.filter(region__isnull=False).values_list("pk", flat=True))
    owners = iter([each for each in people if not each.username and each.worker and each.worker.pk in with_region])
    for number, (fate, ago) in enumerate(APPEALS):
        if fate == "unknown":
            issued = today() - timedelta(days=200)
            facts = {"province": "110000", "level": 1, "exam_year": issued.year, "issue_date": issued}
            holder = fictitious.holder(first_place + number, chance, **facts)
        else:
            holder = next(owners).user
        with at(office_hour(ago, chance)):
            one = _submit(holder, f"1990002{number:04}")
        _go_on(one, fate, ago, staff, chance)


def _submit(holder, mobile: str) -> Appeal:
    answers = {"name": holder.name, "id_number": holder.id_number, "reason": _REASON}
    images = {
        side: store(pictures.card(words), owner=None, purpose=Purpose.ID_CARD)
        for side, words in (("front", "人像面"), ("back", "国徽面"))
    }
    return appeals.submit(answers, mobile=mobile, images=images, consent_version=PRIVACY_VERSION)


def _go_on(one: Appeal, fate: str, ago: int, staff: Staff, chance: random.Random) -> None:
    if fate in ("waiting", "unknown"):
        return
    reviewer = staff.first.get(one.region_id) or User.objects.get(username=SECURITY)
    moment = office_hour(ago - 1, chance)
    with at(moment):
        if fate == "returned":
            reason = "身份证国徽面反光，看不清有效期，请重新拍摄。"
            one.move("return_for_more", actor=reviewer, seen=one.round, reason=reason)
            return
        if fate == "rejected":
            reason = "身份证图片与填写的姓名不一致，请核对后重新申诉。"
            one.move("reject", actor=reviewer, seen=one.round, reason=reason)
            return
        one.move("approve", actor=reviewer, seen=one.round)
    if fate == "done":
        with at(moment + timedelta(minutes=10)):
            appeals.reset_password(_key_sent("registration.appeal.link"), _NEW_PASSWORD)
    if fate == "blocked":
        with at(moment + timedelta(hours=2)):
            appeals.object_to(_key_sent("registration.appeal.warning"))
    if fate in ("done", "expired"):
        with at(moment + timedelta(hours=25)):
            Appeal.objects.get(pk=one.pk).move("finish" if fate == "done" else "expire")


def _key_sent(kind: str) -> str:
    """Return the key in the newest message of this kind, as its receiver reads it."""
    return re.search(r"\?key=([\w-]+)", Delivery.objects.filter(kind=kind).latest("id").text)[1]
