"""Bring the table of regions into line with the division files (rulebook §4.1).

Three levels, derived from the codes. A county's parent is the nearest existing prefix, so the
counties that a province governs directly (``469023``) hang under the province. A city without
counties (东莞, 三沙, 雄安…) may itself be a 登记区域. The cities of the 新疆生产建设兵团 (Xinjiang
Production and Construction Corps) hang under the Corps, a registration authority of its own.
An abolished division keeps its row and moves, by its path, under its successor: whoever is on
duty there is on duty for the people once registered in it.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction

from swms.regions.models import Region
from swms.regions.queries import CORPS, forget

DATA = Path(__file__).resolve().parent / "data"
DIVISIONS = DATA / "divisions.csv"
ABOLISHED = DATA / "abolished.csv"

# Sea areas and border strips; Taiwan, Hong Kong and Macao have no part in this registration.
OUTSIDE = ("71", "81", "82", "99")

# The Corps has no code of its own in GB/T 2260: 6600xx is ours (rulebook §4.1). Twelve of its
# fourteen divisions are cities with codes 6590xx; the other two have no city, hence no code.
CORPS_CITIES = "6590"
CORPS_ROWS = {CORPS: "新疆生产建设兵团", "660011": "第十一师", "660012": "第十二师"}

LEVELS = Region.Level
COMPARED = ("name", "level", "parent_id", "path", "is_leaf", "valid_to", "successor_id")
PATH_LIMIT = Region._meta.get_field("path").max_length
NAME_LIMIT = Region._meta.get_field("name").max_length


class UnusableFile(ValueError):
    """A division file that no tree can be made of; the message says which line and why."""


@dataclass(frozen=True)
class Report:
    """What a load did: rows by fate, and what the table holds now.

    ``unlisted`` are the codes in the table that no file names any more; they are left as they are.
    """

    created: int
    updated: int
    unchanged: int
    unlisted: tuple[str, ...]
    provinces: int
    prefectures: int
    counties: int
    leaves: int
    abolished: int


@dataclass
class _Row:
    code: str
    name: str
    valid_to: date | None = None
    successor: str | None = None
    parent: str | None = None
    path: str = ""
    is_leaf: bool = False

    @property
    def level(self) -> int:
        return level_of(self.code)


def level_of(code: str) -> int:
    """Return the level that a six-digit code stands for: 1 province, 2 prefecture, 3 county."""
    if code.endswith("0000"):
        return LEVELS.PROVINCE
    return LEVELS.PREFECTURE if code.endswith("00") else LEVELS.COUNTY


def load(divisions: Path = DIVISIONS, abolished: Path = ABOLISHED) -> Report:
    """Upsert all regions from the two files in one transaction and return a ``Report``.

    Safe to repeat; a row is written only if it differs. Nothing is ever deleted.
    Raises ``UnusableFile`` before anything is written.
    """
    rows = _tree(_read_divisions(divisions), _read_abolished(abolished))
    with transaction.atomic():
        report = _save(rows)
    forget()
    return report


def _save(rows: dict[str, _Row]) -> Report:
    before = {values[0]: values[1:] for values in Region.objects.values_list("code", *COMPARED)}
    wanted = [
        Region(
            code=row.code,
            name=row.name,
            level=row.level,
            parent_id=row.parent,
            path=row.path,
            is_leaf=row.is_leaf,
            valid_to=row.valid_to,
            successor_id=row.successor,
        )
        for row in rows.values()
    ]
    changed = [r for r in wanted if before.get(r.code) != tuple(getattr(r, name) for name in COMPARED)]
    if changed:
        Region.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["name", "level", "parent", "path", "is_leaf", "valid_to", "successor"],
        )
    created = sum(r.code not in before for r in changed)
    existing = [r for r in wanted if r.valid_to is None]
    return Report(
        created=created,
        updated=len(changed) - created,
        unchanged=len(wanted) - len(changed),
        unlisted=tuple(sorted(before.keys() - rows.keys())),
        provinces=sum(r.level == LEVELS.PROVINCE for r in existing),
        prefectures=sum(r.level == LEVELS.PREFECTURE for r in existing),
        counties=sum(r.level == LEVELS.COUNTY for r in existing),
        leaves=sum(r.is_leaf for r in existing),
        abolished=len(wanted) - len(existing),
    )


def _tree(current: dict[str, _Row], abolished: dict[str, _Row]) -> dict[str, _Row]:
    """Return all rows by code, in the order of codes, with parent, path and leaf worked out."""
    for code in sorted(current.keys() & abolished.keys()):
        raise UnusableFile(f"{code} 既在现行区划中，又在已撤销区划中")
    ours = {code: _Row(code, name) for code, name in CORPS_ROWS.items()}
    rows = dict(sorted((current | abolished | ours).items()))
    for row in rows.values():
        row.parent = _parent(row, rows)
        if row.successor and row.successor not in rows:
            raise UnusableFile(f"{row.code} {row.name}的承接区划 {row.successor} 不存在")
    parents = {row.parent for row in rows.values() if row.valid_to is None}
    for row in rows.values():
        row.path = _path(row, rows)
        city_without_counties = row.level == LEVELS.PREFECTURE and row.valid_to is None and row.code not in parents
        row.is_leaf = row.level == LEVELS.COUNTY or city_without_counties
    return rows


def _parent(row: _Row, rows: dict[str, _Row]) -> str | None:
    if row.level == LEVELS.PROVINCE:
        return None
    if row.code.startswith(CORPS_CITIES):
        return CORPS
    for prefix in (row.code[:4] + "00", row.code[:2] + "0000"):
        if prefix != row.code and prefix in rows:
            return prefix
    raise UnusableFile(f"{row.code} {row.name}所属的省份不在文件中")


def _path(row: _Row, rows: dict[str, _Row]) -> str:
    chain = []
    while row:
        if row.code in chain:
            raise UnusableFile(f"{row.code} {row.name}的承接关系首尾相接")
        chain.append(row.code)
        row = rows.get(row.successor or row.parent)
    path = "/" + "".join(f"{code}/" for code in reversed(chain))
    if len(path) > PATH_LIMIT:
        raise UnusableFile(f"{chain[0]} 的承接关系过长，请让它直接指向现行区划")
    return path


def _read_divisions(path: Path) -> dict[str, _Row]:
    rows = {}
    for line, values in _lines(path):
        code = values.get("code") or values.get("adcode") or ""
        if re.fullmatch(r"[1-9][0-9]{5}0{6}", code):
            code = code[:6]
        if code.startswith(OUTSIDE):
            continue
        _add(rows, _Row(code, values.get("name", "")), path, line)
    return rows


def _read_abolished(path: Path) -> dict[str, _Row]:
    rows = {}
    for line, values in _lines(path):
        try:
            valid_to = date.fromisoformat(values.get("valid_to", ""))
        except ValueError as error:
            raise UnusableFile(f"{path.name} 第 {line} 行：撤销日期应写作 2025-11-06") from error
        row = _Row(values.get("code", ""), values.get("name", ""), valid_to, values.get("successor") or None)
        _add(rows, row, path, line)
    return rows


def _add(rows: dict[str, _Row], row: _Row, path: Path, line: int) -> None:
    where = f"{path.name} 第 {line} 行"
    if not re.fullmatch(r"[1-9][0-9]{5}", row.code):
        raise UnusableFile(f"{where}：代码应为 6 位数字，这里是“{row.code}”")
    if not 0 < len(row.name) <= NAME_LIMIT:
        raise UnusableFile(f"{where}：名称不能为空，也不能超过 {NAME_LIMIT} 个字")
    if row.code in rows:
        raise UnusableFile(f"{where}：代码 {row.code} 重复")
    rows[row.code] = row


def _lines(path: Path):
    """Yield (line number, values by column, stripped) of a CSV file in UTF-8, with or without BOM."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="rest", restval="")
            if not {"code", "adcode"} & set(reader.fieldnames or ()):
                raise UnusableFile(f"{path.name} 的第一行应为列名 code,name")
            for values in reader:
                values.pop("rest", None)
                yield reader.line_num, {key: value.strip() for key, value in values.items()}
    except OSError as error:
        raise UnusableFile(f"不能读取 {path.name}：{error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnusableFile(f"{path.name} 不是 UTF-8 编码的 CSV 文件") from error
