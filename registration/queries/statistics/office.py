"""All the numbers of one office, and how they spread over its parts."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils import timezone

from registration.queries.statistics.backlog import Backlog, backlog, backlog_by_region
from registration.queries.statistics.decisions import Decided, ReasonCount, decided, reasons
from registration.queries.statistics.period import Period
from registration.queries.statistics.register import Register, levels_by_region, register
from swms.codes import CertificateLevel
from swms.dates import today
from swms.regions.models import Region
from swms.regions.places import Place

HEAVY = 1.0  # seconds; what took longer is kept for a while
KEPT = 600  # seconds
HERE = "本级"


@dataclass(frozen=True)
class Part:
    """A division below the office; without a code what belongs to none of them."""

    code: str
    name: str
    waiting: int
    near: int
    late: int
    levels: dict[str, int]

    @property
    def registered(self) -> int:
        return sum(self.levels.values())


@dataclass(frozen=True)
class Figures:
    """The numbers of an office over a period, as they were ``at`` that moment."""

    at: datetime
    backlog: Backlog
    steps: list[Decided]
    total: Decided
    reasons: list[ReasonCount]
    register: Register
    parts: list[Part]


def figures(place: Place, period: Period) -> Figures:
    """Return the numbers of a place; those of a big one may be some minutes old, and say so."""
    key = f"statistics:{place.code}:{period.first}:{period.last}:{today()}"
    if (known := cache.get(key)) is not None:
        return known
    began = time.monotonic()
    found = _counted(place, period)
    if time.monotonic() - began > HEAVY:
        cache.set(key, found, KEPT)
    return found


def _counted(place: Place, period: Period) -> Figures:
    at = timezone.now()
    waiting, levels = backlog_by_region(place), levels_by_region(place)
    steps, total = decided(place, period)
    return Figures(
        at,
        backlog(place),
        steps,
        total,
        reasons(place, period),
        register(place, levels),
        _parts(place, waiting, levels),
    )


def _parts(place: Place, waiting: dict[str, Counter], levels: dict[str, Counter]) -> list[Part]:
    """Gather the numbers of all divisions under those right below the place. One query, of the regions."""
    shown = dict(place.below())
    gathered = {code: (Counter(), Counter()) for code in ("", *shown)}
    codes = {*waiting, *levels}
    for code, path in Region.objects.filter(pk__in=codes).values_list("code", "path") if shown else ():
        under = next((step for step in path.split("/") if step in shown), "")
        for sums, counts in zip(gathered[under], (waiting.get(code), levels.get(code)), strict=True):
            sums.update(counts or {})
    return [
        Part(
            code,
            shown.get(code, HERE),
            *(cases[name] for name in ("waiting", "near", "late")),
            {level.label: records[level.value] for level in CertificateLevel},
        )
        for code, (cases, records) in gathered.items()
        if shown and (code or cases or records)
    ]
