# ruff: noqa: F811 - fixtures are imported by name
"""反馈, from the message 请输入正确的身份证号 to the receipt, and following it: R-ACC-04…07, R-ACC-10, §2.1."""

import io
import re
from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registration import tasks
from registration.models import Feedback, Qualification
from registration.workflows import FeedbackState as F
from swms.audit.models import AuditEvent
from swms.crypto import blind_index
from swms.uploads.models import StoredFile
from tests import factories
from tests.registration.feedback_pages import (  # noqa: F401
    CODE,
    FORM,
    MGMT_NO,
    MOBILE,
    OTHER_MOBILE,
    REASON,
    START,
    STATUS,
    STATUS_CODE,
    answers,
    asked,
    clock,
    code_for,
    follow,
    give,
    one,
    picture,
    prove,
    sent,
    texts,
)

# --- giving --------------------------------------------------------------------------------------


def test_who_is_unknown_to_the_roster_gives_feedback_without_an_account_and_gets_a_receipt(client, give, sent):
    """R-ACC-05, §2.1: routed to the office of the chosen region, 15 working days, receipt by SMS."""
    page = give(client, note="2025年通过，证书邮寄领取")
    one = Feedback.objects.get()
    assert page["Location"] == f"{START}{one.ref}/receipt/"
    assert re.fullmatch(r"FK20261123[A-Z2-7]{6}", one.ref)
    assert (one.state, one.region_id, one.mobile, one.id_number) == (F.PENDING, "110105", MOBILE, "110000199501014248")
    assert one.due_on == date(2026, 12, 14)
    assert one.ref in sent()[0]
    assert "12月14日" in sent()[0]
    assert one.certificate_image.holder == one
    consent = AuditEvent.objects.get(verb="registration.feedback.consent", target_id=str(one.pk))
    assert consent.changes["consent_version"]


def test_the_receipt_opens_for_everybody_and_says_nothing_personal(one):
    page = texts(Client().get(f"{START}{one.ref}/receipt/"))
    assert one.ref in page
    assert "2026年12月14日" in page
    for secret in ("陈晨", "19950101", MOBILE, "8001", "朝阳", MGMT_NO, "待审核"):
        assert secret not in page


def test_an_unknown_receipt_is_not_found(client, db):
    assert client.get(f"{START}FK20261123AAAAAA/receipt/").status_code == 404


def test_nothing_can_be_filled_in_before_the_mobile_is_proven(client, clock, code_for):
    assert client.get(FORM)["Location"] == START
    assert client.get(CODE)["Location"] == START
    client.post(START, {"mobile": MOBILE, "consent": "on", **asked(client.get(START))})
    assert client.post(CODE, {"code": "000000"}).context["form"].errors["code"]
    assert client.post(FORM, answers())["Location"] == START
    assert not Feedback.objects.exists()
    assert not StoredFile.objects.exists()


def test_without_consent_or_with_a_wrong_answer_no_code_is_sent(client, sent, db):
    question = asked(client.get(START))
    assert client.post(START, {"mobile": MOBILE, **question}).context["form"].errors["consent"]
    assert client.post(START, {"mobile": MOBILE, "consent": "on", **question, "answer": "99"}).status_code == 200
    assert sent() == []


def test_whether_the_roster_knows_the_person_cannot_be_told_from_any_answer(give, code_for, clock):
    """R-ACC-04, S4: known, known under another name, unknown; the same answers and the same work."""
    known = factories.qualification("王芳", mgmt_no="202511000010000025")
    cases = [("王芳", known.id_number), ("王芬", known.id_number), ("陈晨", factories.id_number())]
    seen = []
    for turn, (name, number) in enumerate(cases):
        browser = Client(REMOTE_ADDR=f"203.0.113.{turn}")
        prove(browser, clock, code_for, mobile := f"1990000810{turn}")
        with CaptureQueriesContext(connection) as queries:
            page = browser.post(FORM, answers(name=name, id_number=number, mgmt_no=known.mgmt_no))
        one = Feedback.objects.get(mobile_index=blind_index("mobile", mobile))
        assert not any("registration_qualification" in query["sql"] for query in queries)
        seen.append((page.status_code, page["Location"].replace(one.ref, ""), len(queries)))
        one.move("withdraw")
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize(
    ("id_type", "number", "message"),
    [
        ("ID_CARD", "110000199501014249", "校验"),
        ("HK_MACAO", "H1234567", "18位"),
        ("PASSPORT", "E1", "5至20位"),
        ("OTHER", "军字第12345", "5至20位"),
    ],
)
def test_a_number_that_cannot_be_right_for_its_document_is_said_so_before_anything_is_sent(
    client, give, id_type, number, message
):
    """R-ACC-09, R-ACC-10: this tells nothing about the roster."""
    page = give(client, id_type=id_type, id_number=number)
    assert message in str(page.context["form"].errors["id_number"])
    assert not Feedback.objects.exists()


