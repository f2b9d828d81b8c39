"""纸质证书: the window for the courier, the places, the lists for the carrier, and the nights (R-PAP-01…08, §2.15)."""

import datetime as dt
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from certificates import tasks
from certificates.actions import collecting
from certificates.models import PaperCertificate
from certificates.queries.paper import counted, notice_text
from certificates.workflows import BatchState, PaperState, courier_refused
from registration.queries.clock import entries
from swms.audit.trail import history
from swms.bulletins.workflows import BulletinState
from swms.dates import today, working_days_after
from swms.notices.models import Delivery, Notice
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.certificates import makers, papers

pytestmark = pytest.mark.django_db
S = PaperState
PEKING = dt.timezone(timedelta(hours=8))
HANDED = {"collected_by": "self", "id_checked": True}
PROXY = {"proxy_name": "李强", "proxy_last4": "123X", "proxy_relation": "配偶"}
WHY = "收件地址不详，无法投递。"


@pytest.fixture
def mine(people):
    """王芳's certificate, in a batch that is published."""
    row = makers.holder("王芳")
    papers.published(people.zhou_yan, row)
    return row


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PEKING)


def said(kind: str) -> list[str]:
    """Return the texts that went out by SMS about one kind of thing."""
    return [each.text for each in Delivery.objects.filter(kind=f"certificates.papercertificate.{kind}", channel="sms")]


# --- the batch --------------------------------------------------------------------------------------


def test_a_batch_holds_the_valid_certificates_of_its_year_level_and_province_and_what_the_roster_adds_later(people):
    row = makers.holder("王芳")
    makers.holder("李雷", level=2)
    makers.holder("韩梅", province="310000")
    makers.holder("张前", issue_date=today() - timedelta(days=800))
    makers.holder("赵撤").move("revoke", actor=people.zhou_yan, reason="考试中有违纪违规行为，依法撤销。")
    batch = papers.published(people.zhou_yan, row)
    assert [paper.qualification for paper in batch.papers.all()] == [row]
    late = makers.holder("后来")
    collecting.fill(batch)
    collecting.fill(batch)
    assert set(batch.papers.values_list("qualification", flat=True)) == {row.pk, late.pk}


def test_publishing_puts_the_notice_on_the_board_and_only_a_keeper_of_that_province_may(people, client):
    """R-PAP-01, R-PAP-08."""
    draft = papers.drafted(people.zhou_yan)
    shanghai = factories.staff("钱丽", (Duty.CERTIFICATE, "310000"), username="qianli")
    for who in (shanghai, people.zhang_wei, people.chen_chen.user):
        with pytest.raises(PermissionDenied):
            collecting.publish_batch(draft, by=who)
        with pytest.raises(PermissionDenied):
            papers.drafted(who)
    batch = collecting.publish_batch(draft, by=people.zhou_yan)
    assert batch.bulletin.title in client.get("/").content.decode()
    page = client.get(batch.bulletin.get_absolute_url()).content.decode()
    for words in ("朝阳区民政局服务大厅", "邮费到付", "12个工作日", "不再补发", batch.contact, "/certificates/paper"):
        assert words in page
    assert batch.bulletin.expires_on == batch.collect_until


def test_a_notice_is_not_published_before_it_says_how_until_when_and_whom_to_ask(people):
    for lacking in ({"courier_days": None, "places": ()}, {"contact": ""}, {"collect_until": None}):
        draft = papers.drafted(people.zhou_yan, **lacking)
        with pytest.raises(Refused) as refused:
            collecting.publish_batch(draft, by=people.zhou_yan)
        assert refused.value.code == "incomplete"
        draft.delete()
    with pytest.raises(Refused) as refused:
        collecting.publish_batch(papers.drafted(people.zhou_yan, collect_until=today()), by=people.zhou_yan)
    assert refused.value.code == "over_already"


def test_there_is_one_batch_for_a_year_level_and_province(people):
    papers.drafted(people.zhou_yan)
    with pytest.raises(Refused, match="已经建立"):
        papers.drafted(people.zhou_yan)


