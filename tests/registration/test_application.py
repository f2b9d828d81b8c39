"""首次登记: who may do what to an application, and when (rulebook §1.4, §2.3)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from registration import actions, queries
from registration.models import Application
from registration.promise import PROMISE_VERSION
from registration.workflows import ENDED_STATES
from registration.workflows import ApplicationState as A
from registration.workflows.application import filing_window
from tests import factories
from tests.registration.steps import FIXABLE, at, decide, refusal, submit

# --- the states -----------------------------------------------------------------------------------


def test_there_are_exactly_the_eight_states_with_the_labels_of_the_source():
    """R-REG-09; only a renewal can end in another way (rulebook §2.4)."""
    assert [state.label for state in A if state not in ENDED_STATES] == [
        "未申请登记证书",
        "待审核",
        "初审通过",
        "初审未通过",
        "终审通过",
        "终审未通过",
        "首次登记已完成",
        "已出证",
    ]


def test_every_certificate_of_a_new_account_gets_its_application_the_highest_level_first(people):
    """R-ACC-03, R-REG-09, R-REG-22."""
    number = factories.id_number()
    junior = factories.qualification("陈晨", number=number, level=1)
    senior = factories.qualification("陈晨", number=number, level=2)
    stranger = factories.qualification("陈晨")
    worker = factories.worker("陈晨", number=number)

    assert actions.attach_qualifications(worker) == [senior, junior]

    assert {each.qualification for each in worker.applications.all()} == {junior, senior}
    assert {each.state for each in worker.applications.all()} == {A.NOT_APPLIED}
    assert not Application.objects.filter(qualification=stranger).exists()


def test_attaching_twice_opens_nothing_twice(people):
    worker = people.wang_fang
    assert actions.attach_qualifications(worker) == []
    assert actions.open_applications(worker) == []
    assert worker.applications.count() == 1


def test_the_number_of_another_name_is_not_attached(people):
    """R-ACC-02: name and number both."""
    number = factories.id_number()
    factories.qualification("陈辰", number=number)
    assert actions.attach_qualifications(factories.worker("陈晨", number=number)) == []


def test_a_revoked_certificate_opens_no_application(people):
    number = factories.id_number()
    row = factories.qualification("陈晨", number=number)
    row.move("revoke", actor=people.zhou_yan, reason="提供虚假材料，予以撤销。")
    worker = factories.worker("陈晨", number=number)
    actions.attach_qualifications(worker)
    assert not worker.applications.exists()


def test_the_reference_carries_the_region_if_known_and_else_the_certificates_province(people):
    number = factories.id_number()
    factories.qualification("陈晨", number=number)
    worker = factories.worker("陈晨", number=number)
    with at("2026-11-23 10:00"):
        actions.attach_qualifications(worker)
        assert worker.applications.get().ref == "DJ-110000-2026-00001"
        assert people.application.ref == "DJ-110105-2026-00001"


# --- applying -------------------------------------------------------------------------------------


def test_an_application_without_the_promise_is_refused(people):
    """R-REG-08."""
    application = people.application
    refusal("promise_missing", actions.apply, application, by=application.worker.user, promise_version="")


def test_an_incomplete_profile_is_refused_with_everything_that_is_missing_at_once(people):
    """R-PRO-01, R-PRO-02, R-PRO-08, R-REG-08."""
    worker = people.wang_fang
    worker.school, worker.photo, worker.region = "", None, None
    worker.save()
    worker.experiences.all().delete()
    refused = refusal("profile_incomplete", submit, people.application)
    assert refused.extra["missing"] == ["school", "region", "photo", "experiences"]
    assert "毕业院校" in refused.message


def test_a_special_project_without_evidence_counts_as_missing(people):
    """R-PRO-11."""
    project = factories.past_project(people.wang_fang, is_special=True, plan="THREE_AREAS")
    assert refusal("profile_incomplete", submit, people.application).extra["missing"] == ["evidence"]
    factories.evidence(project, people.wang_fang.user)
    assert submit(people.application).state == A.PENDING_REVIEW


@pytest.mark.parametrize("level", [1, 2, 3])
def test_holders_of_all_three_levels_may_register(people, level):
    """R-REG-01."""
    assert factories.submitted("陈晨", level=level).state == A.PENDING_REVIEW


def test_a_revoked_certificate_cannot_be_registered(people):
    """F1."""
    people.application.qualification.move("revoke", actor=people.zhou_yan, reason="提供虚假材料，予以撤销。")
    refusal("certificate_not_valid", submit, people.application)


def test_who_is_not_yet_18_is_refused_and_accepted_on_the_birthday(people):
    """R-REG-07."""
    worker = people.wang_fang
    worker.birth_date = date(2008, 11, 24)
    worker.save()
    with at("2026-11-23 23:59"):
        refusal("under_age", submit, people.application)
    with at("2026-11-24 00:00"):
        assert submit(people.application).state == A.PENDING_REVIEW


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        (date(2025, 9, 15), "2026-09-15"),
        (date(2024, 2, 29), "2025-02-28"),
        (date(2023, 2, 28), "2024-02-28"),
        (date(2024, 10, 1), "2025-10-09"),  # ends in a holiday: accepted until the next working day
    ],
)
def test_the_last_day_of_the_window_is_accepted_and_the_next_is_not(people, issued, last):
    """R-REG-03, R-TIME-02…05."""
    application = factories.application("陈晨", issue_date=issued)
    after = date.fromisoformat(last) + timedelta(days=1)
    with at(f"{after} 00:00"):
        refused = refusal("window_closed", submit, application)
        assert refused.message == "已超过首次登记受理期限（通过考试后1年内）"
        assert not filing_window(application).is_open
    with at(f"{last} 23:59:59"):
        assert filing_window(application).days_left == 0
        assert submit(application).state == A.PENDING_REVIEW


def test_the_window_opens_the_day_after_the_issue(people):
    """R-REG-03."""
    application = factories.application("陈晨", issue_date=date(2026, 9, 15))
    with at("2026-09-15 12:00"):
        refusal("window_not_open", submit, application)
    with at("2026-09-16 00:00"):
        assert submit(application).state == A.PENDING_REVIEW


def local_certificate(worker, since: date, until: date):
    worker.has_local_cert = True
    worker.local_cert_no, worker.local_first_reg_date, worker.local_valid_until = "京示例001", since, until
    worker.local_cert_file = factories.evidence(worker, worker.user)
    worker.save()


def test_holders_of_a_local_certificate_have_no_deadline_and_keep_its_date(people):
    """R-REG-06, R-PRO-05a."""
    application = factories.application("陈晨", issue_date=date(2019, 9, 15))
    refusal("window_closed", submit, application)
    local_certificate(application.worker, date(2020, 3, 1), date(2029, 3, 1))
    submit(application)
    assert application.first_registered_on == date(2020, 3, 1)


def test_a_local_certificate_older_than_the_qualification_was_for_another_one(people):
    """R-PRO-06: not before the date of issue."""
    application = factories.application("陈晨", issue_date=date(2019, 9, 15))
    local_certificate(application.worker, date(2018, 3, 1), date(2029, 3, 1))
    refusal("window_closed", submit, application)


def test_the_date_of_first_registration_is_that_of_the_latest_submission(people):
    """R-PRO-05b, R-PRO-06."""
    application = factories.application("陈晨", issue_date=date(2026, 9, 1))
    with at("2026-10-12 23:59:59"):
        submit(application)
        assert application.first_registered_on == date(2026, 10, 12)
        actions.withdraw(application, by=application.worker.user)
    with at("2026-10-20 00:00"):
        submit(application)
        assert application.first_registered_on == date(2026, 10, 20)


def test_the_form_is_copied_from_the_personal_information_and_kept(people):
    """R-REG-08: nothing is filled in by hand."""
    application = submit(people.application)
    content = application.form.content
    rows = {row["key"]: row["value"] for section in content["sections"] for rows in section["entries"] for row in rows}
    assert rows["name"] == "王芳"
    assert rows["id_number"] == application.worker.user.id_number
    assert rows["region"] == "北京市 朝阳区"
    assert content["photo"] == str(application.worker.photo.uid)
    assert application.promise_version == PROMISE_VERSION


@pytest.mark.parametrize(("accepted", "due"), [("2026-09-21", date(2026, 11, 9)), ("2026-02-10", date(2026, 3, 30))])
def test_the_review_has_30_working_days_from_the_day_after_acceptance(people, accepted, due):
    """R-REG-16, R-TIME-06."""
    application = factories.application("陈晨", issue_date=date.fromisoformat(accepted) - timedelta(days=30))
    with at(f"{accepted} 15:00"):
        assert submit(application).due_on == due


def test_somebody_else_cannot_apply_withdraw_or_reopen(people):
    application, chen_chen = people.application, people.chen_chen.user
    for user in (chen_chen, people.li_jing, people.zhang_wei):
        with pytest.raises(PermissionDenied):
            actions.apply(application, by=user, promise_version=PROMISE_VERSION)
    submit(application)
    with pytest.raises(PermissionDenied):
        actions.withdraw(application, by=chen_chen)
    decide(application, "fail_first", people.li_jing, **FIXABLE)
    with pytest.raises(PermissionDenied):
        actions.reopen(application, by=chen_chen)


def test_a_region_that_is_neither_of_the_household_nor_of_the_employer_cannot_apply(people):
    """R-PRO-07, though the region was right when it was chosen."""
    application = people.application
    worker = application.worker
    worker.household_region = factories.region("310115")
    worker.save()
    experience = worker.experiences.get(end_date=None)
    experience.institution = factories.institution("春风", code="310115")
    experience.save()
    refusal("region_elsewhere", submit, application)


# --- withdrawing ------------------------------------------------------------------------------------


def test_withdrawing_stops_the_clock_and_takes_back_the_promise(people):
    """R-REG-19, F3."""
    application = submit(people.application)
    actions.withdraw(application, by=application.worker.user)
    application.refresh_from_db()
    assert application.state == A.NOT_APPLIED
    assert (application.due_on, application.submitted_at, application.promise_version) == (None, None, "")
    assert not queries.awaiting(people.li_jing).exists()


def test_nothing_can_be_withdrawn_once_the_first_review_is_passed(people):
    """R-REG-19."""
    application = decide(submit(people.application), "pass_first", people.li_jing)
    refusal("wrong_state", actions.withdraw, application, by=application.worker.user)
