"""A case whose time is over goes up when its days have passed, unless it was answered (R-REG-16, R-CHG-10)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from registration import actions, queries, tasks
from registration.actions.escalations import KIND
from registration.invariants import escalations_are_open_for_a_reason
from registration.models import Escalation
from registration.queries.escalations import ADMINISTRATORS, escalations_due, is_raised
from registration.workflows import ApplicationState as A
from swms.audit import trail
from swms.dates import today, working_days_after
from swms.notices import delivery
from swms.notices.models import Delivery
from tests.registration.late import DUE, accepted, morning, raised, told
from tests.registration.steps import FIXABLE, at
from tests.registration.test_application_together import at_once

pytestmark = pytest.mark.django_db


# --- the days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "number", "hurried", "to"),
    [
        ("2026-10-23", 19, False, []),
        ("2026-10-26", 20, True, []),
        ("2026-10-27", 21, True, []),
        ("2026-11-06", 29, True, []),
        ("2026-11-09", 30, True, []),
        ("2026-11-10", 31, True, [(1, "440300")]),
    ],
)
def test_the_office_is_reminded_from_the_20th_working_day_and_the_next_one_told_after_the_30th(
    guangdong, day, number, hurried, to
):
    """R-REG-16, R-TIME-04, R-TIME-06: the 30th day itself is still in time."""
    case = accepted()
    assert working_days_after(date(2026, 9, 21), number) == date.fromisoformat(day)
    with morning(date.fromisoformat(day)):
        tasks.remind()
        tasks.escalate()
    assert guangdong["440305"].notices.filter(kind="registration.reminder").exists() == hurried
    assert raised(case) == to
    assert told(guangdong["440300"]) == len(to)
    assert [told(guangdong[who]) for who in ("440305", "440000", "admin")] == [0, 0, 0]
    case.refresh_from_db()
    assert (case.state, case.due_on) == (A.PENDING_REVIEW, DUE)


def test_rest_days_raise_nothing_and_the_next_working_day_does(guangdong):
    """A case that fell due on a Friday: neither Saturday nor Sunday, but Monday."""
    case = accepted()
    case.due_on = date(2026, 11, 13)
    case.save()
    for day in ("2026-11-13", "2026-11-14", "2026-11-15"):
        with morning(date.fromisoformat(day)):
            assert actions.escalate() == 0
    with morning(date(2026, 11, 16)):
        assert actions.escalate() == 1


def test_it_climbs_an_office_with_every_ten_working_days_more_and_ends_with_the_administrators(guangdong):
    case, levels = accepted(), {}
    with morning(DUE):
        day = today()
    for number in range(1, 45):
        day = working_days_after(day, 1)
        with morning(day):
            if actions.escalate():
                levels[number] = raised(case)[-1]
    assert levels == {1: (1, "440300"), 11: (2, "440000"), 21: (3, ADMINISTRATORS)}
    assert [told(guangdong[who]) for who in ("440300", "440000", "admin")] == [1, 1, 1]


def test_ten_days_without_the_job_are_made_up_for_at_once_and_only_once(guangdong):
    case = accepted()
    with morning(working_days_after(DUE, 11)):
        assert actions.escalate() == 2
        assert raised(case) == [(1, "440300"), (2, "440000")]
        assert actions.escalate() == 0
    assert [told(guangdong[who]) for who in ("440300", "440000", "admin")] == [1, 1, 0]


def test_it_is_in_the_history_of_the_case_by_the_system_and_the_worker_reads_nothing_of_it(guangdong):
    case = accepted()
    with morning(date(2026, 11, 10)):
        actions.escalate()
    event = trail.history(case).get(verb="registration.application.escalate")
    assert (event.actor, event.changes) == (None, {"due_on": "2026-11-09", "level": 1})
    assert event.reason == "超过办理时限，升级到深圳市民政部门"
    staff = queries.timeline(case, for_staff=True)
    assert (staff[0].title, staff[0].who, staff[0].note) == ("逾期，升级到上级", "系统", event.reason)
    assert "逾期，升级到上级" not in [entry.title for entry in queries.timeline(case)]


# --- what does not count --------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["withdraw", "refuse", "pass"])
def test_what_was_answered_in_time_is_raised_to_nobody(guangdong, ending):
    case = accepted()
    with at("2026-11-09 17:00"):
        match ending:
            case "withdraw":
                actions.withdraw(case, by=case.worker.user)
            case "refuse":
                case.move("fail_first", actor=guangdong["440305"], seen=1, **FIXABLE)
            case "pass":
                case.move("pass_first", actor=guangdong["440305"], seen=1)
                case.move("pass_final", actor=guangdong["440000"], seen=1)
    with morning(date(2026, 11, 10)):
        assert actions.escalate() == 0
    assert not Escalation.objects.exists()


@pytest.mark.parametrize("ending", ["withdraw", "refuse", "pass"])
def test_a_move_closes_what_was_raised(guangdong, ending):
    """Of an application that passes, the final review is late as well, and goes up by itself."""
    case = accepted()
    with morning(date(2026, 11, 10)):
        actions.escalate()
        assert type(case).objects.filter(is_raised(type(case))).get() == case
        match ending:
            case "withdraw":
                actions.withdraw(case, by=case.worker.user)
            case "refuse":
                case.move("fail_first", actor=guangdong["440300"], seen=1, **FIXABLE)
            case "pass":
                case.move("pass_first", actor=guangdong["440300"], seen=1)
        assert not Escalation.objects.filter(closed_at=None).exists()
        assert list(escalations_are_open_for_a_reason()) == []
        again = actions.escalate()
    assert again == (1 if ending == "pass" else 0)
    if ending == "pass":
        assert raised(case)[-1] == (1, ADMINISTRATORS)  # above the province nobody sits in this test
        assert Escalation.objects.get(closed_at=None).state == A.INITIAL_APPROVED


def test_a_case_that_is_decided_while_the_job_runs_is_left_alone(guangdong):
    case = accepted()
    with morning(date(2026, 11, 10)):
        found = list(escalations_due())
        assert [each.pk for each in found] == [case.pk]
        actions.withdraw(case, by=case.worker.user)
        assert actions.escalations._raise(found[0]) == 0
    assert not Escalation.objects.exists()


def test_the_promise_notices_an_open_escalation_of_a_case_that_waits_no_more(guangdong):
    case = accepted()
    with morning(date(2026, 11, 10)):
        actions.escalate()
        type(case).objects.filter(pk=case.pk).update(due_on=date(2027, 1, 1))
    assert case.ref in next(escalations_are_open_for_a_reason())


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_raise_and_tell_once(guangdong):
    cases = [accepted(name=name) for name in ("陈晨", "赵静", "孙丽")]
    with morning(date(2026, 11, 10)):
        done = at_once(*[actions.escalate] * 3)
        actions.escalate()  # whoever found the rows taken left them to this one
    assert sum(done) == 3
    assert [raised(case) for case in cases] == [[(1, "440300")]] * 3
    assert told(guangdong["440300"]) == 1
    assert guangdong["440300"].notices.get(kind=KIND).title.startswith("3件业务超过办理时限")
    assert trail.verify().ok


def test_a_message_that_was_lost_between_writing_and_telling_is_sent_by_the_next_run(guangdong):
    accepted()
    with morning(date(2026, 11, 10)):
        actions.escalations._raise(next(escalations_due()))
        assert told(guangdong["440300"]) == 0
        assert actions.escalate() == 0
    assert told(guangdong["440300"]) == 1


def test_the_database_keeps_one_escalation_for_each_office(guangdong):
    accepted()
    with morning(date(2026, 11, 10)):
        actions.escalate()
    one = Escalation.objects.get()
    for changes_ in ({"level": 1, "office_id": "440000"}, {"level": 2}):
        one.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            Escalation(**{f.attname: getattr(one, f.attname) for f in one._meta.fields} | changes_).save()


# --- the message --------------------------------------------------------------------------------------------


def test_the_message_goes_out_by_sms_and_not_once_the_case_was_answered(guangdong):
    """Asked at the last moment, as of every reminder."""
    case = accepted()
    with morning(date(2026, 11, 10)):
        actions.escalate()
        row = Delivery.objects.get(kind=KIND)
        assert row.text == (
            f"1件业务超过办理时限，已升级到深圳市民政部门。{case.ref}超过办理时限还没有办结，"
            "请登录工作台督促办理，有权办理的也可以直接办理。"
        )
        case.move("pass_first", actor=guangdong["440300"], seen=1)
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == (Delivery.Status.SKIPPED, "升级的事项已经办理")


def test_the_message_is_sent_while_anything_waits(guangdong):
    accepted()
    with morning(date(2026, 11, 10)):
        actions.escalate()
        row = Delivery.objects.get(kind=KIND)
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == Delivery.Status.SENT


def test_one_message_names_three_and_counts_the_rest(guangdong):
    for name in ("陈晨", "赵静", "孙丽", "周宁"):
        accepted(name=name)
    with morning(date(2026, 11, 10)):
        assert actions.escalate() == 4
    body = guangdong["440300"].notices.get(kind=KIND).body
    assert body.count("DJ-") == 3
    assert "等4件超过办理时限" in body
