"""What a province settles for itself, and who therefore reviews first (R-REG-05, R-REG-17, R-REREG-08, R-REREG-11)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registration import actions, queries
from registration.models import DEFAULT_POLICY, FirstReview, ProvincePolicy
from registration.queries import policy_of
from registration.queries.policies import history, provinces_reviewing_at_prefecture
from registration.workflows import ApplicationState as A
from swms.dates import today
from swms.regions.models import Duty
from tests import factories

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 23)


def at(moment):
    return time_machine.travel(f"{moment}+08:00", tick=False)


@pytest.fixture
def settle(people):
    """Return a function that writes the next version of a province's policy, in force since yesterday."""

    def settle(province="440000", **fields):
        place = factories.region(province)
        fields.setdefault("effective_from", today() - timedelta(days=1))
        fields.setdefault("version", place.policies.count() + 1)
        fields.setdefault("by", people.zhang_wei)
        return ProvincePolicy.objects.create(province=place, **fields)

    return settle


@pytest.fixture
def guangdong(people):
    """Reviewers of 南山区, 深圳市 and 广东省, by the region's code."""
    duties = {"440305": Duty.FIRST_REVIEW, "440300": Duty.FIRST_REVIEW, "440000": Duty.FINAL_REVIEW}
    return {code: factories.staff(f"审核{code}", (duty, code)) for code, duty in duties.items()}


# --- which version is in force ----------------------------------------------------------------------


def test_a_province_without_a_policy_has_the_default(people):
    """Q5, Q6, Q14."""
    policy = policy_of(factories.region("110105"))
    assert policy is DEFAULT_POLICY
    assert (policy.version, policy.first_review_level, policy.at_prefecture) == (0, FirstReview.COUNTY, False)
    assert [policy.makeup_first_open(DAY), policy.makeup_renew_open(DAY), policy.ce_waived_on(DAY)] == [False] * 3
    assert policy_of(None) is DEFAULT_POLICY


def test_a_version_is_in_force_from_its_first_day_and_in_its_own_province_only(settle):
    settle(effective_from=DAY)
    inside, outside = factories.region("440305"), factories.region("110105")
    assert policy_of(inside, DAY - timedelta(days=1)).version == 0
    assert policy_of(inside, DAY).version == 1
    assert policy_of(outside, DAY).version == 0
    with at("2026-11-22 23:59"):
        assert policy_of(inside).version == 0
    with at("2026-11-23 00:00"):
        assert policy_of(inside).version == 1


def test_a_later_version_that_begins_earlier_keeps_the_former_from_ever_coming_into_force(settle):
    settle(effective_from=date(2026, 12, 1))
    settle(effective_from=date(2026, 11, 28))
    place = factories.region("440000")
    assert [policy_of(place, date(2026, 11, 27 + n)).version for n in (0, 1)] == [0, 2]
    assert policy_of(place, date(2026, 12, 1)).version == 2


def test_a_channel_is_open_from_its_first_to_its_last_day(settle):
    """R-REG-05, R-REREG-08, R-REREG-11: three windows of their own."""
    first, last = date(2026, 12, 1), date(2026, 12, 31)
    settle(
        effective_from=DAY,
        makeup_first_from=first,
        makeup_first_until=last,
        makeup_renew_from=first + timedelta(days=31),
        makeup_renew_until=last + timedelta(days=31),
        ce_waived_from=last,
        ce_waived_until=last,
        ce_waived_notice="粤民函〔2026〕1号",
    )
    policy = policy_of(factories.region("440305"), DAY)
    days = [first - timedelta(days=1), first, last, last + timedelta(days=1)]
    assert [policy.makeup_first_open(day) for day in days] == [False, True, True, False]
    assert [policy.makeup_renew_open(day) for day in days] == [False, False, False, True]
    assert [policy.ce_waived_on(day) for day in days] == [False, False, True, False]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(starts=st.lists(st.integers(0, 12), min_size=1, max_size=6), on=st.integers(-1, 14))
