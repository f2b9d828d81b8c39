"""Who reviews first and who last where a province settled it for itself (R-REG-17)."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registration import actions, queries
from registration.models import FinalReview, FirstReview
from registration.workflows import ApplicationState as A
from swms.audit import trail
from swms.regions.models import Duty
from tests import factories
from tests.registration.steps import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def guangdong(people):
    """Reviewers of 南山区, 深圳市 and 广东省, by the region's code."""
    duties = {"440305": Duty.FIRST_REVIEW, "440300": Duty.FIRST_REVIEW, "440000": Duty.FINAL_REVIEW}
    return {code: factories.staff(f"审核{code}", (duty, code)) for code, duty in duties.items()}


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


def test_a_case_under_review_stays_with_its_offices_and_one_sent_in_later_does_not(settle, guangdong):
    """Decision 0027: the policy of the day on which a case was sent in governs it to its end."""
    with at("2026-11-23 10:00"):
        before = factories.submitted("陈晨", code="440305")
        settle(effective_from=date(2026, 11, 25), first_review_level=FirstReview.PREFECTURE)
    with at("2026-11-24 23:59"):
        eve = factories.submitted("赵静", code="440305")
    with at("2026-11-25 00:00"):
        after = factories.submitted("孙丽", code="440305")
        county, prefecture = guangdong["440305"], guangdong["440300"]
        assert [waits_for(case, county) for case in (before, eve, after)] == [True, True, False]
        assert [may_pass(case, county) for case in (before, eve, after)] == [True, True, False]
        assert [waits_for(case, prefecture) for case in (before, eve, after)] == [True] * 3
        assert queries.office_of(before) == "南山区民政部门"
        assert queries.office_of(after) == "深圳市民政部门"


@pytest.mark.parametrize("level", FinalReview.values)
@pytest.mark.parametrize(
    ("code", "at_prefecture", "at_province"),
    [
        ("440305", False, False),
        ("440300", True, False),
        ("440000", True, True),
        (None, True, True),
        ("110000", False, False),
    ],
)
def test_the_final_review_is_made_where_the_policy_says_or_above(
    settle, people, level, code, at_prefecture, at_province
):
    """R-REG-17, a second time: 南山区's own office never decides last; button, move and queue agree."""
    settle(final_review_level=level)
    case = factories.submitted("陈晨", code="440305")
    case.move("pass_first", actor=factories.staff("初审", (Duty.FIRST_REVIEW, "440305")), seen=case.form_version)
    who = factories.staff("刘洋", (Duty.FINAL_REVIEW, code))
    expected = at_prefecture if level == FinalReview.PREFECTURE else at_province
    assert ("pass_final" in [move.name for move in case.moves_for(who)], waits_for(case, who)) == (expected,) * 2
    if not expected:
        with pytest.raises(PermissionDenied):
            case.move("pass_final", actor=who, seen=case.form_version)
    place = "深圳市" if level == FinalReview.PREFECTURE else "广东省"
    assert queries.office_of(case, final=True) == f"{place}民政部门"


def test_a_province_that_changes_who_reviews_last_in_mid_case_changes_nothing_for_it(settle, guangdong):
    """Decision 0027: what was sent in on the eve is the province's to the end; the next day's is the prefecture's."""
    last = factories.staff("深圳终审", (Duty.FINAL_REVIEW, "440300"))
    with at("2026-11-23 10:00"):
        eve = factories.submitted("陈晨", code="440305")
        settle(effective_from=date(2026, 11, 24), final_review_level=FinalReview.PREFECTURE)
    with at("2026-11-24 10:00"):
        after = factories.submitted("赵静", code="440305")
        for case in (eve, after):
            case.move("pass_first", actor=guangdong["440305"], seen=1)
        assert [waits_for(case, last) for case in (eve, after)] == [False, True]
        with pytest.raises(PermissionDenied):
            eve.move("pass_final", actor=last, seen=1)
        assert [queries.whose_move(case).code for case in (eve, after)] == ["final", "final"]
        assert [step.office for step in queries.progress(eve)[1:3]] == ["南山区民政部门", "广东省民政部门"]
        assert [step.office for step in queries.progress(after)[1:3]] == ["南山区民政部门", "深圳市民政部门"]
        eve.move("pass_final", actor=guangdong["440000"], seen=1)
        after.move("pass_final", actor=last, seen=1)
        assert [case.decisions.get(stage="final").policy_version for case in (eve, after)] == [0, 1]
        rules = trail.history(after).filter(verb__endswith="pass_final").get().changes["rules"]
        assert rules == "广东省 2026-11 版（第1版）"


