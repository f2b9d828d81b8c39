"""The application on its pages and in the API: said plainly, decided by the same rules (R-REG-03…20)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from registration import actions
from registration.models import Application
from registration.promise import PROMISE_TEXT, PROMISE_VERSION
from registration.workflows import ApplicationState
from swms.dates import today
from swms.ui import cn_date
from tests import factories

pytestmark = pytest.mark.django_db

REASON = "照片不清晰，请重新上传近期证件照"
TICKED = {"promise": "on", "shown": PROMISE_VERSION}


def url(name, application, *more):
    return reverse(f"registration:{name}", args=[application.ref, *more])


@pytest.fixture
def application(client, people) -> Application:
    """王芳's application; 王芳 is signed in."""
    client.force_login(people.wang_fang.user)
    return people.application


def text(response) -> str:
    return response.content.decode()


def send(application) -> Application:
    return actions.apply(application, by=application.worker.user, promise_version=PROMISE_VERSION)


def refuse(application, people, kind="fixable", codes=("photo_not_id",)) -> Application:
    return application.move(
        "fail_first",
        actor=people.li_jing,
        seen=application.form_version,
        reason=REASON,
        refusal_kind=kind,
        reason_codes=list(codes),
    )


# --- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["application", "application_check", "application_receipt", "application_withdraw", "application_reopen"]
)
def test_nobody_but_the_worker_opens_the_pages_of_an_application(client, people, name):
    address = url(name, people.application)
    assert client.get(address).url.startswith(reverse("signin:sign_in"))
    client.force_login(people.chen_chen.user)
    assert client.get(address).status_code == 404
    assert client.post(address).status_code in (404, 405)


def test_staff_have_no_dashboard_of_a_worker(client, people):
    client.force_login(people.li_jing)
    assert client.get(reverse("registration:dashboard")).status_code in (302, 404)  # 302: the second factor first


# --- the one next thing ---------------------------------------------------------------------------


def test_the_dashboard_says_one_thing_to_do_and_that_nothing_was_sent(client, application):
    page = client.get(reverse("registration:dashboard"))
    assert page.context["step"].title == "申请登记证书"
    assert "未提交" in text(page)
    assert url("application", application) in text(page)


def test_somebody_with_nothing_filled_in_is_led_to_the_personal_information(client, people):
    factories.qualification("陈晨", number=people.chen_chen.user.id_number)
    actions.attach_qualifications(people.chen_chen)
    client.force_login(people.chen_chen.user)
    page = client.get(reverse("registration:dashboard"))
    assert page.context["step_url"] == reverse("registration:profile")
    assert "还有" in text(client.get(reverse("registration:profile")))


def test_somebody_whom_the_roster_does_not_know_sees_pages_without_errors(client, people):
    client.force_login(people.chen_chen.user)
    for name in ("dashboard", "profile", "profile_region"):
        assert client.get(reverse(f"registration:{name}")).status_code == 200


# --- check, promise, send, receipt ----------------------------------------------------------------


def test_the_form_is_copied_from_the_personal_information_with_numbers_masked(
    client, application
):  # R-REG-08, R-ACC-13
    page = text(client.get(url("application_check", application)))
    user = application.worker.user
    assert "示例大学" in page
    assert PROMISE_TEXT in page
    assert user.masked_id in page
    assert user.id_number not in page
    assert user.mobile not in page


def test_without_the_promise_nothing_is_sent(client, application):  # R-REG-08
    response = client.post(url("application_check", application), {"shown": PROMISE_VERSION})
    assert response.context["form"].errors["promise"] == ["请先阅读并勾选承诺声明"]
    application.refresh_from_db()
    assert application.state == ApplicationState.NOT_APPLIED


def test_a_promise_whose_text_has_changed_must_be_read_again(client, application):
    response = client.post(url("application_check", application), TICKED | {"shown": "2020-01"})
    assert "承诺声明已更新" in text(response)
    application.refresh_from_db()
    assert application.state == ApplicationState.NOT_APPLIED


def test_sending_leads_to_a_receipt_that_works_again_later(client, application, people):
    response = client.post(url("application_check", application), TICKED)
    assert response.url == url("application_receipt", application)
    application.refresh_from_db()
    for _ in range(2):
        receipt = text(client.get(response.url))
        assert application.ref in receipt
        assert cn_date(application.due_on) in receipt
        assert "朝阳区民政部门进行初审" in receipt
    refuse(application, people)
    assert client.get(response.url).status_code == 200


def test_pressing_twice_sends_once(client, application):
    client.post(url("application_check", application), TICKED)
    second = client.post(url("application_check", application), TICKED)
    assert second.url == url("application", application)
    application.refresh_from_db()
    assert application.form_version == 1


