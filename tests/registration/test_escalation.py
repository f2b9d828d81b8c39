"""A case whose time is over goes up, office by office, and nobody but an office decides it (R-REG-16, R-CHG-10)."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from registration import actions, queries, tasks
from registration.actions.escalations import KIND
from registration.invariants import escalations_are_open_for_a_reason
from registration.models import Escalation, ProvincePolicy
from registration.queries.escalations import ADMINISTRATORS, chain, escalations_due, is_raised
from registration.workflows import ApplicationState as A
from registration.workflows import TransferState
from swms.audit import trail
from swms.dates import today, working_days_after
from swms.notices import delivery
from swms.notices.models import Delivery
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.certificates import makers
from tests.registration import changes
from tests.registration.steps import FIXABLE
from tests.registration.test_application_together import at_once

pytestmark = pytest.mark.django_db

#: 2026-09-21 and thirty working days, over 国庆节 and the Saturday that is worked for it.
SENT, DUE = "2026-09-21 10:00", date(2026, 11, 9)


def at(moment: str):
    return time_machine.travel(f"{moment}+08:00", tick=False)


def morning(day: date):
    return time_machine.travel(f"{day:%Y-%m-%d}T08:40+08:00", tick=False)


def accepted(code="440305", name="陈晨"):
    """Return an application whose 30 working days end on 2026-11-09."""
    one = factories.application(name, code=code, issue_date=date(2026, 9, 1))
    with at(SENT):
        return actions.apply(one, by=one.worker.user, promise_version="2026-11")


def told(user) -> int:
    return user.notices.filter(kind=KIND).count()


def raised(case) -> list[tuple]:
    """Return level and office of everything a case was raised to, open or not."""
    rows = Escalation.objects.filter(kind=case._meta.label_lower, case_id=case.pk).order_by("id")
    return [(row.level, ADMINISTRATORS if row.to_administrators else row.office_id) for row in rows]


@pytest.fixture
def guangdong(people):
    """南山区, 深圳市 and 广东省 at work, and the administrator."""
    return {
        "440305": factories.staff("南山初审", (Duty.FIRST_REVIEW, "440305")),
        "440300": factories.staff("深圳初审", (Duty.FIRST_REVIEW, "440300"), mobile=factories.mobile()),
        "440000": factories.staff("广东终审", (Duty.FINAL_REVIEW, "440000")),
        "admin": factories.staff("郑凯", (Duty.SYSTEM, None)),
    }


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


# --- who ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "duty", "places", "expected"),
    [
        ("/44/4403/440305/", "first_review", None, ("/44/4403/", "/44/", "/", "")),
        ("/44/4403/", "first_review", None, ("/44/", "/", "")),
        ("/44/", "final_review", None, ("/", "")),
        ("/44/4401/440106/", "first_review", None, ("/44/", "/", "")),  # 4401 has a keeper of certificates only
        ("/11/1101/110105/", "first_review", None, ("/", "")),
        ("/44/4403/440305/", "first_review", ("/44/4403/440305/", "/44/4403/440306/"), ("/44/4403/", "/44/", "/", "")),
        ("/44/4403/440305/", "first_review", ("/44/4403/440305/", "/44/4401/440106/"), ("/44/", "/", "")),
        ("/44/4403/440305/", "first_review", ("/44/4403/440305/", "/11/1101/110105/"), ("/", "")),
    ],
)
def test_the_offices_above_are_those_with_staff_and_between_two_regions_those_above_both(late, duty, places, expected):
    """R-CHG-10, written down office by office."""
    staff = {
        ("first_review", "/44/4403/440305/"),
        ("first_review", "/44/4403/"),
        ("final_review", "/44/"),
        ("certificate", "/44/4401/"),
        ("final_review", "/"),
    }
    assert chain(late, duty, places or (late,), staff) == expected


def test_where_nobody_sits_above_both_regions_the_nearest_above_the_late_one_is_told():
    both = ("/44/4403/440305/", "/11/1101/110105/")
    assert chain(both[0], "first_review", both, {("final_review", "/44/")}) == ("/44/", "")


def test_the_office_above_may_decide_by_its_own_duty_and_four_eyes_hold(guangdong):
    """Decision 0027: 深圳市's first reviewer may, 广东省's final reviewer sees and presses, and never makes both."""
    case = accepted()
    with morning(working_days_after(DUE, 11)):
        actions.escalate()
        final = guangdong["440000"]
        assert queries.in_region(final).filter(pk=case.pk).exists()
        with pytest.raises(PermissionDenied):
            case.move("pass_first", actor=final, seen=1)
        both = factories.staff("广东两审", (Duty.FIRST_REVIEW, "440000"), (Duty.FINAL_REVIEW, "440000"))
        case.move("pass_first", actor=both, seen=1)
        with pytest.raises(Refused, match="不同的人员"):
            case.move("pass_final", actor=both, seen=1)
        case.move("pass_final", actor=final, seen=1)


def test_where_the_policy_has_the_prefecture_review_first_the_province_is_the_next(guangdong):
    with at("2026-09-20 10:00"):
        ProvincePolicy.objects.create(
            province=factories.region("440000"),
            version=1,
            effective_from=date(2026, 9, 21),
            first_review_level="prefecture",
            by=guangdong["440000"],
        )
    case = accepted()
    with morning(date(2026, 11, 10)):
        actions.escalate()
    assert raised(case) == [(1, "440000")]
    assert Escalation.objects.get().late_id == "440300"


def test_an_office_that_gets_staff_later_is_told_next_and_none_is_told_twice(people):
    """南山区 alone at first: the administrators hear of it, and then the office that they saw to."""
    factories.staff("南山初审", (Duty.FIRST_REVIEW, "440305"))
    admin = factories.staff("郑凯", (Duty.SYSTEM, None))
    case = accepted()
    with morning(date(2026, 11, 10)):
        actions.escalate()
    assert raised(case) == [(1, ADMINISTRATORS)]
    assert "没有上级部门可以督促" in admin.notices.get(kind=KIND).body
    late = factories.staff("深圳初审", (Duty.FIRST_REVIEW, "440300"))
    with morning(working_days_after(DUE, 11)):
        actions.escalate()
        actions.escalate()
    assert raised(case) == [(1, ADMINISTRATORS), (2, "440300")]
    assert (told(late), told(admin)) == (1, 1)


# --- every kind ------------------------------------------------------------------------------------------


def _feedback():
    return factories.feedback(due_on=working_days_after(today(), 15))


def _correction():
    return makers.replacement(makers.registered(), "correction")


KINDS = {
    "feedback": (_feedback, 15, "110000"),
    "appeal": (lambda: factories.appeal(factories.fill_in(factories.worker("王芳"))), 3, "110000"),
    "appeal of nobody": (factories.appeal, 3, ADMINISTRATORS),
    "institution": (factories.registering, 15, "110000"),
    "institution feedback": (lambda: factories.institution_feedback(factories.worker("王芳")), 15, "110000"),
    "replacement": (_correction, 15, "110000"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_reviewed_kind_goes_up_after_its_own_limit(people, kind):
    """§2.1, §2.8, §2.9, §2.12, §2.14: a second transcription of the limits."""
    make, limit, office = KINDS[kind]
    assert all([people.li_jing, people.sun_hao])
    with at("2026-11-02 10:00"):
        case = make()
        due = working_days_after(today(), limit)
    assert case.due_on == due
    with morning(due):
        assert actions.escalate() == 0
    with morning(working_days_after(due, 1)):
        assert actions.escalate() == 1
    assert raised(case) == [(1, office)]
    assert told(people.sun_hao) == (office == "110000")
    assert told(people.li_jing) == 0
    assert trail.history(case).filter(verb=f"{case._meta.label_lower}.escalate").count() == 1
    case.refresh_from_db()
    assert case.due_on == due


@pytest.mark.parametrize(("code", "office"), [("110108", "110000"), ("310115", None)])
def test_a_change_goes_to_the_nearest_office_above_both_regions_step_by_step(people, code, office):
    """R-CHG-10: 海淀区 is 北京市's as well, 浦东新区 is not: the country's office; its final reviewer may decide."""
    above = {
        "110000": people.zhang_wei,
        None: factories.staff("全国终审", (Duty.FINAL_REVIEW, None)),
    }
    with at("2026-11-02 10:00"):
        case = factories.change(
            changes.registered(),
            kind="INST_AND_REGION",
            to_region=factories.region(code),
            due_on=working_days_after(today(), 15),
            state=TransferState.PENDING_OUT,
        )
    with morning(case.due_on):
        assert actions.escalate() == 0
        assert "approve_out" not in [move.name for move in case.moves_for(above[office])]
    with morning(working_days_after(case.due_on, 1)):
        assert actions.escalate() == 1
        assert raised(case) == [(1, office)]
        assert told(above[office]) == 1
        assert told(people.zhao_min) == 0
        case.move("approve_out", actor=above[office], seen=case.form_version)
        assert case.due_on == working_days_after(today(), 15)
        assert actions.escalate() == 0
        assert not Escalation.objects.filter(closed_at=None).exists()


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