def test_a_change_after_publication_is_another_version_of_the_notice_and_the_last_day_only_moves_on(people, mine):
    batch = papers.paper_of(mine).batch
    places = [papers.PLACE | {"address": "新路9号", "pk": papers.place_of(batch).pk}]
    earlier = {"collect_until": batch.collect_until - timedelta(days=1)}
    with pytest.raises(Refused, match="只能推迟"):
        collecting.edit_batch(batch, earlier, places, by=people.zhou_yan, seen=1, note="提前")
    with pytest.raises(Refused, match="写明修改了什么"):
        collecting.edit_batch(batch, {}, places, by=people.zhou_yan, seen=1)
    collecting.edit_batch(batch, {"courier_days": 60}, places, by=people.zhou_yan, seen=1, note="更正领取地址")
    batch.refresh_from_db()
    assert batch.courier_days == 12, "what holders rely on is settled"
    assert batch.bulletin.version == 2
    assert "新路9号" in batch.bulletin.body
    with pytest.raises(Refused, match="同事修改过"):
        collecting.edit_batch(batch, {}, places, by=people.zhou_yan, seen=1, note="再改")


# --- the courier ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "last"),
    [(12, "2026-03-20"), (10, "2026-03-18"), (15, "2026-03-25")],  # 广东, 山东 and 甘肃, 四川
)
def test_the_window_counts_working_days_from_the_day_after_the_publication_to_the_end_of_the_last(people, days, last):
    """R-PAP-03, R-TIME-02, R-TIME-04, R-TIME-06: published on a Wednesday."""
    with time_machine.travel(at("2026-03-04T09:00"), tick=False) as clock:
        row, other = makers.holder("王芳"), makers.holder("李雷")
        batch = papers.published(people.zhou_yan, row, courier_days=days)
        assert batch.courier_until == dt.date.fromisoformat(last) == working_days_after(today(), days)
        clock.move_to(at(f"{last}T23:59:59"))
        collecting.request_mail(papers.paper_of(row), papers.address(), by=row.worker.user)
        clock.shift(timedelta(seconds=1))
        with pytest.raises(Refused, match="不再受理") as refused:
            collecting.request_mail(papers.paper_of(other), papers.address(), by=other.worker.user)
        assert refused.value.code == "window_closed"
        with pytest.raises(Refused):
            collecting.cancel_mail(papers.paper_of(row), by=row.worker.user)
        assert papers.paper_of(row).state == S.MAIL_REQUESTED


def test_an_address_may_change_until_it_is_on_a_list_and_then_it_stays_as_it_is(people, mine):
    holder = mine.worker.user
    collecting.request_mail(papers.paper_of(mine), papers.address(), by=holder)
    collecting.request_mail(papers.paper_of(mine), papers.address(address="新址5号楼"), by=holder)
    assert papers.paper_of(mine).address == "新址5号楼"
    with pytest.raises(Refused, match="先导出清单"):
        collecting.mail(papers.paper_of(mine), "EX000000001CN", by=people.zhou_yan)
    batch = papers.paper_of(mine).batch
    collecting.export_requests(batch, by=people.zhou_yan)
    with pytest.raises(Refused, match="不能再修改"):
        collecting.request_mail(papers.paper_of(mine), papers.address(), by=holder)
    with pytest.raises(Refused, match="没有新的邮寄申请"):
        collecting.export_requests(batch, by=people.zhou_yan)
    assert "papercertificate.edit" in history(papers.paper_of(mine))[1].verb
    assert "新址" not in str([event.changes for event in history(papers.paper_of(mine))])


def test_who_takes_a_request_back_and_asks_again_is_on_a_new_list_with_the_new_address(people, mine):
    """An old list must not carry somebody's parcel to the address that was given up."""
    holder = mine.worker.user
    batch = papers.paper_of(mine).batch
    collecting.request_mail(papers.paper_of(mine), papers.address(), by=holder)
    first = collecting.export_requests(batch, by=people.zhou_yan)
    collecting.cancel_mail(papers.paper_of(mine), by=holder)
    paper = papers.paper_of(mine)
    assert (paper.state, paper.mobile, paper.address, paper.export) == (S.PRODUCING, None, None, None)
    collecting.request_mail(paper, papers.address(address="新址5号楼"), by=holder)
    numbers = [(2, mine.mgmt_no, "EX000000001CN")]
    with pytest.raises(Refused) as refused:
        collecting.note_tracking(batch, numbers, by=people.zhou_yan)
    assert "先导出清单" in refused.value.extra["problems"][0]
    assert not first.papers.exists()
    assert collecting.export_requests(batch, by=people.zhou_yan).number == 2


