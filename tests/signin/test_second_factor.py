"""R-ACC-12, S10: the second factor of staff and institutions."""

import base64
import io
import re
import time
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken

from swms.accounts.models import Authenticator, User
from swms.signin import second_factor
from swms.signin.middleware import OPEN
from tests.people import PASSWORD, signed_in

SECOND = "/account/second-factor/"
SET_UP = "/account/second-factor/set-up/"


@pytest.fixture
def half_in(client, jing):
    """李静's browser after the password."""
    client.post("/account/sign-in/", {"username": "lijing", "password": PASSWORD})
    return client


@pytest.fixture
def set_up(half_in, jing):
    """李静's browser after the first sign-in, the device, and her recovery codes."""
    half_in.get(SET_UP)
    device = Authenticator.objects.get(user=jing)
    response = half_in.post(SET_UP, {"code": device.code()})
    device.refresh_from_db()
    return half_in, device, response.context["codes"]


def second_browser(**headers):
    browser = Client(**headers)
    browser.post("/account/sign-in/", {"username": "lijing", "password": PASSWORD})
    return browser


def test_the_first_sign_in_leads_to_the_set_up_and_then_to_the_page_asked_for(client, jing):
    response = client.post(
        "/account/sign-in/", {"username": "lijing", "password": PASSWORD, "next": "/account/password/"}
    )
    assert response["Location"] == f"{SECOND}?next=%2Faccount%2Fpassword%2F"
    response = client.get(response["Location"])
    assert response["Location"].startswith(SET_UP)
    page = client.get(response["Location"])
    body = page.content.decode()
    device = Authenticator.objects.get(user=jing, confirmed=False)
    assert second_factor.secret_text(device) in body
    assert 'src="data:image/svg+xml' in body
    done = client.post(SET_UP, {"code": device.code(), "next": "/account/password/"})
    assert len(done.context["codes"]) == 10
    assert 'href="/account/password/"' in done.content.decode()
    assert client.get("/account/password/").status_code == 200


def test_opening_the_set_up_twice_keeps_one_secret(half_in, jing):
    first = half_in.get(SET_UP).context["secret"]
    assert half_in.get(SET_UP).context["secret"] == first


def test_a_wrong_code_at_set_up_enables_nothing(half_in, jing):
    half_in.get(SET_UP)
    response = half_in.post(SET_UP, {"code": "000000"})
    assert "验证码不正确" in response.content.decode()
    assert not second_factor.has_device(jing)
    assert half_in.get("/account/").status_code == 302


def test_the_code_may_be_typed_in_full_width_with_a_blank(half_in, jing):
    half_in.get(SET_UP)
    code = Authenticator.objects.get(user=jing).code()
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    assert "codes" in half_in.post(SET_UP, {"code": f"{wide[:3]} {wide[3:]}"}).context


def test_no_page_answers_a_member_of_staff_with_a_password_only(half_in, jing):
    """S10: every page without arguments, except those on the way to the second factor."""
    tried = 0
    for name in _names(get_resolver()):
        try:
            url = reverse(name)
        except NoReverseMatch:  # needs arguments: the same middleware stands before it
            continue
        if name in OPEN:
            continue
        for answer in (half_in.get(url), half_in.post(url)):
            assert answer.status_code in (302, 403, 404), f"{name} answered {answer.status_code}"
            assert answer.status_code != 302 or answer["Location"].startswith(SECOND), name
        tried += 1
    assert tried > 10
    assert half_in.get("/account/", headers={"accept": "application/json"}).json()["code"] == "second_factor_required"


def _names(resolver, namespace=""):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _names(pattern, inner)
        elif pattern.name:
            yield f"{namespace}{pattern.name}"


def test_every_later_sign_in_asks_for_the_code(set_up, jing):
    _, device, _ = set_up
    browser = second_browser()
    assert browser.get("/account/")["Location"].startswith(SECOND)
    with time_machine.travel(time.time() + 60, tick=True):
        response = browser.post(SECOND, {"code": device.code(), "next": "/account/"})
        assert response["Location"] == "/account/"
        assert browser.get("/account/").status_code == 200


def test_one_code_opens_once(set_up, jing):
    _, device, _ = set_up
    browser = second_browser()
    assert "验证码不正确" in browser.post(SECOND, {"code": device.code()}).content.decode()


def test_the_second_factor_changes_the_session_key(half_in, jing):
    before = half_in.session.session_key
    half_in.get(SET_UP)
    half_in.post(SET_UP, {"code": Authenticator.objects.get(user=jing).code()})
    assert half_in.session.session_key != before


def test_five_wrong_codes_lock_the_second_factor_for_thirty_minutes(set_up, jing):
    _, device, codes = set_up
    with time_machine.travel(time.time() + 60, tick=False) as clock:
        browser = second_browser()
        for _ in range(5):
            assert browser.post(SECOND, {"code": "000000"}).status_code == 200
        refused = browser.post(SECOND, {"code": device.code()})
        assert refused.status_code == 429
        assert refused["Retry-After"] == "1800"
        assert second_browser().post(SECOND, {"code": codes[0]}).status_code == 429, "recovery codes are locked too"
        clock.shift(timedelta(minutes=14))
        browser = second_browser()
        clock.shift(timedelta(minutes=16, seconds=1))
        browser = second_browser()
        assert browser.post(SECOND, {"code": device.code()}).status_code == 302


