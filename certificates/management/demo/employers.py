"""The demo's institutions in every state, and what workers told of those that are missing (§2.8, §2.9)."""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta

from certificates.management.demo import pictures
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.offices import PLACES, Staff
from certificates.management.demo.people import Person
from registration import actions
from registration.models import Institution, InstitutionFeedback
from swms.accounts.models import Authenticator
from swms.codes import InstitutionType
from swms.dates import today
from swms.idnumbers import InvalidIdNumber, clean_uscc
from swms.regions.models import Region
from swms.signin.privacy import PRIVACY_VERSION
from swms.uploads.models import Purpose
from swms.uploads.storage import store

ACCOUNT = "demo-chunfeng"  # the user name of the first institution, which can be signed in to
_NAMES = "春风 同心 暖阳 益家 和乐 启明 安康 睦邻 彩虹 晨光 善行 仁爱 青禾 守望 绿萝 向阳 百合 新苗"
_KINDS = ("社会工作服务中心", "社会工作服务社", "社工事务所", "社区服务促进中心")
_CONTACTS = "周敏 吴华 郑洁 冯丽 陈刚 褚玉 卫东 蒋云 沈静 韩雪"
_STANDING_FOR = 1600  # days: before anybody of the demo began to work there

ENDS = (("suspend", "年度检查不合格，责令整改。（演示）"), ("deregister", "机构已办理注销登记。（演示）"))
#: What becomes of each of the newest institutions, and how many days ago they sent their form.
ON_THEIR_WAY = (("waiting", 2), ("waiting", 9), ("waiting", 24), ("returned", 12), ("mended", 15), ("refused", 20))
#: What becomes of each feedback, and how many days ago it was given.
FEEDBACKS = (
    *(("pending", ago) for ago in (1, 6, 19, 27)),
    *(("approved", ago) for ago in (10, 30)),
    ("registered", 60),
    ("refused", 25),
    ("merged", 14),
    ("expired", 210),
)