def test_numbers_are_noted_all_or_none_and_one_number_is_one_parcel(people, mine):
    other = makers.holder("李雷")
    batch = papers.paper_of(mine).batch
    collecting.fill(batch)
    for row in (mine, other):
        collecting.request_mail(papers.paper_of(row), papers.address(), by=row.worker.user)
    collecting.export_requests(batch, by=people.zhou_yan)
    twice = [(2, mine.mgmt_no, "EX000000001CN"), (3, other.mgmt_no, "EX000000001CN"), (4, "1" * 18, "EX000000003CN")]
    with pytest.raises(Refused) as refused:
        collecting.note_tracking(batch, twice, by=people.zhou_yan)
    assert [line[:4] for line in refused.value.extra["problems"]] == ["第3行：", "第4行："]
    assert counted(batch)[S.MAILED] == 0
    assert not Notice.objects.filter(kind="certificates.papercertificate.mail").exists()
    right = [(2, mine.mgmt_no, "EX000000001CN"), (3, other.mgmt_no, "EX000000002CN")]
    assert collecting.note_tracking(batch, right, by=people.zhou_yan) == 2
    assert "EX000000001CN" in papers.paper_of(mine).tracking_no
    assert len(said("mail")) == 2


def test_a_returned_certificate_is_collected_on_site_and_a_lost_one_is_made_again_free_and_may_be_sent_again(people):
    """R-PAP-04, R-PAP-07."""
    with time_machine.travel(at("2026-03-04T09:00"), tick=False) as clock:
        back, lost = makers.holder("王芳"), makers.holder("李雷")
        papers.published(people.zhou_yan, back)
        keeper = people.zhou_yan
        papers.mailed(back, keeper)
        papers.mailed(lost, keeper, "EX000000002CN")
        clock.shift(timedelta(days=30))
        papers.paper_of(back).move("give_back", actor=keeper, reason=WHY)
        papers.paper_of(back).move("shelve", actor=keeper)
        assert courier_refused(papers.paper_of(back)).code == "window_closed"
        papers.paper_of(back).move("hand_over", actor=keeper, **HANDED)
        papers.paper_of(lost).move("lose", actor=keeper, reason="邮件在运输途中被雨水浸泡损毁。")
        papers.paper_of(lost).move("remake", actor=keeper)
        again = papers.paper_of(lost)
        assert (again.state, again.tracking_no, again.mobile) == (S.PRODUCING, "", None)
        collecting.request_mail(again, papers.address(), by=lost.worker.user)
        assert papers.paper_of(lost).state == S.MAIL_REQUESTED
    assert "无法投递" in Notice.objects.get(kind="certificates.papercertificate.give_back").body
    assert len(said("give_back")) == 1


# --- on site ------------------------------------------------------------------------------------------------


def test_a_certificate_is_handed_over_to_whoever_shows_the_originals_and_a_proxy_is_on_record(people, mine):
    """R-PAP-05."""
    paper, keeper = papers.paper_of(mine), people.zhou_yan
    collecting.choose_place(paper, papers.place_of(paper.batch), by=mine.worker.user, proxy=PROXY)
    paper = papers.paper_of(mine)
    paper.move("make_available", actor=keeper)
    for missing in ({"id_checked": False}, {"proxy_name": ""}, {"proxy_last4": ""}, {"proxy_relation": ""}):
        with pytest.raises(Refused):
            paper.move("hand_over", actor=keeper, **HANDED | PROXY | {"collected_by": "proxy"} | missing)
    paper.move("hand_over", actor=keeper, **HANDED | PROXY | {"collected_by": "proxy"})
    paper = papers.paper_of(mine)
    assert (paper.collected_by_proxy, paper.proxy_name, paper.proxy_last4) == (True, "李强", "123X")
    assert "代领人李强" in Notice.objects.get(kind="certificates.papercertificate.hand_over").body