def test_what_is_sent_in_again_goes_under_the_rules_of_that_day(settle, guangdong, people):
    """R-REG-14, R-REG-16: a resubmission restarts the clock, and the rules with it."""
    with at("2026-11-23 10:00"):
        case = factories.submitted("陈晨", code="440305")
        settle(effective_from=date(2026, 11, 24), first_review_level=FirstReview.PREFECTURE)
    with at("2026-11-24 10:00"):
        assert may_pass(case, guangdong["440305"])
        actions.withdraw(case, by=case.worker.user)
        actions.apply(case, by=case.worker.user, promise_version="2026-11")
        assert not may_pass(case, guangdong["440305"])
        assert may_pass(case, guangdong["440300"])


def test_a_prefecture_that_is_itself_the_region_leaves_the_final_review_to_the_province(settle, people):
    """东莞市 and its like: otherwise one office would make both reviews."""
    from swms.regions.models import Region

    factories.region("440000")
    path = "/440000/441900/"
    Region.objects.create(code="441900", name="东莞市", level=2, parent_id="440000", path=path, is_leaf=True)
    settle(final_review_level=FinalReview.PREFECTURE)
    case = factories.submitted("陈晨", code="440305")
    case.region, case.state = Region.objects.get(code="441900"), A.INITIAL_APPROVED
    case.save()
    city, province = factories.staff("东莞终审"), factories.staff("广东终审", (Duty.FINAL_REVIEW, "440000"))
    city.jurisdictions.create(duty=Duty.FINAL_REVIEW, region_id="441900")
    assert queries.office_of(case, final=True) == "广东省民政部门"
    for who, may in ((city, False), (province, True)):
        assert ("pass_final" in [move.name for move in case.moves_for(who)], waits_for(case, who)) == (may, may)


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
    counted = []
    for level in (FirstReview.COUNTY, FirstReview.PREFECTURE):
        settle(first_review_level=level)
        list(queries.awaiting(county))  # reads the jurisdictions and the divisions
        with CaptureQueriesContext(connection) as asked:
            found = list(queries.awaiting(county))
        counted.append((len(asked), len(found)))
    assert counted == [(1, 1), (1, 0)]


def test_who_decides_in_one_county_and_nothing_in_another_is_offered_nothing_of_the_other(people):
    """R-REG-17: 终审 is the province's, and 初审 of 朝阳区 is no 初审 of 海淀区."""
    both = factories.staff("冯涛", (Duty.FIRST_REVIEW, "110105"), (Duty.FINAL_REVIEW, "110108"))
    here, there = factories.submitted("陈晨"), factories.submitted("褚卫", code="110108")
    assert {here, there} <= set(queries.in_region(both))
    assert list(queries.awaiting(both)) == [here]


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


def test_each_decision_keeps_the_version_that_it_was_made_under_and_its_history_names_it(settle, guangdong):
    """Q14; what was decided before a new version stays with the office that decided it."""
    with at("2026-11-23 10:00"):
        case = factories.submitted("陈晨", code="440305")
        case.move("pass_first", actor=guangdong["440305"], seen=1)
        settle(effective_from=date(2026, 11, 24), first_review_level=FirstReview.PREFECTURE)
    with at("2026-11-24 10:00"):
        case.move("pass_final", actor=guangdong["440000"], seen=1)
        decided = dict(case.decisions.values_list("stage", "policy_version"))
        assert decided == {"first": 0, "final": 0}
        later = factories.submitted("赵静", code="440305")
        later.move("pass_first", actor=guangdong["440300"], seen=1)
        assert later.decisions.get().policy_version == 1
        assert queries.progress(case)[1].office == "南山区民政部门"
        said = {entry.title: (entry.who, entry.rules) for entry in queries.timeline(case)}
        assert said["初审通过"] == ("南山区民政部门", "按广东省默认办理规则")
        said = {entry.title: (entry.who, entry.rules) for entry in queries.timeline(later)}
        assert said["初审通过"] == ("深圳市民政部门", "按广东省 2026-11 版（第1版）办理规则")
