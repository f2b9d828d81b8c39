"""The period of a statistic, and the weeks or months that it is cut into."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models.functions import TruncMonth, TruncWeek

from swms.dates import add_months, midnight

WEEKS_UP_TO = 100  # days; longer periods are shown by month
LONGEST_YEARS = 5


def month(day: date) -> str:
    """Return the month of a day in words."""
    return f"{day.year}年{day.month}月"


@dataclass(frozen=True)
class Period:
    """From the first day to the last one, both included."""

    first: date
    last: date

    @property
    def by_week(self) -> bool:
        return (self.last - self.first).days < WEEKS_UP_TO

    @property
    def step_words(self) -> str:
        return "周" if self.by_week else "月"

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The moments for ``__gte`` and ``__lt``, in local time (R-TIME-01)."""
        return midnight(self.first), midnight(self.last + timedelta(days=1))

    def within(self, field: str) -> dict:
        """Return the lookups that a moment lies in the period."""
        begins, ends = self.moments
        return {f"{field}__gte": begins, f"{field}__lt": ends}

    def step_of(self, field: str):
        """Return the expression that gives the first day of the week or month of a moment."""
        return TruncWeek(field) if self.by_week else TruncMonth(field)

    def steps(self) -> list[tuple[date, str]]:
        """Return every week or month of the period: its first day and its words."""
        found, day = [], self._begins(self.first)
        while day <= self.last:
            found.append((day, self._words(day)))
            day = day + timedelta(weeks=1) if self.by_week else day + relativedelta(months=1)
        return found

    def _begins(self, day: date) -> date:
        return day - timedelta(days=day.weekday()) if self.by_week else day.replace(day=1)

    def _words(self, day: date) -> str:
        if not self.by_week:
            return month(day)
        first, last = max(day, self.first), min(day + timedelta(days=6), self.last)
        return f"{first.month}月{first.day}日至{last.month}月{last.day}日"


def presets(day: date) -> dict[str, Period]:
    """Return the usual periods, called as people call them; the first is taken unless another is chosen."""
    last_year = day.year - 1
    return {
        "近3个月": Period(add_months(day, -3) + timedelta(days=1), day),
        "近12个月": Period(add_months(day, -12) + timedelta(days=1), day),
        "今年": Period(day.replace(month=1, day=1), day),
        "去年": Period(date(last_year, 1, 1), date(last_year, 12, 31)),
    }
