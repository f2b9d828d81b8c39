"""纸质证书: the batch, its notice, the window for the courier, the lists for the carrier (R-PAP-01…04, R-PAP-07…08)."""

import datetime as dt
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from certificates.actions import collecting
from certificates.queries.paper import counted
from certificates.workflows import PaperState, courier_refused
from swms.audit.trail import history
from swms.dates import today, working_days_after
from swms.notices.models import Notice
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.certificates import makers, papers
from tests.certificates.counter import HANDED, at, said

pytestmark = pytest.mark.django_db
S = PaperState
WHY = "收件地址不详，无法投递。"


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