def test_on_every_day_the_highest_version_that_has_begun_is_in_force(settle, starts, on):
    """Held against the plain reading of the rule; the condition on queries agrees with it."""
    with transaction.atomic():
        for number, days in enumerate(starts):
            level = FirstReview.PREFECTURE if number % 2 else FirstReview.COUNTY
            settle(effective_from=DAY + timedelta(days=days), first_review_level=level)
        with time_machine.travel(DAY + timedelta(days=on), tick=False):
            begun = [number for number, days in enumerate(starts, start=1) if days <= on]
            policy = policy_of(factories.region("440305"))
            assert policy.version == max(begun, default=0)
            expected = {"440000"} if policy.at_prefecture else set()
            assert provinces_reviewing_at_prefecture() == expected
            fates = {each.row.version: each.fate for each in history(factories.region("440000"))}
            for number in fates:
                days = [DAY + timedelta(days=n) for n in range(14)]
                ever = any(policy_of(factories.region("440305"), day).version == number for day in days)
                assert (fates[number] == "replaced") == (not ever)
                assert (fates[number] == "current") == (number == policy.version)
                assert (fates[number] == "coming") == (ever and number not in begun)
        transaction.set_rollback(True)


def test_the_look_up_is_one_query(settle, django_assert_num_queries):
    settle()
    settle()
    place = factories.region("440305")
    with django_assert_num_queries(1):
        policy_of(place)


