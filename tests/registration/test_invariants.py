"""``check_invariants`` on the hub: quiet on a healthy system, and it finds what each promise forbids."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from registration import actions
from registration.actions import transfers
from registration.models import Application, Decision, Qualification, Registration
from registration.workflows import ApplicationState as A
from swms.invariants import judge
from swms.references import Counter
from tests import factories
from tests.registration.changes import HAIDIAN, registered, sent, to

FIXABLE = {"reason": "学校名称与证书不一致，请更正。", "refusal_kind": "fixable", "reason_codes": ["education_untrue"]}
HUB = ("1.", "2a.", "2c.", "2d.", "2f.", "6.", "7a.", "7b.", "9a.")


def broken() -> dict[str, list[str]]:
    """Return the violations of the hub's promises, by the number of the promise."""
    number = {verdict.promise.split()[0]: verdict.violations for verdict in judge()}
    return {key: number[key] for key in HUB if number[key]}


@pytest.fixture
def registration(people) -> Registration:
    """A registration that went through a refusal, an edit and both reviews."""
    application = factories.submitted("陈晨")
    application.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
    actions.reopen(application, by=application.worker.user)
    actions.apply(application, by=application.worker.user, promise_version="2026-11")
    application.worker.school = "另一示例大学"
    application.worker.save()
    actions.profile_changed(application.worker, by=application.worker.user, part="basic")
    application.move("pass_first", actor=people.li_jing, seen=3)
    application.move("pass_final", actor=people.zhang_wei, seen=3)
    actions.complete(application.pk)
    return Registration.objects.get()


def test_every_promise_holds_after_a_whole_course_of_life(registration):
    assert broken() == {}


def test_an_acknowledged_application_that_is_gone_is_found(registration):
    Application.objects.filter(state=A.REGISTERED).update(ref="DJ-110105-2026-99999")
    assert "was acknowledged and is gone" in broken()["1."][0]


def test_a_form_that_is_missing_is_found(registration):
    Application.objects.update(form_version=7)
    assert "3 are kept" in broken()["1."][0]


def test_a_counter_that_would_give_a_number_again_is_found(registration):
    Counter.objects.filter(series__startswith="certificate-").update(value=0)
    assert "would give it again" in broken()["2a."][0]


def test_a_completed_application_without_a_registration_is_found(registration):
    registration.periods.get().delete()
    assert len(broken()["2a."]) == 2


def test_one_reviewer_at_both_stages_is_found(people, registration):
    Decision.objects.update(reviewer=people.li_jing)
    assert "one reviewer decided both stages" in broken()["6."][0]


def test_a_review_of_the_own_case_is_found(people, registration):
    people.li_jing.id_number = registration.worker.user.id_number
    registration.worker.user.id_number = factories.id_number()
    registration.worker.user.save()
    people.li_jing.save()
    assert broken() == {}
    Decision.objects.filter(stage="first").update(reviewer=registration.worker.user)
    assert "by its own applicant" in broken()["6."][0]


def test_a_state_that_no_move_led_to_is_found(registration):
    Application.objects.update(state=A.CERT_ISSUED)
    assert any("is CERT_ISSUED, its trail ends in REGISTERED" in line for line in broken()["7a."])


def test_a_hop_that_the_table_does_not_know_is_found(people, registration):
    from swms.audit.trail import record

    application = Application.objects.get()
    record("registration.application.issue", application, changes={"state": [A.NOT_APPLIED, A.REGISTERED]})
    assert any("registration.application.issue from NOT_APPLIED" in line for line in broken()["7a."])


def test_a_roster_that_came_in_bulk_needs_no_history_but_its_moves_do(people):
    row = factories.qualification("陈晨")
    assert broken() == {}
    row.move("revoke", actor=people.zhou_yan, reason="提供虚假材料，予以撤销。")
    assert broken() == {}
    Qualification.objects.update(state="VALID")
    assert "7a." in broken()


def test_a_row_whose_import_is_gone_is_found(people):
    factories.qualification("陈晨", roster_import_id=12345)
    assert "the import that brought it is gone" in broken()["2f."][0]


def test_an_edit_after_the_first_review_is_found(registration):
    from swms.audit.trail import record

    application = Application.objects.get()
    record("registration.application.edit", application, changes={"form_version": [3, 4]})
    assert "edited outside 待审核" in broken()["7b."][0]


def test_a_form_raised_after_it_was_passed_is_found(registration):
    application = Application.objects.get()
    application.sync_form()
    application.save()
    assert "version 3 passed" in broken()["7b."][0]


def test_a_final_approval_that_waits_for_more_than_two_sweeps_is_found(people):
    application = factories.submitted("陈晨")
    application.move("pass_first", actor=people.li_jing, seen=1)
    application.move("pass_final", actor=people.zhang_wei, seen=1)
    assert broken() == {}
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert "not entered into the register" in broken()["9a."][0]


def test_a_registration_that_outlives_its_end_is_found(registration):
    with time_machine.travel(registration.valid_until + timedelta(days=3)):
        assert "is still 有效" in broken()["9a."][0]


def test_violations_name_public_references_and_no_personal_data(people, registration):
    Decision.objects.update(reviewer=people.li_jing)
    text = str(broken())
    user = registration.worker.user
    assert user.id_number not in text
    assert user.mobile not in text


def test_a_registration_that_a_change_left_behind_is_found(people):
    """R-CHG-07: 王芳 moved to 海淀, one of her two registrations did not."""
    worker = registered("王芳", levels=(1, 2))
    one = sent(worker, to(HAIDIAN))
    bo = factories.staff("刘波", ("first_review", HAIDIAN), username="liubo")
    for move, by in (("approve_out", people.li_jing), ("approve", bo)):
        transfers.decide(one, move, by=by, seen=one.form_version)
    assert "2d." not in broken()
    left = worker.registrations.first()
    Registration.objects.filter(pk=left.pk).update(region="110105")
    assert broken()["2d."] == [f"{one.ref}: 变更完成, and {left.number} is in 110105"]
