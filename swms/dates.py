"""Civil dates, statutory periods and working days (R-TIME-01 to R-TIME-07).

Every date in the business rules is a civil date in Asia/Shanghai. A period does not count its first
day (民法典 201), ends on the corresponding day or, where there is none, on the last day of the month
(民法典 202), and its last day runs to midnight (民法典 203): a deadline is met if `today() <= last_day`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache

import holidays
from dateutil.relativedelta import relativedelta
from django.utils import timezone

Overrides = Mapping[date, bool]
"""Announced exceptions to the built-in calendar: a date, and whether it is a working day."""

_load_overrides: Callable[[], Overrides] = dict


def today() -> date:
    """Return the current civil date in the portal's time zone (R-TIME-01)."""
    return timezone.localdate()


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins in the portal's time zone (R-TIME-01)."""
    return timezone.make_aware(datetime.combine(day, time.min))


# --- periods -------------------------------------------------------------------------------------


def add_months(day: date, months: int) -> date:
    """Return the corresponding day `months` later or, if negative, earlier; clamped to the month (R-TIME-03)."""
    return day + relativedelta(months=months)


def add_years(day: date, years: int) -> date:
    """Return the corresponding day `years` later (earlier if negative), 29 February becoming the 28th (R-TIME-03).

    Repeated periods are counted from their anchor, `add_years(anchor, 3 * n)`, and not from one
    another: only so does an anchor on 29 February find its day again in a leap year (R-REREG-05).
    """
    return day + relativedelta(years=years)


def last_day_of_period(start: date, *, years: int = 0, months: int = 0, days: int = 0) -> date:
    """Return the last day, inclusive, of a period that starts on `start` (R-TIME-02, R-TIME-03, R-TIME-04)."""
    return start + relativedelta(years=years, months=months, days=days)


def valid_through(start: date, days: int) -> date:
    """Return the printed end date, inclusive, of what is valid for `days` days from `start` (R-TIME-07)."""
    return last_day_of_period(start, days=days)


def window_back(day: date, days: int) -> tuple[date, date]:
    """Return the first and last day of the `days` civil days that end with `day` itself (R-ANN-08)."""
    return day - timedelta(days=days - 1), day


def filing_last_day(last_day: date) -> date:
    """Return the day to whose end filing is accepted: `last_day`, or the working day after it if that is a rest day.

    Only for an applicant's filing window (R-TIME-05); never for the validity of a certificate or an annotation.
    """
    return last_day if is_working_day(last_day) else working_days_after(last_day, 1)


# --- working days --------------------------------------------------------------------------------


def set_overrides(loader: Callable[[], Overrides]) -> None:
    """Install the source of calendar exceptions that the State Council announces after a release of ours.

    `loader` is asked once for every calculation, so it should remember its answer for a while.
    """
    global _load_overrides
    _load_overrides = loader


def is_working_day(day: date) -> bool:
    """Tell whether `day` is a 工作日: announced exceptions first, then the built-in calendar (R-TIME-06)."""
    return _is_working(day, _load_overrides())


@lru_cache(maxsize=4096)  # some eleven years; a list asks it for each of its rows
def is_working_day_built_in(day: date) -> bool:
    """Tell whether `day` is a 工作日 by the built-in calendar alone, whatever was announced since."""
    return _calendar(day.year).is_working_day(day)


def has_schedule_built_in(year: int) -> bool:
    """Tell whether the built-in calendar knows the State Council's schedule of a year.

    Without it the year has its statutory days only. Every schedule so far moves some work to weekends.
    """
    return any(day.year == year for day in _calendar(year).weekend_workdays)


def working_days_after(day: date, count: int) -> date:
    """Return the `count`-th working day after `day`, which is not counted itself (R-TIME-06).

    Raises ValueError for a negative count.
    """
    if count < 0:
        raise ValueError("a number of working days cannot be negative")
    overrides = _load_overrides()
    while count:
        day += timedelta(days=1)
        count -= _is_working(day, overrides)
    return day


def working_days_left(on: date, due: date) -> int:
    """Return the number of working days from the day after `on` to `due` inclusive; negative once `due` is past.

    On the due day itself 0 are left, and the clock is still met (R-TIME-04).
    """
    overrides = _load_overrides()
    first, last = sorted((on, due))
    span = (last - first).days
    count = sum(_is_working(first + timedelta(days=offset), overrides) for offset in range(1, span + 1))
    return count if due >= on else -count


def _is_working(day: date, overrides: Overrides) -> bool:
    known = overrides.get(day)
    return is_working_day_built_in(day) if known is None else known


@cache
def _calendar(year: int) -> holidays.HolidayBase:
    # One complete calendar a year: a single growing one is filled while another thread already reads it.
    return holidays.China(years=year, expand=False)