def make_institutions(count: int, staff: Staff, chance: random.Random, password: str) -> dict[str, list[Institution]]:
    """Make institutions in the counties of the demo and return the active ones by county; one in twelve is not."""
    words, by_county = _NAMES.split(), {county: [] for _, county in PLACES}
    for number in range(count):
        _, county = PLACES[number % len(PLACES)]
        word = words[(number // len(PLACES)) * 5 % len(words) + number % 5 - 2]
        one = _register(number, county, f"{word}{chance.choice(_KINDS)}", _STANDING_FOR, chance)
        _approve(one, staff, _STANDING_FOR - 5, chance)
        if number % 12 == 11:
            move, reason = ENDS[number // 12 % len(ENDS)]
            with at(office_hour(chance.randint(10, 40), chance)):
                one.move(move, actor=staff.first[county], reason=reason)
        else:
            by_county[county].append(one)
    _open_to_visitors(Institution.objects.order_by("pk").first(), password)
    for place, (fate, ago) in enumerate(ON_THEIR_WAY):
        _on_its_way(count + place, fate, ago, staff, chance)
    return by_county


def _register(number: int, county: str, name: str, ago: int, chance: random.Random) -> Institution:
    region = Region.objects.get(code=county)
    staff_total = chance.randint(4, 30)
    answers = {
        "name": f"{region.name}{name}（演示）",
        "uscc": _uscc(number),
        "org_type": InstitutionType.PRIVATE_NON_ENTERPRISE if number % 7 else InstitutionType.ASSOCIATION,
        "region": region,
        "legal_rep": chance.choice(_CONTACTS.split()),
        "established": today() - timedelta(days=_STANDING_FOR + chance.randint(100, 2000)),
        "address": f"演示路{chance.randint(1, 200)}号",
        "contact_name": chance.choice(_CONTACTS.split()),
        "business_scope": "社区为老服务、儿童青少年服务、社会工作专业支持（演示）",
        "staff_total": staff_total,
        "staff_licensed": staff_total * chance.choice((1, 2, 2, 3)) // 5,
        "intro": "虚构的机构，仅供演示。",
    }
    with at(office_hour(ago, chance)):
        scan = store(pictures.paper("民办非企业单位登记证书"), owner=None, purpose=Purpose.EVIDENCE)
        mobile = f"1990003{number:04}"
        return actions.institutions.submit(answers, mobile=mobile, scan=scan, consent_version=PRIVACY_VERSION)


def _approve(one: Institution, staff: Staff, ago: int, chance: random.Random) -> None:
    with at(office_hour(ago, chance)):
        one.refresh_from_db()
        one.move("approve", actor=staff.first[one.region_id], seen=one.form_version)


def _open_to_visitors(one: Institution, password: str) -> None:
    """Give one institution a password and a second factor, as if its contact had used the link."""
    account = one.account
    account.username, account.password, account.consent_version = ACCOUNT, password, PRIVACY_VERSION
    account.save(update_fields=["username", "password", "consent_version"])
    secret = hashlib.sha1(f"swms demo {ACCOUNT}".encode(), usedforsecurity=False).hexdigest()
    Authenticator.objects.create(user=account, name="authenticator", secret=secret, confirmed=True)


def _on_its_way(number: int, fate: str, ago: int, staff: Staff, chance: random.Random) -> None:
    county = PLACES[number % 3][1]
    one = _register(number, county, f"{_NAMES.split()[number % 18]}社会工作发展中心", ago, chance)
    reviewer, later = staff.first[county], office_hour(max(0, ago - 4), chance)
    if fate == "refused":
        with at(later):
            reason = "业务范围中没有社会工作服务，不予通过。（演示）"
            one.move("reject", actor=reviewer, seen=one.form_version, reason=reason)
    elif fate in ("returned", "mended"):
        with at(later):
            reason = "登记证书扫描件缺少有效期一页，请补充。（演示）"
            one.move("return_for_more", actor=reviewer, seen=one.form_version, reason=reason)
    if fate == "mended":
        with at(office_hour(max(0, ago - 7), chance)):
            facts = {"uscc": one.uscc, "intro": "虚构的机构，仅供演示。已补充扫描件。"}
            scan = store(pictures.paper("民办非企业单位登记证书"), owner=None, purpose=Purpose.EVIDENCE)
            actions.institutions.resubmit(one, facts, scan=scan)


def make_feedbacks(people: list[Person], first_number: int, staff: Staff, chance: random.Random) -> None:
    """Let workers tell of institutions that are missing; ``first_number`` is where no other institution's code is."""
    tellers = chance.sample(people, len(FEEDBACKS))
    for number, ((fate, ago), person) in enumerate(zip(FEEDBACKS, tellers, strict=True), start=first_number):
        reviewer = staff.first[person.county]
        one = _tell(person, number, fate, ago, chance)
        if fate == "pending":
            continue
        with at(office_hour(max(0, ago - 3), chance)):
            if fate == "refused":
                one.move("reject", actor=reviewer, reason="该单位不是社会工作服务机构，请直接填写单位名称。（演示）")
            elif fate == "merged":
                there = Institution.objects.filter(region_id=person.county, state="ACTIVE").order_by("pk").first()
                one.move("merge", actor=reviewer, institution=there)
            else:
                one.move("approve", actor=reviewer)
        if fate == "expired":
            actions.institutions.expire_feedback(one.pk)
        elif fate == "registered":
            institution = _register(number, person.county, f"{_NAMES.split()[number % 18]}社会工作站", ago - 8, chance)
            _approve(institution, staff, ago - 12, chance)


def _tell(person: Person, number: int, fate: str, ago: int, chance: random.Random) -> InstitutionFeedback:
    region = Region.objects.get(code=person.county)
    answers = {
        "name": f"{region.name}{_NAMES.split()[number % 18]}社会工作站（演示）",
        "uscc": _uscc(number) if fate == "registered" or number % 2 else "",
        "region": region,
        "contact_name": chance.choice(_CONTACTS.split()),
        "contact_mobile": f"1990003{number:04}",
    }
    with at(office_hour(ago, chance)):
        return actions.report_institution(person.worker, answers)


def _uscc(number: int) -> str:
    """Return a code with a right check character that says by its letters that it is a demo's."""
    digits = f"52100000DEM0{number:05}"
    for last in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        try:
            return clean_uscc(digits + last)
        except InvalidIdNumber:
            continue
    raise AssertionError("one of the characters is the right one")
