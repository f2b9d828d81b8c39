"""Registering an account: R-ACC-01…13, S4."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registration import actions
from registration.models import Application, Qualification, Worker
from swms.accounts.models import User
from swms.audit.models import AuditEvent
from swms.notices.models import Notice
from swms.signin.privacy import PRIVACY_VERSION
from swms.workflow import Refused
from tests import factories

STEP_1 = "/registration/account/"
STEP_2 = "/registration/account/code/"
PASSWORD = "Chunfeng-2026"
MOBILE = "19900007001"
NUMBER = "11000019900307801X"


@pytest.fixture
def number(db):
    """王芳's identity number, in the roster and without an account."""
    identity = factories.id_number()
    factories.qualification("王芳", number=identity)
    return identity


@pytest.fixture
def code_for(db):
    """The newest code that went to a mobile."""
    from swms.notices import tasks
    from swms.notices.models import OutboxMessage

    def code(mobile=MOBILE):
        tasks.sweep()
        bodies = [message.body for message in OutboxMessage.objects.all() if message.address == mobile]
        return re.search(r"\d{6}", next(body for body in bodies if "验证码" in body)).group()

    return code


def answers(page):
    form = page.context["form"]
    return {"asked": form["asked"].value(), "answer": str(form._asked["a"] + form._asked["b"])}


def step_1(browser, name, identity, mobile=MOBILE, /, **changes):
    data = {"name": name, "id_number": identity, "mobile": mobile, "consent": "on", **answers(browser.get(STEP_1))}
    return browser.post(STEP_1, data | changes)


def step_2(browser, code, password=PASSWORD):
    return browser.post(STEP_2, {"code": code, "password": password, "again": password})


def register(browser, name, identity, code_for, mobile=MOBILE):
    step_1(browser, name, identity, mobile)
    return step_2(browser, code_for(mobile))


def plain(response):
    """A page without what differs from one visit to the next."""
    body = re.sub(r'name="(csrfmiddlewaretoken|asked)" value="[^"]*"', "", response.content.decode())
    return re.sub(r".加.等于几（用数字回答）", "", body)


def test_who_is_in_the_roster_gets_an_account_with_all_certificates(client, number, code_for):
    """R-ACC-02, R-ACC-03: the numbers are filled in, the highest level first, and cannot be typed."""
    higher = factories.qualification("王芳", number=number, level=2)
    response = register(client, "王芳", number, code_for)
    assert response["Location"] == "/registration/account/done/"
    page = client.get(response["Location"])
    body = page.content.decode()
    lower = Qualification.objects.exclude(pk=higher.pk).get()
    assert body.index(higher.mgmt_no) < body.index(lower.mgmt_no)
    assert "<input" not in re.sub(r'<input type="hidden"[^>]*>', "", body)
    worker = Worker.objects.get()
    assert set(worker.qualifications.all()) == {higher, lower}
    assert Application.objects.filter(worker=worker).count() == 2
    assert worker.user.check_password(PASSWORD)
    assert worker.user.consent_version == PRIVACY_VERSION
    assert Notice.objects.filter(recipient=worker.user, title="账户注册成功").exists()
    assert AuditEvent.objects.filter(verb="accounts.user.register", actor=worker.user).exists()


def test_sex_and_birth_date_come_from_the_number(client, number, code_for):
    """R-ACC-11."""
    register(client, "王芳", number, code_for)
    worker = Worker.objects.get()
    assert (worker.get_sex_display(), worker.birth_date.isoformat()) == ("女", "1990-03-07")


def test_the_number_may_be_typed_in_full_width_with_blanks_and_a_small_x(client, db, code_for):
    """R-ACC-09."""
    from swms.idnumbers import check_digit

    digits = next(d for d in (f"11000019900307{n:03}" for n in range(600, 800)) if check_digit(d) == "X")
    factories.qualification("王芳", number=digits + "X")
    wide = "".join(chr(ord(c) + 0xFEE0) for c in digits[:6])
    response = register(client, "王 芳", f"{wide} {digits[6:14]} {digits[14:]}x", code_for)
    assert response["Location"] == "/registration/account/done/"
    assert User.objects.get().id_number == digits + "X"


@pytest.mark.parametrize("name", ["欧阳䶮喆", "买买提·阿卜杜拉", "𬘭𬭎"])
def test_rare_characters_and_middle_dots_are_found(client, db, code_for, name):
    """R-PRO-15: whatever dot the keyboard makes."""
    identity = factories.id_number()
    factories.qualification(name, number=identity)
    assert register(client, name.replace("·", "•"), identity, code_for).status_code == 302
    assert User.objects.get().name == name


