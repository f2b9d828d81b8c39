"""纸质证书 on the holder's pages and at the desk (R-PAP-02…07)."""

import io
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from certificates import tasks
from certificates.actions import collecting
from certificates.models import PaperBatch
from certificates.workflows import PaperState as S
from swms.audit.models import AuditEvent
from swms.dates import today
from tests import factories
from tests.certificates import makers, papers
from tests.people import signed_in

pytestmark = pytest.mark.django_db
TYPED = {
    "recipient": "王芳",
    "mobile": "１９９００００１２３４",
    "region": "110105",
    "address": "示例街道2号院3单元404",
    "postcode": "100020",
    "pays": "on",
}


@pytest.fixture
def mine(people):
    factories.region("110105")
    row = makers.holder("王芳")
    papers.published(people.zhou_yan, row)
    return row


@pytest.fixture
def wang(mine):
    return signed_in(mine.worker.user)


@pytest.fixture
def zhou(people):
    return signed_in(people.zhou_yan)


def at(name, row):
    return reverse(f"certificates:paper_{name}", args=[row.mgmt_no])


def desk(row):
    return reverse("admin:certificates_papercertificate_change", args=[row.mgmt_no])


def page(browser, url) -> str:
    return browser.get(url, follow=True).content.decode()


def batch_page(batch):
    return reverse("admin:certificates_paperbatch_change", args=[batch.ref])


# --- the holder -----------------------------------------------------------------------------------------


def test_the_holder_sees_what_is_waited_for_and_what_no_notice_speaks_of_yet(wang, mine, people):
    factories.qualification("王芳", number=mine.worker.user.id_number, level=2, worker=mine.worker)
    shown = page(wang, reverse("certificates:paper"))
    assert "请选择领取方式" in shown
    assert "还没有发布领取通知" in shown
    assert "不再补发" in shown  # R-PAP-06
    other = signed_in(people.chen_chen.user)
    for name in ("status", "courier", "place", "cancel"):
        assert other.get(at(name, mine)).status_code == 404


def test_mistakes_in_an_address_stand_beside_their_fields_and_what_was_typed_stays(wang, mine):
    wrong = TYPED | {"mobile": "123", "postcode": "12", "address": "无", "region": "110000"}
    del wrong["pays"]
    answer = wang.post(at("courier", mine), wrong)
    text = answer.content.decode()
    for words in ("手机号应为11位数字", "邮政编码是6位数字", "请写到门牌号", "请继续选择", "请勾选", 'value="12"'):
        assert words in text
    assert papers.paper_of(mine).state == S.PRODUCING


def test_the_holder_asks_for_the_courier_changes_the_address_and_takes_it_back(wang, mine):
    assert wang.post(at("courier", mine), TYPED).status_code == 302
    paper = papers.paper_of(mine)
    assert (paper.state, paper.mobile) == (S.MAIL_REQUESTED, "19900001234")
    shown = page(wang, at("status", mine))
    assert "199****1234" in shown
    assert "19900001234" not in shown
    assert wang.post(at("courier", mine), TYPED | {"address": "新址5号楼"}).status_code == 302
    assert papers.paper_of(mine).address == "新址5号楼"
    assert "撤销后" in page(wang, at("cancel", mine))
    assert wang.post(at("cancel", mine)).status_code == 302
    assert wang.post(at("cancel", mine)).status_code == 302  # pressed twice
    assert papers.paper_of(mine).state == S.PRODUCING


def test_after_the_list_and_after_the_window_the_pages_say_why_and_where_to_go(wang, mine, people):
    collecting.request_mail(papers.paper_of(mine), papers.address(), by=mine.worker.user)
    stale = TYPED  # the form was open while the list was made
    collecting.export_requests(papers.paper_of(mine).batch, by=people.zhou_yan)
    answer = wang.post(at("courier", mine), stale)
    assert answer.status_code == 409
    assert "不能再修改" in answer.content.decode()
    assert "交给快递公司" in page(wang, at("courier", mine))
    other = makers.holder("李雷")
    collecting.fill(papers.paper_of(mine).batch)
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        li = signed_in(other.worker.user)
        shown = page(li, at("courier", other))
        assert "不再受理" in shown
        assert "到现场领取" in shown
        assert li.post(at("courier", other), TYPED).status_code == 409
        assert papers.paper_of(other).state == S.PRODUCING


