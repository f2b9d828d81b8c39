"""An announced year as people paste it: one date a line, with 班 or 休."""

import re
from dataclasses import dataclass
from datetime import date

from swms import dates
from swms.forms import narrow
from swms.ui import cn_date

WEEKDAYS = "一二三四五六日"
EXAMPLE = "“2027-01-01 休”"
MOST_SHOWN = 20  # problems of one list

_KINDS = {"班": True, "上班": True, "休": False, "休息": False, "放假": False}
_LINE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?[\s,;、]*([^\s\d]\S*)", re.ASCII)


class NotADay(Exception):
    """What is wrong with a line or a day, in words for people."""


@dataclass(frozen=True)
class Announced:
    """One line: a day, and whether people work on it."""

    date: date
    is_working: bool


def weekday(day: date) -> str:
    """Return 周一 to 周日."""
    return f"周{WEEKDAYS[day.weekday()]}"


def judge(day: date, is_working: bool, *, year: int) -> None:
    """Raise NotADay for a day of another year, and for what every calendar says anyway: surely a slip."""
    if day.year != year:
        raise NotADay(f"{cn_date(day)}不是{year}年的日期")
    weekend = day.weekday() >= 5
    if is_working == weekend or is_working != dates.is_working_day_built_in(day):
        return
    usual = "本来就休息" if weekend else "本来就是工作日"
    raise NotADay(f"{cn_date(day)}是{weekday(day)}，{usual}，不用列出")


def read(text: str, *, year: int) -> tuple[list[Announced], list[str]]:
    """Return the days of a list, and what is wrong with its lines, each with its number.

    Nothing of a list may be used unless nothing is wrong with it.
    """
    found: dict[date, int] = {}
    days, problems = [], []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = narrow(raw).strip()
        if not line:
            continue
        try:
            one = _read_line(line, year)
            if one.date in found:
                raise NotADay(f"{cn_date(one.date)}与第{found[one.date]}行重复")
        except NotADay as wrong:
            problems.append(f"第{number}行：{wrong}")
            continue
        found[one.date] = number
        days.append(one)
    if not days and not problems:
        problems.append("名单是空的")
    if len(problems) > MOST_SHOWN:
        problems[MOST_SHOWN:] = [f"还有{len(problems) - MOST_SHOWN}行有误"]
    return sorted(days, key=lambda one: one.date), problems


def _read_line(line: str, year: int) -> Announced:
    match = _LINE.fullmatch(line)
    if match is None:
        raise NotADay(f"看不懂“{line[:30]}”，请写作{EXAMPLE}")
    *numbers, kind = match.groups()
    if kind not in _KINDS:
        raise NotADay(f"“{kind[:10]}”既不是“班”也不是“休”，请写作{EXAMPLE}")
    try:
        day = date(*map(int, numbers))
    except ValueError as wrong:
        raise NotADay("没有{}年{}月{}日这一天".format(*map(int, numbers))) from wrong
    judge(day, _KINDS[kind], year=year)
    return Announced(day, _KINDS[kind])
