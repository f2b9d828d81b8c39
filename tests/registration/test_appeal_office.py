# ruff: noqa: F811 - fixtures are imported by name
"""申诉 at the office and at the security administrator's desk: who sees and decides what, R-APL-04, §2.12."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import reverse

from registration import actions, tasks
from registration.models import Appeal
from registration.workflows import AppealState as S
from swms.audit.models import AuditEvent
from swms.workflow import Refused
from tests import factories
from tests.people import PASSWORD, signed_in
from tests.registration.appeal_pages import (  # noqa: F401
    CHANGED,
    NEW,
    OBJECTION,
    REASON,
    RESET,
    START,
    answers,
    appeal,
    approved,
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
from tests.registration.feedback_pages import asked, texts


@pytest.fixture
def security(db):
    """郑凯, security administrator."""
    return factories.staff("郑凯", ("security", None), username="zhengkai")


@pytest.fixture
def nobodys(client, appeal):
    """The appeal of somebody who has no account."""
    appeal(client)
    return Appeal.objects.get()


def url(one, page="change") -> str:
    return reverse(f"admin:registration_appeal_{page}", args=[one.ref])


def listed(browser) -> str:
    return texts(browser.get(reverse("admin:registration_appeal_changelist")))


# --- who sees what -----------------------------------------------------------------------------------


def test_the_first_reviewer_of_the_accounts_region_decides_and_nobody_else_even_sees_it(hers, people, security):
    """§2.12, S6: 赵敏 of 上海, the final reviewer above and the security administrator find neither page nor images."""
    jing = signed_in(people.li_jing)
    assert hers.ref in listed(jing)
    image = hers.front.get_absolute_url()
    assert jing.get(url(hers)).status_code == 200
    assert jing.get(image).status_code == 200
    for user in (people.zhao_min, people.zhang_wei, security, people.chen_chen.user):
        browser = signed_in(user)
        assert browser.get(url(hers)).status_code == 404
        assert browser.post(url(hers), {"move": "approve", "version": "1"}).status_code == 404
        assert browser.get(image).status_code == 404
        with pytest.raises(PermissionDenied), transaction.atomic():
            hers.move("approve", actor=user, seen=1)
    assert hers.ref not in listed(signed_in(people.zhao_min))
    assert Client().get(image).status_code == 404


def test_without_an_account_it_is_the_security_administrators_who_sees_it_and_cannot_approve(nobodys, people, security):
    """§2.12: 无对应账号 is said to the reviewer only."""
    kai = signed_in(security)
    assert nobodys.ref in listed(kai)
    page = texts(kai.get(url(nobodys)))
    assert "无对应账号" in page
    assert "账户信息" not in page
    refused = kai.post(url(nobodys), {"move": "approve", "version": "1"})
    assert refused.status_code == 409
    assert "无对应账号，不能通过" in texts(refused)
    assert signed_in(people.li_jing).get(url(nobodys)).status_code == 404
    assert kai.post(url(nobodys), {"move": "reject", "version": "1", "reason": REASON}).status_code == 302
    nobodys.refresh_from_db()
    assert nobodys.state == S.REJECTED


def test_an_account_of_another_name_or_without_a_region_goes_to_the_security_administrator(appeal, people, security):
    lin = factories.worker("林悦").user
    appeal(Client(), lin)
    assert Appeal.objects.get().region is None
    page = texts(signed_in(security).get(url(Appeal.objects.get())))
    assert "没有填写" in page
    appeal(Client(), name="王芬", id_number=people.wang_fang.user.id_number, mobile="19900008003")
    assert "姓名不同" in texts(signed_in(security).get(url(Appeal.objects.latest("id"))))


def test_the_reviewer_compares_both_sides_with_the_facts_of_the_account_and_every_look_is_written_down(
    hers, fang, people
):
    """R-APL-04, R-SEC-06: numbers masked, images beside the record; an image that is opened leaves an event."""
    jing = signed_in(people.li_jing)
    page = texts(jing.get(url(hers)))
    for said in ("账户信息", fang.masked_id, fang.masked_mobile, "朝阳区", fang.worker.qualifications.get().mgmt_no):
        assert said in page
    for secret in (fang.id_number, fang.mobile, NEW):
        assert secret not in page
    for image in (hers.front, hers.back, fang.worker.photo):
        assert f"{image.get_absolute_url()}?inline=1" in page
        shown = jing.get(f"{image.get_absolute_url()}?inline=1")
        assert shown["Content-Disposition"].startswith("inline")
    looked = AuditEvent.objects.filter(verb="read_file", actor=people.li_jing)
    assert {event.changes["of"] for event in looked} == {f"registration.appeal:{hers.pk}"}
    assert looked.count() == 2
    assert NEW in texts(jing.post(url(hers, "reveal"), {"field": "mobile"}))
    assert AuditEvent.objects.get(verb="registration.appeal.reveal").changes == {"field": "mobile"}


def test_an_appeal_is_found_by_receipt_name_and_identity_number_which_is_audited(hers, fang, people):
    jing, lists = signed_in(people.li_jing), reverse("admin:registration_appeal_changelist")
    for text in (hers.ref, "王芳", fang.id_number):
        assert hers.ref in texts(jing.post(lists, {"text": text}))
    assert hers.ref not in texts(signed_in(people.zhao_min).post(lists, {"text": hers.ref}))
    searched = AuditEvent.objects.filter(verb="console.search_identity", actor=people.li_jing)
    assert [event.changes["found"] for event in searched] == [[hers.ref]]


# --- deciding ----------------------------------------------------------------------------------------


def test_a_decision_on_answers_that_were_completed_meanwhile_is_refused(client, hers, people):
    """As R-REG-12: nobody approves a card that nobody looked at."""
    jing = signed_in(people.li_jing)
    jing.post(url(hers), {"move": "return_for_more", "version": "1", "reason": REASON})
    client.post(f"{START}{hers.ref}/edit/", answers(name="王芳", front=None, back=factories.id_card("清晰")))
    late = jing.post(url(hers), {"move": "approve", "version": "1"})
    assert late.status_code == 409
    assert "您看的是第 1 版，现在是第 2 版" in texts(late)
    assert [row["label"] for row in late.context["seen_changes"]] == ["身份证国徽面"]
    again = texts(jing.get(url(hers)))
    assert "补充时修改了" in again
    assert "身份证国徽面" in again
    assert jing.post(url(hers), {"move": "approve", "version": "2"}).status_code == 302
    hers.refresh_from_db()
    assert hers.state == S.APPROVED


def test_a_new_mobile_of_another_account_is_not_bound(hers, people, fang):
    other = people.chen_chen.user
    other.mobile = NEW
    other.save()
    jing = signed_in(people.li_jing)
    assert "已绑定其他账户，不能通过" in texts(jing.get(url(hers)))
    refused = jing.post(url(hers), {"move": "approve", "version": "1"})
    assert (refused.status_code, "已绑定另一个账户" in texts(refused)) == (409, True)
    fang.refresh_from_db()
    assert fang.mobile != NEW


def test_nobody_decides_on_the_own_account(hers, people, fang):
    """R-REG-18: 李静 is the appellant under another account."""
    people.li_jing.id_number = fang.id_number
    fang.id_number = None
    fang.save()
    people.li_jing.save()
    jing = signed_in(people.li_jing)
    assert 'value="approve"' not in texts(jing.get(url(hers)))
    assert jing.post(url(hers), {"move": "approve", "version": "1"}).status_code == 403
    assert hers.ref not in listed(jing)


def test_who_refuses_is_told_not_to_say_whether_there_is_an_account(hers, people, sent):
    """R-APL-03, R-APL-04: the reason goes out by SMS."""
    jing = signed_in(people.li_jing)
    assert "请不要写明有没有对应的账户" in texts(jing.get(url(hers)))
    assert jing.post(url(hers), {"move": "reject", "version": "1", "reason": REASON}).status_code == 302
    assert REASON in sent()[0]


def test_the_office_is_reminded_after_2_working_days_and_the_security_administrator_of_what_is_theirs(
    hers, appeal, people, security, clock
):
    """§2.12: due on 2026-11-26."""
    assert all([people.li_jing, people.zhang_wei, people.zhao_min])
    clock.move_to(datetime.fromisoformat("2026-11-23T10:00+08:00"))
    appeal(Client(), mobile="19900008003")

    def told(moment, user):
        clock.move_to(datetime.fromisoformat(f"{moment}T08:30+08:00"))
        tasks.remind()
        return list(user.notices.filter(kind="registration.reminder").values_list("body", flat=True))

    assert told("2026-11-24", people.li_jing) == []
    assert told("2026-11-25", people.li_jing) == ["即将到期1件，请及时办理。"]
    assert told("2026-11-25", security) == ["即将到期1件，请及时办理。"]
    assert told("2026-11-26", people.zhang_wei) == []
    assert told("2026-11-27", people.zhang_wei) == ["下级逾期未办1件，请及时办理。"]
    assert security.notices.filter(body__contains="已逾期1件").exists()
    assert told("2026-11-30", people.zhao_min) == []


# --- the locked account ------------------------------------------------------------------------------


@pytest.fixture
def blocked(approved, key_for):
    """The old mobile objected."""
    actions.appeals.object_to(key_for(approved.old_mobile))
    approved.refresh_from_db()
    return approved


def test_a_locked_account_is_on_the_security_administrators_desk_and_only_there_is_it_released(
    blocked, people, security, fang, sent
):
    kai, jing = signed_in(security), signed_in(people.li_jing)
    front = texts(kai.get("/console/"))
    assert "1 个账户因原手机号提出异议而锁定" in front
    assert blocked.ref in listed(kai)
    assert "解除账户锁定" in texts(kai.get(url(blocked)))
    assert "解除账户锁定" not in texts(jing.get(url(blocked)))
    said = {"keep": "old", "reason": "本人携带身份证到场，已核实身份。"}
    for browser in (jing, signed_in(people.zhao_min), signed_in(fang)):
        assert browser.post(url(blocked, "release"), said).status_code in (302, 404)
    with pytest.raises(PermissionDenied):
        actions.appeals.release(blocked, **said, by=people.li_jing)
    short = kai.post(url(blocked, "release"), {"keep": "", "reason": "短"})
    assert set(short.context["release_form"].errors) == {"keep", "reason"}
    fang.refresh_from_db()
    assert not fang.is_active

    assert kai.post(url(blocked, "release"), said).status_code == 302
    fang.refresh_from_db()
    assert (fang.is_active, fang.mobile) == (True, blocked.old_mobile)
    assert "已解除锁定" in sent(blocked.old_mobile)[0]
    assert not sign_in(fang.id_number, PASSWORD), "the old password may be another's by now"
    event = AuditEvent.objects.get(verb="registration.appeal.release")
    assert (event.actor, event.reason, event.changes) == (security, said["reason"], {"mobile": "old"})
    assert AuditEvent.objects.filter(verb="accounts.user.release", target_id=str(fang.pk)).exists()
    assert "账户已解除锁定" in texts(kai.get(url(blocked)))
    assert blocked.ref not in listed(kai)
    assert kai.post(url(blocked, "release"), said).status_code == 409, "once"


def test_an_objection_of_who_got_a_recycled_number_is_set_aside(blocked, security, fang, sent):
    """The old number may be a stranger's by now: then the account comes free with the new one."""
    actions.appeals.release(blocked, keep="new", reason="原号码已由他人使用，本人到场核实。", by=security)
    fang.refresh_from_db()
    assert (fang.is_active, fang.mobile) == (True, NEW)
    assert "已解除锁定" in sent()[0]


