"""The demo's bulletins, and batches of paper certificates with requests in every state (R-PAP-01…08)."""

from __future__ import annotations

import random
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from certificates.actions import collecting
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.offices import Staff
from certificates.models import PaperBatch, PaperCertificate
from certificates.workflows import PaperWay
from registration.models import Qualification
from registration.workflows import QualificationState
from swms.accounts.models import User
from swms.bulletins import actions as bulletins
from swms.dates import today
from swms.regions.models import Region

PROVINCE = "110000"
PLACES = (
    (PaperWay.ONSITE_MZJ, "市民政局政务服务大厅（演示）", "示范大街1号1层5号窗口", "010-00000001"),
    (PaperWay.ONSITE_RSJ, "市人事考试服务窗口（演示）", "示范北路8号2层", "010-00000002"),
)
CONTACT = "市社会工作者考试服务中心（演示）010-00000000"
HOURS = "工作日9:00—11:30，13:30—17:00"
HANDED = {"collected_by": "self", "id_checked": True}
PROXY = {"proxy_name": "周敏", "proxy_last4": "123X", "proxy_relation": "配偶"}
REASONS = {"give_back": "收件人电话无人接听，两次投递未成功。", "lose": "邮件在转运途中被雨水浸泡，证书损毁。"}
#: What becomes of the certificates of the open batch, in the order of their numbers; the rest is still being made.
FATES = (
    *("requested", "mailed", "delivered", "returned", "lost", "collected"),
    *("proxy", "chosen", "ready", "listed", "back", "taken_back"),
)


def make_papers(staff: Staff, chance: random.Random) -> None:
    """Let four batches be given out: one now, one closed, one opened again, and one that is a draft."""
    keeper = staff.keeper
    groups = _groups()
    open_one = _batch(groups[0], keeper, ago=10, lasts=75, courier_days=15, chance=chance)
    _tell_fates(open_one, keeper, chance)
    for number, group in enumerate(groups[1:3]):
        batch = _batch(group, keeper, ago=90, lasts=80, courier_days=12, chance=chance)
        with at(office_hour(85, chance)):
            collecting.arrive(batch, by=keeper)
            collecting.move_on()
        with at(office_hour(9, chance)):
            collecting.close_batches()
            collecting.move_on()
        if number:
            with at(office_hour(5, chance)):
                batch.refresh_from_db()
                collecting.reopen_batch(batch, today() + timedelta(days=25), by=keeper)
                collecting.move_on()
    year, level = groups[0]
    _drafted(year - 5, level, keeper, collect_until=today() + timedelta(days=60), courier_days=10)


def _groups() -> list[tuple[int, int]]:
    """Return year and level of the certificates of the first province, those with the most accounts first."""
    rows = Qualification.objects.filter(province=PROVINCE, state=QualificationState.VALID)
    counted = rows.values_list("exam_year", "level").annotate(people=Count("worker"))
    groups = [(year, level) for year, level, _ in counted.order_by("-people", "exam_year", "level")]
    year, level = groups[0]
    groups += [(year - ago, level) for ago in (1, 2, 3)]
    return list(dict.fromkeys(groups))


def _drafted(year: int, level: int, keeper: User, **said) -> PaperBatch:
    names = ("kind", "name", "address", "enquiries")
    places = [dict(zip(names, each, strict=True)) | {"hours": HOURS, "from_day": None} for each in PLACES]
    facts = {"proxy_allowed": True, "contact": CONTACT, "note": "领取人较多时请错峰前往。"}
    region = Region.objects.get(code=PROVINCE)
    return collecting.begin_batch(region, exam_year=year, level=level, said=facts | said, places=places, by=keeper)


def _batch(group: tuple[int, int], keeper: User, *, ago: int, lasts: int, courier_days: int, chance) -> PaperBatch:
    with at(office_hour(ago, chance)):
        until = today() + timedelta(days=lasts)
        draft = _drafted(*group, keeper, collect_until=until, courier_days=courier_days)
        return collecting.publish_batch(draft, by=keeper)


