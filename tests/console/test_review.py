"""The review page: deciding, and what it says (issue: item 7; R-REG-12, R-REG-15…18, R-ACC-13)."""

import re

import pytest
from django.urls import reverse

from registration import actions
from registration.models import Application, Decision
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from tests import factories
from tests.console.reviewing import LIST, page_of, press
from tests.people import signed_in

REASON = "请上传本人近期白底证件照。"
REFUSAL = {"reason_codes": ["photo_not_id"], "refusal_kind": "fixable", "reason": REASON}


# --- deciding ------------------------------------------------------------------------------------


def test_a_pass_leads_to_the_next_case_and_at_the_end_to_the_queue(jing, case):
    other = factories.submitted("陈晨")
    answer = press(jing, case, "pass_first")
    assert answer["Location"] == page_of(other)
    case.refresh_from_db()
    assert case.state == ApplicationState.INITIAL_APPROVED
    assert press(jing, other, "pass_first")["Location"] == LIST


def test_the_first_reviewer_sees_no_final_decision_and_cannot_make_one(jing, case):
    press(jing, case, "pass_first")
    assert 'name="move"' not in jing.get(page_of(case)).content.decode()
    assert press(jing, case, "pass_final").status_code == 403
    case.refresh_from_db()
    assert case.state == ApplicationState.INITIAL_APPROVED


def test_who_made_the_first_review_is_not_offered_the_final_one_r_reg_18(people, case):
    both = signed_in(people.sun_hao)
    press(both, case, "pass_first")
    assert 'name="move"' not in both.get(page_of(case)).content.decode()
    answer = press(both, case, "pass_final")
    assert answer.status_code == 409
    assert "初审和终审须由不同的人员进行" in answer.content.decode()
    assert not Decision.objects.filter(stage="final").exists()


def test_the_final_reviewer_completes_what_the_first_began(jing, wei, case):
    press(jing, case, "pass_first")
    assert "等待终审" in wei.get(LIST).content.decode()
    press(wei, case, "pass_final")
    case.refresh_from_db()
    assert case.state == ApplicationState.FINAL_APPROVED


def test_a_refusal_without_reasons_is_asked_for_them_and_keeps_what_was_typed_r_reg_15(jing, case):
    answer = press(jing, case, "fail_first", reason="太短")
    page = answer.content.decode()
    assert "请至少选择一项原因" in page
    assert "请选择“补正”或“不予登记”" in page
    assert "太短" in page
    assert re.search(r"<details class=\"decision__reasons\" open", page)
    case.refresh_from_db()
    assert case.state == ApplicationState.PENDING_REVIEW


def test_a_refusal_is_written_down_with_its_coded_reasons_r_reg_15(jing, case):
    press(jing, case, "fail_first", **REFUSAL)
    decision = Decision.objects.get()
    assert (decision.reason_codes, decision.refusal_kind, decision.reason) == (["photo_not_id"], "fixable", REASON)
    page = jing.get(page_of(case)).content.decode()
    assert "照片不是本人近期证件照" in page


@pytest.mark.parametrize("move", ["pass_first", "fail_first"])
def test_a_decision_on_a_form_that_changed_is_refused_with_what_changed_r_reg_12(jing, people, case, move):
    seen = case.form_version
    worker = people.wang_fang
    from django.db import transaction

    with transaction.atomic():
        worker.school = "另一所大学"
        worker.save()
        actions.profile_changed(worker, by=worker.user, part="basic")
    answer = jing.post(page_of(case), {"move": move, "version": seen} | REFUSAL)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "资料已更新，请重新查看" in page
    assert "您打开之后的变化" in page
    assert "<ins>另一所</ins>" in page or "另一所" in page
    if move == "fail_first":
        assert REASON in page
    case.refresh_from_db()
    assert case.state == ApplicationState.PENDING_REVIEW
    assert press(jing, case, "pass_first").status_code == 302


def test_a_second_press_changes_nothing_and_says_why(jing, case):
    press(jing, case, "pass_first")
    answer = press(jing, case, "pass_first")
    assert answer.status_code == 409
    assert "当前状态为“初审通过”" in answer.content.decode()
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("move", ["", "apply", "complete", "withdraw", "nonsense"])
def test_no_other_move_can_be_posted(jing, case, move):
    assert press(jing, case, move).status_code in (400, 403, 409)
    case.refresh_from_db()
    assert case.state == ApplicationState.PENDING_REVIEW


def test_an_open_case_is_a_hint_to_others_and_no_lock(jing, people, case):
    colleague = signed_in(factories.staff("刘洋", ("first_review", "110105")))
    jing.get(page_of(case))
    page = colleague.get(page_of(case)).content.decode()
    assert "李静 刚刚打开了此件" in page
    assert "李静 刚刚打开" in colleague.get(LIST).content.decode()
    assert press(colleague, case, "pass_first").status_code == 302


# --- what the page says ------------------------------------------------------------------------


def test_the_page_shows_the_record_its_checks_and_its_evidence(jing, case):
    page = jing.get(page_of(case)).content.decode()
    assert "示例大学" in page
    assert "系统核对" in page
    assert f"{case.worker.photo.get_absolute_url()}?inline=1" in page


def test_numbers_are_masked_until_they_are_shown_once_and_that_is_written_down_r_acc_13(jing, people, case):
    number, mobile = people.wang_fang.user.id_number, people.wang_fang.user.mobile
    page = jing.get(page_of(case)).content.decode()
    assert number not in page
    assert mobile not in page
    reveal = reverse("admin:registration_application_reveal", args=[case.ref])
    assert jing.get(reveal).status_code == 405
    shown = jing.post(reveal, {"field": "id_number"}).content.decode()
    assert number in shown
    assert mobile not in shown
    event = AuditEvent.objects.get(verb="registration.application.reveal")
    assert (event.actor, event.target_repr, event.changes) == (people.li_jing, case.ref, {"field": "id_number"})
    assert number not in jing.get(page_of(case)).content.decode()


def test_nothing_else_can_be_revealed_and_nobody_else_can_reveal(jing, min_, case):
    reveal = reverse("admin:registration_application_reveal", args=[case.ref])
    assert jing.post(reveal, {"field": "password"}).status_code == 404
    assert min_.post(reveal, {"field": "id_number"}).status_code == 404
    assert not AuditEvent.objects.filter(verb__endswith="reveal").exists()


def test_the_next_round_shows_what_was_decided_and_what_changed_since(jing, people, case):
    from django.db import transaction

    named = {
        "item": ["basic..school"],
        "code-basic..school": "education_untrue",
        "remark-basic..school": "以毕业证为准",
    }
    press(jing, case, "fail_first", **REFUSAL, **named)
    case.refresh_from_db()
    actions.reopen(case, by=people.wang_fang.user)
    worker = people.wang_fang
    with transaction.atomic():
        worker.school = "另一所大学"
        worker.save()
        actions.profile_changed(worker, by=worker.user, part="basic")
    case = Application.objects.get(pk=case.pk)
    actions.apply(case, by=worker.user, promise_version="1")
    page = jing.get(page_of(case)).content.decode()
    assert "第 1 轮指出的2项，其中1项没有修改" in page
    assert page.index("毕业院校") < page.index("系统核对")
    assert "第 1 轮初审未通过" in page
    assert REASON in page