def test_other_documents_than_the_identity_card_come_through_feedback(client, give, people):
    """R-ACC-10: the roster row keeps the type."""
    give(client, id_type="PASSPORT", id_number="e 1234 5678", name="Anne-Marie O'Brien")
    one = Feedback.objects.get()
    assert (one.id_number, one.get_id_type_display()) == ("E12345678", "护照")
    one.move("approve", seen=one.round, actor=people.li_jing)
    assert Qualification.objects.get().id_type == "PASSPORT"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "陈"),
        ("level", ""),
        ("exam_year", "2007"),
        ("exam_year", "2027"),
        ("issue_date", "2026-11-24"),
        ("issue_date", "2024-12-31"),
        ("mgmt_no", "12345"),
        ("region", "110000"),
        ("region", ""),
        ("image", None),
        ("note", "说" * 201),
    ],
)
def test_an_answer_that_is_missing_or_impossible_is_named_beside_its_field(client, give, field, value):
    page = give(client, **{field: value})
    assert list(page.context["form"].errors) == [field]
    assert page.context["form"]["name"].value() == ("陈" if field == "name" else "陈晨"), "nothing typed is lost"


def test_a_mistake_elsewhere_does_not_lose_the_uploaded_image(client, give):
    page = give(client, mgmt_no="1")
    assert "已上传：证书.jpg" in texts(page)
    assert client.post(FORM, answers(image=None)).status_code == 302
    assert Feedback.objects.get().certificate_image.name == "证书.jpg"
    assert StoredFile.objects.count() == 1


def test_another_image_takes_the_place_of_the_kept_one(client, give):
    give(client, mgmt_no="1")
    client.post(FORM, answers(image=picture("#123456", "清晰.jpg")))
    assert Feedback.objects.get().certificate_image.name == "清晰.jpg"
    assert StoredFile.objects.exclude(purged_at=None).get().name == "证书.jpg"


def test_the_region_is_chosen_step_by_step_without_scripts_and_the_image_stays(client, give):
    """R-PRO-07."""
    factories.region("440305")
    page = give(client, **{"region": None, "region_0": "440000", "region-next": "1"})
    assert "深圳市" in texts(page)
    chosen = {"region": None, "image": None, "region_0": "440000", "region_1": "440300"}
    page = client.post(FORM, answers(**chosen, **{"region-next": "1"}))
    assert "南山区" in texts(page)
    assert client.post(FORM, answers(**chosen, region_2="440305")).status_code == 302
    assert Feedback.objects.get().region_id == "440305"


def test_a_file_that_is_not_an_image_is_refused(client, give):
    """R-PRO-14: by its content."""
    fake = io.BytesIO(b"MZ" + b"\0" * 100)
    fake.name = "certificate.jpg"
    assert "image" in give(client, image=fake).context["form"].errors
    assert not StoredFile.objects.exists()


def test_one_open_feedback_for_one_number(client, give, one):
    """R-ACC-07: its giver is led to it, everybody else only hears that there is one."""
    again = give(client)
    assert again["Location"] == f"{START}{one.ref}/receipt/"
    stranger = give(Client(), mobile=OTHER_MOBILE, id_number="110000 19950101 4248", name="陈辰")
    assert "已有一件未办结的反馈" in str(stranger.context["form"].errors["id_number"])
    assert one.ref not in texts(stranger)
    assert MOBILE not in texts(stranger)
    assert Feedback.objects.count() == 1


def test_after_a_refusal_the_same_person_may_give_another_and_the_reviewer_sees_both(client, give, one, people):
    """R-ACC-07."""
    from registration.queries.feedback import earlier

    one.move("reject", seen=one.round, actor=people.li_jing, reason=REASON)
    give(client)
    new = Feedback.objects.exclude(pk=one.pk).get()
    assert list(earlier(new, people.li_jing)) == [one]
    assert list(earlier(new, people.zhao_min)) == []