def test_a_mobile_that_another_account_took_meanwhile_is_not_bound_twice(blocked, security, people, fang):
    other = people.chen_chen.user
    other.mobile = blocked.old_mobile
    other.save()
    with pytest.raises(Refused, match="已绑定另一个账户"), transaction.atomic():
        actions.appeals.release(blocked, keep="old", reason="本人携带身份证到场核实。", by=security)
    fang.refresh_from_db()
    assert not fang.is_active


def test_a_locked_account_cannot_be_taken_by_another_appeal(blocked, appeal, fang, people, clock):
    clock.shift(timedelta(days=1))
    appeal(Client(), fang, mobile="19900008003")
    jing = signed_in(people.li_jing)
    refused = jing.post(url(Appeal.objects.latest("id")), {"move": "approve", "version": "1"})
    assert refused.status_code == 409
    assert "须先由安全管理员解除锁定" in texts(refused)


def test_a_locked_account_gets_no_code_and_its_owner_cannot_recover_the_password(blocked, fang, sent, clock):
    clock.shift(timedelta(hours=1))
    browser = Client()
    old, before = blocked.old_mobile, len(sent(blocked.old_mobile))
    browser.post("/account/recover/", {"mobile": old, **asked(browser.get("/account/recover/"))})
    assert not [text for text in sent(old)[: len(sent(old)) - before] if re.search(r"\d{6}", text)]


def test_an_application_under_review_follows_the_mobile(people, clock, appeal, key_for):
    """R-REG-12: the form that the reviewer looks at says the mobile that is bound."""
    case = factories.submitted("林悦")
    user = case.worker.user
    appeal(Client(), user)
    one = Appeal.objects.get().move("approve", actor=people.li_jing, seen=1)
    case.refresh_from_db()
    assert case.form_version == 2
    edit = AuditEvent.objects.filter(verb="registration.application.edit").latest("id")
    assert edit.actor == people.li_jing
    actions.appeals.object_to(key_for(one.old_mobile))
    case.refresh_from_db()
    assert case.form_version == 3
    assert AuditEvent.objects.filter(verb="registration.application.edit").latest("id").actor is None