def test_the_holder_chooses_a_place_and_a_proxy_who_must_be_named_in_full(wang, mine):
    place = papers.place_of(papers.paper_of(mine).batch)
    half = {"place": place.pk, "who": "proxy", "proxy_name": "李强", "proxy_last4": "12"}
    text = wang.post(at("place", mine), half).content.decode()
    assert "最后四位" in text
    assert "请填写代领人与本人的关系" in text
    assert wang.post(at("place", mine), half | {"proxy_last4": "123x", "proxy_relation": "配偶"}).status_code == 302
    paper = papers.paper_of(mine)
    assert (paper.place, paper.proxy_last4) == (place, "123X")
    assert "示例路1号" in page(wang, at("status", mine))
    assert wang.post(at("place", mine), {"place": "999999", "who": "self"}).status_code == 200


def test_what_was_not_collected_points_to_the_electronic_certificate(wang, mine, people):
    """R-PAP-06."""
    papers.paper_of(mine).move("make_available", actor=people.zhou_yan)
    with time_machine.travel(timezone.now() + timedelta(days=61), tick=False):
        wang = signed_in(mine.worker.user)
        before = page(wang, at("status", mine))
        tasks.tend_paper()
        tasks.move_paper_on()
        for shown in (before, page(wang, at("status", mine))):
            assert "使用电子证书" in shown
            assert reverse("certificates:list") in shown


# --- the desk -----------------------------------------------------------------------------------------------


def test_a_keeper_writes_a_batch_adds_a_place_and_publishes_it_after_being_asked_once_more(zhou, people):
    factories.region("110000"), factories.region("310000")
    new = reverse("admin:certificates_paperbatch_add")
    typed = {
        "region": "110000",
        "exam_year": "2025",
        "level": "2",
        "courier_days": "10",
        "carrier": "中国邮政EMS",
        "collect_until": f"{today() + timedelta(days=40):%Y-%m-%d}",
        "contact": "考试中心 010-00000000",
        "slots": "2",
        "place0_kind": "ONSITE_RSJ",
        "place0_name": "人社服务大厅",
    }
    wrong = zhou.post(new, typed | {"collect_until": "2020-01-01", "courier_days": "900", "exam_year": "3000"})
    for words in ("须晚于今天", "请填写地点1：地址", "考试年度不能晚于今年"):
        assert words in wrong.content.decode()
    more = zhou.post(new, typed | {"do": "more"}).content.decode()
    assert "地点3：名称" in more
    assert "人社服务大厅" in more
    assert "请更正" not in more
    assert zhou.post(new, typed | {"region": "310000"}).status_code == 200, "another province is not offered"
    whole = typed | {"place0_address": "示例路2号", "place0_hours": "工作日", "place0_enquiries": "010-00000001"}
    assert zhou.post(new, whole).status_code == 302
    assert zhou.post(new, whole).status_code == 409  # a second one of the same
    batch = PaperBatch.objects.get()
    asked = zhou.post(batch_page(batch), {"move": "publish"}).content.decode()
    assert "发布后10个工作日内" in asked
    stale = {"move": "publish", "confirmed": "yes", "version": "9"}  # a colleague saved meanwhile
    assert zhou.post(batch_page(batch), stale).status_code == 409
    assert zhou.post(batch_page(batch), {"move": "publish", "confirmed": "yes"}).status_code == 302
    assert zhou.post(batch_page(batch), {"move": "publish", "confirmed": "yes"}).status_code == 409
    batch.refresh_from_db()
    assert "示例路2号" in batch.bulletin.body
    edit = reverse("admin:certificates_paperbatch_edit", args=[batch.ref])
    changed = whole | {"place0_address": "新路9号", "change": "更正领取地址", "edition": "1"}
    assert zhou.post(edit, changed).status_code == 302
    assert "新路9号" in page(zhou, batch_page(batch))
    assert zhou.post(edit, changed).status_code == 409  # an old page


