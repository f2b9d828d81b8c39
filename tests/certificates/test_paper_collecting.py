"""纸质证书: handing over on site, the last day, and the nights (R-PAP-05, R-PAP-06, §2.15)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from certificates import tasks
from certificates.actions import collecting
from certificates.models import PaperCertificate
from certificates.queries.paper import notice_text
from certificates.workflows import BatchState, PaperState, courier_refused
from registration.queries.clock import entries
from swms.audit.trail import history
from swms.bulletins.workflows import BulletinState
from swms.dates import today
from swms.notices.models import Notice
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.certificates import makers, papers
from tests.certificates.counter import HANDED, at, said

pytestmark = pytest.mark.django_db
S = PaperState
PROXY = {"proxy_name": "李强", "proxy_last4": "123X", "proxy_relation": "配偶"}


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