def test_what_is_missing_is_listed_at_once_and_there_is_no_button(client, application):  # R-REG-08
    application.worker.school = ""
    application.worker.photo = None
    application.worker.save()
    page = text(client.get(url("application_check", application)))
    assert "还有2项未填写" in page
    assert PROMISE_TEXT not in page
    response = client.post(url("application_check", application), TICKED)
    assert "个人信息尚未完善：毕业院校、照片" in text(response)


def test_there_is_no_receipt_of_what_was_not_sent(client, application):
    assert client.get(url("application_receipt", application)).url == url("application", application)


def test_a_closed_window_is_explained_with_its_rule_and_offers_no_sending(client, people):  # R-REG-03, R-REG-05
    late = factories.application("周晚", issue_date=date(2024, 10, 1))
    client.force_login(late.worker.user)
    with time_machine.travel("2025-10-10 04:00Z", tick=False):
        page = text(client.get(url("application", late)))
        check = text(client.get(url("application_check", late)))
    assert "已超过首次登记受理期限（通过考试后1年内）" in page
    assert "2025年10月9日" in page
    assert PROMISE_TEXT not in check


def test_before_the_window_opens_the_page_says_from_when(client, people):  # R-REG-03
    early = factories.application("周早", issue_date=today())
    client.force_login(early.worker.user)
    assert f"{cn_date(today() + timedelta(days=1))}起可以申请" in text(client.get(url("application", early)))


# --- 撤回, 修改并重新申请 ----------------------------------------------------------------------------


def test_an_application_is_withdrawn_only_after_being_asked(client, application):  # R-REG-19
    send(application)
    assert "撤回后" in text(client.get(url("application_withdraw", application)))
    assert client.post(url("application_withdraw", application)).url == url("application", application)
    application.refresh_from_db()
    assert application.state == ApplicationState.NOT_APPLIED
    assert "申请尚未提交" in text(client.get(url("application", application)))


def test_once_the_first_review_is_passed_nothing_can_be_withdrawn(client, application, people):  # R-REG-19
    send(application).move("pass_first", actor=people.li_jing, seen=1)
    assert client.get(url("application_withdraw", application)).url == url("application", application)
    client.post(url("application_withdraw", application))
    application.refresh_from_db()
    assert application.state == ApplicationState.INITIAL_APPROVED


def test_a_refusal_shows_its_reasons_and_leads_to_what_is_to_be_mended(client, application, people):  # R-REG-14
    refuse(send(application), people, codes=("photo_not_id", "local_certificate", "other"))
    page = text(client.get(url("application", application)))
    assert REASON in page
    assert "初审未通过（补正）" in page
    assert reverse("registration:profile_photo") not in page
    client.post(url("application_reopen", application))
    page = text(client.get(url("application", application)))
    assert REASON in page
    assert f'href="{reverse("registration:profile_photo")}#id_photo"' in page
    assert f'href="{reverse("registration:profile_region")}#id_has_local_cert_0"' in page
    assert "申请尚未重新提交" in page


def test_a_worker_reads_the_office_and_not_the_name_of_the_official(client, application, people):
    refuse(send(application), people)
    page = text(client.get(url("application", application)))
    assert "朝阳区民政部门" in page
    assert people.li_jing.name not in page


def test_after_a_final_refusal_the_page_says_from_when_to_apply_again(client, application, people):  # F10
    refuse(send(application), people, kind="refused", codes=("not_eligible",))
    page = client.get(url("application", application))
    assert page.context["moves"] == []
    assert f"{cn_date(today() + timedelta(days=30))}起可以修改并重新申请" in text(page)
    client.post(url("application_reopen", application))
    application.refresh_from_db()
    assert application.state == ApplicationState.INITIAL_REJECTED


# --- 查看证书 ---------------------------------------------------------------------------------------


def test_the_certificate_is_offered_only_in_the_two_last_states(client, application, people):  # R-REG-20
    def offered():
        pages = client.get(reverse("registration:profile")), client.get(url("application", application))
        kinds = {bool(page.context["viewable"]) for page in pages}
        assert len(kinds) == 1
        return kinds.pop()

    assert not offered()
    send(application)
    assert not offered()
    application.move("pass_first", actor=people.li_jing, seen=1)
    assert not offered()
    application.move("pass_final", actor=people.zhang_wei, seen=1)
    assert not offered()
    actions.complete(application.pk)
    assert offered()
    application.refresh_from_db()
    application.move("issue")
    assert offered()


# --- API ------------------------------------------------------------------------------------------


def api(application, move=None):
    if move:
        return reverse("registration:api_move", args=[application.ref, move])
    return reverse("registration:api_application", args=[application.ref])


