"""Checking one row of a roster file: every cell becomes a value of its column, or a sentence for the office.

Most rows of most files are in order and spelled plainly, and are recognised so by one expression each;
the full rules of `swms.idnumbers` speak wherever that does not settle it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings

from registration.roster.columns import HEADERS
from registration.roster.problems import Problem
from swms.codes import CertificateLevel, IdType
from swms.dates import today
from swms.idnumbers import PROVINCES, InvalidIdNumber, check_digit, clean_id_number, clean_name
from swms.references import is_management_number
from swms.regions.models import Region

FIRST_EXAM_YEAR = 2008

_PLAIN_NAME = re.compile(r"[\u4e00-\u9fa5]{2,4}")
_PLAIN_ID = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_PLAIN_NUMBER = re.compile(r"\d{18}", re.ASCII)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,3}", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]0?0:00(?::00)?)?|(\d{4})(\d{2})(\d{2})", re.ASCII)
_EXCEL_TEXT = re.compile(r'="(.*)"')

_LEVELS = {label: int(value) for value, label in CertificateLevel.choices} | {
    "助理社工师": 1, "助理": 1, "初级": 1, "1": 1,
    "社工师": 2, "中级": 2, "2": 2,
    "高级社工师": 3, "高级": 3, "3": 3,
}  # fmt: skip
_ID_TYPES = {label: str(value) for value, label in IdType.choices} | {
    "身份证": "ID_CARD",
    "二代身份证": "ID_CARD",
    "中华人民共和国居民身份证": "ID_CARD",
    "港澳居民来往内地通行证": "TRAVEL_PERMIT",
    "台湾居民来往大陆通行证": "TRAVEL_PERMIT",
    "来往内地(大陆)通行证": "TRAVEL_PERMIT",
}

_name_checks: list[Callable[[str], str]] = []


def check_names_with(check: Callable[[str], str]) -> None:
    """Install a check that returns what to warn of about a name, or nothing: an app that prints names has one."""
    if check not in _name_checks:
        _name_checks.append(check)


class Entry(NamedTuple):
    """A row in order, as it goes into the roster."""

    row: int
    name: str
    id_type: str
    id_number: str
    mgmt_no: str
    level: int
    exam_year: int
    issue_date: date
    province: str


class Unfit(ValueError):
    """A cell that cannot be right; says what to do about it."""


class Checker:
    """Checks rows against the provinces as they are now; `places` tells where each field stands."""

    def __init__(self, places: dict[str, int]) -> None:
        self._names = _province_names()
        self._fields = [
            (field, places.get(field, -1), getattr(self, f"_{field}")) for field in Entry._fields if field != "row"
        ]
        self._today = today()
        self._plain = _plain_reader(places, self._names, self._today)

    def check_all(self, rows: Sequence[tuple[int, Sequence[object]]]) -> tuple[list[Entry], list[Problem]]:
        """Return the entries of the rows that are in order, and everything that was said about any of them."""
        entries: list[Entry] = []
        found: list[Problem] = []
        for number, cells in rows:
            entry, said = self._plain(number, cells), []
            if entry is None:
                entry, said = self.check(number, cells)
            if entry is not None:
                entries.append(entry)
            found += said
        return entries, found

    def check(self, row: int, cells: Sequence[object]) -> tuple[Entry | None, list[Problem]]:
        """Return the entry, or `None` and what is wrong; warnings come beside an entry."""
        problems: list[Problem] = []
        values: list = []
        id_type = IdType.ID_CARD.value
        for field, place, clean in self._fields:
            cell = cells[place] if place >= 0 else None
            try:
                text = cell if type(cell) is str else _as_text(field, cell)
                value = clean(text, id_type) if field == "id_number" else clean(text)
            except (Unfit, InvalidIdNumber) as error:
                problems.append(Problem(row, HEADERS[field], "error", str(error)))
                value = None
            if field == "id_type" and value:
                id_type = value
            values.append(value)
        if not problems:
            entry = Entry(row, *values)
            if entry.issue_date.year >= entry.exam_year:
                return entry, [Problem(row, HEADERS["name"], "warning", said) for said in _said_of(entry.name)]
            problems.append(Problem(row, HEADERS["issue_date"], "error", "签发日期早于考试年度"))
        return None, problems

    # --- one field each ----------------------------------------------------------------------

    def _name(self, text: str) -> str:
        if _PLAIN_NAME.fullmatch(text):
            return text
        return clean_name(_filled(text))

    def _id_type(self, text: str) -> str:
        return _id_type(text)

    def _id_number(self, text: str, id_type: str) -> str:
        if (
            id_type == "ID_CARD"
            and _PLAIN_ID.fullmatch(text)
            and text[:2] in PROVINCES
            and _is_birth_date(text[6:14], self._today)
            and text[17] == check_digit(text)
        ):
            return text
        return clean_id_number(_number(text), id_type)

    def _mgmt_no(self, text: str) -> str:
        number = text if _PLAIN_NUMBER.fullmatch(text) else "".join(_number(text).split()).upper()
        if not is_management_number(number):
            raise Unfit("管理号应为18位数字")
        return number

    def _level(self, text: str) -> int:
        return _level(text)

    def _exam_year(self, text: str) -> int:
        return _exam_year(text, self._today.year)

    def _issue_date(self, text: str) -> date:
        return _issue_date(text, self._today)

    def _province(self, text: str) -> str:
        code = self._names.get(text) or self._names.get("".join(_filled(text).split()))
        if code is None:
            raise Unfit("不是省级行政区的名称或6位代码，例如：北京市、110000")
        return code


class _Memo(dict):
    """Remembers what a cell's text means; texts that mean nothing, and more than a file should hold, are not kept."""

    def __init__(self, clean: Callable[[str], object], most: int = 20_000) -> None:
        super().__init__()
        self._clean, self._most = clean, most

    def __missing__(self, text: str) -> object:
        value = self._clean(text)
        if len(self) < self._most:
            self[text] = value
        return value


