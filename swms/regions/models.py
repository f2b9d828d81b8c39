"""Regions, who is on duty in which of them, and what each person may therefore see."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Q

from swms.regions.snapshot import codes_inside


class Region(models.Model):
    """An administrative division (GB/T 2260): province, prefecture or county (rulebook §4.1).

    ``path`` is the chain of codes from the province down, ``/110000/110100/110105/``, so that
    "inside" is a prefix. An abolished division keeps its row, with ``valid_to`` and ``successor``,
    and its path runs through the successor, whose reviewers inherit its records.
    """

    class Level(models.IntegerChoices):
        PROVINCE = 1, "省级"
        PREFECTURE = 2, "地级"
        COUNTY = 3, "县级"

    code = models.CharField("代码", max_length=6, primary_key=True)
    name = models.CharField("名称", max_length=50)
    level = models.PositiveSmallIntegerField("级别", choices=Level)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField("路径", max_length=40, unique=True, db_collation="C")
    is_leaf = models.BooleanField("可作登记区域", default=False)
    valid_to = models.DateField("撤销日期", null=True, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="predecessors")

    class Meta:
        verbose_name = verbose_name_plural = "行政区划"
        ordering = ["code"]

    def __str__(self):
        return self.name

    @property
    def province_code(self) -> str:
        return self.path[1:7]

    def contains(self, other: "Region") -> bool:
        return other.path.startswith(self.path)


class Duty(models.TextChoices):
    """What a member of staff does (rulebook §0.1); the three administrators are kept apart."""

    FIRST_REVIEW = "first_review", "初审"
    FINAL_REVIEW = "final_review", "终审"
    CERTIFICATE = "certificate", "证书管理"
    SYSTEM = "system", "系统管理"
    SECURITY = "security", "安全管理"
    AUDIT = "audit", "审计"


REVIEW_DUTIES = (Duty.FIRST_REVIEW, Duty.FINAL_REVIEW)
ADMINISTRATORS = (Duty.SYSTEM, Duty.SECURITY, Duty.AUDIT)


class Jurisdiction(models.Model):
    """A duty over a region and all below it; no region means the whole country."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jurisdictions")
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, verbose_name="区域")
    duty = models.CharField("职责", max_length=16, choices=Duty)

    class Meta:
        verbose_name = verbose_name_plural = "管辖"
        constraints = [
            models.UniqueConstraint("user", "region", "duty", name="one_jurisdiction_each", nulls_distinct=False),
            # 三权分立: whoever runs the system neither hands out duties nor judges the trail (S15).
            models.UniqueConstraint(
                "user", condition=Q(duty__in=("system", "security", "audit")), name="administrators_kept_apart"
            ),
        ]

    def __str__(self):
        return f"{self.region or '全国'} {self.get_duty_display()}"

    @property
    def path(self) -> str:
        return self.region.path if self.region else "/"

    @property
    def depth(self) -> int:
        """How many divisions lead down to it: 0 the country, 1 a province, 2 what stands right below one."""
        return self.path.count("/") - 1


def jurisdictions_of(user) -> list[Jurisdiction]:
    """Return the user's jurisdictions, read once per user instance, so once per request."""
    if not (user and user.is_authenticated and user.is_active and user.is_staff):
        return []
    if not hasattr(user, "_jurisdictions"):
        user._jurisdictions = list(user.jurisdictions.select_related("region"))
    return user._jurisdictions


def holds_duty(user, duty: str, region: Region | None = None) -> bool:
    """Tell whether the user holds the duty, over ``region`` where one is named."""
    return any(j.duty == duty and (region is None or region.path.startswith(j.path)) for j in jurisdictions_of(user))


@models.ForeignKey.register_lookup
class Inside(models.Lookup):
    """``region__inside=path``: the region lies in the division with this path, itself included.

    Asked as a list of codes, which the indexes that begin with a region follow; a range of paths would have to be
    joined, and every row of a long list looked at. The path may be an expression, one for each row of an outer query.
    Not for the whole country: ``within`` asks nothing then.
    """

    lookup_name = "inside"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        if self.rhs_is_direct_value():
            return f"{column} = ANY(%s)", [*params, codes_inside(self.rhs)]
        path, given = self.process_rhs(compiler, connection)
        # A colon follows the digits, so the range holds all that begins with the path.
        codes = f"SELECT r.code FROM regions_region r WHERE r.path >= {path} AND r.path < {path} || ':'"
        return f"{column} = ANY(ARRAY({codes}))", [*params, *given, *given]


def within(lookup: str, path: str) -> Q:
    """Return the condition that the region at ``lookup`` lies in the division with this path, itself included."""
    return Q() if path == "/" else Q(**{f"{lookup}__inside": path})


@dataclass(frozen=True)
class Scope:
    """Whose records a model holds: lookups to the region and to the owning users.

    A record that concerns several offices names the lookup to each. ``duties`` are those that open
    the regions' records, ``offices`` a condition under which a record concerns them at all; ``shared`` is a
    condition under which everybody who is signed in may see a record. ``besides`` are duties without a
    region, each with the condition on what it opens.
    """

    regions: str | tuple[str, ...] | None = None
    owners: tuple[str, ...] = ()
    duties: tuple[str, ...] = REVIEW_DUTIES
    shared: Q | None = None
    besides: tuple[tuple[str, Q], ...] = ()
    offices: Q | None = None

    @property
    def lookups(self) -> tuple[str, ...]:
        return (self.regions,) if isinstance(self.regions, str) else self.regions or ()

    def _inside(self, lookup: str, jurisdiction: Jurisdiction) -> Q:
        inside = within(lookup, jurisdiction.path)
        return inside if self.offices is None else inside & self.offices

    def condition(self, user) -> Q | None:
        """Return the filter that leaves what ``user`` may see, or ``None`` for nothing."""
        parts = [Q(**{owner: user}) for owner in self.owners] if not user.is_staff else []
        if self.shared is not None:
            parts.append(self.shared)
        for j in jurisdictions_of(user):
            parts += [condition for duty, condition in self.besides if duty == j.duty]
            if j.duty not in self.duties:
                continue
            if j.region is None:
                return self.offices or Q()
            parts += [self._inside(lookup, j) for lookup in self.lookups]
        if not parts:
            return None
        return reduce(or_, dict.fromkeys(parts))  # two duties in one region open the same records


class ScopedQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The only entry for reads on somebody's behalf; everybody else gets nothing."""
        if not (user and user.is_authenticated and user.is_active):
            return self.none()
        condition = self.model.scope.condition(user)
        return self.none() if condition is None else self.filter(condition)


class ScopedModel(models.Model):
    """A record that belongs to somebody and to a region."""

    scope: Scope
    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True