def test_where_no_proxy_is_allowed_nobody_else_gets_it(people):
    row = makers.holder("王芳")
    batch = papers.published(people.zhou_yan, row, proxy_allowed=False)
    assert "不能代领" in notice_text(batch)
    paper = papers.paper_of(row)
    with pytest.raises(Refused, match="本人领取"):
        collecting.choose_place(paper, papers.place_of(batch), by=row.worker.user, proxy=PROXY)
    paper.move("make_available", actor=people.zhou_yan)
    with pytest.raises(Refused, match="本人领取"):
        paper.move("hand_over", actor=people.zhou_yan, **HANDED | PROXY | {"collected_by": "proxy"})


def test_nothing_is_handed_over_or_sent_of_a_revoked_certificate(people, mine):
    paper = papers.paper_of(mine)
    paper.move("make_available", actor=people.zhou_yan)
    mine.move("revoke", actor=people.zhou_yan, reason="考试中有违纪违规行为，依法撤销。")
    paper = papers.paper_of(mine)
    for call in (
        lambda: paper.move("hand_over", actor=people.zhou_yan, **HANDED),
        lambda: collecting.request_mail(paper, papers.address(), by=mine.worker.user),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.code == "certificate_not_valid"


def test_nobody_chooses_for_another_and_no_place_of_another_batch(people, mine):
    paper = papers.paper_of(mine)
    for call in (
        lambda: collecting.request_mail(paper, papers.address(), by=people.chen_chen.user),
        lambda: collecting.cancel_mail(paper, by=people.chen_chen.user),
        lambda: collecting.choose_place(paper, papers.place_of(paper.batch), by=people.chen_chen.user),
    ):
        with pytest.raises((PermissionDenied, Refused)):
            call()
    other = papers.drafted(people.zhou_yan, level=2)
    with pytest.raises(PermissionDenied):
        collecting.choose_place(paper, papers.place_of(other), by=mine.worker.user)
    assert papers.paper_of(mine).way == ""


# --- what time does --------------------------------------------------------------------------------------------


def test_when_a_batch_has_arrived_every_holder_hears_of_it_once_and_what_is_made_again_later_waits(people, mine):
    batch = papers.paper_of(mine).batch
    collecting.arrive(batch, by=people.zhou_yan)
    tasks.move_paper_on()
    tasks.move_paper_on()
    assert papers.paper_of(mine).state == S.AVAILABLE
    assert len(said("make_available")) == 1
    assert history(papers.paper_of(mine)).last().actor == people.zhou_yan
    late = makers.holder("后来")
    collecting.fill(batch)
    tasks.move_paper_on()
    assert papers.paper_of(late).state == S.PRODUCING


def test_what_arrived_under_somebody_who_left_the_office_does_not_hold_up_the_others(people, mine):
    """A night moves so many; those that nobody answers for must not stand before all the rest."""
    batch = papers.paper_of(mine).batch
    left = factories.staff("何平", (Duty.CERTIFICATE, "110000"), username="heping")
    collecting.arrive(batch, by=left)
    left.jurisdictions.all().delete()
    factories.region("310000")
    keeper = factories.staff("吴敏", (Duty.CERTIFICATE, "310000"), username="wumin")
    row = factories.qualification("后来", province="310000", exam_year=mine.exam_year)
    later = papers.published(keeper, row, province="310000")
    collecting.arrive(later, by=keeper)
    collecting.move_on(1)
    assert papers.paper_of(row).state == S.AVAILABLE
    assert papers.paper_of(mine).state == S.PRODUCING
    collecting.arrive(batch, by=people.zhou_yan)
    collecting.move_on(1)
    assert papers.paper_of(mine).state == S.AVAILABLE


def test_a_week_before_the_last_day_whoever_has_not_come_is_reminded_once_also_when_a_night_was_missed(people):
    """§2.15; and once more of the new day when the batch was opened again."""
    with time_machine.travel(at("2026-03-04T09:05"), tick=False) as clock:
        row, come = makers.holder("王芳"), makers.holder("李雷")
        batch = papers.published(people.zhou_yan, row)
        collecting.arrive(batch, by=people.zhou_yan)
        tasks.move_paper_on()
        papers.paper_of(come).move("hand_over", actor=people.zhou_yan, **HANDED)
        clock.shift(timedelta(days=52))  # eight days before
        assert collecting.remind_of_last_day() == 0
        clock.shift(timedelta(days=3))
        clock.move_to(timezone.localtime().replace(hour=3))
        assert collecting.remind_of_last_day() == 0, "nobody's telephone rings at night"
        clock.move_to(timezone.localtime().replace(hour=9))
        assert [collecting.remind_of_last_day(), collecting.remind_of_last_day()] == [1, 0]
        assert len(said("last_day")) == 1
        assert "示例路" not in said("last_day")[0]
        clock.shift(timedelta(days=6))
        collecting.close_batches()
        tasks.move_paper_on()
        batch.refresh_from_db()
        collecting.reopen_batch(batch, today() + timedelta(days=5), by=people.zhou_yan)
        tasks.move_paper_on()
        assert collecting.remind_of_last_day() == 1


def test_what_nobody_collected_is_sealed_away_after_the_last_day_and_a_new_date_opens_it_again(people, mine):
    """R-PAP-06, R-TIME-04; the job comes three days late."""
    batch = papers.paper_of(mine).batch
    papers.paper_of(mine).move("make_available", actor=people.zhou_yan)
    last = timezone.localtime().replace(hour=23, minute=59) + timedelta(days=60)
    with time_machine.travel(last, tick=False) as clock:
        tasks.tend_paper()
        tasks.move_paper_on()
        assert papers.paper_of(mine).state == S.AVAILABLE
        clock.shift(timedelta(minutes=1))
        with pytest.raises(Refused, match="已过最后领取日"):
            papers.paper_of(mine).move("hand_over", actor=people.zhou_yan, **HANDED)
        clock.shift(timedelta(days=3))
        tasks.tend_paper()
        tasks.move_paper_on()
        batch.refresh_from_db()
        assert (batch.state, papers.paper_of(mine).state) == (BatchState.CLOSED, S.UNCLAIMED)
        assert "电子证书" in Notice.objects.get(kind="certificates.papercertificate.seal_up").body
        with pytest.raises(Refused, match="晚于今天"):
            collecting.reopen_batch(batch, today(), by=people.zhou_yan)
        with pytest.raises(PermissionDenied):
            collecting.reopen_batch(batch, today() + timedelta(days=9), by=people.zhang_wei)
        collecting.reopen_batch(batch, today() + timedelta(days=9), by=people.zhou_yan)
        tasks.move_paper_on()
        paper = papers.paper_of(mine)
        assert paper.state == S.AVAILABLE
        assert courier_refused(paper).code == "window_closed", "on-site only"
        batch.refresh_from_db()
        assert batch.bulletin.version == 2
        assert len(said("unseal")) == 1


def test_a_notice_that_was_withdrawn_from_the_board_is_written_anew_when_the_batch_changes(people, mine):
    batch = papers.paper_of(mine).batch
    old = batch.bulletin
    old.move("withdraw", actor=people.zhou_yan, reason="通知中的日期有误，更正后重新发布。")
    collecting.edit_batch(batch, {"note": "请错峰领取。"}, [], by=people.zhou_yan, seen=1, note="补充说明")
    batch.refresh_from_db()
    assert batch.bulletin != old
    assert batch.bulletin.state == BulletinState.PUBLISHED


def test_addresses_are_dropped_ninety_days_after_they_served_their_purpose(people, mine):
    papers.mailed(mine, people.zhou_yan).move("deliver", actor=people.zhou_yan)
    with time_machine.travel(timezone.now() + timedelta(days=89), tick=False) as clock:
        assert collecting.purge_addresses() == 0
        clock.shift(timedelta(days=2))
        assert collecting.purge_addresses() == 1
        assert collecting.purge_addresses() == 0
    paper = papers.paper_of(mine)
    assert (paper.recipient, paper.mobile, paper.address, paper.region) == ("", None, None, None)
    assert PaperCertificate.objects.get().tracking_no


def test_the_clock_of_the_holder_shows_both_days_until_a_way_is_chosen(people, mine):
    def shown():
        return {each.name: each for each in entries(mine.worker) if each.name.startswith("paper")}

    batch = papers.paper_of(mine).batch
    assert shown()["paper_courier"].last_day == batch.courier_until
    assert shown()["paper_collect"].last_day == batch.collect_until
    collecting.choose_place(papers.paper_of(mine), papers.place_of(batch), by=mine.worker.user)
    assert set(shown()) == {"paper_collect"}
    collecting.request_mail(papers.paper_of(mine), papers.address(), by=mine.worker.user)
    assert shown() == {}
