"""What a province settles for itself (R-REG-05, R-REG-17, R-REREG-08, R-REREG-11), version by version."""

import datetime as dt
from dataclasses import dataclass

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from swms.current import current_request
from swms.dates import today
from swms.regions.models import Duty, Region, Scope, ScopedModel
from swms.regions.queries import division


class FirstReview(models.TextChoices):
    """Whose office reviews first (R-REG-17)."""

    COUNTY = "county", "县级"
    PREFECTURE = "prefecture", "地市级"


class FinalReview(models.TextChoices):
    """Whose office reviews last (R-REG-17); it stands above the one that reviews first."""

    PREFECTURE = "prefecture", "地市级"
    PROVINCE = "province", "省级"


#: Under ``PREFECTURE``, how far below the country a jurisdiction may lie: province, then prefecture. A county
#: that stands directly under its province (济源市) is its own office there, so depth counts and not the level.
PREFECTURE_DEPTH = 2
PROVINCE_DEPTH = 1


@dataclass(frozen=True)
class Span:
    """From one day to another, both of them included."""

    first: dt.date
    last: dt.date

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Policy:
    """What holds in a province on some day; without arguments the default, version 0.

    By default the county reviews first and the province last, and there is neither a make-up channel nor a waiver
    (Q5, Q6, Q14).
    """

    version: int = 0
    effective_from: dt.date | None = None
    first_review_level: str = FirstReview.COUNTY
    makeup_first: Span | None = None
    makeup_renew: Span | None = None
    ce_waived: Span | None = None
    ce_waived_notice: str = ""
    final_review_level: str = FinalReview.PROVINCE

    def makeup_first_open(self, day: dt.date) -> bool:
        """Whether 补登记 of first registrations that missed their window is accepted on ``day`` (R-REG-05)."""
        return self.makeup_first is not None and day in self.makeup_first

    def makeup_renew_open(self, day: dt.date) -> bool:
        """Whether 补登记 of renewals that missed their window is accepted on ``day`` (R-REREG-08)."""
        return self.makeup_renew is not None and day in self.makeup_renew

    def ce_waived_on(self, day: dt.date) -> bool:
        """Whether renewals submitted on ``day`` need no proof of continuing education (R-REREG-11)."""
        return self.ce_waived is not None and day in self.ce_waived

    @property
    def at_prefecture(self) -> bool:
        """Whether counties leave the first review to the office above them (R-REG-17)."""
        return self.first_review_level == FirstReview.PREFECTURE

    @property
    def ends_at_prefecture(self) -> bool:
        """Whether the province leaves the final review to the office right below it (R-REG-17)."""
        return self.final_review_level == FinalReview.PREFECTURE

    def depth(self, path: str, *, final: bool) -> int:
        """Return how deep in the country the office lies that reviews what belongs to the region of that path.

        Whoever sits above it may review as well. The final review stands above the region itself, so that two
        offices see every case: a prefecture that is itself 登记区域 leaves it to the province.
        """
        own = depth_of(path)
        if final:
            return PREFECTURE_DEPTH if self.ends_at_prefecture and own > PREFECTURE_DEPTH else PROVINCE_DEPTH
        return min(own, PREFECTURE_DEPTH) if self.at_prefecture else own


DEFAULT_POLICY = Policy()


def depth_of(path: str) -> int:
    """Return how many divisions lead down to a region: 1 a province, 2 what stands right below one."""
    return path.count("/") - 1


def day_of(case) -> dt.date:
    """Return the day whose policy governs a case: when it was sent in; today while it is not (decision 0027)."""
    sent = getattr(case, "submitted_at", None)
    return timezone.localdate(sent) if sent else today()


def _ordered(name: str) -> models.CheckConstraint:
    """Return the constraint that ``<name>_from`` and ``<name>_until`` are both there and in order, or neither."""
    first, last = f"{name}_from", f"{name}_until"
    neither = Q(**{f"{first}__isnull": True, f"{last}__isnull": True})
    in_order = Q(**{f"{first}__isnull": False, f"{last}__isnull": False, f"{last}__gte": F(first)})
    return models.CheckConstraint(condition=neither | in_order, name=f"policy_{name}_in_order")