def test_the_api_applies_and_withdraws_by_the_same_rules(client, application):
    assert client.get(api(application)).json()["moves"] == ["apply"]
    refused = client.post(api(application, "apply"), {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "promise_missing")
    old = client.post(api(application, "apply"), {"promise_version": "2020-01"}, content_type="application/json")
    assert (old.status_code, old.json()["code"]) == (409, "changed")
    sent = client.post(api(application, "apply"), {"promise_version": PROMISE_VERSION}, content_type="application/json")
    assert (sent.json()["state"], sent.json()["state_label"]) == ("PENDING_REVIEW", "待审核")
    again = client.post(
        api(application, "apply"), {"promise_version": PROMISE_VERSION}, content_type="application/json"
    )
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert client.post(api(application, "withdraw"), content_type="application/json").json()["state"] == "NOT_APPLIED"
    assert client.post(api(application, "pass_first"), content_type="application/json").status_code == 404


def test_the_api_lists_what_is_missing(client, application):
    application.worker.school = ""
    application.worker.save()
    refused = client.post(
        api(application, "apply"), {"promise_version": PROMISE_VERSION}, content_type="application/json"
    ).json()
    assert (refused["code"], refused["missing"]) == ("profile_incomplete", ["school"])


def test_the_api_shows_nobody_elses_application(client, people):
    application = people.application
    assert client.get(api(application)).status_code in (401, 403)
    client.force_login(people.chen_chen.user)
    assert client.get(api(application)).status_code == 404
    assert client.post(api(application, "apply"), content_type="application/json").status_code == 404
    assert client.get(reverse("registration:api_applications")).json() == []


# --- cost -----------------------------------------------------------------------------------------


def test_no_page_asks_the_database_more_than_twenty_times(client, application, django_assert_max_num_queries):
    client.get(reverse("registration:dashboard"))  # the first page of a session writes when it was seen

    def ask(*addresses):
        for address in addresses:
            with django_assert_max_num_queries(20):
                assert client.get(address).status_code == 200

    ask(
        reverse("registration:dashboard"),
        reverse("registration:profile"),
        url("application", application),
        url("application_check", application),
        api(application),
    )
    send(application)
    ask(
        reverse("registration:dashboard"),
        reverse("registration:profile"),
        url("application", application),
        url("application_receipt", application),
    )


def test_the_check_page_costs_the_same_for_three_entries_as_for_one(client, application, django_assert_max_num_queries):
    worker = application.worker

    def add():
        factories.experience(worker, end_date=date(2021, 1, 1))
        factories.evidence(factories.past_project(worker, is_special=True, plan="THREE_AREAS"), worker.user)

    def count():
        with django_assert_max_num_queries(20) as asked:
            assert client.get(url("application_check", application)).status_code == 200
        return len(asked)

    add()
    client.get(url("application_check", application))
    one = count()
    add()
    add()
    assert count() == one


def test_a_second_case_to_mend_costs_no_more_than_its_form(client, application, people, django_assert_max_num_queries):
    worker = application.worker

    def to_mend(case):
        actions.reopen(refuse(send(case), people), by=worker.user)

    def count(name):
        with django_assert_max_num_queries(20) as asked:
            assert client.get(reverse(f"registration:{name}")).status_code == 200
        return len(asked)

    pages = ("dashboard", "profile", "profile_honours", "profile_photo")
    other = factories.qualification(worker.user.name, number=worker.user.id_number, level=2)
    actions.attach_qualifications(worker)
    to_mend(application)
    client.get(reverse("registration:dashboard"))
    one = {name: count(name) for name in pages}
    to_mend(Application.objects.get(qualification=other))
    assert {name: count(name) - one[name] for name in pages} == dict.fromkeys(pages, 1)


# --- dates ----------------------------------------------------------------------------------------


def test_the_dashboard_counts_down_to_the_last_day_of_whatever_is_waited_for(client, application, people):
    def shown():
        dates = client.get(reverse("registration:dashboard")).context["dates"]
        return [(each.label, each.due) for each in dates]

    issued = application.qualification.issue_date
    assert [label for label, _ in shown()] == ["首次登记受理期限"]
    assert shown()[0][1] >= date(issued.year + 1, issued.month, issued.day)  # R-REG-03, R-TIME-05
    send(application)
    assert shown() == [("审核期限", application.due_on)]  # R-REG-16
    application.move("pass_first", actor=people.li_jing, seen=1)
    application.move("pass_final", actor=people.zhang_wei, seen=1)
    actions.complete(application.pk)
    assert "最迟在" not in text(client.get(url("application_receipt", application)))
    assert shown() == [("登记有效期", application.worker.registrations.get().valid_until)]  # R-REG-21


def test_after_a_refusal_near_the_end_of_the_window_thirty_days_count(client, people):  # R-REG-04
    late = factories.application("周晚", issue_date=date(2025, 12, 1))
    with time_machine.travel("2026-11-30 04:00Z", tick=False):
        client.force_login(late.worker.user)
        refuse(send(late), people)
        actions.reopen(late, by=late.worker.user)
        page = client.get(url("application", late))
    assert [(each.label, each.due) for each in page.context["dates"]] == [("补正后重新申请", date(2026, 12, 30))]
    assert page.context["late"] is None
