# ruff: noqa: F811 - fixtures are imported by name
"""Institutions at the office: what is checked, what follows a decision, and how one ends (§2.9, R-SVC-07, R-SVC-08)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from registration import queries
from registration.models import Institution
from registration.queries.institution_checks import of_institution
from registration.workflows import InstitutionState as S
from swms.accounts.models import User
from swms.audit.models import AuditEvent
from swms.notices.models import Notice
from tests import factories
from tests.people import PASSWORD, signed_in
from tests.registration.feedback_pages import clock, sent, texts  # noqa: F401
from tests.registration.institution_pages import CONTACT, USCC, link_in

LIST = "/console/registration/institution/"
REASON = "年度检查不合格，责令整改后再恢复。"


@pytest.fixture
def one(people) -> Institution:
    """夏雨, in 待审核 at 朝阳区."""
    return factories.registering(contact=CONTACT, uscc=USCC)


@pytest.fixture
def active(one, people) -> Institution:
    return one.move("approve", actor=people.li_jing, seen=1)


def page_of(institution) -> str:
    return f"{LIST}{institution.uid}/"


# --- who sees and decides -----------------------------------------------------------------------------


def test_the_bureau_of_the_region_finds_it_waiting_and_another_region_does_not_find_it(one, people):
    front = texts(signed_in(people.li_jing).get("/console/"))
    assert "社会工作服务机构" in front
    assert one.name in texts(signed_in(people.li_jing).get(f"{LIST}?part=mine"))
    assert one.name in texts(signed_in(people.zhang_wei).get(LIST))
    min_ = signed_in(people.zhao_min)
    assert min_.get(page_of(one)).status_code == 404
    for searched in (one.name, one.uscc, one.ref):
        assert min_.post(LIST, {"text": searched}).context["rows"] == []
        assert len(signed_in(people.li_jing).post(LIST, {"text": searched}).context["rows"]) == 1


def test_zhang_wei_who_makes_final_reviews_looks_and_decides_nothing(one, people):
    page = signed_in(people.zhang_wei).get(page_of(one))
    assert page.context["plain_moves"] == page.context["reasoned_moves"] == []
    for name in ("approve", "reject"):
        with pytest.raises(PermissionDenied):
            one.move(name, actor=people.zhang_wei, seen=1, reason=REASON)
    with pytest.raises(PermissionDenied):
        one.move("approve", actor=people.zhao_min, seen=1)


def test_the_scan_opens_to_the_bureau_and_to_nobody_else(one, people):
    """S6."""
    url = one.certificate_scan.get_absolute_url()
    assert signed_in(people.li_jing).get(url).status_code == 200
    for user in (people.zhao_min, people.chen_chen.user):
        assert signed_in(user).get(url).status_code == 404


# --- what is checked ---------------------------------------------------------------------------------------


def checked(**fields) -> dict:
    return {each.name: each for each in of_institution(factories.registering(**fields))}


@pytest.mark.parametrize(
    ("kind", "org_type", "ok"),
    [
        ("52", "PRIVATE_NON_ENTERPRISE", True),
        ("52", "FOUNDATION", None),
        ("51", "ASSOCIATION", None),
        ("53", "FOUNDATION", None),
        ("59", "OTHER", None),
        ("91", "OTHER", None),
    ],
)
def test_a_code_of_another_kind_than_52_is_pointed_out_and_not_refused(people, kind, org_type, ok):
    """R-SVC-07."""
    check = checked(uscc=factories.uscc(kind=kind), org_type=org_type)["kind"]
    assert check.ok is ok
    assert ok or check.note


@pytest.mark.parametrize(
    ("total", "licensed", "ok"), [(9, 3, True), (10, 4, True), (10, 3, None), (None, None, None), (0, 0, None)]
)
def test_a_third_of_the_staff_is_an_indicator(people, total, licensed, ok):
    """R-SVC-08: shown, not enforced."""
    assert checked(staff_total=total, staff_licensed=licensed)["staff"].ok is ok


def test_a_namesake_in_the_region_and_a_mobile_of_another_account_are_pointed_out(people):
    factories.institution("夏雨（朝阳）中心")
    found = checked(name="夏雨 (朝阳) 中心", contact=people.wang_fang.user.mobile)
    assert found["same_name"].ok is None
    assert "夏雨（朝阳）中心" in found["same_name"].note
    assert found["mobile"].ok is None
    assert found["uscc"].ok is True


# --- approval -------------------------------------------------------------------------------------------


def test_an_approval_makes_it_an_employer_to_choose_with_an_account_and_one_link_for_the_password(
    one, people, sent, client
):
    assert not queries.institutions_named("夏雨")
    signed_in(people.li_jing).post(page_of(one), {"move": "approve", "version": "1"})
    one.refresh_from_db()
    assert (one.state, one.is_active, one.due_on) == (S.ACTIVE, True, None)
    assert list(queries.institutions_named("夏雨")) == [one]
    account = one.account
    assert (account.kind, account.username, account.mobile) == (User.Kind.INSTITUTION, USCC, CONTACT)
    assert not account.has_usable_password()
    assert account.needs_second_factor

    link = link_in(sent(CONTACT), "password")
    assert USCC in texts(client.get(link))
    assert "两次输入的密码不一致" in texts(client.post(link, {"password": PASSWORD, "again": "x"}))
    assert client.post(link, {"password": PASSWORD, "again": PASSWORD})["Location"] == reverse("signin:sign_in")
    assert client.get(link).status_code == 410
    assert client.post(link, {"password": "Another-2026", "again": "Another-2026"}).status_code == 410
    account.refresh_from_db()
    assert account.check_password(PASSWORD)
    entered = client.post("/account/sign-in/", {"username": USCC, "password": PASSWORD})
    assert client.get(reverse("registration:institution_own"))["Location"].startswith("/account/")
    assert entered.status_code == 302


def test_a_contact_whose_mobile_has_an_account_gets_one_for_the_institution_without_it(people, sent):
    """One active account for each mobile (R-ACC-08): a director who is a social worker keeps the own."""
    mobile = people.wang_fang.user.mobile
    one = factories.registering(contact=mobile)
    one.move("approve", actor=people.li_jing, seen=1)
    assert (one.account.username, one.account.mobile) == (one.uscc, None)
    assert "/password/" in sent(mobile)[0]


def test_a_link_that_ran_out_is_sent_again_by_the_bureau_and_the_old_one_is_void(active, people, clock, sent, client):
    first = link_in(sent(CONTACT), "password")
    clock.shift(timedelta(days=7))
    assert client.get(first).status_code == 410
    signed_in(people.li_jing).post(page_of(active), {"move": "send_password_link"})
    second = link_in(sent(CONTACT), "password")
    assert client.get(second).status_code == 200
    again = signed_in(people.li_jing).post(page_of(active), {"move": "send_password_link"})
    assert again.status_code == 409


def test_the_institution_sees_its_own_page_and_nobody_elses(active, people):
    browser = signed_in(active.account)
    own = reverse("registration:institution_own")
    page = texts(browser.get(own))
    assert active.name in page
    assert CONTACT not in page
    assert own in texts(browser.get("/"))
    assert browser.get("/registration/").status_code == 404
    assert browser.get(f"{LIST}{active.uid}/").status_code == 404
    for user in (people.wang_fang.user, people.li_jing):
        assert signed_in(user).get(own).status_code == 404
    assert list(Institution.objects.visible_to(active.account)) == [active]


def test_a_refused_institution_hears_the_reason_by_sms_and_has_no_account(one, people, sent):
    reason = "不属于社会工作服务机构，不予通过。"
    signed_in(people.li_jing).post(page_of(one), {"move": "reject", "version": "1", "reason": reason})
    one.refresh_from_db()
    assert (one.state, one.account) == (S.REJECTED, None)
    assert reason in sent(CONTACT)[0]


# --- afterwards -----------------------------------------------------------------------------------------


def test_a_suspended_institution_cannot_be_chosen_until_it_is_resumed(active, people):
    jing = signed_in(people.li_jing)
    jing.post(page_of(active), {"move": "suspend", "reason": "短"})
    active.refresh_from_db()
    assert active.is_active
    jing.post(page_of(active), {"move": "suspend", "reason": REASON})
    assert not queries.institutions_named("夏雨")
    assert queries.institution_chosen(str(active.uid)) is None
    assert REASON in texts(signed_in(active.account).get(reverse("registration:institution_own")))
    notice = Notice.objects.get(recipient=active.account, kind="registration.institution.suspend")
    assert REASON in notice.body
    jing.post(page_of(active), {"move": "resume", "reason": "整改完成，恢复使用本系统。"})
    assert list(queries.institutions_named("夏雨")) == [active]


def test_when_an_institution_ends_its_present_staff_are_told_to_change_and_its_former_staff_are_not(active, people):
    """§2.9: 机构已注销，请办理变更."""
    here, gone = people.wang_fang, people.chen_chen
    here.experiences.update(institution=active)
    factories.experience(gone, institution=active, end_date=factories.today())
    signed_in(people.li_jing).post(
        page_of(active), {"move": "deregister", "reason": "机构已在登记管理机关办理注销登记。"}
    )
    active.refresh_from_db()
    assert active.state == S.DEREGISTERED
    told = Notice.objects.filter(kind="registration.institution.deregistered")
    assert [(each.recipient, each.title) for each in told] == [(here.user, "机构已注销，请办理变更")]
    assert not queries.institutions_named("夏雨")
    assert signed_in(people.li_jing).get(page_of(active)).context["plain_moves"] == []


def test_the_contacts_mobile_is_masked_and_showing_it_leaves_a_trace(one, people):
    """R-ACC-13."""
    jing = signed_in(people.li_jing)
    assert CONTACT not in texts(jing.get(page_of(one)))
    assert CONTACT in texts(jing.post(f"{page_of(one)}reveal/", {"field": "contact_mobile"}))
    assert AuditEvent.objects.get(verb="registration.institution.reveal").target_id == str(one.pk)


def test_reviewers_are_reminded_of_a_form_and_the_office_above_of_an_overdue_one(one, people, clock):
    from registration import tasks

    assert people.li_jing
    assert people.zhang_wei
    clock.move_to("2026-12-15 08:30:00+08:00")
    tasks.remind()
    bodies = {each.recipient: each.body for each in Notice.objects.filter(kind="registration.reminder")}
    assert bodies == {
        people.li_jing: "已逾期1件，请及时办理。",
        people.zhang_wei: "下级逾期未办1件，请及时办理。",
    }


def test_an_institution_of_before_accounts_can_be_ended_and_has_no_password_to_set(people):
    old = factories.institution()
    assert "没有账户" in texts(signed_in(people.li_jing).post(page_of(old), {"move": "send_password_link"}))
    old.move("deregister", actor=people.li_jing, reason="机构已在登记管理机关办理注销登记。")
    assert not old.is_active
