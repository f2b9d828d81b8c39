"""What part of a reader's own offices a page speaks of: one of them, or any division below one."""

from dataclasses import dataclass

from django.db.models import Q

from swms.regions.models import REVIEW_DUTIES, Region, jurisdictions_of, within
from swms.regions.queries import choices, full_name, is_code, steps

COUNTRY, COUNTRY_CODE = "全国", "000000"


@dataclass(frozen=True)
class Place:
    """A division with all below it; without a region the whole country."""

    region: Region | None

    @property
    def code(self) -> str:
        return self.region.code if self.region else COUNTRY_CODE

    @property
    def name(self) -> str:
        return full_name(self.region) if self.region else COUNTRY

    @property
    def path(self) -> str:
        return self.region.path if self.region else "/"

    def inside(self, lookup: str) -> Q:
        """Return the condition that the region at ``lookup`` is in here."""
        return within(lookup, self.path)

    def below(self) -> list[tuple[str, str]]:
        """Return ``(code, name)`` of the divisions that this one consists of."""
        return [(each.code, each.name) for each in choices(self.region and self.region.code).divisions]


def offices_of(user, duties=REVIEW_DUTIES) -> list[Place]:
    """Return the user's offices by those duties, without those that lie inside another one."""
    held = {each.path: each.region for each in jurisdictions_of(user) if each.duty in duties}
    outermost = [path for path in held if not any(path != other and path.startswith(other) for other in held)]
    return [Place(held[path]) for path in sorted(outermost)]


def place_of(user, code: str, duties=REVIEW_DUTIES) -> Place | None:
    """Return the place of that code if it lies in one of the user's offices; without a code the first office."""
    offices = offices_of(user, duties)
    if not code:
        return offices[0] if offices else None
    if code == COUNTRY_CODE:
        return next((office for office in offices if office.region is None), None)
    region = Region.objects.filter(pk=code).first() if is_code(code) else None
    if region is None or not any(region.path.startswith(office.path) for office in offices):
        return None
    return Place(region)


def places_to_choose(user, here: Place, duties=REVIEW_DUTIES) -> list[tuple[str, str]]:
    """Return ``(code, full name)`` of the offices, of the way from one of them to ``here``, and of what is below."""
    offices = offices_of(user, duties)
    found = {office.code: office.name for office in offices}
    way = [step.code for step in steps(here.code)]
    regions = Region.objects.in_bulk(way)
    for region in map(regions.get, way):
        if any(region.path.startswith(office.path) for office in offices):
            found.setdefault(region.code, full_name(region))
    for code, name in here.below():
        found.setdefault(code, f"{here.name} {name}" if here.region else name)
    return list(found.items())
