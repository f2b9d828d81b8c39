"""Which policy of its province a case falls under, and where a prefecture reviews first."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from registration.models import FinalReview, FirstReview, Policy, ProvincePolicy
from registration.models.policies import PREFECTURE_DEPTH
from swms.dates import today
from swms.regions.models import REVIEW_DUTIES, Duty, Jurisdiction, Region

NEVER = Q(pk__in=())  # the condition that no case fulfils


def policy_of(region: Region | None, day: dt.date | None = None) -> Policy:
    """Return the policy of the region's province in force on ``day``, today unless said otherwise.

    ``DEFAULT_POLICY`` where the province has settled nothing. One query at most.
    """
    return ProvincePolicy.of(region, day)


def versions(province: Region) -> QuerySet[ProvincePolicy]:
    """Return the versions of a province's policy, the newest first."""
    return ProvincePolicy.objects.filter(province=province).select_related("by").order_by("-version")


def level_of(stage: str, province) -> Coalesce:
    """Return the expression for the level that governs a case: ``stage`` is ``first`` or ``final`` (R-REG-17).

    Of the version that was in force in ``province``, a code or an expression, when the case was sent in (decision
    0027); to be used on rows with ``submitted_at``.
    """
    name, default = _LEVELS[stage]
    begun = ProvincePolicy.objects.filter(province=province, effective_from__lte=OuterRef("submitted_at__date"))
    return Coalesce(Subquery(begun.order_by("-version").values(name)[:1]), Value(default.value))


_LEVELS = {
    "first": ("first_review_level", FirstReview.COUNTY),
    "final": ("final_review_level", FinalReview.PROVINCE),
}


def decided_from(office: Jurisdiction, region: str = "region") -> Q:
    """Return which of the cases inside ``office`` its policy has this office decide, or one above it.

    ``NEVER`` where none. That they lie inside is the caller's to ask. The same as the permissions say
    (``registration.rules``), for a queue; ``region`` is the lookup to the case's.
    """
    if office.duty == Duty.FIRST_REVIEW:
        if office.depth <= PREFECTURE_DEPTH:
            return Q()
        return Q(Exact(level_of("first", office.region.province_code), FirstReview.COUNTY.value))
    if office.depth > PREFECTURE_DEPTH:
        return NEVER
    if office.depth < PREFECTURE_DEPTH:
        return Q()
    decides = Q(Exact(level_of("final", office.region.province_code), FinalReview.PREFECTURE.value))
    return decides & ~Q(**{region: office.region_id})  # its own 登记区域 is the province's


def not_settled(provinces: Iterable[Region]) -> list[Region]:
    """Return those of the provinces in which somebody reviews by the default, because no version has begun."""
    staffed = Jurisdiction.objects.filter(duty__in=REVIEW_DUTIES, user__is_active=True, region__isnull=False)
    at_work = {path[1:7] for path in staffed.values_list("region__path", flat=True).distinct()}
    begun = set(ProvincePolicy.objects.filter(effective_from__lte=today()).values_list("province_id", flat=True))
    return [each for each in provinces if each.code in at_work - begun]


# --- the page of a province --------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """One version as the page of its province shows it; ``fate`` says what became or will become of it."""

    row: ProvincePolicy
    fate: str

    @property
    def is_coming(self) -> bool:
        """Whether it has not begun and will."""
        return self.fate == "coming"


def history(province: Region) -> list[Version]:
    """Return all versions, the newest first, each ``current``, ``coming``, ``past`` or ``replaced`` unbegun."""
    found, on = [], today()
    current = policy_of(province).version
    earliest = None  # among the higher versions: a lower one that begins no earlier never comes into force
    for row in versions(province):
        if row.version == current:
            fate = "current"
        elif earliest is not None and row.effective_from >= earliest:
            fate = "replaced"
        else:
            fate = "coming" if row.effective_from > on else "past"
        earliest = min(filter(None, (earliest, row.effective_from)))
        found.append(Version(row, fate))
    return found


def offices_below(province: Region) -> list[Region]:
    """Return the divisions right below a province that could review first; none in 北京市 and its like."""
    below = province.children.filter(valid_to=None, path__startswith=province.path).exclude(name=province.name)
    return list(below)


def without_reviewer(province: Region, duty: str) -> list[Region]:
    """Return those of ``offices_below`` for which nobody active holds the duty (R-REG-17).

    A first reviewer of the province counts for all of them. A final reviewer of the province does not: it is from
    there that the final review is handed down.
    """
    depths = (PREFECTURE_DEPTH,) if duty == Duty.FINAL_REVIEW else range(PREFECTURE_DEPTH + 1)
    held = Jurisdiction.objects.filter(duty=duty, user__is_active=True).select_related("region")
    paths = tuple(each.path for each in held if each.depth in depths)
    return [each for each in offices_below(province) if not each.path.startswith(paths)]