def _plain_reader(places: dict[str, int], provinces: dict[str, str], latest: date):
    """Return a function that gives the entry of a row whose cells are all spelled plainly, ``None`` for any other.

    Whatever this does not settle is for `Checker.check`, which says why. It is one function without helpers because
    every row of a million goes through it.
    """
    if len(places) < len(HEADERS):
        return lambda number, cells: None
    order = [places[field] for field in Entry._fields if field != "row"]
    name_at, type_at, id_at, mgmt_at, level_at, year_at, issued_at, province_at = order
    types, levels = _Memo(_id_type), _Memo(_level)
    years = _Memo(lambda text: _exam_year(text, latest.year))
    days = _Memo(lambda text: _issue_date(text, latest))
    births = _Memo(lambda digits: _is_birth_date(digits, latest))
    is_name, is_id, prefixes, last_digit = _PLAIN_NAME.fullmatch, _PLAIN_ID.fullmatch, PROVINCES, check_digit
    is_number = re.compile(settings.MGMT_NO_PATTERN, re.ASCII).fullmatch

    def read(number: int, cells: Sequence[object]) -> Entry | None:
        try:
            name, id_number, mgmt_no = cells[name_at], cells[id_at], cells[mgmt_at]
            id_type, level, year = types[cells[type_at]], levels[cells[level_at]], years[cells[year_at]]
            day, province = days[cells[issued_at]], provinces[cells[province_at]]
            if (
                id_type == "ID_CARD"
                and is_name(name)
                and is_id(id_number)
                and id_number[:2] in prefixes
                and births[id_number[6:14]]
                and id_number[17] == last_digit(id_number)
                and is_number(mgmt_no)
                and day.year >= year
            ):
                return Entry(number, name, id_type, id_number, mgmt_no, level, year, day, province)
        except (TypeError, KeyError, AttributeError, ValueError):
            return None  # a cell that is no text, or one that has to be looked at more closely
        return None

    return read