#: The highest version that has begun is in force, so a lower one that came later could change what was in force before.
_FOLLOWS = """
    SELECT max(version) INTO newest FROM registration_provincepolicy WHERE province_id = NEW.province_id;
    IF NEW.version <> coalesce(newest, 0) + 1 THEN
        RAISE EXCEPTION 'version % of the policy does not follow version %', NEW.version, coalesce(newest, 0)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""


class ProvincePolicy(ScopedModel):
    """One version of a province's policy; the whole of it, so that nothing has to be pieced together.

    On a day the highest version with ``effective_from`` on or before it is in force. Versions therefore never
    overlap, whatever their dates: one that is to begin later than a higher version never comes into force.
    Rows are written once (decision 0019).
    """

    scope = Scope(regions="province", owners=(), duties=(Duty.FINAL_REVIEW,))

    province = models.ForeignKey(Region, models.PROTECT, related_name="policies", verbose_name="省份")
    version = models.PositiveIntegerField("版本")
    effective_from = models.DateField("生效日期")
    first_review_level = models.CharField("初审层级", max_length=10, choices=FirstReview, default=FirstReview.COUNTY)
    final_review_level = models.CharField(
        "终审层级", max_length=10, choices=FinalReview, default=FinalReview.PROVINCE, db_default=FinalReview.PROVINCE
    )
    makeup_first_from = models.DateField("首次登记补登记开始", null=True, blank=True)
    makeup_first_until = models.DateField("首次登记补登记截止", null=True, blank=True)
    makeup_renew_from = models.DateField("再登记补登记开始", null=True, blank=True)
    makeup_renew_until = models.DateField("再登记补登记截止", null=True, blank=True)
    ce_waived_from = models.DateField("免继续教育证明开始", null=True, blank=True)
    ce_waived_until = models.DateField("免继续教育证明截止", null=True, blank=True)
    ce_waived_notice = models.CharField("免继续教育证明的依据", max_length=200, blank=True)
    note = models.CharField("说明", max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="制定人")
    at = models.DateTimeField("制定时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "省级政策"
        ordering = ["province", "-version"]
        constraints = [
            models.UniqueConstraint("province", "version", name="one_policy_per_version"),
            models.CheckConstraint(condition=Q(version__gte=1), name="policy_versions_from_one"),
            models.CheckConstraint(
                condition=Q(final_review_level=FinalReview.PROVINCE)
                | Q(final_review_level=FinalReview.PREFECTURE, first_review_level=FirstReview.COUNTY),
                name="policy_final_review_above_first",
            ),
            _ordered("makeup_first"),
            _ordered("makeup_renew"),
            _ordered("ce_waived"),
            models.CheckConstraint(
                condition=Q(ce_waived_from__isnull=True, ce_waived_notice="")
                | (Q(ce_waived_from__isnull=False) & ~Q(ce_waived_notice="")),
                name="policy_waiver_rests_on_a_notice",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="policy_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="policy_versions_follow",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("newest", "integer")],
                func=_FOLLOWS,
            ),
        ]

    def __str__(self):
        return f"{self.province} 第{self.version}版"

    @property
    def policy(self) -> Policy:
        """The version as a plain value."""
        return Policy(
            self.version,
            self.effective_from,
            self.first_review_level,
            self._span("makeup_first"),
            self._span("makeup_renew"),
            self._span("ce_waived"),
            self.ce_waived_notice,
            self.final_review_level,
        )

    def _span(self, name: str) -> Span | None:
        first = getattr(self, f"{name}_from")
        return Span(first, getattr(self, f"{name}_until")) if first else None

    @classmethod
    def of(cls, region: Region | None, day: dt.date | None = None) -> Policy:
        """Return what holds in the province of ``region`` on ``day``, today unless said otherwise.

        One query, the province's few versions; within a request it is asked once for each province.
        """
        if region is None:
            return DEFAULT_POLICY
        day = day or today()
        for version in cls._versions(region.province_code):
            if version.effective_from <= day:
                return version
        return DEFAULT_POLICY

    @classmethod
    def governing(cls, case) -> Policy:
        """Return what governs a case with a ``region``: the policy of the day on which it was sent in.

        A version that begins later changes nothing for it (decision 0027).
        """
        return cls.of(case.region, day_of(case))

    @classmethod
    def called(cls, case) -> str:
        """Return how the rules that govern a case are called, for its history: 北京市 2026-03 版（第2版）."""
        policy, place = cls.governing(case), division(case.region.province_code) if case.region else None
        name = place.name if place else ""
        if not policy.version:
            return f"{name}默认"
        return f"{name} {policy.effective_from:%Y-%m} 版（第{policy.version}版）"

    @classmethod
    def _versions(cls, province: str) -> list[Policy]:
        """Return the versions of a province, the highest first."""
        request = current_request()
        known = request.read_once if request else {}
        key = ("policies", province)
        if key not in known:
            rows = cls.objects.filter(province=province).order_by("-version")
            known[key] = [row.policy for row in rows]
        return known[key]

    @classmethod
    def read_ahead(cls, provinces: list[Region]) -> None:
        """Read the versions of many provinces in one query, for a request that will ask for each of them."""
        request = current_request()
        if request is None:
            return
        found = {("policies", each.code): [] for each in provinces}
        for row in cls.objects.filter(province__in=provinces).order_by("-version"):
            found["policies", row.province_id].append(row.policy)
        request.read_once.update(found)

    @classmethod
    def forget(cls, province: str) -> None:
        """Let the request read the province's versions again: there is a new one."""
        request = current_request()
        if request:
            request.read_once.pop(("policies", province), None)
