"""What the pages ask: the one next thing, the step list, the task list, the checks, the queue."""

from datetime import date, timedelta

import pytest
import time_machine

from registration import actions, queries
from registration.models import Application
from registration.workflows import ApplicationState as A
from tests import factories

FIXABLE = {"reason": "学校名称与证书不一致，请更正。", "refusal_kind": "fixable", "reason_codes": ["education_untrue"]}
REFUSED = FIXABLE | {"refusal_kind": "refused"}


def pass_first(application, by):
    return application.move("pass_first", actor=by, seen=application.form_version)


def pass_final(application, by):
    return application.move("pass_final", actor=by, seen=application.form_version)


def course(people):
    """Walk one application through its life; yield after each move."""
    application = people.application
    yield application
    actions.apply(application, by=application.worker.user, promise_version="2026-11")
    yield application
    pass_first(application, people.li_jing)
    yield application
    pass_final(application, people.zhang_wei)
    yield application
    actions.complete(application.pk)
    application.refresh_from_db()
    yield application
    application.move("issue")
    yield application


def test_the_next_step_is_one_clear_thing_in_every_state(people):
    titles = [queries.next_step(each.worker).title for each in course(people)]
    assert titles == [
        "申请登记证书",
        "首次登记申请已提交，等待初审",
        "首次登记申请已提交，等待终审",
        "终审已通过",
        "首次登记已完成",
        "已出证",
    ]


def test_the_page_can_say_in_every_state_whether_anything_was_submitted(people):
    assert [queries.next_step(each.worker).submitted for each in course(people)] == [False] + [True] * 5


def test_the_steps_show_what_is_done_who_is_at_it_and_by_when(people):
    shown = []
    for application in course(people):
        steps = queries.progress(application)
        shown.append([step.state for step in steps])
        if application.state == A.PENDING_REVIEW:
            assert [step.office for step in steps] == ["本人", "朝阳区民政部门", "北京市民政部门", "系统", "系统"]
            assert steps[1].expected == steps[2].expected == application.due_on
    assert shown == [
        ["current", "next", "next", "next", "next"],
        ["done", "current", "next", "next", "next"],
        ["done", "done", "current", "next", "next"],
        ["done", "done", "done", "current", "next"],
        ["done", "done", "done", "done", "current"],
        ["done"] * 5,
    ]


def test_whose_move_it_is(people):
    codes = [queries.whose_move(each).code for each in course(people)]
    assert codes == ["worker", "first", "final", "system", "system", "nobody"]


def test_a_refusal_shows_as_failed_and_asks_for_the_named_corrections(people):
    application = factories.submitted("陈晨")
    application.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
    assert [step.state for step in queries.progress(application)] == ["done", "failed", "next", "next", "next"]
    assert queries.next_step(application.worker).title == "按审核意见修改并重新申请"
    assert queries.whose_move(application).code == "worker"


def test_after_不予登记_the_page_names_the_day_from_which_one_may_apply_again(people):
    with time_machine.travel("2026-11-23T10:00+08:00", tick=False):
        application = factories.submitted("陈晨")
        application.move("fail_first", actor=people.li_jing, seen=1, **REFUSED)
        assert "2026年12月23日起" in queries.next_step(application.worker).text


def test_what_is_missing_comes_before_applying(people):
    worker = people.wang_fang
    worker.photo = None
    worker.save()
    step = queries.next_step(worker)
    assert (step.title, step.url_name) == ("完善个人信息", "registration:profile")
    assert "还有1项" in step.text


def test_a_closed_window_is_explained_with_its_rule(people):
    application = factories.application("陈晨", issue_date=date(2024, 9, 15))
    step = queries.next_step(application.worker)
    assert step.title == "已超过首次登记受理期限"
    assert "通过考试后1年内" in step.text
    assert "2025年9月15日" in step.text


def test_a_window_kept_open_by_a_refusal_names_its_own_last_day(people):
    """R-REG-04."""
    application = factories.application("陈晨", issue_date=date(2025, 11, 3))
    with time_machine.travel("2026-11-03T10:00+08:00", tick=False):
        actions.apply(application, by=application.worker.user, promise_version="2026-11")
    with time_machine.travel("2026-11-10T10:00+08:00", tick=False):
        application.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
        actions.reopen(application, by=application.worker.user)
        assert "2026年12月10日前提交" in queries.next_step(application.worker).text


def test_somebody_without_a_certificate_is_told_so(people):
    assert queries.next_step(people.chen_chen).title == "没有可以登记的证书"


def test_of_two_certificates_the_page_is_about_the_one_that_needs_the_worker(people):
    application = factories.submitted("陈晨")
    worker = application.worker
    factories.qualification("陈晨", number=worker.user.id_number, level=2)
    actions.attach_qualifications(worker)
    assert queries.foremost(queries.latest_applications(worker)).qualification.level == 2


def test_the_task_list_of_a_new_account_says_what_is_to_be_filled_in(people):
    """R-PRO-01."""
    states = {task.name: task.state for task in queries.profile_tasks(people.chen_chen)}
    assert states == {
        "basic": "missing",
        "photo": "missing",
        "region": "missing",
        "work": "missing",
        "projects": "optional",
        "honours": "optional",
    }


