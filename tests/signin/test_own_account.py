"""Password, mobile, recovery, sessions (R-ACC-12, R-APL-06, S4, S9) and the codes that prove a mobile (§3.1)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from swms import throttle
from swms.accounts.models import SmsCode
from swms.audit.models import AuditEvent
from swms.signin import actions, codes
from swms.workflow import Refused
from tests import factories
from tests.people import PASSWORD

NEW = "Qiutian+2027"
RECOVER = "/account/recover/"
RECOVER_2 = "/account/recover/password/"
MOBILE = "/account/mobile/"
NOBODY = "19900009999"


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


# --- codes ---------------------------------------------------------------------------------------


@pytest.fixture
def clock(db):
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as traveller:
        yield traveller


def test_a_code_works_once(clock, code_for):
    codes.send_code(NOBODY, "register")
    codes.check_code(NOBODY, "register", code_for(NOBODY))
    with pytest.raises(Refused, match="已经用过"):
        codes.check_code(NOBODY, "register", code_for(NOBODY))


def test_a_code_lives_five_minutes(clock, code_for):
    codes.send_code(NOBODY, "register")
    code = code_for(NOBODY)
    clock.shift(timedelta(minutes=5))
    with pytest.raises(Refused):
        codes.check_code(NOBODY, "register", code)


def test_a_code_may_be_tried_five_times(clock, code_for):
    codes.send_code(NOBODY, "register")
    right = code_for(NOBODY)
    for _ in range(5):
        with pytest.raises(Refused):
            codes.check_code(NOBODY, "register", wrong(right))
    with pytest.raises(Refused):
        codes.check_code(NOBODY, "register", right)


def test_a_code_for_one_purpose_or_mobile_is_no_good_for_another(clock, code_for):
    codes.send_code(NOBODY, "register")
    for mobile, purpose in ((NOBODY, "recover"), ("19900009998", "register")):
        with pytest.raises(Refused):
            codes.check_code(mobile, purpose, code_for(NOBODY))


def test_a_newer_code_ends_the_older(clock, code_for):
    codes.send_code(NOBODY, "register")
    older = code_for(NOBODY)
    clock.shift(timedelta(seconds=61))
    codes.send_code(NOBODY, "register")
    newer = code_for(NOBODY)
    if older != newer:
        with pytest.raises(Refused):
            codes.check_code(NOBODY, "register", older)
    codes.check_code(NOBODY, "register", newer)


def test_one_code_a_minute_and_ten_a_day(clock):
    codes.send_code(NOBODY, "register")
    with pytest.raises(throttle.Throttled) as refused:
        codes.send_code(NOBODY, "recover")
    assert refused.value.retry_after == 60
    for _ in range(9):
        clock.shift(timedelta(minutes=2))
        codes.send_code(NOBODY, "register")
    clock.shift(timedelta(minutes=2))
    with pytest.raises(throttle.Throttled):
        codes.send_code(NOBODY, "register")
    clock.shift(timedelta(days=1))
    codes.send_code(NOBODY, "register")


def test_a_code_is_kept_hashed(clock, code_for):
    codes.send_code(NOBODY, "register")
    row = SmsCode.objects.get()
    assert code_for(NOBODY) not in row.code_hash
    assert NOBODY not in f"{row.mobile_index} {row}"


# --- recovery ------------------------------------------------------------------------------------


def ask(client, mobile, answered):
    return client.post(RECOVER, {"mobile": mobile, **answered(client.get(RECOVER))})


def test_a_forgotten_password_is_set_anew_by_a_code(client, fang, code_for, answered, sent):
    other = browser_of(fang)
    assert other.get("/account/").status_code == 200
    assert ask(client, fang.mobile, answered)["Location"] == RECOVER_2
    response = client.post(RECOVER_2, {"code": code_for(fang.mobile), "password": NEW, "again": NEW})
    assert response["Location"] == "/account/sign-in/"
    fang.refresh_from_db()
    assert fang.check_password(NEW)
    assert other.get("/account/").status_code == 302, "all sessions are ended"
    assert AuditEvent.objects.filter(verb="accounts.user.recover_password", actor=fang).exists()
    assert any("密码已修改" in text for text in sent(fang.mobile))


def test_a_recovered_password_lifts_the_lock_out(client, fang, code_for, answered):
    for _ in range(5):
        response = client.post("/account/sign-in/", {"username": fang.mobile, "password": "Wrong-password-1"})
    assert response.status_code == 429
    ask(client, fang.mobile, answered)
    client.post(RECOVER_2, {"code": code_for(fang.mobile), "password": NEW, "again": NEW})
    assert client.post("/account/sign-in/", {"username": fang.mobile, "password": NEW}).status_code == 302


def test_an_unknown_mobile_gets_the_same_answers_and_no_text(client, fang, answered, sent):
    """S4, R-APL-06."""
    known, unknown = Client(), Client()
    first = [ask(browser, mobile, answered) for browser, mobile in ((known, fang.mobile), (unknown, NOBODY))]
    assert first[0].status_code == first[1].status_code == 302
    assert first[0]["Location"] == first[1]["Location"]
    pages = [browser.get(RECOVER_2) for browser in (known, unknown)]
    assert _same(pages[0], fang.mobile) == _same(pages[1], NOBODY)
    wrong_code = {"code": "000000", "password": NEW, "again": NEW}
    pages = [browser.post(RECOVER_2, wrong_code) for browser in (known, unknown)]
    assert pages[0].status_code == pages[1].status_code == 200
    assert _same(pages[0], fang.mobile) == _same(pages[1], NOBODY)
    assert sent(NOBODY) == []


def _same(response, mobile):
    body = response.content.decode().replace(mobile[:3] + "****" + mobile[-4:], "MOBILE")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)


def test_the_way_to_an_appeal_is_shown_in_the_recovery_only(client, fang):
    """R-APL-06."""
    assert "申诉" in client.get(RECOVER).content.decode()
    for url in ("/", "/account/sign-in/", "/registration/account/"):
        assert "申诉" not in client.get(url).content.decode()


def test_the_second_page_of_recovery_needs_the_first(client, db):
    assert client.get(RECOVER_2)["Location"] == RECOVER
    assert client.post(RECOVER_2, {"code": "123456", "password": NEW, "again": NEW})["Location"] == RECOVER


def test_sending_twice_changes_the_password_once(client, fang, code_for, answered):
    ask(client, fang.mobile, answered)
    data = {"code": code_for(fang.mobile), "password": NEW, "again": NEW}
    client.post(RECOVER_2, data)
    assert client.post(RECOVER_2, data)["Location"] == RECOVER
    assert AuditEvent.objects.filter(verb="accounts.user.recover_password").count() == 1


def test_a_flow_is_forgotten_after_twenty_minutes(client, fang, answered):
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        ask(client, fang.mobile, answered)
        clock.shift(timedelta(minutes=20, seconds=1))
        assert client.get(RECOVER_2)["Location"] == RECOVER


def test_sessions_hold_no_readable_mobile(client, fang, answered):
    """Promise 8."""
    ask(client, fang.mobile, answered)
    kept = [str(row.get_decoded()) for row in Session.objects.all()]
    assert kept
    assert not any(fang.mobile in text for text in kept)


def test_the_code_can_be_sent_again_after_a_minute(client, fang, answered, sent):
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        ask(client, fang.mobile, answered)
        assert len(sent(fang.mobile)) == 1
        early = client.post(RECOVER_2, {"resend": "1"}, follow=True)
        assert "操作过于频繁" in early.content.decode()
        clock.shift(timedelta(seconds=61))
        later = client.post(RECOVER_2, {"resend": "1"}, follow=True)
        assert "新的验证码已发送" in later.content.decode()
        assert len(sent(fang.mobile)) == 2


# --- password ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("Ab1+xyz", "8"),
        ("abcdefgh12", "三种"),
        ("Password123", "常见"),
        ("P@ssw0rd", "常见"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(fang, password, complaint):
    """R-ACC-12."""
    browser = browser_of(fang)
    page = browser.post("/account/password/", {"present": PASSWORD, "password": password, "again": password})
    assert complaint in "".join(page.context["form"].errors["password"])


def test_the_password_is_neither_the_identity_number_nor_the_mobile(fang):
    """R-ACC-12."""
    browser = browser_of(fang)
    for secret in (f"Aa+{fang.mobile}", f"a+{fang.id_number}"):
        page = browser.post("/account/password/", {"present": PASSWORD, "password": secret, "again": secret})
        assert "身份证号或手机号" in "".join(page.context["form"].errors["password"])


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(fang, sent):
    """S9."""
    here, elsewhere = browser_of(fang), browser_of(fang)
    assert elsewhere.get("/account/").status_code == 200
    response = here.post("/account/password/", {"present": PASSWORD, "password": NEW, "again": NEW})
    assert response["Location"] == "/account/"
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert any("密码已修改" in text for text in sent(fang.mobile))


def test_the_present_password_can_be_guessed_five_times_only(fang):
    browser = browser_of(fang)
    guess = {"present": "Wrong-password-1", "password": NEW, "again": NEW}
    for _ in range(5):
        assert browser.post("/account/password/", guess).status_code == 200
    refused = browser.post("/account/password/", {**guess, "present": PASSWORD})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 1700


# --- mobile --------------------------------------------------------------------------------------


def test_a_new_mobile_is_bound_by_password_and_code_and_the_old_one_is_told(fang, code_for, sent):
    old, new = fang.mobile, "19900008001"
    here, elsewhere = browser_of(fang), browser_of(fang)
    elsewhere.get("/account/")
    assert "密码不正确" in here.post(MOBILE, {"present": "Wrong-password-1", "mobile": new}).content.decode()
    assert here.post(MOBILE, {"present": PASSWORD, "mobile": f"+86 {new}"}).status_code == 302
    assert "验证码不正确" in here.post(f"{MOBILE}code/", {"code": wrong(code_for(new))}).content.decode()
    assert here.post(f"{MOBILE}code/", {"code": code_for(new)})["Location"] == "/account/"
    fang.refresh_from_db()
    assert fang.mobile == new
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert any("换绑" in text for text in sent(old))
    assert AuditEvent.objects.filter(verb="accounts.user.change_mobile", actor=fang).exists()


def test_a_mobile_of_another_account_is_refused_after_the_code(fang, people, code_for):
    taken = people.chen_chen.user.mobile
    browser = browser_of(fang)
    assert browser.post(MOBILE, {"present": PASSWORD, "mobile": taken}).status_code == 302
    page = browser.post(f"{MOBILE}code/", {"code": code_for(taken)})
    assert "已用于另一个账户" in page.content.decode()
    mobile = fang.mobile
    fang.refresh_from_db()
    assert fang.mobile == mobile


def test_a_malformed_mobile_is_told_beside_its_field_and_kept(fang):
    page = browser_of(fang).post(MOBILE, {"present": PASSWORD, "mobile": "１２３"})
    assert "手机号应为11位数字" in "".join(page.context["form"].errors["mobile"])
    assert 'value="123"' in page.content.decode()


# --- sessions and the page -----------------------------------------------------------------------


def test_all_other_sessions_can_be_ended(fang):
    here, elsewhere = browser_of(fang), browser_of(fang)
    elsewhere.get("/account/")
    assert here.post("/account/sessions/end/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_the_account_page_shows_masked_data_only(fang):
    """R-ACC-13."""
    body = browser_of(fang).get("/account/").content.decode()
    assert fang.masked_id in body
    assert fang.masked_mobile in body
    assert fang.id_number not in body
    assert fang.mobile not in body


def test_the_pages_of_an_account_are_closed_to_visitors(client, db):
    for url in ("/account/", "/account/password/", MOBILE, f"{MOBILE}code/", "/account/sessions/end/"):
        response = client.post(url) if "end" in url else client.get(url)
        assert response["Location"].startswith("/account/sign-in/")


def test_a_new_mobile_makes_a_new_version_of_the_form_under_review(people):
    """R-REG-12: the mobile is part of the personal information."""
    application = factories.submitted("陈晨")
    before = application.form_version
    actions.change_mobile(application.worker.user, "19900008002")
    application.refresh_from_db()
    assert application.form_version == before + 1