def _as_text(field: str, cell: object) -> str:
    """Return a cell that is not text as the text that was meant, or say why that cannot be known."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        if field == "issue_date":
            return f"{cell:%Y-%m-%d}"
        raise Unfit("单元格是日期格式，请设为“文本”格式后重新填写")
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if field in ("id_number", "mgmt_no"):
            raise Unfit("单元格是数字格式，末尾几位可能已经丢失，请设为“文本”格式后重新填写完整号码")
        if field in ("exam_year", "level", "province") and cell % 1 == 0:
            return str(int(cell))
        if field == "issue_date" and cell % 1 == 0 and len(str(int(cell))) == 8:
            return str(int(cell))
    raise Unfit("单元格的内容不是文字，请设为“文本”格式后重新填写")


def _filled(text: str) -> str:
    """Return the text without blanks around it and without what spreadsheets put before text. Raises Unfit."""
    text = text.strip().removeprefix("'")
    if text.startswith(("=", "＝")):
        wrapped = _EXCEL_TEXT.fullmatch(text)
        if not wrapped:
            raise Unfit("单元格是公式，请复制后用“粘贴为值”改为文字")
        text = wrapped[1].strip()
    if text.startswith("#") and text.rstrip("!?").isupper():
        raise Unfit("单元格是公式的错误结果，请改为文字")
    if not text:
        raise Unfit("不能为空")
    return text


def _number(text: str) -> str:
    """Return a number that was typed as text, in half-width characters. Raises Unfit."""
    text = unicodedata.normalize("NFKC", _filled(text))
    if _SCIENTIFIC.fullmatch(text):
        raise Unfit(
            "号码变成了科学计数法，末尾几位已经丢失，请把这一列设为“文本”格式（选中整列，右键“设置单元格格式”，选“文本”）后重新填写完整号码"
        )
    return text


@lru_cache(4096)
def _id_type(text: str) -> str:
    text = text.strip().removeprefix("'")
    if not text:
        return IdType.ID_CARD.value
    if text in _ID_TYPES:
        return _ID_TYPES[text]
    if text.upper() in IdType.values:
        return text.upper()
    raise Unfit("不是可用的证件类型：" + "、".join(IdType.labels))


@lru_cache(4096)
def _level(text: str) -> int:
    level = _LEVELS.get(unicodedata.normalize("NFKC", _filled(text)))
    if level is None:
        raise Unfit("级别应为：" + "、".join(CertificateLevel.labels))
    return level


@lru_cache(4096)
def _exam_year(text: str, this_year: int) -> int:
    digits = unicodedata.normalize("NFKC", _filled(text)).removesuffix("年度").removesuffix("年").removesuffix(".0")
    if not re.fullmatch(r"\d{4}", digits, re.ASCII) or not FIRST_EXAM_YEAR <= int(digits) <= this_year:
        raise Unfit(f"考试年度应为{FIRST_EXAM_YEAR}至{this_year}之间的四位数字")
    return int(digits)


@lru_cache(8192)
def _issue_date(text: str, latest: date) -> date:
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", _filled(text)))
    try:
        day = date(*(int(part) for part in match.groups() if part)) if match else None
    except ValueError:
        day = None
    if day is None:
        raise Unfit("不是日期，请按 2024-09-30 填写")
    if day > latest:
        raise Unfit("签发日期不能晚于今天")
    return day


@lru_cache(40_000)
def _is_birth_date(digits: str, latest: date) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= 1900 and born <= latest


def _said_of(name: str) -> list[str]:
    if _PLAIN_NAME.fullmatch(name):
        return []  # every typeface that prints certificates has the first block of Han characters
    return [said for check in _name_checks if (said := check(name))]


def _province_names() -> dict[str, str]:
    """Return the code of every province by code, name and usual short name."""
    names = {}
    for code, name in Region.objects.filter(level=Region.Level.PROVINCE, valid_to=None).values_list("code", "name"):
        short = re.sub(r"(?:维吾尔|壮族|回族)?自治区$|生产建设兵团$|[省市]$", "", name)
        names |= {code: code, code[:2]: code, name: code, short: code}
    names |= {"新疆": "650000", "兵团": "660000"} if "650000" in names else {}
    return names
