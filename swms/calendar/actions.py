"""The system administrator copies what the State Council announces; every day leaves a trail."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from swms.audit.trail import record
from swms.calendar.announcements import Announced, NotADay, judge
from swms.calendar.models import AnnouncedDay
from swms.regions.models import Duty, holds_duty
from swms.workflow import Refused


@dataclass(frozen=True)
class Change:
    """What a list changes about one day; ``None`` where it does not stand in the table."""

    date: date
    old: bool | None
    new: bool | None


def announced(year: int) -> list[AnnouncedDay]:
    """Return the announced days of a year in their order."""
    return list(AnnouncedDay.objects.filter(date__year=year).select_related("by").order_by("date"))


def seen(days: Iterable[AnnouncedDay]) -> str:
    """Return what stands for the days that somebody looked at, so that nobody replaces what was not seen."""
    text = "\n".join(f"{day} {day.source}" for day in days)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def changes(days: Iterable[Announced], *, year: int) -> list[Change]:
    """Return what would change if the year's list were replaced by ``days``."""
    old = {day.date: day.is_working for day in announced(year)}
    new = {day.date: day.is_working for day in days}
    every = sorted(old.keys() | new.keys())
    return [Change(day, old.get(day), new.get(day)) for day in every if old.get(day) != new.get(day)]


@transaction.atomic
def announce_day(day: date, *, is_working: bool, source: str, year: int, by) -> AnnouncedDay:
    """Enter one day. Raises Refused ``not_a_day`` (what a calendar says anyway) and ``already_there``."""
    _require(by)
    try:
        judge(day, is_working, year=year)
    except NotADay as wrong:
        raise Refused("not_a_day", str(wrong)) from wrong
    _lock()
    there = AnnouncedDay.objects.filter(date=day).first()
    if there:
        raise Refused("already_there", f"这一天已录入为“{there.kind}”，如需更改，请先移除")
    return _write(Announced(day, is_working), source, by, before=None)


@transaction.atomic
def take_back_day(day: date, *, by) -> AnnouncedDay | None:
    """Remove one day, so that the built-in calendar holds again; ``None`` if it is not there any more."""
    _require(by)
    _lock()
    there = AnnouncedDay.objects.filter(date=day).first()
    if there:
        _remove(there, by)
    return there


@transaction.atomic
def announce_year(year: int, days: list[Announced], *, source: str, by, looked_at: str) -> int:
    """Replace the year's list and return how many days it has now; ``looked_at`` is what ``seen`` gave.

    Raises Refused ``not_a_day`` and ``changed`` (somebody was faster); nothing is written then.
    """
    _require(by)
    try:
        for each in days:
            judge(each.date, each.is_working, year=year)
    except NotADay as wrong:
        raise Refused("not_a_day", str(wrong)) from wrong
    _lock()
    there = announced(year)
    before = {row.date: row for row in there}
    wanted = {(each.date, each.is_working, source) for each in days}
    if wanted == {(row.date, row.is_working, row.source) for row in there}:
        return len(days)  # pressed twice
    if looked_at != seen(there):
        raise Refused("changed", f"{year}年的放假安排刚刚被改动过，请重新核对")
    for row in there:
        if row.date not in {each.date for each in days}:
            _remove(row, by)
    for each in days:
        row = before.get(each.date)
        if row is None or (row.is_working, row.source) != (each.is_working, source):
            _write(each, source, by, before=row)
    return len(days)


def _write(one: Announced, source: str, by, *, before: AnnouncedDay | None) -> AnnouncedDay:
    old = before.kind if before else None
    row = AnnouncedDay(date=one.date, is_working=one.is_working, source=source, by=by)
    row.save(force_insert=before is None, force_update=before is not None)
    record("swms.announcedday.announce_day", row, actor=by, reason=source, changes={"kind": [old, row.kind]})
    return row


def _remove(row: AnnouncedDay, by) -> None:
    record("swms.announcedday.take_back_day", row, actor=by, reason=row.source, changes={"kind": [row.kind, None]})
    row.delete()


def _lock() -> None:
    """One writer at a time, readers as ever: the table is written to once a year."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE swms_announcedday IN SHARE ROW EXCLUSIVE MODE")


def _require(by) -> None:
    if not holds_duty(by, Duty.SYSTEM):
        raise PermissionDenied
