"""Reads of the regions: what may be chosen, what lies inside, how a region is called.

Names and choices come from the snapshot; what decides a move (``current``, ``same_region``, the form field) asks the
database.
"""

from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.db.models import QuerySet

from swms.regions.models import Region
from swms.regions.snapshot import Division, forget, snapshot

CORPS = "660000"  # 新疆生产建设兵团; GB/T 2260 has no code for it, this one is ours (rulebook §4.1)


@dataclass(frozen=True, slots=True)
class Choices:
    """One select of the cascade: its label, the text of its empty option, and what it offers."""

    label: str
    blank: str
    divisions: tuple[Division, ...]


PROVINCES = ("省（自治区、直辖市）", "请选择省份")
PREFECTURES = ("市（地区、自治州、盟）", "请选择市")
COUNTIES = ("区县（市、旗）", "请选择区县")
CORPS_CITIES = ("师市", "请选择师市")


def is_code(value) -> bool:
    """Tell whether something that was asked for or posted has the shape of a code; there may be none such."""
    return isinstance(value, str) and len(value) == 6 and value.isascii() and value.isdigit()


def children(region: Region) -> QuerySet[Region]:
    """Return the existing divisions directly below ``region``, in the order of codes."""
    return region.children.filter(valid_to=None)


def subtree(region: Region) -> QuerySet[Region]:
    """Return ``region`` and all below it, with the abolished divisions that it took over."""
    return Region.objects.filter(path__startswith=region.path)


def selectable() -> QuerySet[Region]:
    """Return the regions that a person may choose as 登记区域 (R-PRO-07)."""
    return Region.objects.filter(is_leaf=True, valid_to=None)


def current(region: Region) -> Region:
    """Return the division that stands for ``region`` today: itself, or its last successor."""
    seen = {region.code}
    while region.successor_id and region.successor_id not in seen:
        region = region.successor
        seen.add(region.code)
    return region


def same_region(first: Region, second: Region) -> bool:
    """Tell whether two 登记区域 count as one, at ``REGION_MATCH_LEVEL`` (R-CHG-04).

    Level 3 compares counties (and cities without counties), 2 prefectures, 1 provinces.
    An abolished division counts as the one that took it over.
    """
    level = settings.REGION_MATCH_LEVEL
    return current(first).path.split("/")[1:-1][:level] == current(second).path.split("/")[1:-1][:level]


def full_name(region: Region) -> str:
    """Return the name from the province down, ``北京市 朝阳区``; no query as a rule.

    The municipal level of 北京, 天津, 上海 and 重庆, named like its province, is said once. An
    abolished division is named as it was: ``重庆市 渝北区``.
    """
    return name_of(region.code)


def name_of(code: str | None) -> str:
    """Return the full name of the region with that code; nothing where there is none."""
    chain = _ancestors(code)
    if code and not chain:  # the region is newer than the snapshot
        forget()
        chain = _ancestors(code)
    return " ".join(name for name, _ in groupby(each.name for each in chain))


def division(code: str) -> Division | None:
    """Return the division of that code from the snapshot, or ``None``."""
    return snapshot().divisions.get(code)


def choices(code: str | None = None) -> Choices:
    """Return what the cascade offers below ``code``; without it, the provinces.

    A municipal level named like its province is passed over: below 北京市 come the districts.
    """
    known = snapshot()
    offered = []
    for child in known.children.get(code, ()):
        if code and not child.leaf and child.name == known.divisions[code].name:
            offered += known.children.get(child.code, ())
        else:
            offered.append(child)
    if code is None:
        words = PROVINCES
    elif code == CORPS:
        words = CORPS_CITIES
    else:
        words = COUNTIES if all(d.leaf for d in offered) else PREFECTURES
    return Choices(*words, tuple(offered))


def steps(code: str) -> list[Division]:
    """Return the choices that lead to ``code``, one for each select: 北京市, 朝阳区.

    Empty if there is no such division.
    """
    chain: list[Division] = []
    for step in _ancestors(code):
        if chain and not step.leaf and step.name == chain[-1].name:
            continue
        chain.append(step)
    return chain


def _ancestors(code: str | None) -> list[Division]:
    """Return the divisions from the province down to ``code``, that one included."""
    divisions = snapshot().divisions
    chain: list[Division] = []
    while code:
        if code not in divisions:
            return []
        chain.insert(0, divisions[code])
        code = divisions[code].parent
    return chain
