# ruff: noqa: F811 - fixtures are imported by name
"""An institution comes in, by an invitation or by itself, without an account (R-SVC-07, §2.9, §3.6, Q41)."""

from datetime import timedelta

import pytest
from django.test import Client

from registration import actions
from registration.models import Institution, InstitutionFeedback
from registration.workflows import InstitutionState as S
from swms.audit.models import AuditEvent
from swms.histories import broken_histories
from swms.uploads.models import StoredFile
from tests import factories
from tests.people import signed_in
from tests.registration.feedback_pages import asked, clock, code_for, picture, sent, texts  # noqa: F401
from tests.registration.institution_pages import (
    CONTACT,
    FORM,
    START,
    STATUS,
    STATUS_CODE,
    USCC,
    answers,
    link_in,
    prove,
)

OTHER = "19900007002"
REASON = "登记证书扫描件不清晰，请重新上传。"


@pytest.fixture
def invited(people, sent) -> str:
    """The address in the SMS that invites 夏雨, whom 王芳 told of."""
    feedback = factories.institution_feedback(people.wang_fang, contact_mobile=CONTACT, uscc=USCC)
    feedback.move("approve", actor=people.li_jing)
    return link_in(sent(CONTACT), "invitation")


@pytest.fixture
def one(client, clock, code_for) -> Institution:
    """夏雨, which registered by itself through the pages."""
    prove(client, clock, code_for)
    client.post(FORM, answers())
    return Institution.objects.get()


def follow(browser, clock, code_for, ref, mobile=CONTACT):
    clock.shift(timedelta(minutes=2))
    question = asked(browser.get(STATUS))
    browser.post(STATUS, {"ref": ref, "mobile": mobile, **question})
    return browser.post(STATUS_CODE, {"code": code_for(mobile)}, follow=True)


# --- without an invitation -----------------------------------------------------------------------------


def test_the_front_page_leads_institutions_to_their_registration(client, db):
    assert START in texts(client.get("/"))


def test_nothing_is_asked_before_the_contact_has_shown_the_mobile(client, db):
    assert client.get(FORM)["Location"] == START
    assert client.post(FORM, answers())["Location"] == START
    assert not StoredFile.objects.exists()


def test_a_form_goes_to_the_bureau_of_its_region_with_a_receipt_and_a_clock(client, one, sent, people):
    """Q41: the same review as after an invitation."""
    assert one.state == S.SUBMITTED
    assert one.ref.startswith("JG2026112")
    assert one.due_on.isoformat() == "2026-12-14"
    assert one.contact_mobile == CONTACT
    assert one.ref in sent(CONTACT)[0]
    receipt = texts(Client().get(f"{START}{one.ref}/receipt/"))
    assert one.ref in receipt
    for secret in (one.name, CONTACT, "周敏", USCC):
        assert secret not in receipt
    assert AuditEvent.objects.get(verb="registration.institution.consent").changes["consent_version"]
    assert "等待审核" in texts(client.get(f"{START}{one.ref}/"))
    assert list(broken_histories(Institution)) == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("uscc", "52110105TEHT900017", "最后一位校验不通过"),
        ("uscc", "IIIIII", "应为18位"),
        ("established", "2027-01-01", "不能晚于今天"),
        ("staff_licensed", "10", "不能超过专职人员数"),
        ("staff_total", "很多", "请填写整数"),
        ("region", "110000", "请继续选择"),
        ("legal_rep", "", "请填写法定代表人"),
        ("business_scope", "字" * 1001, "1000"),
    ],
)
def test_what_cannot_be_right_is_said_beside_its_field_and_the_scan_is_kept(
    client, clock, code_for, field, value, message
):
    prove(client, clock, code_for)
    page = client.post(FORM, answers(**{field: value}))
    assert message in str(page.context["form"].errors[field])
    assert page.context["form"]["name"].value() == "夏雨社会工作服务中心"
    assert "已上传：登记证书.jpg" in texts(page)
    client.post(FORM, answers(certificate_scan=None))
    assert Institution.objects.get().certificate_scan.name == "登记证书.jpg"