def _tell_fates(batch: PaperBatch, keeper: User, chance: random.Random) -> None:
    """Each of the first holders does something else; lists for the carrier are made in between."""
    mine = batch.papers.exclude(qualification__worker=None).order_by("qualification__mgmt_no")
    told = dict(zip(FATES, mine.values_list("pk", flat=True), strict=False))

    def paper(fate: str) -> PaperCertificate:
        rows = PaperCertificate.objects.select_related("qualification__worker__user", "batch__region")
        return rows.get(pk=told[fate])

    def each(*fates: str) -> list[PaperCertificate]:
        return [paper(fate) for fate in fates if fate in told]

    sent = ("mailed", "delivered", "returned", "lost", "back")
    with at(office_hour(8, chance)):
        for one in each("collected", "proxy", "chosen", "ready"):
            one.move("make_available", actor=keeper)
        for one in each(*sent, "taken_back"):
            _ask(one)
        for one in each("taken_back"):
            collecting.cancel_mail(one, by=one.qualification.worker.user)
        for one, proxy in ((one, one.pk == told.get("proxy")) for one in each("chosen", "proxy")):
            place = batch.places.order_by("pk").first()
            who = PROXY if proxy else None
            collecting.choose_place(one, place, by=one.qualification.worker.user, proxy=who)
    with at(office_hour(7, chance)):
        if each(*sent):
            collecting.export_requests(batch, by=keeper)
    with at(office_hour(6, chance)):
        for number, one in enumerate(each(*sent), start=1):
            collecting.mail(one, f"EY{number:09}CN", by=keeper)
    with at(office_hour(3, chance)):
        for one in each("delivered"):
            one.move("deliver", actor=keeper)
        for one in each("returned", "back"):
            one.move("give_back", actor=keeper, reason=REASONS["give_back"])
        for one in each("lost"):
            one.move("lose", actor=keeper, reason=REASONS["lose"])
        for one in each("collected"):
            one.move("hand_over", actor=keeper, **HANDED)
        for one in each("proxy"):
            one.move("hand_over", actor=keeper, **HANDED | PROXY | {"collected_by": "proxy"})
    with at(office_hour(2, chance)):
        for one in each("back"):
            one.move("shelve", actor=keeper)
        for one in each("listed"):
            _ask(one)
            collecting.export_requests(batch, by=keeper)
    with at(office_hour(1, chance)):
        for one in each("requested"):
            _ask(one)


def _ask(paper: PaperCertificate) -> None:
    """Ask for the courier to the address of the personal information."""
    worker = paper.qualification.worker
    address = {
        "recipient": worker.user.name,
        "mobile": worker.user.mobile,
        "region": worker.address_region or Region.objects.get(code="110105"),
        "address": worker.address or "示范小区1号楼101",
        "postcode": "100020",
    }
    collecting.request_mail(paper, address, by=worker.user)


def make_bulletins(staff: Staff, chance: random.Random) -> None:
    """Let the offices speak: to the country, to a province in two wordings, withdrawn, and not yet."""
    system, final = User.objects.get(username="demo-system"), staff.final[PROVINCE]
    province = Region.objects.get(code=PROVINCE)
    with at(office_hour(15, chance)):
        _publish(system, None, "portal", "系统维护公告", MAINTENANCE, expires_on=today() + timedelta(days=45))
        wrong = _publish(final, province, "registration", "关于调整登记审核办公地点的通知", "自下周一起，在新址办公。")
    with at(office_hour(14, chance)):
        wrong.move("withdraw", actor=final, reason="通知中的办公地点有误，更正后另行发布。")
    with at(office_hour(12, chance)):
        text = _publish(final, province, "registration", "关于做好年度社会工作者登记工作的通知", REGISTRATION)
    with at(office_hour(4, chance)):
        said = {"body": REGISTRATION.replace("咨询：", "国家法定节假日不办理。咨询：")}
        bulletins.edit(text, said, by=final, seen=text.edition, note="补充节假日安排")
    with at(office_hour(0, chance)):
        later = timezone.now() + timedelta(days=6)
        said = {"title": "继续教育线上课程更新公告", "body": "新学期课程将于近日上线。", "publish_at": later}
        bulletins.publish(bulletins.draft(region=province, module="education", by=final, **said), by=final)
        said = {"title": "服务项目征集通知（草稿）", "body": "征集范围和时间待定。"}
        bulletins.draft(region=province, module="services", by=final, **said)
        bulletins.draft(region=province, module="services", by=final, title="试写", body="试写").move(
            "discard", actor=final
        )


def _publish(by: User, region: Region | None, module: str, title: str, body: str, **said):
    draft = bulletins.draft(region=region, module=module, by=by, title=title, body=body, **said)
    return bulletins.publish(draft, by=by)


MAINTENANCE = """系统将于每周日凌晨进行例行维护，期间可能短时无法访问，已提交的申请不受影响。

- 维护时间：每周日2:00至4:00
- 维护期间不受理新的申请，办理期限不因此缩短"""
REGISTRATION = """各位社会工作者：

为做好本年度登记工作，现将有关事项通知如下。

# 首次登记

通过社会工作者职业水平考试后1年内申请首次登记，登记有效期3年。

1. 注册账户，核对社工库中的证书信息
2. 完善个人信息，上传证件照
3. 核对《社会工作者首次登记信息表》，勾选承诺声明后申请

# 再登记

登记有效期满前3个月内申请再登记，逾期登记过期。

咨询：登记区域的民政部门。"""