def test_five_a_day_for_one_mobile(client, give, clock):
    """R-ACC-07; what was typed stays, and waiting helps."""
    for _ in range(5):
        assert give(client, id_number=factories.id_number()).status_code == 302
    sixth = give(client, id_number=factories.id_number())
    assert sixth.status_code == 429
    assert int(sixth["Retry-After"]) > 80_000
    assert "陈晨" in texts(sixth)
    clock.shift(timedelta(days=1))
    assert give(client, id_number=factories.id_number()).status_code == 302


def test_the_session_holds_no_readable_number(client, give):
    """Promise 8."""
    give(client, mgmt_no="1")
    kept = str([session.get_decoded() for session in Session.objects.all()])
    assert MOBILE not in kept
    assert "19950101" not in kept


def test_who_comes_from_registering_need_not_type_everything_again(client, clock, code_for):
    page = client.get("/registration/account/")
    data = {"name": "陈晨", "id_number": "110000199501014248", "mobile": MOBILE, "consent": "on", **asked(page)}
    client.post("/registration/account/", data)
    refused = client.post(
        "/registration/account/code/", {"code": code_for(), "password": "Chunfeng-2026", "again": "Chunfeng-2026"}
    )
    assert "请输入正确的身份证号" in texts(refused)
    assert f'href="{START}"' in texts(refused)
    assert client.get(START).context["form"]["mobile"].value() == MOBILE
    prove(client, clock, code_for)
    form = client.get(FORM).context["form"]
    assert (form["name"].value(), form["id_number"].value()) == ("陈晨", "110000199501014248")


# --- following ------------------------------------------------------------------------------------


def test_receipt_number_and_a_code_to_the_same_mobile_show_how_it_stands(one, follow):
    page = follow(Client(), one.ref)
    assert page.redirect_chain[-1][0] == f"{START}{one.ref}/"
    shown = texts(page)
    for said in ("待审核", "朝阳区民政部门", "2026年12月14日", "110000********4248", "199****8001"):
        assert said in shown
    assert "110000199501014248" not in shown


def test_who_does_not_hold_the_mobile_learns_nothing_not_even_whether_the_receipt_exists(one, sent, clock):
    """S4: a known receipt with another mobile, an unknown receipt, the right pair: one answer."""
    pages = []
    pairs = [(one.ref, OTHER_MOBILE), ("FK20261123AAAAAA", OTHER_MOBILE), (one.ref, MOBILE)]
    for turn, (ref, mobile) in enumerate(pairs):
        clock.shift(timedelta(minutes=2))
        browser = Client(REMOTE_ADDR=f"203.0.113.{turn}")
        question = asked(browser.get(STATUS))
        with CaptureQueriesContext(connection) as queries:
            first = browser.post(STATUS, {"ref": ref, "mobile": mobile, **question})
        second = browser.post(STATUS_CODE, {"code": "000000"})
        text = re.sub(r'(csrf\w+" value="[^"]*")', "", texts(second))
        masked = second.context["mobile"]
        pages.append((first.status_code, first["Location"], len(queries), text.replace(ref, "").replace(masked, "")))
        assert browser.get(f"{START}{ref}/")["Location"] == f"{STATUS}?ref={ref}"
    assert pages[0] == pages[1] == pages[2]
    assert sent(OTHER_MOBILE) == []


def test_the_proof_opens_one_feedback_and_no_other(one, give, follow):
    browser = Client()
    give(browser, mobile=OTHER_MOBILE, id_number=factories.id_number())
    other = Feedback.objects.exclude(pk=one.pk).get()
    assert browser.get(f"{START}{other.ref}/").status_code == 200
    for page in ("", "edit/", "withdraw/"):
        assert browser.get(f"{START}{one.ref}/{page}").status_code == 302
        assert browser.post(f"{START}{one.ref}/{page}").status_code == 302
    one.refresh_from_db()
    assert one.state == F.PENDING


def test_after_ending_the_page_asks_for_the_mobile_again(client, one):
    assert client.get(f"{START}{one.ref}/").status_code == 200
    client.post(f"{STATUS}end/")
    assert client.get(f"{START}{one.ref}/")["Location"] == f"{STATUS}?ref={one.ref}"