def test_a_scan_that_is_none_is_refused_beside_its_field(client, clock, code_for):
    prove(client, clock, code_for)
    fake = picture(name="登记证书.jpg")
    fake.truncate(40)
    page = client.post(FORM, answers(certificate_scan=fake))
    assert page.context["form"].errors["certificate_scan"]


def test_two_presses_send_one_form(client, clock, code_for):
    prove(client, clock, code_for)
    first = client.post(FORM, answers())
    prove(client, clock, code_for)
    again = client.post(FORM, answers())
    assert again["Location"] == first["Location"]
    assert Institution.objects.count() == 1


def test_a_code_that_is_in_the_system_is_refused_to_others_beside_its_field(one, clock, code_for):
    other = Client()
    prove(other, clock, code_for, mobile=OTHER)
    page = other.post(FORM, answers())
    assert "已在系统中（待审核）" in str(page.context["form"].errors["uscc"])
    assert one.ref not in texts(page)


def test_after_a_refusal_the_same_code_may_be_used_again(one, client, clock, code_for, people):
    one.move("reject", actor=people.li_jing, seen=1, reason=REASON)
    assert (one.uscc, one.released_uscc) == (None, USCC)
    prove(client, clock, code_for)
    client.post(FORM, answers())
    assert Institution.objects.filter(uscc=USCC, state=S.SUBMITTED).count() == 1
    assert Institution.objects.count() == 2


# --- following, and mending what was returned -------------------------------------------------------------


def test_the_receipt_alone_or_another_mobile_opens_nothing(one, clock, code_for):
    stranger = Client()
    assert STATUS in stranger.get(f"{START}{one.ref}/")["Location"]
    clock.shift(timedelta(minutes=2))
    question = asked(stranger.get(STATUS))
    stranger.post(STATUS, {"ref": one.ref, "mobile": OTHER, **question})
    page = stranger.post(STATUS_CODE, {"code": "123456"})
    assert page.status_code == 200
    assert STATUS in stranger.get(f"{START}{one.ref}/")["Location"]


def test_what_was_returned_is_mended_by_receipt_and_mobile_and_comes_back_as_a_new_round(one, people, clock, code_for):
    one.move("return_for_more", actor=people.li_jing, seen=1, reason=REASON)
    browser = Client()
    page = follow(browser, clock, code_for, one.ref)
    assert REASON in texts(page)
    edit = f"{START}{one.ref}/edit/"
    assert browser.get(edit).context["form"]["uscc"].value() == USCC
    wrong = browser.post(edit, answers(uscc="52110105TEHT900017", certificate_scan=None))
    assert "uscc" in wrong.context["form"].errors
    browser.post(edit, answers(address="示例路9号"))
    one.refresh_from_db()
    assert (one.state, one.round, one.address) == (S.SUBMITTED, 2, "示例路9号")
    assert AuditEvent.objects.get(verb="registration.institution.edit").changes["fields"] == [
        "address",
        "certificate_scan",
    ]
    assert StoredFile.objects.filter(purged_at=None).exclude(purpose="photo").count() == 1
    assert "不能修改" in texts(browser.get(edit, follow=True))


def test_mending_under_the_code_of_another_institution_is_refused_beside_its_field(one, people, clock, code_for):
    there = factories.institution("别家")
    one.move("return_for_more", actor=people.li_jing, seen=1, reason=REASON)
    browser = Client()
    follow(browser, clock, code_for, one.ref)
    page = browser.post(f"{START}{one.ref}/edit/", answers(uscc=there.uscc))
    assert "已在系统中（正常）" in str(page.context["form"].errors["uscc"])
    one.refresh_from_db()
    assert (one.state, one.uscc) == (S.RETURNED, USCC)


