"""Pages of a long list: no OFFSET, no COUNT over the table, and no row twice while others come and go."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet, Value

COUNTED = 100  # beyond that a number says no more than "many"


@dataclass(frozen=True)
class Slice:
    """Some rows of a list, and the opaque marks of the pages around them, safe in addresses; ``None`` at either end."""

    rows: list
    newer: str | None
    older: str | None


def cut(
    queryset: QuerySet,
    whole: Callable[[], QuerySet] | None = None,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Slice:
    """Return one page of a queryset that is ordered by fields of its own, all up or all down; one query.

    ``after`` and ``before`` are marks of an earlier page; one that cannot be read counts as none. The rows are read
    from ``whole()``, which must hold them all, if it is given: what that joins is joined to a page, and not to all that
    the page is cut of.
    """
    order = _order(queryset)
    place = _read(before, queryset, order)
    if place:
        rows = _rows(_beyond(queryset.reverse(), order, place, backwards=True)[: size + 1], whole)
        more = len(rows) > size
        rows = rows[:size][::-1]
        return Slice(rows, _mark(rows[0], order) if more else None, _mark(rows[-1], order) if rows else None)
    place = _read(after, queryset, order)
    if place:
        queryset = _beyond(queryset, order, place)
    rows = _rows(queryset[: size + 1], whole)
    older = _mark(rows[size - 1], order) if len(rows) > size else None
    rows = rows[:size]
    return Slice(rows, _mark(rows[0], order) if place and rows else None, older)


def _rows(page: QuerySet, whole: Callable[[], QuerySet] | None) -> list:
    if whole is None:
        return list(page)
    order = page.query.order_by or page.model._meta.ordering
    found = whole().filter(pk__in=page.values("pk")).order_by(*order)
    return list(found if page.query.standard_ordering else found.reverse())


def following(queryset: QuerySet, place: tuple):
    """Return the first row after ``place`` (values of the fields it is ordered by), else the first of all.

    One query: two rows, each the first of its index scan.
    """
    after = _beyond(queryset, _order(queryset), place).annotate(turn=Value(0))[:1]
    found = after.union(queryset.annotate(turn=Value(1))[:1], all=True)
    return min(found, key=lambda row: row.turn, default=None)


def count(queryset: QuerySet) -> int | str:
    """Return how many there are, or ``99+``; never reads more than a hundred rows."""
    return capped(queryset.order_by()[:COUNTED].count())


def capped(found: int) -> int | str:
    """Return a number as lists show it, ``99+`` for a hundred and more."""
    return found if found < COUNTED else f"{COUNTED - 1}+"


def _order(queryset: QuerySet) -> tuple[list[str], bool]:
    names = queryset.query.order_by or queryset.model._meta.ordering
    down = {name.startswith("-") for name in names}
    if len(down) != 1:
        raise ValueError(f"cannot page through {queryset.model.__name__} ordered by {names}")
    return [name.removeprefix("-") for name in names], down.pop()


def _beyond(queryset: QuerySet, order, place: tuple, *, backwards: bool = False) -> QuerySet:
    names, down = order
    sign = "lt" if down != backwards else "gt"
    condition = Q(**{f"{names[-1]}__{sign}": place[-1]})
    for name, value in zip(names[-2::-1], place[-2::-1], strict=True):
        # The first half alone bounds the index scan, which an OR would not.
        condition = Q(**{f"{name}__{sign}e": value}) & (Q(**{f"{name}__{sign}": value}) | condition)
    return queryset.filter(condition)


def _mark(row, order) -> str:
    values = [getattr(row, name) for name in order[0]]
    return base64.urlsafe_b64encode(json.dumps(values, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def _read(mark: str | None, queryset: QuerySet, order) -> tuple | None:
    if not mark:
        return None
    fields = [queryset.model._meta.get_field(name) for name in order[0]]
    try:
        values = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        place = tuple(field.to_python(value) for field, value in zip(fields, values, strict=True))
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError, ValidationError):
        return None
    return None if None in place else place
