"""Staff, their duties, and the three administrators who are kept apart (S10, S15)."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from swms.accounts.models import Authenticator, User
from swms.audit.models import AuditEvent
from swms.console import staff
from swms.regions.models import ADMINISTRATORS, Duty, Jurisdiction
from swms.workflow import Refused
from tests import factories
from tests.people import signed_in

STAFF = reverse("admin:accounts_user_changelist")
NEW = reverse("admin:accounts_user_add")


@pytest.fixture
def min_of_security(people):
    """吴敏, the security administrator."""
    return factories.staff("吴敏", (Duty.SECURITY, None), username="wumin")


@pytest.fixture
def desk(min_of_security):
    return signed_in(min_of_security)


def page_of(user):
    return reverse("admin:accounts_user_change", args=[user.uid])


def grant(client, user, duty, **more):
    return client.post(page_of(user), {"do": "grant", "duty": duty} | more)


def test_a_new_member_of_staff_gets_a_password_once_and_no_duty(desk, client):
    page = desk.post(NEW, {"name": "刘洋", "username": "liuyang"}).content.decode()
    user = User.objects.get(username="liuyang")
    password = re.search(r"<code>(\S+)</code>", page).group(1)
    assert (user.kind, user.check_password(password), user.jurisdictions.count()) == (User.Kind.STAFF, True, 0)
    assert password not in desk.get(page_of(user)).content.decode()
    assert password not in str(AuditEvent.objects.values_list("changes", "reason", "target_repr"))


def test_a_user_name_is_given_once_and_what_was_typed_stays(desk, people):
    page = desk.post(NEW, {"name": "李婧", "username": people.li_jing.username}).content.decode()
    assert "这个用户名已有人使用" in page
    assert "李婧" in page


def test_a_duty_over_a_region_is_given_and_taken_back_with_a_trail(desk, people):
    one = people.li_jing
    factories.region("110108")
    grant(desk, one, "final_review", region="110108")
    held = one.jurisdictions.get(duty="final_review")
    assert held.region_id == "110108"
    desk.post(page_of(one), {"do": "withdraw", "held": held.pk})
    assert not one.jurisdictions.filter(duty="final_review").exists()
    verbs = AuditEvent.objects.filter(target_type="accounts.user", target_id=str(one.pk)).values_list("verb", flat=True)
    assert list(verbs) == ["accounts.user.grant_duty", "accounts.user.withdraw_duty"]


def test_the_whole_country_must_be_meant(desk, people):
    page = grant(desk, people.li_jing, "final_review").content.decode()
    assert "请选择管辖区域，或勾选“全国”" in page
    grant(desk, people.li_jing, "final_review", nationwide="on")
    assert people.li_jing.jurisdictions.get(duty="final_review").region is None


@pytest.mark.parametrize("first", ADMINISTRATORS)
@pytest.mark.parametrize("second", ADMINISTRATORS)
def test_nobody_holds_two_of_the_three_administrators_duties_s15(min_of_security, first, second):
    one = factories.staff("钱进", (first, None))
    if first == second:
        return
    with pytest.raises(Refused) as refused:
        staff.grant(one, duty=second, region=None, by=min_of_security)
    assert refused.value.code == "kept_apart"
    with pytest.raises(IntegrityError), transaction.atomic():
        Jurisdiction.objects.create(user=one, duty=second)


def test_nobody_hands_out_duties_to_oneself(desk, min_of_security):
    answer = grant(desk, min_of_security, "final_review", nationwide="on")
    assert "不能修改自己的账号和职责" in desk.get(answer["Location"]).content.decode()
    assert min_of_security.jurisdictions.count() == 1
    desk.post(page_of(min_of_security), {"do": "deactivate"})
    min_of_security.refresh_from_db()
    assert min_of_security.is_active


def test_a_reset_second_factor_signs_the_person_out_and_is_set_up_anew_s10(desk, people):
    jing = signed_in(people.li_jing)
    desk.post(page_of(people.li_jing), {"do": "reset_second_factor"})
    assert not Authenticator.objects.filter(user=people.li_jing).exists()
    assert reverse("signin:sign_in") in jing.get(reverse("admin:index"))["Location"]


def test_a_reset_password_and_a_closed_account_end_every_session(desk, people):
    jing = signed_in(people.li_jing)
    page = desk.post(page_of(people.li_jing), {"do": "reset_password"}).content.decode()
    people.li_jing.refresh_from_db()
    assert people.li_jing.check_password(re.search(r"<code>(\S+)</code>", page).group(1))
    assert jing.get(reverse("admin:index")).status_code == 302
    jing = signed_in(people.li_jing)
    desk.post(page_of(people.li_jing), {"do": "deactivate"})
    assert jing.get(reverse("admin:index")).status_code == 302


def test_a_password_that_was_handed_out_opens_nothing_until_the_person_chose_another_s15(desk, people):
    page = desk.post(page_of(people.li_jing), {"do": "reset_password"}).content.decode()
    handed_out = re.search(r"<code>(\S+)</code>", page).group(1)
    people.li_jing.refresh_from_db()
    jing = signed_in(people.li_jing)
    change = reverse("signin:change_password")
    assert jing.get(reverse("admin:index"))["Location"] == change
    assert jing.get(reverse("registration:api_applications"), headers={"Accept": "application/json"}).status_code == 403
    own = "Chaoyang-2026-zi"
    jing.post(change, {"present": handed_out, "password": own, "again": own})
    people.li_jing.refresh_from_db()
    assert people.li_jing.check_password(own)
    assert signed_in(people.li_jing).get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("duty", [d for d in Duty if d != Duty.SECURITY])
def test_only_the_security_administrator_manages_staff(people, office, duty):
    other = office("钱进", (duty, None))
    for url in (STAFF, NEW, page_of(people.li_jing)):
        assert other.get(url).status_code == 404
        assert other.post(url, {"do": "reset_password"}).status_code == 404


def test_a_worker_is_no_member_of_staff(desk, people):
    assert desk.get(page_of(people.wang_fang.user)).status_code == 404


@pytest.mark.parametrize(
    ("screen", "duty"),
    [
        ("audit_auditevent", Duty.AUDIT),
        ("notices_delivery", Duty.SYSTEM),
        ("notices_notice", Duty.SYSTEM),
        ("swms_heartbeat", Duty.SYSTEM),
        ("registration_rosterimport", Duty.CERTIFICATE),
        ("certificates_annotation", Duty.CERTIFICATE),
    ],
)
def test_each_screen_opens_to_its_own_duty_only(office, screen, duty):
    url = reverse(f"admin:{screen}_changelist")
    opened = {each for each in Duty if office("钱进", (each, None)).get(url).status_code == 200}
    assert opened == {duty}


def test_the_menu_names_only_what_opens(office):
    for duty in Duty:
        client = office("钱进", (duty, None))
        nav = client.get(reverse("admin:index")).context["console_nav"]
        for item in [item for group in nav for item in group["items"]]:
            assert client.get(item["url"]).status_code == 200


def test_the_auditor_reads_the_trail_and_the_verdict_on_its_chain(office, people, case):
    auditor = office("冯雪", (Duty.AUDIT, None))
    url = reverse("admin:audit_auditevent_changelist")
    page = auditor.get(url).content.decode()
    assert "申请登记证书" in page
    assert "状态：未申请登记证书 → 待审核" in page
    assert case.ref in auditor.post(url, {"text": case.ref}).content.decode()
    assert "审计链" in auditor.get(reverse("admin:audit_auditevent_chain")).content.decode()
    assert auditor.post(reverse("admin:audit_auditevent_chain")).status_code == 405


def test_the_system_administrator_has_the_promises_judged(office, case):
    system = office("郑凯", (Duty.SYSTEM, None))
    url = reverse("admin:swms_heartbeat_changelist")
    assert system.get(url).context["verdicts"] is None
    verdicts = system.post(url).context["verdicts"]
    assert len(verdicts) > 5


def test_the_ledger_shows_how_messages_fared_and_never_what_they_said(office, case, people):
    from swms.notices.send import sms

    sms("19900009999", "验证码 123456", kind="signin.code")
    page = office("郑凯", (Duty.SYSTEM, None)).get(reverse("admin:notices_delivery_changelist")).content.decode()
    assert "199****9999" in page
    assert "signin.code" in page
    assert "123456" not in page
