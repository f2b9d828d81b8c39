"""What is registered now, what ends in the months to come, and who may renew (R-REREG-03, R-TIME-04)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q

from registration.models import Registration
from registration.queries.statistics.period import month
from registration.workflows import QualificationState, RegistrationState
from registration.workflows.application import renewal_window
from swms.codes import CertificateLevel
from swms.dates import add_months, today
from swms.regions.places import Place

MONTHS = 12


def in_force() -> Q:
    """Return the condition under which ``Registration.standing`` says valid or under renewal, whatever the jobs did."""
    day = today()
    renewing = Q(state=RegistrationState.IN_REREG) & (Q(correct_by=None) | Q(correct_by__gte=day))
    lasting = Q(state__in=(RegistrationState.VALID, RegistrationState.IN_REREG), valid_until__gte=day)
    return (renewing | lasting) & Q(qualification__state=QualificationState.VALID)


@dataclass
class Register:
    """Registrations in force: by level, by the month of their end (``(words, count, under renewal)``).

    ``open`` are those that may be renewed today, ``begun`` those of them whose renewal was sent.
    """

    levels: dict[str, int] = field(default_factory=dict)
    months: list[tuple[str, int, int]] = field(default_factory=list)
    open: int = 0
    begun: int = 0

    @property
    def total(self) -> int:
        return sum(self.levels.values())


def levels_by_region(place: Place) -> dict[str, Counter]:
    """Count the registrations in force of each division of a place by level. One query."""
    rows = Registration.objects.filter(place.inside("region"), in_force()).order_by()
    found: dict[str, Counter] = defaultdict(Counter)
    for code, level, count in rows.values_list("region_id", "qualification__level").annotate(count=Count("*")):
        found[code][level] += count
    return found


def register(place: Place, levels: dict[str, Counter]) -> Register:
    """Return the register of a place, whose divisions are counted already. One query, of the coming year's days."""
    found = Register()
    counted = sum(levels.values(), Counter())
    found.levels = {level.label: counted[level.value] for level in CertificateLevel}
    day = today()
    months = {_first(add_months(day.replace(day=1), ahead)): [0, 0] for ahead in range(MONTHS)}
    ending = Registration.objects.filter(
        place.inside("region"), in_force(), valid_until__lt=add_months(day.replace(day=1), MONTHS)
    ).order_by()
    for until, state, count in ending.values_list("valid_until", "state").annotate(count=Count("*")):
        renewing = count if state == RegistrationState.IN_REREG else 0
        if (place_in_year := months.get(_first(until))) is not None and until >= day:
            place_in_year[0] += count
            place_in_year[1] += renewing
        if renewal_window(until).holds(day):
            found.open += count
            found.begun += renewing
    found.months = [(month(first), *counts) for first, counts in months.items()]
    return found


def _first(day: date) -> date:
    return day.replace(day=1)