def test_the_three_ways_to_be_unknown_get_one_answer_with_the_exact_words(number, code_for):
    """R-ACC-04: unknown number, another name, malformed number."""
    pages = []
    for turn, (name, identity) in enumerate([("王芳", factories.id_number()), ("王芬", number), ("王芳", number[:-2])]):
        browser = Client(REMOTE_ADDR=f"203.0.113.{turn}")
        page = register(browser, name, identity, code_for, f"1990000710{turn}")
        assert page.status_code == 200
        assert page.context["form"].errors == {"id_number": ["请输入正确的身份证号"]}
        assert 'value="' + name in page.content.decode(), "nothing that was typed is lost"
        pages.append(plain(page).replace(name, "").replace(identity, "").replace(f"1990000710{turn}", ""))
    assert pages[0] == pages[1] == pages[2]
    assert "反馈" in pages[0]
    assert not User.objects.exists()


def test_a_stranger_who_does_not_hold_the_mobile_learns_nothing(number, code_for):
    """S4: unknown, wrong name, right and registered, right and free: same status, text, headers and work."""
    factories.worker("陈晨", number=(taken := factories.id_number()))
    factories.qualification("陈晨", number=taken)
    cases = [
        ("王芳", factories.id_number()),
        ("王芬", number),
        ("陈晨", taken),
        ("王芳", number),
        ("王芳", "1100001990"),
    ]
    seen = []
    for turn, (name, identity) in enumerate(cases):
        browser, mobile = Client(REMOTE_ADDR=f"203.0.113.{turn}"), f"1990000720{turn}"
        asked = answers(browser.get(STEP_1))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            first = browser.post(
                STEP_1, {"name": name, "id_number": identity, "mobile": mobile, "consent": "on", **asked}
            )
        page = browser.get(STEP_2)
        wrong = step_2(browser, "000000")
        headers = {key: value for key, value in first.items() if key not in ("Expires", "X-Request-ID")}
        shown = page.context["id_number"]
        texts = [
            plain(p).replace(name, "").replace(shown, "").replace(page.context["mobile"], "") for p in (page, wrong)
        ]
        seen.append((first.status_code, headers, page.status_code, wrong.status_code, texts, len(queries)))
        assert not any("qualification" in query["sql"] or "accounts_user" in query["sql"] for query in queries), (
            "nothing is looked up, so nothing can be told by the time it takes"
        )
    for case in seen[1:]:
        assert case == seen[0]


def test_no_page_before_the_account_exists_carries_a_certificate_number(client, number, code_for):
    """S4."""
    mgmt_no = Qualification.objects.get().mgmt_no
    pages = [client.get(STEP_1), step_1(client, "王芳", number), client.get(STEP_2), step_2(client, "000000")]
    assert not any(mgmt_no in page.content.decode() for page in pages)
    assert client.get("/registration/account/done/").status_code == 302


def test_a_second_account_is_refused_with_the_way_in_and_its_holder_is_told(client, people, code_for):
    """R-ACC-08, for who has proven a mobile and knows name and number; the holder hears of it."""
    from swms.notices.models import OutboxMessage

    holder = people.wang_fang.user
    page = register(client, "王芳", holder.id_number, code_for)
    assert "该身份证号已注册，请直接登录或找回密码" in page.content.decode()
    assert "/account/recover/" in page.content.decode()
    assert holder.mobile not in page.content.decode()
    code_for()
    assert any(
        "再次注册" in message.body for message in OutboxMessage.objects.all() if message.address == holder.mobile
    )
    assert AuditEvent.objects.filter(verb="accounts.user.registered_again", target_id=str(holder.pk)).exists()
    assert User.objects.filter(kind=User.Kind.WORKER).count() == 1


def test_a_registered_number_with_another_name_is_answered_as_unknown(client, people, code_for):
    """R-ACC-04 before R-ACC-08."""
    page = register(client, "王芬", people.wang_fang.user.id_number, code_for)
    assert page.context["form"].errors == {"id_number": ["请输入正确的身份证号"]}


def test_a_mobile_of_another_account_is_refused_beside_its_field(client, people, number, code_for):
    taken = people.chen_chen.user.mobile
    page = register(client, "王芳", number, code_for, taken)
    assert "mobile" in page.context["form"].errors
    assert User.objects.filter(mobile_index__isnull=False, name="王芳").count() == 0


def test_three_answers_a_day_about_one_number(number, code_for):
    """S4; known and unknown numbers alike."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        for who, identity in enumerate((number, factories.id_number())):
            for turn in range(3):
                mobile = f"199000073{who}{turn}"
                browser = Client(REMOTE_ADDR=f"203.0.113.{who}{turn}")
                assert register(browser, "王芬", identity, code_for, mobile).status_code == 200
            refused = register(Client(REMOTE_ADDR=f"203.0.113.{who}9"), "王芬", identity, code_for, f"199000073{who}9")
            assert refused.status_code == 429
            assert refused["Retry-After"] == "86400"
        clock.shift(timedelta(days=1, seconds=1))
        assert register(Client(), "王芳", number, code_for, "19900007399").status_code == 302


def test_five_registrations_an_hour_from_one_address(client, number):
    """S4."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False):
        for turn in range(5):
            assert step_1(client, "王芬", number, f"1990000740{turn}").status_code == 302
        refused = step_1(client, "王芬", number, "19900007409")
        assert refused.status_code == 429
        assert refused["Retry-After"] == "3600"
        assert 'value="王芬"' in refused.content.decode(), "nothing that was typed is lost"


