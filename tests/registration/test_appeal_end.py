# ruff: noqa: F811 - fixtures are imported by name
"""How 申诉 ends: the new password, the objection of the old mobile, the images: R-APL-04, R-APL-05, S14, §2.12."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from registration import tasks
from registration.models import Appeal
from registration.workflows import AppealState as S
from swms.accounts.models import SmsCode
from swms.audit.models import AuditEvent
from swms.logs import redact
from swms.notices.models import Delivery
from swms.uploads import storage
from swms.uploads.models import StoredFile
from tests.people import PASSWORD, signed_in
from tests.registration.appeal_pages import (  # noqa: F401
    CHANGED,
    NEW,
    OBJECTION,
    OTHER,
    REASON,
    RESET,
    START,
    appeal,
    approved,
    asked,
    clock,
    code_for,
    fang,
    follow,
    hers,
    key_for,
    reset,
    sent,
    sign_in,
)
from tests.registration.feedback_pages import texts

# --- the new password --------------------------------------------------------------------------------


def test_an_approval_binds_the_new_mobile_and_ends_sessions_and_codes(hers, fang, people, sent, clock):
    """R-APL-04: the old mobile hears of it, the link goes to the new one only."""
    old, inside = fang.mobile, signed_in(fang)
    Client(REMOTE_ADDR="203.0.113.5").post(
        "/account/recover/", {"mobile": old, **asked(Client().get("/account/recover/"))}
    )
    assert SmsCode.objects.filter(purpose="recover").count() == 1
    hers.move("approve", actor=people.li_jing, seen=1)
    fang.refresh_from_db()
    assert fang.mobile == NEW
    assert inside.get("/account/").status_code == 302
    assert not SmsCode.objects.filter(expires_at__gt=timezone.now()).exists()
    assert fang.notices.filter(title="手机号已按申诉更换").count() == 1, "who still signs in by the old password"
    assert [text for text in sent() if "30分钟内打开链接设置新密码" in text]
    assert [text for text in sent(old) if "24小时内打开链接提出异议" in text]
    assert not [text for text in sent(old) if "/password/" in text]
    assert sign_in(NEW, PASSWORD), "the password is the owner's until a new one is set"


def test_the_link_sets_a_password_once_and_opening_it_changes_nothing(approved, fang, key_for):
    """R-APL-04: programs that look at messages open links too."""
    key = key_for()
    for _ in range(3):
        page = Client().get(f"{RESET}?key={key}")
        assert page.status_code == 200
        assert Client().head(f"{RESET}?key={key}").status_code == 200
    approved.refresh_from_db()
    assert (approved.state, approved.reset_at) == (S.APPROVED, None)
    assert "no-store" in page["Cache-Control"]
    assert "两次输入的密码不一致" in texts(
        Client().post(RESET, {"key": key, "password": CHANGED, "again": "Other-2026x"})
    )
    assert "密码不能是您的身份证号" in texts(reset(key, f"Ab{fang.id_number}"))
    assert reset(key)["Location"] == "/account/sign-in/"
    assert sign_in(NEW, CHANGED)
    assert not sign_in(NEW, PASSWORD)
    assert reset(key, "Another-2026").status_code == 410
    assert Client().get(f"{RESET}?key={key}").status_code == 410
    assert sign_in(NEW, CHANGED)


@pytest.mark.parametrize("key", ["", "x", "A" * 43, "\0", "x" * 5000])
def test_a_key_that_nobody_was_given_opens_nothing(client, db, key):
    for page in (RESET, OBJECTION):
        assert client.get(page, {"key": key}).status_code == 410
        assert client.post(page, {"key": key}).status_code == 410


def test_a_link_lasts_30_minutes_and_another_can_be_had_for_24_hours(client, approved, key_for, clock, follow, sent):
    """R-APL-04: by receipt number and a code to the new mobile; each link ends the one before."""
    first = key_for()
    clock.shift(timedelta(minutes=30))
    assert reset(first).status_code == 410
    shown = texts(follow(client, approved.ref))
    assert "链接已经过期" in shown
    assert client.get(f"{START}{approved.ref}/link/").status_code == 200
    assert key_for() == first, "asking is not sending"
    assert "新的链接已发送" in texts(client.post(f"{START}{approved.ref}/link/", follow=True))
    second = key_for()
    assert second != first
    assert "频繁" in texts(client.post(f"{START}{approved.ref}/link/", follow=True))
    clock.shift(timedelta(minutes=2))
    client.post(f"{START}{approved.ref}/link/")
    third = key_for()
    assert reset(second).status_code == 410
    assert reset(third).status_code == 302
    assert "现在不能再发送" in texts(client.get(f"{START}{approved.ref}/link/", follow=True))
    assert AuditEvent.objects.filter(verb="registration.appeal.send_link").count() == 2


def test_after_24_hours_without_a_password_it_ends_and_says_how_to_go_on(client, approved, follow, clock, sent):
    """§2.12: 链接过期; the new mobile stays bound, so the ordinary recovery works."""
    clock.shift(timedelta(hours=24))
    tasks.tend_appeals()
    approved.refresh_from_db()
    assert approved.state == S.EXPIRED
    assert "可以用它在登录页找回密码" in sent()[0]
    assert 'href="/account/recover/"' in texts(follow(client, approved.ref))
    client.post(f"{START}{approved.ref}/link/")
    assert not [text for text in sent()[:2] if "?key=" in text]


def test_a_link_sent_in_the_last_minute_is_not_cut_short(client, approved, follow, key_for, clock):
    clock.shift(timedelta(hours=23, minutes=50))
    follow(client, approved.ref)
    client.post(f"{START}{approved.ref}/link/")
    clock.shift(timedelta(minutes=20))
    tasks.tend_appeals()
    assert reset(key_for()).status_code == 302
    approved.refresh_from_db()
    assert approved.state == S.DONE, "nobody may object any more, so it ends at once"


def test_the_appeal_ends_once_the_24_hours_for_an_objection_are_over(approved, key_for, clock):
    """§2.12: DONE after the password was set; until then it is held where an objection finds it."""
    reset(key_for())
    clock.shift(timedelta(hours=23, minutes=59))
    tasks.tend_appeals()
    approved.refresh_from_db()
    assert (approved.state, approved.closed_at) == (S.APPROVED, None)
    clock.shift(timedelta(minutes=1))
    tasks.tend_appeals()
    approved.refresh_from_db()
    assert approved.state == S.DONE
    assert approved.closed_at is not None


def test_an_account_without_an_old_mobile_has_nobody_to_object(client, fang, appeal, people, key_for):
    fang.mobile = None
    fang.save()
    appeal(client, fang)
    one = Appeal.objects.get().move("approve", actor=people.li_jing, seen=1)
    assert one.objection_hash == ""
    reset(key_for())
    one.refresh_from_db()
    assert one.state == S.DONE


# --- the objection -----------------------------------------------------------------------------------


@pytest.mark.parametrize("quick", [False, True], ids=["before the password", "after the password"])
def test_the_old_mobile_objects_and_the_account_is_locked(client, approved, fang, key_for, sent, clock, follow, quick):
    """R-APL-04, S14: however quick the other was, binding undone, everybody out, nobody in."""
    old = approved.old_mobile
    inside = None
    if quick:
        reset(key_for())
        inside = signed_in(type(fang).objects.get(pk=fang.pk))
        assert inside.get("/account/").status_code == 200
    clock.shift(timedelta(hours=23))
    key = key_for(old)
    assert "提出异议并锁定账户" in texts(Client().get(f"{OBJECTION}?key={key}"))
    fang.refresh_from_db()
    assert fang.is_active, "opening the link changes nothing"
    for _ in range(2):  # pressing twice is no error
        assert "账户已锁定" in texts(Client().post(OBJECTION, {"key": key}))
    approved.refresh_from_db()
    fang.refresh_from_db()
    assert (approved.state, fang.mobile, fang.is_active) == (S.BLOCKED, old, False)
    assert "提出了异议" in sent()[0]
    if inside:
        assert inside.get("/account/").status_code == 302
    for name in (fang.id_number, old, NEW):
        for password in (PASSWORD, CHANGED):
            assert not sign_in(name, password)
    assert reset(key_for()).status_code == 410
    client.post(f"{START}{approved.ref}/link/")
    assert "由安全管理员核实" in texts(follow(client, approved.ref))
    assert AuditEvent.objects.filter(verb="accounts.user.lock_on_objection", target_id=str(fang.pk)).count() == 1
    assert AuditEvent.objects.filter(verb="registration.appeal.block").count() == 1


def test_an_objection_after_24_hours_is_too_late(approved, fang, key_for, clock):
    clock.shift(timedelta(hours=24))
    key = key_for(approved.old_mobile)
    assert Client().get(f"{OBJECTION}?key={key}").status_code == 410
    assert Client().post(OBJECTION, {"key": key}).status_code == 410
    fang.refresh_from_db()
    assert (fang.mobile, fang.is_active) == (NEW, True)


def test_the_two_links_do_not_open_each_other(approved, key_for):
    assert Client().get(f"{OBJECTION}?key={key_for()}").status_code == 410
    assert reset(key_for(approved.old_mobile)).status_code == 410


def test_keys_are_stored_as_hashes_sealed_in_messages_and_blanked_in_logs(approved, key_for):
    keys = [key_for(), key_for(approved.old_mobile)]
    with connection.cursor() as cursor:
        for model in (Appeal, Delivery, AuditEvent):
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t")
            rows = "\n".join(row[0] for row in cursor.fetchall())
            assert not any(key in rows for key in keys), model
    for request in (f"GET {RESET}?key={keys[0]}&x=1", f"GET /account/sign-in/?next=%2Fx%2F%3Fkey%3D{keys[0]}"):
        assert redact(None, "", {"request": request})["request"] == request.replace(keys[0], "▇")


# --- images ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["reject", "expire", "finish", "block"])
def test_the_images_go_30_days_after_the_end_and_hash_and_decision_stay(hers, people, clock, key_for, end):
    """R-APL-05, S14: the day itself not counted; a job that did not run for a week catches up."""
    if end == "reject":
        hers.move("reject", actor=people.li_jing, seen=1, reason=REASON)
    else:
        hers.move("approve", actor=people.li_jing, seen=1)
        if end == "finish":
            reset(key_for())
        if end == "block":
            Client().post(OBJECTION, {"key": key_for(hers.old_mobile)})
        clock.shift(timedelta(hours=25))
        tasks.tend_appeals()
    hers.refresh_from_db()
    ended = hers.closed_at
    clock.move_to(ended + timedelta(days=30))
    tasks.tend_appeals()
    assert StoredFile.objects.filter(purged_at=None, purpose="id_card").count() == 2
    clock.shift(timedelta(days=8))
    tasks.tend_appeals()
    for image in (hers.front, hers.back):
        image.refresh_from_db()
        assert image.purged_at is not None
        with pytest.raises(storage.FileMissing):
            storage.open_file(image)
    hers.refresh_from_db()
    assert hers.decided_at is not None
    page = texts(signed_in(people.li_jing).get(f"/console/registration/appeal/{hers.ref}/"))
    assert hers.front.sha256 in page
    assert str(hers.front.uid) not in page


def test_images_of_an_appeal_that_has_not_ended_stay_and_those_never_sent_go_after_a_day(client, hers, appeal, clock):
    appeal(Client(), mobile=OTHER, name="")
    clock.shift(timedelta(days=2))
    tasks.tend_appeals()
    assert StoredFile.objects.filter(purpose="id_card", purged_at=None).count() == 2
    assert not StoredFile.objects.filter(holder_type=None, purpose="id_card", purged_at=None).exists()
