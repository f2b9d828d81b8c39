"""For which years a schedule is known, and when somebody should be reminded that one is not."""

from datetime import date

from django.db.models import Count, Q

from swms import dates
from swms.calendar.models import AnnouncedDay

#: The State Council announces the next year in November or at the beginning of December.
REMIND_FROM = (12, 15)


def is_known(year: int) -> bool:
    """Tell whether the schedule of a year is known: by the built-in calendar, or because it was entered."""
    return dates.has_schedule_built_in(year) or AnnouncedDay.objects.filter(date__year=year).exists()


def missing(on: date) -> list[int]:
    """Return the years whose schedule should be known by that day and is not."""
    years = [on.year] + ([on.year + 1] if (on.month, on.day) >= REMIND_FROM else [])
    return [year for year in years if not is_known(year)]


def entered() -> dict[int, tuple[int, int]]:
    """Return by year how many days were entered as 休 and as 班, in one query."""
    rows = AnnouncedDay.objects.values("date__year").annotate(
        off=Count("pk", filter=Q(is_working=False)), on=Count("pk", filter=Q(is_working=True))
    )
    return {row["date__year"]: (row["off"], row["on"]) for row in rows.order_by("date__year")}


def shown(on: date) -> list[int]:
    """Return the years that may be looked at and entered: around today, and those that have days; newest first."""
    return sorted({on.year - 1, on.year, on.year + 1, *entered()}, reverse=True)