def test_the_task_list_of_a_complete_profile_is_done_and_locked_after_the_first_review(people):
    """R-REG-11."""
    worker = people.wang_fang
    required = {task.state for task in queries.profile_tasks(worker)[:4]}
    assert required == {"done"}
    actions.apply(people.application, by=worker.user, promise_version="2026-11")
    pass_first(people.application, people.li_jing)
    assert {task.state for task in queries.profile_tasks(worker)} == {"locked"}


def test_check_answers_shows_the_profile_before_and_the_form_after_sending(people):
    application = people.application
    draft = queries.check_answers(application)
    assert application.first_registered_on is None
    actions.apply(application, by=application.worker.user, promise_version="2026-11")
    sent = queries.check_answers(application)
    assert draft == sent
    assert {section["name"]: section["url_name"] for section in sent["sections"]}["basic"] == (
        "registration:profile_basic"
    )


def test_the_worker_reads_of_the_office_and_staff_of_the_person(people):
    application = pass_first(factories.submitted("陈晨"), people.li_jing)
    assert [(each.title, each.who) for each in queries.timeline(application)] == [
        ("初审通过", "朝阳区民政部门"),
        ("申请登记证书", "陈晨"),
        ("建立申请", "陈晨"),
    ]
    assert queries.timeline(application, for_staff=True)[0].who == "李静"


# --- checks ---------------------------------------------------------------------------------------------


def check(application, name):
    return next(each for each in queries.automatic_checks(application) if each.name == name)


def test_a_clean_application_is_green_throughout(people):
    assert {each.name: each.ok for each in queries.automatic_checks(people.application) if each.ok is not True} == {}


def test_a_birth_date_that_the_identity_number_contradicts_is_red(people):
    """R-ACC-11."""
    people.wang_fang.birth_date = date(1991, 1, 1)
    assert check(people.application, "identity").ok is False


@pytest.mark.parametrize(
    ("start", "end", "warns"),
    [
        (date(2017, 1, 1), date(2021, 12, 31), False),
        (date(2016, 12, 31), date(2020, 1, 1), True),
        (date(2021, 1, 1), date(2022, 1, 1), True),
    ],
)
def test_evidence_for_牵手计划_outside_its_years_warns_and_does_not_refuse(people, start, end, warns):
    """R-PRO-12."""
    project = factories.past_project(
        people.wang_fang, is_special=True, plan="HAND_IN_HAND", start_date=start, end_date=end
    )
    factories.evidence(project, people.wang_fang.user)
    found = [each.ok for each in queries.automatic_checks(people.application) if each.name == "hand_in_hand"]
    assert found == ([None] if warns else [])
    actions.apply(people.application, by=people.wang_fang.user, promise_version="2026-11")


def test_a_region_of_neither_household_nor_employer_is_seen(people):
    """R-PRO-07."""
    worker = people.wang_fang
    worker.household_region = factories.region("440305")
    worker.save()
    assert check(people.application, "region").ok is None  # the typed employer's place is not known
    worker.experiences.update(institution=factories.institution("夏雨中心", code="310115"))
    assert check(people.application, "region").ok is False
    worker.experiences.update(institution=people.spring)
    assert check(people.application, "region").ok is True


def test_gaps_and_overlaps_in_the_employments_are_pointed_out(people):
    worker = people.wang_fang
    assert check(people.application, "work_dates").ok is True
    factories.experience(worker, employer_name="夏雨社区", start_date=date(2017, 1, 1), end_date=date(2019, 12, 31))
    assert check(people.application, "work_dates").ok is True  # half a year exactly
    worker.experiences.filter(employer_name="夏雨社区").update(end_date=date(2019, 11, 30))
    found = check(people.application, "work_dates")
    assert found.ok is None
    assert found.note == "2019年12月1日至2020年6月30日没有经历"


def test_more_years_of_work_than_the_age_allows_are_red(people):
    people.wang_fang.work_years = 40
    assert check(people.application, "work_years").ok is False


def test_a_local_certificate_that_has_ended_is_for_a_person_to_judge(people):
    worker = people.wang_fang
    worker.has_local_cert, worker.local_valid_until = True, date(2020, 1, 1)
    worker.local_first_reg_date = people.application.qualification.issue_date
    assert check(people.application, "local_valid").ok is None
    assert check(people.application, "local_date").ok is True


# --- the queue -------------------------------------------------------------------------------------------


def test_the_queue_is_in_order_of_urgency(people):
    due = [factories.submitted(f"陈晨{'晨' * n}") for n in range(3)]
    for number, each in enumerate(reversed(due)):
        Application.objects.filter(pk=each.pk).update(due_on=date(2026, 12, 1) + timedelta(days=number))
    assert list(queries.awaiting(people.li_jing)) == due[::-1]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queue_costs_the_same_number_of_queries_however_long_it_is(people, rows, django_assert_num_queries):
    for n in range(rows):
        factories.submitted(f"陈晨{'晨' * n}")
    reviewer = people.li_jing
    with django_assert_num_queries(2):
        for each in queries.awaiting(reviewer):
            assert each.worker.user.name
            assert each.qualification.get_level_display()
            assert each.region.name


def test_drafts_are_the_workers_own(people):
    """Nothing is shown to the office before it was sent."""
    assert people.application.state == A.NOT_APPLIED
    assert not queries.in_region(people.li_jing).exists()