def test_a_pending_feedback_can_be_withdrawn_and_then_no_longer_decided(client, one, people):
    """§2.1."""
    assert "不能恢复" in texts(client.get(f"{START}{one.ref}/withdraw/"))
    assert "已撤回" in texts(client.post(f"{START}{one.ref}/withdraw/", follow=True))
    one.refresh_from_db()
    assert (one.state, one.due_on) == (F.WITHDRAWN, None)
    assert one.moves_for(people.li_jing) == []
    assert "不能撤回" in texts(client.get(f"{START}{one.ref}/withdraw/", follow=True))


def test_what_is_pending_cannot_be_edited(client, one):
    """§2.1: only in 退回补正."""
    assert "不能修改" in texts(client.get(f"{START}{one.ref}/edit/", follow=True))
    client.post(f"{START}{one.ref}/edit/", answers(name="陈辰"))
    one.refresh_from_db()
    assert (one.name, one.round) == ("陈晨", 1)


def test_what_was_returned_is_mended_and_sent_again_with_a_new_clock(client, one, follow, people, sent, clock):
    """§2.1: reason by SMS, 30 days, round + 1."""
    one.move("return_for_more", seen=one.round, actor=people.li_jing, reason=REASON)
    assert REASON in sent()[0]
    clock.shift(timedelta(days=7))
    page = follow(client, one.ref)
    assert REASON in texts(page)
    assert "2026年12月23日" in texts(page)
    form = client.get(f"{START}{one.ref}/edit/")
    assert form.context["form"]["name"].value() == "陈晨"
    assert REASON in texts(form)
    former = one.certificate_image
    data = answers(issue_date="2025-09-20", image=picture("#abcdef", "新证书.jpg"))
    page = client.post(f"{START}{one.ref}/edit/", data, follow=True)
    assert "已重新提交" in texts(page)
    one.refresh_from_db()
    assert (one.state, one.round, one.issue_date, one.due_on) == (F.PENDING, 2, date(2025, 9, 20), date(2026, 12, 21))
    assert one.certificate_image.name == "新证书.jpg"
    former.refresh_from_db()
    assert former.purged_at is not None
    edit = AuditEvent.objects.get(verb="registration.feedback.edit")
    assert set(edit.changes["fields"]) == {"issue_date", "certificate_image"}


def test_without_a_new_image_the_former_one_stays(client, one, people):
    one.move("return_for_more", seen=one.round, actor=people.li_jing, reason=REASON)
    client.post(f"{START}{one.ref}/edit/", answers(image=None))
    one.refresh_from_db()
    assert (one.state, one.certificate_image.purged_at) == (F.PENDING, None)


def test_after_30_days_it_can_no_longer_be_mended_and_nothing_of_it_is_written(client, one, follow, people, clock):
    """§2.1."""
    one.move("return_for_more", seen=one.round, actor=people.li_jing, reason=REASON)
    clock.shift(timedelta(days=31))
    assert "已超过补正期限" in texts(follow(client, one.ref))
    page = client.post(f"{START}{one.ref}/edit/", answers(name="陈辰", image=None), follow=True)
    assert "已超过30日补正期限" in texts(page)
    one.refresh_from_db()
    assert (one.state, one.name) == (F.NEED_MORE, "陈晨")
    tasks.expire()
    assert "逾期未补正" in texts(client.get(f"{START}{one.ref}/"))


def test_a_returned_feedback_cannot_take_the_number_of_another_open_one(client, one, give, people):
    """R-ACC-07."""
    number = factories.id_number()
    give(Client(), mobile=OTHER_MOBILE, id_number=number)
    one.move("return_for_more", seen=one.round, actor=people.li_jing, reason=REASON)
    page = client.post(f"{START}{one.ref}/edit/", answers(id_number=number, image=None))
    assert "已有一件未办结的反馈" in str(page.context["form"].errors["id_number"])
    one.refresh_from_db()
    assert (one.state, one.id_number) == (F.NEED_MORE, "110000199501014248")


def test_each_decision_goes_out_by_sms_and_stands_on_the_page(client, one, people, sent):
    """R-ACC-06, R-ACC-07."""
    one.move("reject", seen=one.round, actor=people.li_jing, reason=REASON)
    assert one.ref in sent()[0]
    assert REASON in sent()[0]
    page = texts(client.get(f"{START}{one.ref}/"))
    assert "审核不通过" in page
    assert REASON in page
    assert "重新反馈" in page
