"""What a list can be narrowed by besides its part: how urgent a case is, and the divisions below the reader's own.

What is offered comes from the calendar and from the reference table of regions, never from the list itself, and what
is counted stops at a hundred: a list costs the same at any length.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Value

from swms.console.paging import COUNTED, capped
from swms.dates import today, working_days_after
from swms.regions.models import Jurisdiction, Region, jurisdictions_of, within
from swms.regions.queries import Division, choices, division, is_code, steps

#: How urgent, as the address has it and as the reader does.
CLOCKS = {"near": "即将到期", "late": "已逾期"}
COUNTY = 3


def by_clock(rows: QuerySet, name: str, *, near: int, states: tuple[str, ...] = ()) -> QuerySet:
    """Return the cases that are late, or within ``near`` working days of their end, the most urgent first.

    ``states`` are those in which the clock runs, where a day that is set does not say so by itself.
    """
    rows = rows.filter(state__in=states) if states else rows
    day = today()
    span = Q(due_on__lt=day) if name == "late" else Q(due_on__gte=day, due_on__lte=working_days_after(day, near))
    return rows.filter(span).order_by("due_on", "id")


def inside(rows: QuerySet, lookups: tuple[str, ...], path) -> QuerySet:
    """Return the rows one of whose regions lies in the division with ``path``, a text or an expression."""
    return rows.filter(reduce(or_, (within(lookup, path) for lookup in lookups)))


@dataclass(frozen=True)
class Narrowing:
    """Where a list may be narrowed to: the ``chain`` that leads to the present choice, and what is ``offered`` next.

    ``chosen`` is the division that the list is narrowed to, ``None`` for all that the reader sees.
    """

    chosen: Division | None
    chain: list[Division]
    offered: list[Division]


NOT_NARROWED = Narrowing(None, [], [])


def narrowing(user, duties: tuple[str, ...], asked: str | None, *, depth: int = COUNTY) -> Narrowing:
    """Return the divisions down to ``depth`` below the reader's own, with the one that was asked for.

    One that is not below the reader's own counts as none. Whoever has a single county is offered nothing.
    """
    own = [each for each in jurisdictions_of(user) if each.duty in duties]
    chosen, above = _chosen(own, asked, depth)
    if chosen is None:
        roots = {each.region_id for each in own if each.depth < depth}
        roots = {None} if None in roots else roots
        return Narrowing(None, [], [each for root in sorted(roots, key=str) for each in choices(root).divisions])
    between = chosen.path.removeprefix(above.path).split("/")
    chain = [step for step in steps(chosen.code) if step.code in between]
    below = choices(chosen.code).divisions if chosen.level < depth else ()
    if not below:  # at the end of the chain its neighbours are offered
        chain = chain[:-1]
        below = choices(chain[-1].code if chain else above.region_id).divisions
    return Narrowing(chosen, chain, list(below))


def _chosen(own: list[Jurisdiction], asked: str | None, depth: int) -> tuple[Division | None, Jurisdiction | None]:
    """Return the division that was asked for, and that of the reader's own which it lies below."""
    region = division(asked) if is_code(asked) else None
    if region is None or not region.existing or region.level > depth:
        return None, None
    above = [each for each in own if each.region_id != asked and region.path.startswith(each.path)]
    return (region, max(above, key=lambda each: each.depth)) if above else (None, None)


def found_in(rows: QuerySet, lookups: tuple[str, ...], offered: list[Division]) -> dict[str, int | str]:
    """Return how many of ``rows`` lie in each division, as ``paging.count`` does, by one query for all of them."""
    counted = inside(rows, lookups, OuterRef("path")).order_by().annotate(one=Value(1)).values("one")[:COUNTED]
    codes = [each.code for each in offered]
    found = Region.objects.filter(pk__in=codes).annotate(found=ArraySubquery(counted)).values_list("pk", "found")
    return {code: capped(len(each)) for code, each in found}
