"""To which office a case whose time is over goes up, and that nobody but an office decides it (R-REG-16, R-CHG-10)."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from registration import actions, queries
from registration.actions.escalations import KIND
from registration.models import Escalation, ProvincePolicy
from registration.queries.escalations import ADMINISTRATORS, chain
from registration.workflows import TransferState
from swms.audit import trail
from swms.dates import today, working_days_after
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.certificates import makers
from tests.registration import changes
from tests.registration.late import DUE, accepted, morning, raised, told
from tests.registration.steps import at

pytestmark = pytest.mark.django_db


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