def test_the_desk_makes_a_list_downloads_it_and_brings_it_back_with_numbers(zhou, mine, people):
    """S16: what a holder typed is text in the list, and every download is in the trail."""
    formula = papers.address(address="=HYPERLINK(1)示例街道2号")
    collecting.request_mail(papers.paper_of(mine), formula, by=mine.worker.user)
    batch = papers.paper_of(mine).batch
    assert zhou.post(batch_page(batch), {"do": "export"}).status_code == 302
    assert "没有新的邮寄申请" in zhou.post(batch_page(batch), {"do": "export"}, follow=True).content.decode()
    url = reverse("admin:certificates_paperbatch_export", args=[batch.ref, 1])
    csv = zhou.get(f"{url}?format=csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK" in csv
    book = openpyxl.load_workbook(io.BytesIO(zhou.get(url).content))
    sheet = book.active
    line = [cell.value for cell in sheet[2]]
    assert line[1] == mine.mgmt_no
    assert sheet["F2"].data_type == "s"
    assert AuditEvent.objects.filter(verb="certificates.paperbatch.download", actor=people.zhou_yan).count() == 2
    assert signed_in(people.li_jing).get(url).status_code == 404
    sheet["J2"] = "EX000000001CN"
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    out.name = "寄递清单.xlsx"
    assert zhou.post(batch_page(batch), {"do": "tracking", "file": out}).status_code == 302
    assert papers.paper_of(mine).tracking_no == "EX000000001CN"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "上传清单和粘贴请选一种"),
        ("{mine} 12", "第1行：快递单号由8至30位数字和字母组成"),
        ("{mine} EX000000001CN\n{mine} EX000000002CN", "第2行：管理号与第1行相同"),
        ("999999999999999999 EX000000001CN", "这批证书中没有管理号"),
        ("{mine}\tEX000000001CN", "先导出清单"),
        ("'; drop table", "第1行"),
    ],
)
def test_numbers_that_do_not_fit_are_named_line_by_line(zhou, mine, text, says):
    collecting.request_mail(papers.paper_of(mine), papers.address(), by=mine.worker.user)
    batch = papers.paper_of(mine).batch
    typed = text.replace("{mine}", mine.mgmt_no)
    answer = zhou.post(batch_page(batch), {"do": "tracking", "text": typed})
    assert answer.status_code in (200, 409)
    assert says in answer.content.decode()
    assert papers.paper_of(mine).state == S.MAIL_REQUESTED


def test_at_the_counter_somebody_is_found_by_the_identity_number_and_gets_it_once(zhou, mine, people):
    papers.paper_of(mine).move("make_available", actor=people.zhou_yan)
    screen = reverse("admin:certificates_papercertificate_changelist")
    assert "王芳" in zhou.post(screen, {"text": mine.id_number}).content.decode()
    unchecked = zhou.post(desk(mine), {"move": "hand_over", "collected_by": "self"})
    assert "请勾选" in unchecked.content.decode()
    whole = {"move": "hand_over", "collected_by": "self", "id_checked": "on"}
    assert zhou.post(desk(mine), whole).status_code == 302
    assert zhou.post(desk(mine), whole).status_code == 409
    assert papers.paper_of(mine).state == S.COLLECTED


def test_mobile_and_address_are_masked_at_the_desk_and_looking_is_written_down(zhou, mine, people):
    """R-ACC-13."""
    collecting.request_mail(papers.paper_of(mine), papers.address(mobile="19900001234"), by=mine.worker.user)
    shown = page(zhou, desk(mine))
    assert "19900001234" not in shown
    assert "示例街道2号院" not in shown
    reveal = reverse("admin:certificates_papercertificate_reveal", args=[mine.mgmt_no])
    assert "示例街道2号院" in zhou.post(reveal, {"field": "address"}).content.decode()
    assert AuditEvent.objects.filter(verb="certificates.papercertificate.reveal", actor=people.zhou_yan).count() == 1


def test_the_desk_cannot_ask_or_take_back_in_the_holders_name(zhou, mine):
    for move in ("request_mail", "cancel_mail_early", "seal_up"):
        answer = zhou.post(desk(mine), {"move": move})
        assert answer.status_code in (403, 404, 409)
    assert zhou.post(batch_page(papers.paper_of(mine).batch), {"do": "nonsense"}).status_code == 400
    assert papers.paper_of(mine).state == S.PRODUCING
