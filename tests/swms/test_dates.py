"""Statutory periods and working days (rulebook §1.1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from swms import dates

any_day = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@pytest.fixture
def announced():
    """Install calendar exceptions for one test."""
    exceptions: dict[date, bool] = {}
    dates.set_overrides(lambda: exceptions)
    yield exceptions
    dates.set_overrides(dict)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 23, 15, 59, 59, 999000, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), date(2026, 11, 24)),
    ],
)
def test_a_day_begins_at_midnight_in_shanghai_r_time_01(moment, expected):
    with time_machine.travel(moment, tick=False):
        assert dates.today() == expected


@pytest.mark.parametrize(
    ("issued", "last_day"),
    [
        (date(2025, 9, 15), date(2026, 9, 15)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
    ],
)
def test_one_year_ends_on_the_corresponding_day_r_time_03(issued, last_day):
    assert dates.last_day_of_period(issued, years=1) == last_day


def test_filing_on_a_holiday_is_accepted_to_the_next_working_day_r_time_05():
    last_day = dates.last_day_of_period(date(2024, 10, 1), years=1)
    assert dates.filing_last_day(last_day) == date(2025, 10, 9)


def test_filing_on_a_sunday_is_accepted_on_monday_and_the_validity_stays_r_time_05():
    valid_until = date(2027, 2, 28)
    assert dates.filing_last_day(valid_until) == date(2027, 3, 1)
    assert dates.last_day_of_period(date(2024, 2, 28), years=3) == valid_until


def test_filing_on_a_worked_weekend_is_not_extended_r_time_05():
    worked_saturday = date(2025, 10, 11)
    assert dates.filing_last_day(worked_saturday) == worked_saturday


def test_three_years_are_valid_through_the_corresponding_day_r_time_04():
    assert dates.add_years(date(2024, 3, 1), 3) == date(2027, 3, 1)


def test_an_anchor_on_29_february_does_not_drift_r_rereg_05():
    anchor = date(2024, 2, 29)
    assert [dates.add_years(anchor, 3 * n) for n in (1, 2, 3, 4)] == [
        date(2027, 2, 28),
        date(2030, 2, 28),
        date(2033, 2, 28),
        date(2036, 2, 29),
    ]


@pytest.mark.parametrize(
    ("expiry", "opens"),
    [
        (date(2027, 3, 1), date(2026, 12, 1)),
        (date(2027, 5, 31), date(2027, 2, 28)),
        (date(2027, 5, 30), date(2027, 2, 28)),
        (date(2028, 5, 31), date(2028, 2, 29)),
    ],
)
def test_the_window_of_three_months_opens_on_the_corresponding_day_r_rereg_03(expiry, opens):
    assert dates.add_months(expiry, -3) == opens


@pytest.mark.parametrize(
    ("accepted", "count", "due"),
    [
        (date(2026, 9, 21), 30, date(2026, 11, 9)),
        (date(2026, 2, 10), 30, date(2026, 3, 30)),
        (date(2026, 11, 23), 12, date(2026, 12, 9)),
    ],
)
def test_review_clocks_count_working_days_after_acceptance_r_time_06(accepted, count, due):
    assert dates.working_days_after(accepted, count) == due
    assert dates.working_days_left(accepted, due) == count


def test_an_annotation_of_90_days_and_its_quota_window_r_time_07_r_ann_08():
    applied = date(2026, 11, 23)
    assert dates.valid_through(applied, 90) == date(2027, 2, 21)
    assert dates.window_back(applied, 90) == (date(2026, 8, 26), applied)


def test_years_without_a_published_schedule_never_raise_r_time_06():
    assert not dates.is_working_day(date(2035, 10, 1))
    assert dates.working_days_after(date(2049, 12, 20), 30) > date(2050, 1, 1)


def test_an_announced_exception_wins_over_the_calendar(announced):
    saturday, monday = date(2027, 5, 8), date(2027, 5, 10)
    announced.update({saturday: True, monday: False})
    assert dates.is_working_day(saturday)
    assert not dates.is_working_day(monday)
    assert dates.working_days_after(date(2027, 5, 7), 2) == date(2027, 5, 11)
    assert dates.filing_last_day(monday) == date(2027, 5, 11)


def test_a_calendar_made_year_by_year_equals_the_growing_one():
    whole = holidays.China(years=range(2023, 2028))
    day, end = date(2023, 1, 1), date(2027, 12, 31)
    while day <= end:
        assert dates.is_working_day(day) == whole.is_working_day(day), day
        day += timedelta(days=1)


def test_a_negative_number_of_working_days_is_refused():
    with pytest.raises(ValueError, match="negative"):
        dates.working_days_after(date(2026, 1, 1), -1)


@given(any_day, st.integers(0, 60))
def test_working_days_after_and_left_agree(start, count):
    due = dates.working_days_after(start, count)
    assert dates.working_days_left(start, due) == count
    assert dates.working_days_left(due, start) == -sum(
        dates.is_working_day(start + timedelta(days=n)) for n in range(1, (due - start).days + 1)
    )


@given(any_day)
def test_a_filing_day_is_a_working_day_and_never_earlier_r_time_05(day):
    accepted = dates.filing_last_day(day)
    assert dates.is_working_day(accepted)
    assert accepted >= day