def test_a_wrong_answer_to_the_question_asks_another_and_keeps_the_rest(client, number):
    page = step_1(client, "王芳", number, answer="99")
    assert "回答不正确" in page.content.decode()
    assert f'value="{number}"' in page.content.decode()
    assert client.get(STEP_2)["Location"] == STEP_1


def test_a_question_counts_once(client, number):
    asked = answers(client.get(STEP_1))
    data = {"name": "王芬", "id_number": number, "consent": "on", **asked}
    assert client.post(STEP_1, data | {"mobile": "19900007501"}).status_code == 302
    again = client.post(STEP_1, data | {"mobile": "19900007502"})
    assert "这个问题已经用过" in again.content.decode()


def test_a_right_answer_beside_another_mistake_is_kept(client, number):
    asked = answers(client.get(STEP_1))
    data = {"name": "王芳", "id_number": number, "mobile": "123", "consent": "on", **asked}
    page = client.post(STEP_1, data)
    assert list(page.context["form"].errors) == ["mobile"]
    assert page.context["form"]["answer"].value() == asked["answer"]
    assert client.post(STEP_1, data | {"mobile": MOBILE}).status_code == 302


def test_a_forged_question_is_refused(client, number):
    page = step_1(client, "王芳", number, asked="forged", answer="3")
    assert page.status_code == 200
    assert "answer" in page.context["form"].errors


def test_everything_missing_is_told_beside_its_field(client, db):
    page = client.post(STEP_1, {})
    assert set(page.context["form"].errors) == {"name", "id_number", "mobile", "answer", "consent"}
    assert page.content.decode().count("data-error-summary") == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "王"),
        ("name", "王<b>"),
        ("name", "王" * 101),
        ("id_number", "1" * 41),
        ("mobile", "12345678901"),
        ("name", "王\u202e芳"),
    ],
)
def test_hostile_or_over_long_values_are_told_beside_the_field(client, number, field, value):
    page = step_1(client, "王芳", number, **{field: value})
    assert page.status_code == 200
    assert list(page.context["form"].errors) == [field]


def test_the_account_needs_the_code_and_a_good_password(client, number, code_for):
    """R-ACC-12."""
    step_1(client, "王芳", number)
    assert "code" in step_2(client, "000000").context["form"].errors
    assert "password" in step_2(client, code_for(), "short").context["form"].errors
    assert "password" in step_2(client, code_for(), f"a+{number}").context["form"].errors
    assert not User.objects.exists()
    assert step_2(client, code_for()).status_code == 302, "a weak password does not use the code up"


def test_sending_twice_makes_one_account(client, number, code_for):
    step_1(client, "王芳", number)
    code = code_for()
    assert step_2(client, code)["Location"] == "/registration/account/done/"
    assert step_2(client, code)["Location"] == "/registration/account/done/"
    assert User.objects.count() == 1


def test_step_two_without_step_one_leads_back(client, db):
    assert client.get(STEP_2)["Location"] == STEP_1
    assert step_2(client, "123456")["Location"] == STEP_1


def test_the_session_holds_no_readable_identity_number_or_mobile(client, number):
    """Promise 8."""
    step_1(client, "王芳", number)
    text = " ".join(str(row.get_decoded()) for row in Session.objects.all())
    assert "flow:register" in text
    assert number not in text
    assert MOBILE not in text


def test_who_is_signed_in_does_not_register_again(client, people):
    client.force_login(people.wang_fang.user)
    assert client.get(STEP_1).status_code == 302
    assert client.get(STEP_2)["Location"] == "/registration/account/done/"


def test_staff_have_no_welcome_page(people):
    from tests.people import signed_in

    assert signed_in(people.li_jing).get("/registration/account/done/").status_code == 404


def test_another_worker_sees_only_the_own_certificates(client, number, people, code_for):
    register(client, "王芳", number, code_for)
    other = Client()
    other.force_login(people.chen_chen.user)
    assert (
        Qualification.objects.get(worker__user__name="王芳").mgmt_no
        not in other.get("/registration/account/done/").content.decode()
    )


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_number_make_one_account():
    """R-ACC-08 is a constraint, not only a question."""
    identity = factories.id_number()
    factories.qualification("王芳", number=identity)
    start, outcomes = threading.Barrier(2), []

    def run(mobile):
        start.wait()
        try:
            actions.register_account(
                name="王芳", id_number=identity, mobile=mobile, password=PASSWORD, consent_version=PRIVACY_VERSION
            )
            outcomes.append("made")
        except Refused as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(f"1990000760{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already_registered", "made"]
    assert User.objects.count() == 1
