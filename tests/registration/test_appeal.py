# ruff: noqa: F811 - fixtures are imported by name
"""申诉 until it is decided, from the recovery of a password on: R-APL-01…03, R-APL-05, R-APL-06, R-SEC-01, §2.12."""

import io
import re
from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registration import tasks
from registration.models import Appeal
from registration.workflows import AppealState as S
from swms.audit.models import AuditEvent
from swms.uploads import storage
from swms.uploads.models import StoredFile
from tests import factories
from tests.hostile import images
from tests.people import signed_in
from tests.registration.appeal_pages import (  # noqa: F401
    CODE,
    FORM,
    NEW,
    OTHER,
    REASON,
    START,
    STATUS,
    STATUS_CODE,
    answers,
    appeal,
    asked,
    clock,
    code_for,
    fang,
    follow,
    hers,
    prove,
    sent,
)
from tests.registration.feedback_pages import texts

# --- appealing -------------------------------------------------------------------------------------


def test_only_the_recovery_of_a_password_leads_to_an_appeal(client, fang):
    """R-APL-06: no other page that a stranger or 王芳 may open links to it."""
    assert f'href="{START}"' in texts(client.get("/account/recover/"))
    hers = signed_in(fang)
    for browser, pages in (
        (client, ("/", "/account/sign-in/", "/registration/account/", "/registration/feedback/", STATUS)),
        (hers, ("/registration/", "/account/", "/account/mobile/", "/account/password/")),
    ):
        for page in pages:
            assert f'href="{START}"' not in texts(browser.get(page)), page


def test_who_lost_the_mobile_appeals_without_an_account_and_gets_a_receipt(client, fang, appeal, sent):
    """R-APL-02, R-APL-03: routed to the account's region, 3 working days, receipt by SMS, consent kept."""
    page = appeal(client, fang)
    one = Appeal.objects.get()
    assert page["Location"] == f"{START}{one.ref}/receipt/"
    assert re.fullmatch(r"SS20261123[A-Z2-7]{6}", one.ref)
    assert (one.state, one.region_id, one.mobile, one.id_number) == (S.SUBMITTED, "110105", NEW, fang.id_number)
    assert one.due_on == date(2026, 11, 26)
    assert one.ref in sent()[0]
    assert "11月26日" in sent()[0]
    assert {one.front.holder, one.back.holder} == {one}
    consent = AuditEvent.objects.get(verb="registration.appeal.consent", target_id=str(one.pk))
    assert consent.changes["consent_version"]
    assert consent.changes["images_consent"]
    receipt = texts(Client().get(page["Location"]))
    assert "申诉已提交" in receipt
    assert "2026年11月26日" in receipt
    for secret in ("王芳", fang.id_number, NEW, "8001", "朝阳", "待审核"):
        assert secret not in receipt


def test_whether_there_is_an_account_cannot_be_told_from_any_answer(people, fang, code_for, clock, follow):
    """R-APL-03, S4: an account, one of another name, none; same statuses, same words, same work, until the end."""
    lin = factories.worker("林悦", region=factories.region("110105")).user
    cases = [
        {"user": fang},
        {"name": "王芬", "id_number": lin.id_number},
        {"name": "何平", "id_number": factories.id_number()},
    ]
    security = factories.staff("郑凯", ("security", None), username="zhengkai")
    seen = []
    for turn, case in enumerate(cases):
        browser, mobile = Client(REMOTE_ADDR=f"203.0.113.{turn}"), f"1990000810{turn}"
        prove(browser, clock, code_for, mobile)
        posted = answers(**case)
        with CaptureQueriesContext(connection) as queries:
            page = browser.post(FORM, posted)
        one = Appeal.objects.latest("id")
        shown = [texts(browser.get(page["Location"])), texts(browser.get(f"{START}{one.ref}/"))]
        reviewer = people.li_jing if one.region_id else security
        one.move("reject", actor=reviewer, seen=1, reason=REASON)
        shown.append(texts(follow(Client(REMOTE_ADDR=f"203.0.114.{turn}"), one.ref, mobile=mobile)))
        names = [one.ref, posted["name"], f"{posted['id_number'][:6]}********{posted['id_number'][-4:]}"]
        seen.append((page.status_code, len(queries), [_without(text, names, mobile) for text in shown]))
    assert [one.region_id for one in Appeal.objects.order_by("id")] == ["110105", None, None]
    assert seen[0] == seen[1] == seen[2]