@pytest.mark.parametrize(
    "fields",
    [
        {"makeup_first_from": DAY},
        {"makeup_first_until": DAY},
        {"makeup_renew_from": DAY, "makeup_renew_until": DAY - timedelta(days=1)},
        {"ce_waived_from": DAY, "ce_waived_until": DAY},
        {"ce_waived_notice": "粤民函〔2026〕1号"},
        {"version": 0},
    ],
)
def test_the_database_takes_no_half_window_no_window_backwards_and_no_waiver_without_its_notice(settle, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        settle(**fields)


def test_a_version_is_written_once(settle):
    version = settle()
    with pytest.raises(IntegrityError), transaction.atomic():
        settle(version=1)
    version.note = "另一说明"
    with pytest.raises(DatabaseError), transaction.atomic():
        version.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        version.delete()


# --- who reviews first --------------------------------------------------------------------------------


def may_pass(case, who) -> bool:
    return "pass_first" in [move.name for move in case.moves_for(who)]


def waits_for(case, who) -> bool:
    return queries.awaiting(who).filter(pk=case.pk).exists()


def test_by_default_both_the_county_and_the_prefecture_may_review_first(guangdong):
    case = factories.submitted("陈晨", code="440305")
    for who in (guangdong["440305"], guangdong["440300"]):
        assert may_pass(case, who)
        assert waits_for(case, who)
    assert queries.office(case.region) == "南山区民政部门"


def test_where_the_prefecture_reviews_first_the_county_reads_and_does_not_decide(settle, guangdong, people):
    """R-REG-17: refused are 南山区's reviewer, and as ever 赵敏 of 上海."""
    case = factories.submitted("陈晨", code="440305")
    county, prefecture = guangdong["440305"], guangdong["440300"]
    settle(first_review_level=FirstReview.PREFECTURE)
    for who in (county, people.zhao_min, guangdong["440000"]):
        assert not may_pass(case, who)
        assert not waits_for(case, who)
        with pytest.raises(PermissionDenied):
            case.move("pass_first", actor=who, seen=case.form_version)
    assert queries.in_region(county).filter(pk=case.pk).exists()
    assert queries.office(case.region) == "深圳市民政部门"
    assert queries.office(case.region, final=True) == "广东省民政部门"
    assert waits_for(case, prefecture)
    case.move("pass_first", actor=prefecture, seen=case.form_version)
    case.move("pass_final", actor=guangdong["440000"], seen=case.form_version)
    assert case.state == A.FINAL_APPROVED


@pytest.mark.parametrize("level", FirstReview.values)
@pytest.mark.parametrize(
    ("code", "at_county", "at_prefecture"),
    [
        ("440305", True, False),
        ("440300", True, True),
        ("440000", True, True),
        (None, True, True),
        ("110105", False, False),
        ("310000", False, False),
    ],
)
def test_the_queue_holds_exactly_what_the_buttons_offer(settle, level, code, at_county, at_prefecture):
    """R-REG-17, written down a second time: from which offices the first review of 南山区 may be made."""
    case = factories.submitted("陈晨", code="440305")
    settle(first_review_level=level)
    who = factories.staff("刘洋", (Duty.FIRST_REVIEW, code))
    expected = at_prefecture if level == FirstReview.PREFECTURE else at_county
    assert (may_pass(case, who), waits_for(case, who)) == (expected, expected)


def test_a_case_under_review_changes_offices_on_the_day_the_policy_begins(settle, guangdong):
    with at("2026-11-23 10:00"):
        case = factories.submitted("陈晨", code="440305")
        settle(effective_from=date(2026, 11, 25), first_review_level=FirstReview.PREFECTURE)
    with at("2026-11-24 23:59"):
        assert waits_for(case, guangdong["440305"])
    with at("2026-11-25 00:00"):
        assert not waits_for(case, guangdong["440305"])
        assert waits_for(case, guangdong["440300"])


def test_a_county_right_below_its_province_is_its_own_office(settle, people):
    """济源市: no prefecture stands between."""
    from swms.regions.models import Region

    factories.region("440000")
    path = "/440000/449001/"
    Region.objects.create(code="449001", name="直辖市县", level=3, parent_id="440000", path=path, is_leaf=True)
    settle(first_review_level=FirstReview.PREFECTURE)
    case = factories.submitted("陈晨", code="440305")
    case.region = Region.objects.get(code="449001")
    case.save()
    who = factories.staff("直管县审核", (Duty.FIRST_REVIEW, None))
    who.jurisdictions.update(region="449001")
    assert may_pass(case, who)
    assert waits_for(case, who)
    assert queries.office(case.region) == "直辖市县民政部门"


def test_the_queue_is_one_query_whatever_the_policy(settle, guangdong):
    factories.submitted("陈晨", code="440305")
    county = guangdong["440305"]
    list(queries.awaiting(county))  # reads the jurisdictions
    counted = []
    for level in (FirstReview.COUNTY, FirstReview.PREFECTURE):
        settle(first_review_level=level)
        with CaptureQueriesContext(connection) as asked:
            found = list(queries.awaiting(county))
        counted.append((len(asked), len(found)))
    assert counted == [(1, 1), (1, 0)]


def test_reminders_go_to_the_office_that_reviews_first(settle, guangdong):
    """R-REG-16, R-REG-17."""
    case = factories.application("陈晨", code="440305", issue_date=date(2026, 9, 1))
    with at("2026-09-21 10:00"):
        actions.apply(case, by=case.worker.user, promise_version="2026-11")
        settle(first_review_level=FirstReview.PREFECTURE)
    with at("2026-10-26 08:30"):
        assert actions.remind() == 1
    assert guangdong["440300"].notices.filter(kind="registration.reminder").exists()
    assert not guangdong["440305"].notices.filter(kind="registration.reminder").exists()


def test_each_decision_keeps_the_version_that_it_was_made_under_and_the_office_of_its_day(settle, guangdong):
    """Q14; what was decided before a new version stays with the office that decided it."""
    with at("2026-11-23 10:00"):
        case = factories.submitted("陈晨", code="440305")
        case.move("pass_first", actor=guangdong["440305"], seen=1)
        settle(effective_from=date(2026, 11, 24), first_review_level=FirstReview.PREFECTURE)
    with at("2026-11-24 10:00"):
        case.move("pass_final", actor=guangdong["440000"], seen=1)
        decided = dict(case.decisions.values_list("stage", "policy_version"))
        assert decided == {"first": 0, "final": 1}
        assert queries.progress(case)[1].office == "南山区民政部门"
        said = {entry.title: entry.who for entry in queries.timeline(case)}
        assert said["初审通过"] == "南山区民政部门"
