"""What an office decided in a period, how long it took, and why it refused (R-REG-15, R-REG-16)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Aggregate, BigIntegerField, Count, Exists, IntegerField, OuterRef, Q, Value
from django.db.models.functions import Cast

from registration.models import Application, Decision, Worker
from registration.queries.statistics.period import Period
from registration.reasons import REASONS
from swms.audit.models import AuditEvent
from swms.regions.places import Place

WITHDRAWN = "registration.application.withdraw"
_FIRST, _FINAL = Q(stage=Decision.Stage.FIRST), Q(stage=Decision.Stage.FINAL)
#: A decision after which nobody in the office has to decide: a refusal, or the last pass.
_LAST = Q(passed=False) | _FINAL


class _Percentile(Aggregate):
    """The least number that a share of all is not above: always one that occurs."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()


@dataclass
class Decided:
    """Counts of a week, a month or the whole period; ``median`` and ``most`` are working days, ``None`` without any."""

    label: str
    passed_first: int = 0
    passed_final: int = 0
    failed_first: int = 0
    failed_final: int = 0
    withdrawn: int = 0
    median: int | None = None
    most: int | None = None

    @property
    def failed(self) -> int:
        return self.failed_first + self.failed_final


_COUNTS = {
    # Of a number and not of the key: so the index alone answers.
    "passed_first": Count(Value(1), filter=_FIRST & Q(passed=True)),
    "passed_final": Count(Value(1), filter=_FINAL & Q(passed=True)),
    "failed_first": Count(Value(1), filter=_FIRST & Q(passed=False)),
    "failed_final": Count(Value(1), filter=_FINAL & Q(passed=False)),
    "median": _Percentile("working_days", share="0.5", filter=_LAST),
    "most": _Percentile("working_days", share="0.9", filter=_LAST),
}


def decided(place: Place, period: Period) -> tuple[list[Decided], Decided]:
    """Return what was decided in each week or month, and in the whole period. Three queries.

    Withdrawals have no row of their own, so they are counted from the trail.
    """
    made = Decision.objects.filter(place.inside("region"), **period.within("at")).order_by()
    each = {step: Decided(words) for step, words in period.steps()}
    for step, *counts in (
        made.annotate(step=period.step_of("at")).values("step").annotate(**_COUNTS).values_list("step", *_COUNTS)
    ):
        line = each[step.date()]
        for name, count in zip(_COUNTS, counts, strict=True):
            setattr(line, name, count)
    total = Decided("合计", **made.aggregate(**_COUNTS))
    for step, count in _withdrawn(place, period):
        each[step.date()].withdrawn = count
        total.withdrawn += count
    return list(each.values()), total


def _withdrawn(place: Place, period: Period):
    here = Application.objects.filter(place.inside("region"), pk=OuterRef("case"))
    events = AuditEvent.objects.filter(verb=WITHDRAWN, **period.within("at"))
    events = events.annotate(case=Cast("target_id", BigIntegerField())).filter(Exists(here)).order_by()
    return (
        events.annotate(step=period.step_of("at"))
        .values("step")
        .annotate(count=Count("*"))
        .values_list("step", "count")
    )


@dataclass
class ReasonCount:
    """How many decisions gave a reason, and how often they named what."""

    label: str
    count: int
    items: list[tuple[str, int]] = field(default_factory=list)


_REASONS = """
    SELECT given.code, count(*)
    FROM registration_decision d JOIN regions_region r ON r.code = d.region_id
    CROSS JOIN LATERAL jsonb_array_elements_text(d.reason_codes) AS given(code)
    WHERE NOT d.passed AND r.path LIKE %s AND d.at >= %s AND d.at < %s
    GROUP BY given.code
"""
#: Items that a general reason brought along were not named one by one. Documents count as such, not each by its name.
_ITEMS = """
    SELECT item.code, section, CASE WHEN key LIKE 'file:%%' THEN 'file:' ELSE key END AS what, count(*)
    FROM registration_decision d JOIN regions_region r ON r.code = d.region_id
    CROSS JOIN LATERAL jsonb_to_recordset(d.items) AS item(code text, section text, key text, general boolean)
    WHERE NOT d.passed AND r.path LIKE %s AND d.at >= %s AND d.at < %s AND NOT coalesce(general, false)
    GROUP BY item.code, section, what
"""


def reasons(place: Place, period: Period) -> list[ReasonCount]:
    """Return the reasons of the period's refusals, the most frequent first. Two queries."""
    given = [f"{place.path}%", *period.moments]
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, given)
        counts = dict(cursor.fetchall())
        cursor.execute(_ITEMS, given)
        named: dict[str, Counter] = defaultdict(Counter)
        for code, section, what, count in cursor.fetchall():
            named[code][item_label(section, what)] += count
    found = [
        ReasonCount(REASONS[code].label if code in REASONS else code, count, named[code].most_common())
        for code, count in counts.items()
    ]
    return sorted(found, key=lambda each: (-each.count, each.label))


_SECTIONS = {
    "photo": "照片",
    "basic": "基础信息",
    "region": "登记区域与首次登记时间",
    "work": "工作经历",
    "projects": "以往项目",
    "honours": "个人荣誉",
    "renewal": "再登记",
    "late": "补登记",
}
#: Answers that the form calls otherwise than the personal information does.
_ANSWERS = {"household": "户籍所在地", "address": "通讯地址", "email": "电子邮箱", "late_reason": "逾期原因"}


def item_label(section: str, key: str) -> str:
    """Return what an item is called where no form stands beside it."""
    where = _SECTIONS.get(section, section)
    if not key:
        return where
    if key.startswith("file:"):
        return f"{where}材料"
    names = {each.name: str(each.verbose_name) for each in Worker._meta.get_fields() if hasattr(each, "verbose_name")}
    return _ANSWERS.get(key) or names.get(key) or where