def _without(text, names, mobile) -> str:
    """Return a page without what the person typed and without its moments and tokens."""
    for name in [*names, f"{mobile[:3]}****{mobile[-4:]}"]:
        text = text.replace(name, "")
    return re.sub(r'csrf\w+" value="[^"]*"|\d\d:\d\d(?::\d\d)?', "", text)


def test_nothing_can_be_filled_in_before_the_new_mobile_is_proven(client, clock, db):
    """R-APL-02."""
    assert client.get(FORM)["Location"] == START
    client.post(START, {"mobile": NEW, "consent": "on", **asked(client.get(START))})
    assert client.post(CODE, {"code": "000000"}).context["form"].errors["code"]
    assert client.post(FORM, answers())["Location"] == START
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("id_number", ""),
        ("id_number", "110000199003079999"),
        ("front", None),
        ("back", None),
        ("reason", "说" * 201),
        ("images_consent", None),
    ],
)
def test_without_any_one_of_what_is_asked_nothing_is_sent_and_nothing_is_lost(client, appeal, field, value):
    """R-APL-02, R-SEC-01, §3.10: name, number, both sides, and the separate consent to the use of the images."""
    page = appeal(client, **{field: value})
    assert list(page.context["form"].errors) == [field]
    assert page.context["form"]["name"].value() == ("" if field == "name" else "何平")
    assert not Appeal.objects.exists()
    kept = [side for side in ("front", "back") if side != field]
    assert texts(page).count("已上传：") == len(kept)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"MZ" + bytes(200), "只能是JPG、PNG格式"),
        (b"%PDF-1.7\n" + bytes(200), "只能是JPG、PNG格式"),
        (b"GIF89a" + bytes(200), "只能是JPG、PNG格式"),
        (images.photo((599, 400)), "至少要600×300像素"),
        (images.padded(images.photo((800, 500)), 2 * 1024 * 1024 + 1), "不能超过2MB"),
        (images.bomb(30_000, 30_000), "不能超过7000×7000像素"),
        (images.photo((800, 500))[:900], "已损坏或不完整"),
        (b"", "空文件"),
    ],
    ids=["program", "pdf", "gif", "narrow", "large", "bomb", "cut", "empty"],
)
def test_a_hostile_or_useless_image_is_refused_in_words(client, appeal, data, says):
    """§3.10, S5: decided by decoding, whatever it is called."""
    file = io.BytesIO(data)
    file.name = "front.jpg"
    page = appeal(client, front=file)
    assert page.status_code == 200
    assert says in str(page.context["form"].errors["front"])


def test_what_is_stored_is_written_anew_and_sealed(client, appeal, settings):
    """S5, S14: no place where the telephone was, no archive behind the picture, no readable byte on disk."""
    telephone, archive = io.BytesIO(images.with_position((800, 600))), io.BytesIO(images.photo((800, 500)) + b"PK\3\4x")
    telephone.name = archive.name = "card.jpg"
    assert appeal(client, front=telephone, back=archive).status_code == 302
    one = Appeal.objects.get()
    for image in (one.front, one.back):
        opened, on_disk = storage.open_file(image), storage.path_of(image.uid).read_bytes()
        assert opened.startswith(b"\xff\xd8\xff")
        assert b"SECRET-COMMENT" not in opened
        assert b"PK\3\4" not in opened
        assert opened not in on_disk
        assert b"\xff\xd8\xff" not in on_disk[:40]
    assert (one.front.purpose, one.front.owner) == ("id_card", None)


