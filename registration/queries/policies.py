"""Which policy of its province a case falls under, and where a prefecture reviews first."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from registration.models import FirstReview, Policy, ProvincePolicy
from registration.models.policies import PREFECTURE_DEPTH
from swms.dates import today
from swms.regions.models import Duty, Jurisdiction, Region


def policy_of(region: Region | None, day: dt.date | None = None) -> Policy:
    """Return the policy of the region's province in force on ``day``, today unless said otherwise.

    ``DEFAULT_POLICY`` where the province has settled nothing. One query at most.
    """
    return ProvincePolicy.of(region, day)


def versions(province: Region) -> QuerySet[ProvincePolicy]:
    """Return the versions of a province's policy, the newest first."""
    return ProvincePolicy.objects.filter(province=province).select_related("by").order_by("-version")


def prefecture_reviews_first(province: str) -> Exists:
    """Return the condition that today's policy of a province gives the first review to prefectures (R-REG-17).

    It speaks of a province and of no row, so PostgreSQL judges it once for a whole query.
    """
    newest = _in_force().filter(province=province).values("version")[:1]
    return Exists(
        ProvincePolicy.objects.filter(
            province=province, version=Subquery(newest), first_review_level=FirstReview.PREFECTURE
        )
    )


def provinces_reviewing_at_prefecture() -> set[str]:
    """Return the codes of all provinces of which ``prefecture_reviews_first`` is true, in one query."""
    newest = _in_force().filter(province=OuterRef("province")).values("version")[:1]
    found = ProvincePolicy.objects.filter(version=Subquery(newest), first_review_level=FirstReview.PREFECTURE)
    return set(found.values_list("province_id", flat=True))


def _in_force() -> QuerySet[ProvincePolicy]:
    """Return the versions that have begun, the highest first."""
    return ProvincePolicy.objects.filter(effective_from__lte=today()).order_by("-version")


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


def without_first_reviewer(province: Region) -> list[Region]:
    """Return those of ``offices_below`` over which nobody active holds the first review (R-REG-17)."""
    held = Jurisdiction.objects.filter(duty=Duty.FIRST_REVIEW, user__is_active=True).select_related("region")
    paths = tuple(each.path for each in held if each.depth <= PREFECTURE_DEPTH)
    return [each for each in offices_below(province) if not each.path.startswith(paths)]
