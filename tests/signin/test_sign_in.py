"""R-ACC-12, S3, S9: the door, its lock, and how long it stays open."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from swms.audit.models import AuditEvent
from swms.signin.privacy import PRIVACY_VERSION
from tests.people import PASSWORD

SIGN_IN = "/account/sign-in/"
ACCOUNT = "/account/"


@pytest.fixture
def consenting(fang):
    fang.consent_version = PRIVACY_VERSION
    fang.save()
    return fang


def sign_in(client, name, password=PASSWORD, **extra):
    return client.post(SIGN_IN, {"username": name, "password": password, **extra})


def fail(client, name, times):
    for _ in range(times):
        response = sign_in(client, name, "Wrong-password-1")
    return response


def is_in(client):
    return client.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize(
    "spelling",
    [
        lambda user: user.id_number,
        lambda user: user.id_number.lower(),
        lambda user: f" {user.id_number[:6]} {user.id_number[6:]} ",
        lambda user: "".join(chr(ord(c) + 0xFEE0) for c in user.id_number),
        lambda user: user.mobile,
        lambda user: f"{user.mobile[:3]} {user.mobile[3:7]} {user.mobile[7:]}",
    ],
)
def test_a_worker_signs_in_by_identity_number_or_mobile_however_it_is_typed(client, consenting, spelling):
    response = sign_in(client, spelling(consenting))
    assert response.status_code == 302
    assert is_in(client)


def test_a_wrong_password_and_an_unknown_account_get_the_same_words_and_keep_the_name(client, fang):
    known = sign_in(client, fang.mobile, "Wrong-password-1")
    unknown = sign_in(client, "19900009999", "Wrong-password-1")
    assert known.status_code == unknown.status_code == 200
    assert known.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    assert f'value="{fang.mobile}"' in known.content.decode()
    assert "Wrong-password-1" not in known.content.decode()


def test_an_inactive_account_is_answered_like_an_unknown_one(client, fang):
    fang.is_active = False
    fang.save()
    assert "账号或密码不正确" in sign_in(client, fang.mobile).content.decode()


def test_five_failures_lock_the_account_for_thirty_minutes(client, consenting, sent):
    """R-ACC-12."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        assert fail(client, consenting.mobile, 4).status_code == 200
        assert fail(client, consenting.mobile, 1).status_code == 429
        locked = sign_in(client, consenting.mobile)
        assert locked.status_code == 429
        assert locked["Retry-After"] == "1800"
        assert "30 分钟" in locked.content.decode()
        clock.shift(timedelta(minutes=29, seconds=59))
        assert sign_in(client, consenting.id_number).status_code == 429, "the same account under its other name"
        clock.shift(timedelta(seconds=2))
        assert sign_in(client, consenting.mobile).status_code == 302
    assert AuditEvent.objects.filter(verb="accounts.user.lock").count() == 1
    assert [text for text in sent(consenting.mobile) if "暂停登录 30 分钟" in text]


def test_trying_on_during_the_lock_out_does_not_prolong_it(client, consenting):
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        fail(client, consenting.mobile, 5)
        clock.shift(timedelta(minutes=20))
        assert fail(client, consenting.mobile, 1)["Retry-After"] == "600"
        clock.shift(timedelta(minutes=10, seconds=1))
        assert sign_in(client, consenting.mobile).status_code == 302


def test_four_failures_and_a_success_begin_the_count_anew(client, consenting):
    fail(client, consenting.mobile, 4)
    assert sign_in(client, consenting.mobile).status_code == 302
    client.post("/account/sign-out/")
    assert fail(client, consenting.mobile, 4).status_code == 200


def test_an_unknown_account_is_locked_alike_in_whatever_spelling(client, fang):
    """S3: the lock says nothing about whether the account exists."""
    spellings = ["11000019900307999X", "11000019900307999x", "110000 19900307 999X", "110000 199003 07999x"]
    for name in [*spellings, spellings[0]]:
        unknown = sign_in(client, name, "Wrong-password-1")
    known = fail(client, fang.mobile, 5)
    assert unknown.status_code == known.status_code == 429
    body = [r.content.decode().replace(r.headers["Retry-After"], "") for r in (unknown, known)]
    assert body[0] == body[1] or len(body[0]) == len(body[1])


def test_another_address_may_still_sign_in_during_the_lock_out(client, consenting):
    """A stranger who guesses must not lock the owner out everywhere (S3: account and address together)."""
    fail(client, consenting.mobile, 5)
    assert sign_in(Client(REMOTE_ADDR="203.0.113.9"), consenting.mobile).status_code == 302


