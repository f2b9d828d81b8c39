"""All regions as the process keeps them for some minutes: there are three thousand, and they change a few times a year.

A page of a hundred people must not ask a hundred times how a region is called, and a list of a county must not join
two million rows with the divisions to know which are in it.
"""

import time
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from django.apps import apps
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

SNAPSHOT_SECONDS = 300

_forgotten = 0  # times


@dataclass(frozen=True, slots=True)
class Division:
    """A region as the snapshot has it; ``existing`` is false once it is abolished."""

    code: str
    name: str
    parent: str | None
    leaf: bool
    existing: bool
    level: int
    path: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The divisions by code, the existing ones by the code above them, and the codes of all inside by the path."""

    divisions: dict[str, Division]
    children: dict[str | None, tuple[Division, ...]]
    inside: dict[str, list[str]]


def snapshot() -> Snapshot:
    """Return the regions as they were read within the last ``SNAPSHOT_SECONDS``."""
    found = _read(int(time.monotonic() // SNAPSHOT_SECONDS), _forgotten)
    if not found.divisions:
        forget()  # an installation whose regions are not loaded yet must see them at once when they are
    return found


def codes_inside(path: str) -> list[str]:
    """Return the codes of the division with this path and of all below it, abolished ones included."""
    found = snapshot().inside.get(path)
    if found is None:  # newer than the snapshot
        forget()
        found = snapshot().inside.get(path, [])
    return found


def forget() -> None:
    """Drop the snapshot of this process; others drop theirs within ``SNAPSHOT_SECONDS``."""
    global _forgotten
    _forgotten += 1


@lru_cache(maxsize=1)
def _read(period: int, forgotten: int) -> Snapshot:
    """Read the whole table; ``period`` and ``forgotten`` only make the snapshot lapse.

    What another thread began to read before it was forgotten, it keeps under a number that nobody asks for any more.
    """
    rows = apps.get_model("regions", "Region").objects.order_by("code")
    columns = ("code", "name", "parent_id", "is_leaf", "valid_to", "level", "path")
    divisions = {
        code: Division(code, name, parent, leaf, valid_to is None, level, path)
        for code, name, parent, leaf, valid_to, level, path in rows.values_list(*columns)
    }
    children, inside = defaultdict(list), defaultdict(list)
    for each in divisions.values():
        if each.existing:
            children[each.parent].append(each)
        for end in range(8, len(each.path) + 1, 7):  # six digits and a stroke for each division that leads to it
            inside[each.path[:end]].append(each.code)
    return Snapshot(divisions, {parent: tuple(group) for parent, group in children.items()}, dict(inside))


@receiver([post_save, post_delete], sender="regions.Region")
def _forget_on_change(**kwargs) -> None:
    forget()
    transaction.on_commit(forget)  # another thread may have read the old divisions in between
