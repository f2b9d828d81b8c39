"""Who has opened a case lately: a hint that lapses, is given up with the duty, and never holds anybody back."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from swms import claims
from swms.claims import Claim
from swms.console import staff
from swms.regions.models import Duty
from swms.tasks import purge
from tests import factories

pytestmark = pytest.mark.django_db
MORNING = "2026-11-23T10:00:00+08:00"


@pytest.fixture
def case(people):
    return factories.submitted()


@pytest.fixture
def yang(people):
    """刘洋, 李静's colleague."""
    return factories.staff("刘洋", (Duty.FIRST_REVIEW, "110105"))


def test_the_first_who_opens_a_case_keeps_the_hint_for_a_quarter_of_an_hour(people, case, yang):
    with time_machine.travel(MORNING, tick=False) as clock:
        assert claims.claim(case, by=people.li_jing) is None
        clock.shift(timedelta(minutes=10))
        assert claims.claim(case, by=yang).words == "李静 10 分钟前打开"
        clock.shift(timedelta(minutes=4, seconds=59))
        assert claims.claim(case, by=yang).by == people.li_jing
        clock.shift(timedelta(seconds=1))
        assert claims.claim(case, by=yang) is None
        assert claims.claim(case, by=people.li_jing).words == "刘洋 刚刚打开"


def test_whoever_looks_again_keeps_the_hint(people, case, yang):
    with time_machine.travel(MORNING, tick=False) as clock:
        for _ in range(4):
            assert claims.claim(case, by=people.li_jing) is None
            clock.shift(timedelta(minutes=10))
        assert claims.claim(case, by=yang).words == "李静 10 分钟前打开"
    assert Claim.objects.count() == 1


def test_a_move_releases_the_case_whoever_makes_it(people, case, yang):
    claims.claim(case, by=people.li_jing)
    case.move("pass_first", actor=yang, seen=1)
    assert not Claim.objects.exists()


def test_who_gives_up_a_duty_or_is_put_out_of_service_holds_no_case_any_more(people, case, yang):
    """A reviewer who moved to another office: 李静 goes to 上海市, and 刘洋 need not wait for her."""
    security = factories.staff("郑凯", (Duty.SECURITY, None))
    claims.claim(case, by=people.li_jing)
    staff.withdraw(people.li_jing.jurisdictions.get(), by=security)
    staff.grant(people.li_jing, duty=Duty.FIRST_REVIEW, region=factories.region("310115"), by=security)
    assert claims.holder(case) is None
    claims.claim(case, by=yang)
    staff.set_active(yang, active=False, by=security)
    assert claims.holder(case) is None
    assert claims.claim(case, by=people.sun_hao) is None


def test_cases_of_different_kinds_with_the_same_key_are_different_cases(people, case, yang):
    other = factories.change(case.worker)
    type(other).objects.filter(pk=other.pk).update(id=case.pk)
    other = type(other).objects.get(pk=case.pk)
    claims.claim(case, by=people.li_jing)
    assert claims.claim(other, by=yang) is None
    assert {each.by for each in claims.holders([case]).values()} == {people.li_jing}
    assert list(claims.free(type(other).objects.all(), people.li_jing)) == []
    assert list(claims.free(type(other).objects.all(), yang)) == [other]


def test_what_lapsed_is_purged_and_what_stands_stays(people, case):
    claims.claim(case, by=people.li_jing)
    claims.claim(factories.submitted("陈晨"), by=people.li_jing)
    Claim.objects.filter(record=case.pk).update(at=timezone.now() - claims.LASTS)
    purge()
    assert [each.record for each in Claim.objects.all()] != [case.pk]
    assert Claim.objects.count() == 1