def test_an_address_may_try_twenty_times_a_minute(client, db):
    """S3."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        for number in range(20):
            assert sign_in(client, f"1990000{number:04}").status_code == 200
        refused = sign_in(client, "19900009999")
        assert refused.status_code == 429
        assert refused["Retry-After"] == "60"
        clock.shift(timedelta(seconds=61))
        assert sign_in(client, "19900009999").status_code == 200


def test_what_was_typed_reaches_no_plain_column(client, fang):
    """Promise 8: the lock-out's own rows hold no identity number and no mobile."""
    sign_in(client, fang.id_number, "Wrong-password-1", next=f"/x/?q={fang.id_number}")
    attempt = AccessAttempt.objects.get()
    text = " ".join(str(value) for value in vars(attempt).values())
    assert fang.id_number not in text
    assert "Wrong-password-1" not in text


def test_signing_in_changes_the_session_key(client, consenting):
    """S9."""
    client.get("/account/recover/")
    session = client.session
    session["before"] = 1
    session.save()
    old = session.session_key
    sign_in(client, consenting.mobile)
    assert client.session.session_key != old


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_next_never_leads_to_another_site(client, consenting, target):
    response = sign_in(client, consenting.mobile, next=target)
    assert response.status_code == 302
    assert "evil" not in response["Location"]
    assert "javascript" not in response["Location"]


def test_next_leads_back_to_the_page_that_was_asked_for(client, consenting):
    assert client.get("/account/password/")["Location"].endswith("?next=/account/password/")
    assert sign_in(client, consenting.mobile, next="/account/password/")["Location"] == "/account/password/"


def test_an_idle_session_of_a_worker_ends_after_thirty_minutes(client, consenting):
    """R-ACC-12."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        sign_in(client, consenting.mobile)
        clock.shift(timedelta(minutes=29))
        assert is_in(client)
        clock.shift(timedelta(minutes=30, seconds=1))
        response = client.get(ACCOUNT)
        assert response.status_code == 302
        page = client.get(response["Location"]).content.decode()
        assert "登录已过期" in page
        assert f'name="next" value="{ACCOUNT}"' in page


def test_a_button_pressed_after_the_session_ended_leads_back_to_its_page(client, consenting):
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        sign_in(client, consenting.mobile)
        clock.shift(timedelta(minutes=31))
        response = client.post("/account/sign-out/", headers={"referer": "http://testserver/account/password/"})
        page = client.get(response["Location"])
        assert page.context["form"]["next"].value() == "http://testserver/account/password/"
    page = client.get("/account/sign-in/?next=https://evil.example/")
    assert not page.context["form"]["next"].value()


def test_a_busy_session_of_a_worker_ends_after_twelve_hours(client, consenting):
    """S9."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        sign_in(client, consenting.mobile)
        for _ in range(28):
            clock.shift(timedelta(minutes=25))
            assert is_in(client)
        clock.shift(timedelta(minutes=21))
        assert not is_in(client)


def test_signing_out_takes_a_post_and_ends_the_session(client, consenting):
    sign_in(client, consenting.mobile)
    assert client.get("/account/sign-out/").status_code == 405
    assert is_in(client)
    client.post("/account/sign-out/")
    assert not is_in(client)


def test_who_agreed_to_an_older_privacy_notice_is_asked_at_sign_in(client, fang):
    """R-SEC-01."""
    fang.consent_version = "2020-01"
    fang.save()
    response = sign_in(client, fang.mobile, next="/account/password/")
    assert response["Location"].startswith(reverse("signin:privacy"))
    page = client.get(response["Location"])
    assert "同意并继续" in page.content.decode()
    assert client.post(reverse("signin:privacy"), {"next": "/account/password/"})["Location"] == "/account/password/"
    fang.refresh_from_db()
    assert fang.consent_version == PRIVACY_VERSION
    assert fang.consented_at <= timezone.now()
    assert AuditEvent.objects.filter(verb="accounts.user.consent").exists()


def test_the_elder_mode_is_kept_in_the_profile(client, consenting):
    sign_in(client, consenting.mobile)
    client.post("/mode/elder", {"next": ACCOUNT})
    consenting.refresh_from_db()
    assert consenting.elder_mode
    assert 'class="mode-elder"' in client.get(ACCOUNT).content.decode()
