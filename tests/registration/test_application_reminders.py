"""The 30 working days: reviewers are reminded and overruled by nobody (R-REG-16)."""

from datetime import date

import time_machine

from registration import actions, tasks
from registration.workflows import ApplicationState as A
from tests import factories


def at(moment: str):
    return time_machine.travel(f"{moment}+08:00", tick=False)


def accepted(people, moment="2026-09-21 10:00"):
    """Return an application whose 30 working days end on 2026-11-09; 20 of them are over on 2026-10-26."""
    application = factories.application("陈晨", issue_date=date(2026, 9, 1))
    with at(moment):
        actions.apply(application, by=application.worker.user, promise_version="2026-11")
    return application


def words_to(user) -> list[str]:
    return list(user.notices.filter(kind="registration.reminder").order_by("id").values_list("body", flat=True))


def test_the_reviewer_is_reminded_after_20_working_days_and_not_before(people):
    accepted(people)
    assert people.li_jing
    with at("2026-10-23 08:30"):
        tasks.remind()
        assert words_to(people.li_jing) == []
    with at("2026-10-26 08:30"):
        tasks.remind()
    assert words_to(people.li_jing) == ["即将到期1件，请及时办理。"]
    assert words_to(people.zhang_wei) == []


def test_once_the_30_are_over_the_office_above_hears_of_it_too_and_nothing_is_decided(people):
    application = accepted(people)
    assert all([people.li_jing, people.zhang_wei, people.zhao_min])
    with at("2026-11-09 23:00"):
        assert actions.remind() == 1
    with at("2026-11-10 08:30"):
        tasks.remind()
    assert words_to(people.li_jing)[-1] == "已逾期1件，请及时办理。"
    assert words_to(people.zhang_wei) == ["下级逾期未办1件，请及时办理。"]
    assert words_to(people.zhao_min) == []
    application.refresh_from_db()
    assert application.state == A.PENDING_REVIEW


def test_reminders_come_once_a_day_and_not_on_rest_days(people):
    accepted(people)
    assert people.li_jing
    with at("2026-11-14 08:30"):  # a Saturday
        assert actions.remind() == 0
    with at("2026-11-16 08:30"):
        assert actions.remind() == 1
        assert actions.remind() == 0


def test_a_case_that_was_withdrawn_or_decided_reminds_nobody(people):
    application = accepted(people)
    assert people.li_jing
    with at("2026-11-10 08:30"):
        actions.withdraw(application, by=application.worker.user)
        assert actions.remind() == 0