def test_a_recovery_code_opens_once_and_is_kept_hashed(set_up, jing):
    _, _, codes = set_up
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 10
    for code in codes:
        assert code not in kept
        assert code.replace("-", "") not in kept
    assert second_browser().post(SECOND, {"code": codes[0].lower()}).status_code == 302
    assert "验证码不正确" in second_browser().post(SECOND, {"code": codes[0]}).content.decode()
    assert second_factor.recovery_codes_left(jing) == 9


def test_recovery_codes_of_one_person_do_not_open_for_another(set_up, people):
    _, _, codes = set_up
    other = people.zhang_wei
    second_factor.renew_recovery_codes(other)
    with pytest.raises(second_factor.Refused):
        second_factor.verify(other, codes[0])


def test_who_has_only_the_password_cannot_replace_the_device(set_up, jing):
    _, device, _ = set_up
    browser = second_browser()
    assert browser.get(SET_UP)["Location"] == SECOND
    assert browser.post(SET_UP, {"code": "123456"})["Location"] == SECOND
    assert Authenticator.objects.get(user=jing).secret == device.secret


def test_new_recovery_codes_need_the_password_and_end_the_old_ones(set_up, jing):
    browser, _, codes = set_up
    url = "/account/second-factor/recovery-codes/"
    assert "密码不正确" in browser.post(url, {"present": "Wrong-password-1"}).content.decode()
    fresh = browser.post(url, {"present": PASSWORD}).context["codes"]
    assert not set(fresh) & set(codes)
    assert "验证码不正确" in second_browser().post(SECOND, {"code": codes[1]}).content.decode()


def test_a_reset_takes_the_device_and_the_sessions_away(set_up, jing, people):
    browser, _, _ = set_up
    second_factor.reset(User.objects.get(pk=jing.pk), by=people.zhang_wei)
    assert browser.get("/account/")["Location"].startswith("/account/sign-in/")
    assert not second_factor.has_device(jing)


def test_an_institution_needs_the_second_factor_too(db):
    """S10."""
    spring = User.objects.create_user(kind=User.Kind.INSTITUTION, name="春风", username="chunfeng", password=PASSWORD)
    client = Client()
    client.force_login(spring)
    assert client.get("/account/")["Location"].startswith(SECOND)
    assert signed_in(spring).get("/account/").status_code == 200


def test_a_worker_has_no_second_factor_pages(client, fang):
    client.force_login(fang)
    for url in (SECOND, SET_UP, "/account/second-factor/recovery-codes/"):
        assert client.get(url).status_code == 404


def test_an_idle_session_of_staff_ends_after_fifteen_minutes(jing):
    """R-ACC-12."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        browser = signed_in(jing)
        assert browser.get("/account/").status_code == 200
        clock.shift(timedelta(minutes=15, seconds=1))
        assert "expired=1" in browser.get("/account/")["Location"]


def test_a_busy_session_of_staff_ends_after_eight_hours(jing):
    """S9."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        browser = signed_in(jing)
        for _ in range(48):
            assert browser.get("/account/").status_code == 200
            clock.shift(timedelta(minutes=10))
        clock.shift(timedelta(seconds=1))
        assert browser.get("/account/").status_code == 302


def test_who_knew_the_first_password_cannot_keep_a_copy_of_the_second_factor(half_in, jing):
    """S15: 郑凯 handed out the password and looked at the secret first; 李静 sets up one that he never saw."""
    second_browser().get(SET_UP)
    copied = Authenticator.objects.get(user=jing)
    half_in.get(SET_UP)
    device = Authenticator.objects.get(user=jing)
    assert device.bin_key != copied.bin_key
    half_in.get(SET_UP)
    assert Authenticator.objects.get(user=jing).bin_key == device.bin_key
    assert half_in.post(SET_UP, {"code": device.code()}).status_code == 200
    intruder = second_browser()
    intruder.post(SECOND, {"code": copied.code()})
    assert intruder.get("/account/").url.startswith(SECOND)


def test_the_secret_is_sealed_in_the_table_and_follows_the_rotation_of_keys(set_up, jing, settings):
    """S11: a dump of the database signs nobody in; the recovery codes in it are keyed hashes."""
    _, device, codes = set_up
    plain = {device.secret, second_factor.secret_text(device).replace(" ", "")}
    plain |= {code.replace("-", "") for code in codes}

    def dump() -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_jsonb(d)::text, encode(d.secret, 'escape') FROM accounts_authenticator d"
                " UNION ALL SELECT to_jsonb(t)::text, '' FROM otp_static_statictoken t"
            )
            return str(cursor.fetchall())

    assert not [each for each in plain if each in dump()]
    before = Authenticator.objects.values_list("secret", flat=True).get(pk=device.pk)
    settings.FIELD_KEYS = ["new:" + base64.b64encode(b"n" * 32).decode(), *settings.FIELD_KEYS]
    call_command("rotate_keys", stdout=io.StringIO())
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    after = Authenticator.objects.get(pk=device.pk)
    assert bytes(Authenticator.objects.values_list("secret", flat=True).get(pk=device.pk)) != bytes(before)
    assert after.secret == device.secret
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        assert second_factor.verify(jing, after.code()) == after


def test_what_the_qr_code_says_is_what_apps_understand(jing):
    device = Authenticator(user=jing, secret="00" * 20)
    assert re.fullmatch(
        r"otpauth://totp/[^?:]+%3Alijing\?secret=A{32}&algorithm=SHA1&digits=6&period=30&issuer=[%0-9A-F]+",
        device.config_url,
    )
    # RFC 6238, appendix B: the secret "12345678901234567890" at 59 seconds, the last six digits.
    known = Authenticator(user=jing, secret=b"12345678901234567890".hex())
    with time_machine.travel(59, tick=False):
        assert known.code() == "287082"