def test_a_decision_on_a_form_that_was_mended_meanwhile_is_refused(one, people, clock, code_for):
    """As R-REG-12."""
    url = f"/console/registration/institution/{one.uid}/"
    jing = signed_in(people.li_jing)
    assert 'name="version" value="1"' in texts(jing.get(url))
    one.move("return_for_more", actor=people.li_jing, seen=1, reason=REASON)
    actions.institutions.resubmit(one, {"address": "示例路9号", "uscc": USCC}, scan=None)
    late = jing.post(url, {"move": "approve", "version": "1"})
    assert late.status_code == 409
    assert "住所" in texts(jing.get(url))


# --- by an invitation -------------------------------------------------------------------------------------


def test_the_link_shows_whom_it_invites_and_changes_nothing_until_it_is_posted(client, invited):
    before = Institution.objects.get()
    page = texts(client.get(invited))
    assert "夏雨社会工作服务中心" in page
    assert CONTACT not in page
    assert before.links.get().used_at is None
    assert client.head(invited).status_code == 200


def test_the_invited_form_comes_with_what_is_known_and_is_the_same_institution(client, invited, clock, code_for):
    prove(client, clock, code_for, start=invited, mobile=OTHER)
    form = client.get(FORM).context["form"]
    assert (form["name"].value(), form["uscc"].value()) == ("夏雨社会工作服务中心", USCC)
    client.post(FORM, answers())
    one = Institution.objects.get()
    assert (one.state, one.contact_mobile) == (S.SUBMITTED, OTHER)
    assert InstitutionFeedback.objects.get().institution == one
    assert list(broken_histories(Institution)) == []


def test_an_invitation_is_used_once_and_its_second_press_shows_the_same_receipt(client, invited, clock, code_for):
    prove(client, clock, code_for, start=invited)
    stale = Client()
    prove(stale, clock, code_for, start=invited)
    first = client.post(FORM, answers())
    again = stale.post(FORM, answers())
    assert again["Location"] == first["Location"]
    assert Institution.objects.count() == 1
    assert "链接已失效" in texts(client.get(invited))
    assert client.get(invited).status_code == 410


def test_an_invitation_ends_after_30_days_and_a_new_one_voids_it(client, invited, people, clock, sent):
    """§2.8: renewable by the reviewer."""
    institution = Institution.objects.get()
    jing = signed_in(people.li_jing)
    url = f"/console/registration/institution/{institution.uid}/"
    assert "一分钟之内刚刚发送过" in texts(jing.post(url, {"move": "invite"}))
    clock.shift(timedelta(days=30))
    assert client.get(invited).status_code == 410
    signed_in(people.li_jing).post(url, {"move": "invite"})
    renewed = link_in(sent(CONTACT), "invitation")
    assert renewed != invited
    assert client.get(renewed).status_code == 200
    clock.shift(timedelta(minutes=2))
    signed_in(people.li_jing).post(url, {"move": "invite"})
    assert client.get(renewed).status_code == 410


def test_an_unknown_token_is_answered_like_a_used_one(client, db):
    for page in ("invitation", "password"):
        assert client.get(f"{START}{page}/{'x' * 32}/").status_code == 410
        assert client.post(f"{START}{page}/{'x' * 32}/").status_code == 410


def test_who_registers_without_the_link_takes_the_place_of_the_invitation(client, invited, clock, code_for):
    """Otherwise the code of an unanswered invitation would shut its institution out."""
    prove(client, clock, code_for, mobile=OTHER)
    client.post(FORM, answers())
    one = Institution.objects.get(state=S.SUBMITTED)
    assert InstitutionFeedback.objects.get().institution == one
    assert Institution.objects.exclude(pk=one.pk).get().state == S.REJECTED
    assert client.get(invited).status_code == 410


def test_a_token_never_reaches_the_log():
    from swms.logs import redact

    said = redact(None, None, {"request": f"GET {START}password/{'Ab-_' * 8}/"})["request"]
    assert said == f"GET {START}password/▇/"
