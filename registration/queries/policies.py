"""Which policy of its province a case falls under, and where a prefecture reviews first."""

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from registration.models import FirstReview, Policy, ProvincePolicy
from swms.dates import today
from swms.regions.models import Region


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
