"""What waits for an office, for how many working days, and how near its end it is (R-REG-16, R-TIME-06)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import CharField, Count, F, Model, Q, Value
from django.db.models.functions import Cast, TruncDate

from registration.models import (
    Appeal,
    Application,
    Feedback,
    Institution,
    InstitutionFeedback,
    Transfer,
)
from registration.workflows import (
    AppealState,
    ApplicationKind,
    ApplicationState,
    FeedbackState,
    InstitutionFeedbackState,
    InstitutionState,
    TransferState,
)
from swms.dates import today, working_days_after, working_days_left
from swms.regions.places import Place

NEAR = 10  # working days, for every kind alike, as the page says; a queue has the measure of its own kind
#: The parts of the histogram: a working day up to which a case belongs there, and its words.
AGES = ((5, "0至5"), (10, "6至10"), (15, "11至15"), (20, "16至20"), (30, "21至30"), (None, "超过30"))


@dataclass(frozen=True)
class Source:
    """Records that wait for an office: in which ``states``, called how; ``since`` is the field of the moment.

    ``kinds`` names them by the field ``by``; without it they are all called ``kinds[""]``.
    """

    model: type[Model]
    region: str
    since: str
    states: dict[str, str]
    kinds: dict[str, str]
    by: str = ""

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    def waiting(self, place: Place):
        """Return the records that wait in a place."""
        return self.model._base_manager.filter(place.inside(self.region), state__in=self.states).order_by()


A = ApplicationState
_SOURCES: list[Source] = [
    Source(
        Application,
        "region",
        "submitted_at",
        {A.PENDING_REVIEW: "等待初审", A.INITIAL_APPROVED: "等待终审"},
        dict(ApplicationKind.choices),
        by="kind",
    ),
    Source(Transfer, "from_region", "submitted_at", {TransferState.PENDING_OUT: "等待转出地审核"}, {"": "变更"}),
    Source(Transfer, "to_region", "submitted_at", {TransferState.PENDING_IN: "等待转入地审核"}, {"": "变更"}),
    Source(Feedback, "region", "created_at", {FeedbackState.PENDING: "待审核"}, {"": "证书信息反馈"}),
    Source(Appeal, "region", "created_at", {AppealState.SUBMITTED: "待审核"}, {"": "申诉"}),
    Source(Institution, "region", "submitted_at", {InstitutionState.SUBMITTED: "待审核"}, {"": "机构注册"}),
    Source(
        InstitutionFeedback, "region", "created_at", {InstitutionFeedbackState.PENDING: "待审核"}, {"": "机构信息反馈"}
    ),
]


def count_also(*sources: Source) -> None:
    """Let the backlog count records of another app."""
    _SOURCES.extend(each for each in sources if each not in _SOURCES)


@dataclass
class Line:
    """One kind at one stage; ``oldest`` is how many working days the oldest waits."""

    kind: str
    stage: str
    waiting: int = 0
    near: int = 0
    late: int = 0
    oldest: int = 0


@dataclass
class Backlog:
    """What waits in a place, in all and by kind and stage; ``ages`` are counts in the order of ``AGES``."""

    lines: list[Line] = field(default_factory=list)
    ages: list[int] = field(default_factory=lambda: [0] * len(AGES))

    def _sum(self, name: str) -> int:
        return sum(getattr(line, name) for line in self.lines)

    @property
    def waiting(self) -> int:
        return self._sum("waiting")

    @property
    def near(self) -> int:
        return self._sum("near")

    @property
    def late(self) -> int:
        return self._sum("late")


def backlog(place: Place) -> Backlog:
    """Count what waits in a place. One query; a row of its answer is a kind, a stage, a day of arrival and an end."""
    found = Backlog()
    lines = {}
    for number, source in enumerate(_SOURCES):
        for kind, words in source.kinds.items():
            for state, stage in source.states.items():
                lines[number, kind, str(state)] = Line(words, stage)
    day, soon, ages = today(), working_days_after(today(), NEAR), {}
    for number, kind, state, since, due, count in _grouped(place):
        if since not in ages:
            ages[since] = working_days_left(since, day) if since else 0
        line, age = lines[number, kind, state], ages[since]
        line.waiting += count
        line.oldest = max(line.oldest, age)
        line.late += count * (due is not None and due < day)
        line.near += count * (due is not None and day <= due <= soon)
        found.ages[_part_of(age)] += count
    found.lines = list(lines.values())
    return found


def backlog_by_region(place: Place) -> dict[str, Counter]:
    """Count what waits in each division of a place: ``waiting``, ``near`` and ``late``. One query."""
    day, soon = today(), working_days_after(today(), NEAR)
    late, near = Q(due_on__lt=day), Q(due_on__gte=day, due_on__lte=soon)
    parts = [
        source.waiting(place)
        .values(code=F(f"{source.region}_id" if "__" not in source.region else source.region))
        .annotate(waiting=Count("*"), near=Count(Value(1), filter=near), late=Count(Value(1), filter=late))
        .values_list("code", "waiting", "near", "late")
        for source in _SOURCES
    ]
    found: dict[str, Counter] = defaultdict(Counter)
    for code, *counts in parts[0].union(*parts[1:], all=True):
        found[code].update(dict(zip(("waiting", "near", "late"), counts, strict=True)))
    return found


def _grouped(place: Place):
    parts = []
    for number, source in enumerate(_SOURCES):
        kind = Cast(F(source.by), CharField()) if source.by else Value("", CharField())
        rows = source.waiting(place).annotate(
            source=Value(number), what=kind, stage=Cast(F("state"), CharField()), day=TruncDate(source.since)
        )
        grouped = rows.values("source", "what", "stage", "day", "due_on").annotate(count=Count("*"))
        parts.append(grouped.values_list("source", "what", "stage", "day", "due_on", "count"))
    return parts[0].union(*parts[1:], all=True)


def _part_of(age: int) -> int:
    return next(place for place, (most, _) in enumerate(AGES) if most is None or age <= most)
