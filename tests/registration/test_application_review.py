"""首次登记: the two reviews, refusals and the rounds after them (rulebook §1.4, §2.3)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from registration import actions, queries
from registration.models import Application
from registration.workflows import ApplicationState as A
from swms.audit.trail import history
from tests import factories
from tests.registration.steps import FIXABLE, REASON, REFUSED, at, decide, refusal, submit

# --- reviewing --------------------------------------------------------------------------------------


def test_the_review_goes_from_the_county_to_the_province(people):
    """R-REG-17, F4, F6."""
    application = submit(people.application)
    assert list(queries.awaiting(people.li_jing)) == [application]
    assert not queries.awaiting(people.zhang_wei).exists()
    decide(application, "pass_first", people.li_jing)
    assert not queries.awaiting(people.li_jing).exists()
    assert list(queries.awaiting(people.zhang_wei)) == [application]
    decide(application, "pass_final", people.zhang_wei)
    assert application.state == A.FINAL_APPROVED
    assert not queries.awaiting(people.zhang_wei).exists()


def test_a_reviewer_of_another_region_can_neither_find_nor_decide_the_application(people):
    """Jurisdiction (rulebook §0.1)."""
    application = submit(people.application)
    assert not Application.objects.visible_to(people.zhao_min).exists()
    assert not queries.awaiting(people.zhao_min).exists()
    assert not queries.in_region(people.zhao_min).exists()
    assert application.moves_for(people.zhao_min) == []
    with pytest.raises(PermissionDenied):
        decide(application, "pass_first", people.zhao_min)


def test_a_first_reviewer_cannot_make_the_final_decision_nor_a_final_one_the_first(people):
    application = submit(people.application)
    with pytest.raises(PermissionDenied):
        decide(application, "pass_first", people.zhang_wei)
    decide(application, "pass_first", people.li_jing)
    with pytest.raises(PermissionDenied):
        decide(application, "pass_final", people.li_jing)


def test_one_person_cannot_make_both_reviews_of_a_case(people):
    """R-REG-18."""
    application = decide(submit(people.application), "pass_first", people.sun_hao)
    refusal("four_eyes", decide, application, "pass_final", people.sun_hao)
    assert not queries.awaiting(people.sun_hao).exists()
    assert decide(application, "pass_final", people.zhang_wei).state == A.FINAL_APPROVED


def test_four_eyes_hold_across_the_rounds_of_a_case(people):
    """R-REG-18."""
    application = decide(submit(people.application), "pass_first", people.li_jing)
    decide(application, "fail_final", people.sun_hao, **FIXABLE)
    submit(actions.reopen(application, by=application.worker.user))
    refusal("four_eyes", decide, application, "pass_first", people.sun_hao)
    assert not queries.awaiting(people.sun_hao).exists()


def test_nobody_reviews_the_own_case_under_another_account(people):
    """R-REG-18."""
    application = submit(people.application)
    own = people.li_jing
    own.id_number = application.worker.user.id_number
    with pytest.raises(PermissionDenied):
        decide(application, "pass_first", own)


def test_a_reviewer_who_was_disabled_decides_nothing(people):
    application = submit(people.application)
    people.li_jing.is_active = False
    with pytest.raises(PermissionDenied):
        decide(application, "pass_first", people.li_jing)


@pytest.mark.parametrize("reason", ["", "  ", "太短", "长" * 501])
def test_a_refusal_needs_a_reason_of_10_to_500_characters(people, reason):
    """R-REG-15."""
    application = submit(people.application)
    refusal("reason_required", decide, application, "fail_first", people.li_jing, **FIXABLE | {"reason": reason})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"refusal_kind": ""}, "kind_required"),
        ({"refusal_kind": "other"}, "kind_required"),
        ({"reason_codes": []}, "reason_code_required"),
        ({"reason_codes": ["unheard_of"]}, "reason_code_required"),
    ],
)
def test_a_refusal_names_its_kind_and_a_coded_reason(people, change, code):
    """R-REG-15."""
    application = submit(people.application)
    refusal(code, decide, application, "fail_first", people.li_jing, **FIXABLE | change)


def test_a_decision_is_written_down_with_what_it_looked_at(people):
    application = submit(people.application)
    decide(application, "fail_first", people.li_jing, **FIXABLE)
    decision = application.decisions.get()
    assert (decision.stage, decision.passed, decision.reviewer) == ("first", False, people.li_jing)
    assert (decision.form_version, decision.refusal_kind, decision.reason) == (1, "fixable", REASON)
    assert [event.verb for event in history(application)][-1] == "registration.application.fail_first"


def test_a_certificate_revoked_during_the_review_cannot_be_passed(people):
    """F6."""
    application = decide(submit(people.application), "pass_first", people.li_jing)
    application.qualification.move("revoke", actor=people.zhou_yan, reason="提供虚假材料，予以撤销。")
    refusal("certificate_not_valid", decide, application, "pass_final", people.zhang_wei)


def test_nothing_is_ever_approved_by_waiting(people):
    """R-REG-16."""
    from registration import tasks

    application = submit(people.application)
    with time_machine.travel(application.due_on + timedelta(days=100)):
        tasks.sweep()
        tasks.expire()
    application.refresh_from_db()
    assert application.state == A.PENDING_REVIEW


# --- after a refusal -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["first", "final"])
def test_after_a_refusal_to_mend_the_next_round_opens_at_once_with_data_and_history(people, stage):
    """R-REG-14, F10."""
    application = submit(people.application)
    if stage == "final":
        decide(application, "pass_first", people.li_jing)
    decide(application, f"fail_{stage}", people.li_jing if stage == "first" else people.zhang_wei, **FIXABLE)
    assert "photo" not in queries.editable_parts(application.worker)
    actions.reopen(application, by=application.worker.user)
    assert (application.state, application.round) == (A.NOT_APPLIED, 2)
    assert queries.editable_parts(application.worker) == {"contact", "photo"}
    submit(application)
    assert [form.round for form in application.forms.all()] == [1, 2]
    decide(application, "pass_first", people.li_jing)
    assert list(application.decisions.values_list("round", "stage").order_by("id"))[-1] == (2, "first")


def test_after_不予登记_the_next_round_opens_30_days_later(people):
    """F10."""
    application = factories.application("陈晨", issue_date=date(2026, 9, 1))
    with at("2026-10-10 10:00"):
        decide(submit(application), "fail_first", people.li_jing, **REFUSED)
        assert queries.may_reapply_from(application) == date(2026, 11, 9)
    with at("2026-11-08 23:59"):
        assert "2026年11月9日" in refusal("too_early", actions.reopen, application, by=application.worker.user).message
    with at("2026-11-09 00:00"):
        assert actions.reopen(application, by=application.worker.user).state == A.NOT_APPLIED


def test_a_resubmission_within_30_days_of_the_refusal_keeps_the_time_of_the_first_one(people):
    """R-REG-04."""
    application = factories.application("陈晨", issue_date=date(2025, 11, 3))
    with at("2026-11-03 20:00"):
        submit(application)
    with at("2026-11-20 09:00"):
        decide(application, "fail_first", people.li_jing, **FIXABLE)
        actions.reopen(application, by=application.worker.user)
    with at("2026-12-21 00:00"):
        refusal("window_closed", submit, application)
    with at("2026-12-20 23:59"):
        submit(application)
    assert application.first_submitted_at.date() == date(2026, 11, 3)
    assert decide(application, "pass_first", people.li_jing).state == A.INITIAL_APPROVED


def test_withdrawing_after_the_window_does_not_keep_it_open(people):
    """R-REG-04: only a refusal does."""
    application = factories.application("陈晨", issue_date=date(2025, 11, 3))
    with at("2026-11-03 20:00"):
        submit(application)
    with at("2026-11-10 09:00"):
        actions.withdraw(application, by=application.worker.user)
        refusal("window_closed", submit, application)


def test_a_resubmission_restarts_the_30_working_days(people):
    """R-REG-16."""
    application = factories.application("陈晨", issue_date=date(2026, 8, 3))
    with at("2026-09-01 10:00"):
        first = submit(application).due_on
    with at("2026-09-21 10:00"):
        decide(application, "fail_first", people.li_jing, **FIXABLE)
        assert application.due_on is None
        actions.reopen(application, by=application.worker.user)
        assert submit(application).due_on == date(2026, 11, 9) > first
