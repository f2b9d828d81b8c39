"""The columns of a roster file (§2.16) and the headers by which they are known."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

ERROR_COLUMN = "错误"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its field, its header, and other headers that offices use for it."""

    field: str
    header: str
    aliases: tuple[str, ...] = ()
    optional: bool = False


COLUMNS = (
    Column("exam_year", "考试年度", ("考试年份", "年度", "年份")),
    Column("level", "级别", ("证书级别", "资格级别", "考试级别", "等级")),
    Column("name", "姓名", ("考生姓名", "持证人", "持证人姓名")),
    Column("id_type", "证件类型", ("证件类别", "证件种类"), optional=True),
    Column("id_number", "证件号码", ("证件号", "证件编号", "身份证号", "身份证号码", "公民身份号码")),
    Column("mgmt_no", "管理号", ("证书管理号", "资格证书管理号")),
    Column("issue_date", "签发日期", ("发证日期", "签发时间", "发证时间", "证书签发日期")),
    Column("province", "省份", ("省", "省市", "所在省份", "考试地区", "报考省份")),
)
HEADERS = {column.field: column.header for column in COLUMNS}

_DECORATION = re.compile(r"[\s*＊:：]|[(（].*?[)）]")


def positions(header: Sequence[object], columns: Sequence[Column] = COLUMNS) -> dict[str, int]:
    """Return at which place of a header row each field stands; the first wins where two stand for one field."""
    known = {name: column.field for column in columns for name in (column.header, *column.aliases)}
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = _DECORATION.sub("", unicodedata.normalize("NFKC", str(cell or "")))
        if name in known:
            found.setdefault(known[name], place)
    return found


def missing(found: dict[str, int], columns: Sequence[Column] = COLUMNS) -> list[str]:
    """Return the headers of the compulsory columns that are not there."""
    return [column.header for column in columns if not column.optional and column.field not in found]