def test_the_same_picture_twice_is_not_both_sides(client, appeal):
    """R-APL-02; also when one of them was kept from before."""
    page = appeal(client, back=factories.id_card("人像面"))
    assert "同一张图片" in str(page.context["form"].errors["back"])
    again = client.post(FORM, answers(front=None, back=factories.id_card("人像面")))
    assert "同一张图片" in str(again.context["form"].errors["back"])
    assert client.post(FORM, answers(front=None)).status_code == 302


def test_the_session_and_the_ledger_hold_no_readable_number(client, appeal):
    """Promise 8."""
    number = factories.id_number()
    appeal(client, id_number=number, back=None)
    kept = str([session.get_decoded() for session in Session.objects.all()])
    assert NEW not in kept
    assert number not in kept


# --- limits ----------------------------------------------------------------------------------------


def test_one_open_appeal_for_one_identity_whether_or_not_there_is_an_account(client, fang, appeal):
    """R-APL-05: who made it is led to it; others hear the same of an identity with an account and without."""
    stranger = factories.id_number()
    said = []
    for turn, (who, number) in enumerate((("王芳", fang.id_number), ("何平", stranger))):
        first = appeal(client, name=who, id_number=number)
        again = appeal(client, name=who, id_number=number)
        assert again["Location"] == first["Location"]
        browser = Client(REMOTE_ADDR=f"203.0.113.{turn}")
        other = appeal(browser, mobile=OTHER, name=who, id_number=f" {number[:6]} {number[6:]}")
        said.append((other.status_code, str(other.context["form"].errors)))
        assert Appeal.objects.latest("id").ref not in texts(other)
    assert said[0] == said[1]
    assert "已有一件未办结的申诉" in said[0][1]
    assert Appeal.objects.count() == 2


def test_three_appeals_in_30_days_for_one_identity_whether_or_not_there_is_an_account(fang, people, appeal, clock):
    """R-APL-05: any mobile, any address."""
    security = factories.staff("郑凯", ("security", None), username="zhengkai")
    said = []
    for turn, (who, number) in enumerate((("王芳", fang.id_number), ("何平", factories.id_number()))):
        clock.move_to("2026-11-23 09:00:00+08:00")
        for mobile in range(3):
            assert appeal(Client(), name=who, id_number=number, mobile=f"199000082{turn}{mobile}").status_code == 302
            one = Appeal.objects.latest("id")
            one.move("reject", actor=people.li_jing if one.region_id else security, seen=1, reason=REASON)
        fourth = appeal(Client(), name=who, id_number=number, mobile=f"199000082{turn}9")
        said.append((fourth.status_code, str(fourth.context["form"].errors)))
        clock.shift(timedelta(days=30))
        assert appeal(Client(), name=who, id_number=number, mobile=f"199000082{turn}9").status_code == 302
    assert said[0] == said[1]
    assert "30日内最多申诉3次" in said[0][1]


def test_five_a_day_for_one_mobile(client, appeal, clock):
    for _ in range(5):
        assert appeal(client).status_code == 302
    sixth = appeal(client)
    assert sixth.status_code == 429
    assert int(sixth["Retry-After"]) > 80_000
    clock.shift(timedelta(days=1))
    assert appeal(client).status_code == 302


# --- following -------------------------------------------------------------------------------------


def test_receipt_number_and_a_code_to_the_new_mobile_show_how_it_stands_and_nothing_of_the_account(hers, fang, follow):
    """R-APL-03."""
    shown = texts(follow(Client(), hers.ref))
    for said in ("待审核", "2026年11月26日", "199****8001", "人像面.jpg"):
        assert said in shown
    for secret in (fang.id_number, fang.masked_mobile, "朝阳", "安全管理员"):
        assert secret not in shown


