"""The demo's offices and the people who work there."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import timedelta

from certificates.management.demo.clock import at, office_hour
from registration.actions import set_policy
from registration.models import FinalReview, FirstReview
from swms.accounts.models import Authenticator, User
from swms.dates import today
from swms.regions.models import Duty, Jurisdiction, Region

#: Provinces with the counties in which the demo's people work; the first counties have the most of them.
COUNTIES = {
    "110000": ("110105", "110108", "110101"),
    "310000": ("310115", "310104", "310107"),
    "440000": ("440305", "440106", "440306"),
    "320000": ("320102", "320505"),
    "330000": ("330106", "330212"),
    "510000": ("510107", "510104"),
    "420000": ("420106",),
    "610000": ("610113",),
}
PLACES = tuple((province, county) for province, counties in COUNTIES.items() for county in counties)

#: User name, name, duties; a region of ``None`` is the whole country. All of them are fictitious.
NAMED_STAFF = (
    ("demo-lijing", "李静", ((Duty.FIRST_REVIEW, "110105"),)),
    ("demo-zhangwei", "张伟", ((Duty.FINAL_REVIEW, "110000"),)),
    ("demo-guanning", "关宁", ((Duty.FINAL_REVIEW, "110000"),)),
    ("demo-zhouhai", "周海", ((Duty.FINAL_REVIEW, None),)),
    ("demo-zhaomin", "赵敏", ((Duty.FIRST_REVIEW, "310115"),)),
    ("demo-chenbo", "陈博", ((Duty.FINAL_REVIEW, "310000"),)),
    ("demo-liuyang", "刘洋", ((Duty.FIRST_REVIEW, "440305"),)),
    ("demo-hemei", "何梅", ((Duty.FINAL_REVIEW, "440000"),)),
    ("demo-zhouyan", "周燕", ((Duty.CERTIFICATE, None),)),
    ("demo-sunhao", "孙浩", ((Duty.CERTIFICATE, "110000"),)),
    ("demo-system", "郑凯", ((Duty.SYSTEM, None),)),
    ("demo-security", "冯雪", ((Duty.SECURITY, None),)),
    ("demo-audit", "吴琳", ((Duty.AUDIT, None),)),
)
_OTHER_NAMES = "韩冰 马超 杨帆 朱琳 秦岚 许峰 沈洁 曹军 彭涛 邓丽 蒋欣 余波 潘虹 田野 董洁 袁野 方圆 石磊 姚远 谭静"


@dataclass
class Staff:
    """Who decides where: first reviewers by county, final reviewers by province; and the keeper of the roster.

    ``second_final`` approves nothing, so that there is somebody to decide what was drawn for inspection.
    """

    first: dict[str, User] = field(default_factory=dict)
    final: dict[str, User] = field(default_factory=dict)
    keeper: User | None = None
    second_final: User | None = None


def make_staff(password: str) -> Staff:
    """Make the offices' people, each with the second factor set up; ``password`` is a hash."""
    made = Staff()
    for username, name, duties in NAMED_STAFF:
        _employ(made, username, name, duties, password)
    names = iter(_OTHER_NAMES.split())
    for province, county in PLACES:
        if county not in made.first:
            _employ(made, f"demo-first-{county}", next(names), ((Duty.FIRST_REVIEW, county),), password)
        if province not in made.final:
            _employ(made, f"demo-final-{province}", next(names), ((Duty.FINAL_REVIEW, province),), password)
    made.second_final = User.objects.get(username="demo-guanning")
    made.keeper = User.objects.get(username="demo-zhouyan")
    return made


def _employ(made: Staff, username: str, name: str, duties, password: str) -> None:
    user = User.objects.create_user(kind=User.Kind.STAFF, username=username, name=name)
    user.password = password
    user.save(update_fields=["password"])
    # The secret follows from the user name, so the demo's outbox can show the code; production refuses demos.
    secret = hashlib.sha1(f"swms demo {username}".encode(), usedforsecurity=False).hexdigest()
    Authenticator.objects.create(user=user, name="authenticator", secret=secret, confirmed=True)
    for duty, code in duties:
        region = Region.objects.get(code=code) if code else None
        Jurisdiction.objects.create(user=user, duty=duty, region=region)
        if duty == Duty.FIRST_REVIEW:
            made.first[code] = user
        elif duty == Duty.FINAL_REVIEW:
            made.final.setdefault(code, user)


def settle_policies(made: Staff, chance: random.Random) -> None:
    """Let 广东省 accept late registrations for a while and waive the proof of continuing education."""
    with at(office_hour(40, chance)):
        begins = today() + timedelta(days=1)
        window = {"from": begins, "until": begins + timedelta(days=100)}
        content = {
            "effective_from": begins,
            "first_review_level": FirstReview.COUNTY,
            "final_review_level": FinalReview.PROVINCE,
            "ce_waived_notice": "关于集中办理补登记的通知（演示）",
            "note": "集中办理补登记，本次再登记无需提供继续教育证明。",
        }
        for name in ("makeup_first", "makeup_renew", "ce_waived"):
            content |= {f"{name}_{side}": day for side, day in window.items()}
        set_policy(Region.objects.get(code="440000"), content, by=made.final["440000"], seen=0)
