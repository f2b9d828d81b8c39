"""What a province settles for itself, and from when (R-REG-05, R-REREG-08, R-REREG-11)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registration.models import DEFAULT_POLICY, FirstReview
from registration.queries import policy_of
from registration.queries.policies import history
from tests import factories
from tests.registration.steps import at

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 23)


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
    """Held against the plain reading of the rule."""
    with transaction.atomic():
        for number, days in enumerate(starts):
            level = FirstReview.PREFECTURE if number % 2 else FirstReview.COUNTY
            settle(effective_from=DAY + timedelta(days=days), first_review_level=level)
        with time_machine.travel(DAY + timedelta(days=on), tick=False):
            begun = [number for number, days in enumerate(starts, start=1) if days <= on]
            policy = policy_of(factories.region("440305"))
            assert policy.version == max(begun, default=0)
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


@pytest.mark.parametrize("version", [1, 3, 0])
def test_two_versions_never_overlap_whoever_writes_the_row(settle, version):
    """By raw SQL: a version again, one that skips a number, one before the first; and no row is moved afterwards."""
    settle(effective_from=DAY)
    copy = """
        INSERT INTO registration_provincepolicy (province_id, version, effective_from, first_review_level, by_id,
            ce_waived_notice, note, at) SELECT province_id, %s, '2020-01-01', first_review_level, by_id, '', '', now()
        FROM registration_provincepolicy WHERE version = 1
    """
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(copy, [version])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE registration_provincepolicy SET effective_from = '2020-01-01'")
    assert policy_of(factories.region("440305"), DAY - timedelta(days=1)).version == 0