def test_who_does_not_hold_the_mobile_learns_nothing_not_even_whether_the_receipt_exists(hers, sent, clock):
    """S4: a known receipt with another mobile, an unknown receipt, the right pair: one answer."""
    pages = []
    for turn, (ref, mobile) in enumerate(((hers.ref, OTHER), ("SS20261123AAAAAA", OTHER), (hers.ref, NEW))):
        clock.shift(timedelta(minutes=2))
        browser = Client(REMOTE_ADDR=f"203.0.113.{turn}")
        question = asked(browser.get(STATUS))
        with CaptureQueriesContext(connection) as queries:
            first = browser.post(STATUS, {"ref": ref, "mobile": mobile, **question})
        second = browser.post(STATUS_CODE, {"code": "000000"})
        pages.append((first.status_code, len(queries), _without(texts(second), [ref], mobile)))
        assert browser.get(f"{START}{ref}/")["Location"] == f"{STATUS}?ref={ref}"
    assert pages[0] == pages[1] == pages[2]
    assert sent(OTHER) == []


def test_the_proof_of_one_appeal_opens_no_other_and_no_feedback(client, hers, appeal):
    other = Client()
    appeal(other, mobile=OTHER)
    for page in ("", "edit/", "link/"):
        assert other.get(f"{START}{hers.ref}/{page}")["Location"].startswith(STATUS)
        assert other.post(f"{START}{hers.ref}/{page}").status_code == 302
    assert client.get(f"/registration/feedback/{hers.ref}/").status_code == 302
    client.post(f"{STATUS}end/")
    assert client.get(f"{START}{hers.ref}/")["Location"] == f"{STATUS}?ref={hers.ref}"


def test_what_was_asked_for_is_added_and_sent_again_with_a_new_clock(client, hers, people, sent, clock, follow):
    """§2.12: reason by SMS; the number stays, what the limits count."""
    hers.move("return_for_more", seen=1, actor=people.li_jing, reason=REASON)
    assert REASON in sent()[0]
    clock.shift(timedelta(days=7))
    assert REASON in texts(follow(client, hers.ref))
    number, former = hers.id_number, hers.back
    data = answers(name="王芳", id_number=factories.id_number(), front=None, back=factories.id_card("清晰"))
    assert "已重新提交" in texts(client.post(f"{START}{hers.ref}/edit/", data, follow=True))
    hers.refresh_from_db()
    assert (hers.state, hers.round, hers.due_on, hers.id_number) == (S.SUBMITTED, 2, date(2026, 12, 3), number)
    assert (hers.front.name, hers.back.name) == ("人像面.jpg", "清晰.jpg")
    former.refresh_from_db()
    assert former.purged_at is not None
    assert set(AuditEvent.objects.get(verb="registration.appeal.edit").changes["fields"]) == {"back"}


def test_what_waits_for_a_decision_cannot_be_edited(client, hers):
    assert "不能修改" in texts(client.get(f"{START}{hers.ref}/edit/", follow=True))
    client.post(f"{START}{hers.ref}/edit/", answers(name="王芬"))
    hers.refresh_from_db()
    assert (hers.name, hers.round) == ("王芳", 1)


def test_who_never_completes_an_appeal_cannot_keep_the_owner_from_appealing(client, hers, people, clock, follow):
    """R-APL-05: after 15 days it goes back to the reviewer, who ends it; until then it can be completed."""
    hers.move("return_for_more", seen=1, actor=people.li_jing, reason=REASON)
    clock.shift(timedelta(days=15))
    tasks.tend_appeals()
    hers.refresh_from_db()
    assert hers.state == S.NEED_MORE
    clock.shift(timedelta(days=1))
    assert "已超过补充期限" in texts(follow(client, hers.ref))
    page = client.post(f"{START}{hers.ref}/edit/", answers(name="王芬", front=None, back=None), follow=True)
    assert "已超过15日补充期限" in texts(page)
    tasks.tend_appeals()
    hers.refresh_from_db()
    assert (hers.state, hers.round, hers.name) == (S.SUBMITTED, 2, "王芳")
    page = signed_in(people.li_jing).get(f"/console/registration/appeal/{hers.ref}/")
    assert "期限内没有补充" in texts(page)
