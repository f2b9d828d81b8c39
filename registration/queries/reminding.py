"""Who is to hurry with what: the clocks of the reviewers' desks (R-REG-16, R-CHG-10; §2.1, §2.8, §2.9, §2.12)."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from registration.models import Appeal, Application, Feedback, Institution, InstitutionFeedback, SampledCase, Transfer
from registration.models.policies import Policy
from registration.queries.policies import level_of
from registration.workflows import (
    AppealState,
    ApplicationState,
    FeedbackState,
    InstitutionFeedbackState,
    InstitutionState,
    SampleState,
    TransferState,
)
from swms.accounts.models import User
from swms.dates import today, working_days_after
from swms.regions.models import Duty, Jurisdiction

REMIND_WITH_LEFT = 10  # of the 30 working days: the reminder comes after 20 (R-REG-16)
REMIND_WITH_LEFT_ON_FEEDBACK = 5  # of 15: the reminder comes after 10 (rulebook §2.1)
REMIND_WITH_LEFT_ON_INSTITUTION = 5  # of 15, as on feedback (rulebook §2.8, §2.9)
REMIND_WITH_LEFT_ON_TRANSFER = 5  # of the 15 of each step (R-CHG-10)
REMIND_WITH_LEFT_ON_SAMPLE = 5  # of 20 and of 10 (decision 0029)
REMIND_WITH_LEFT_ON_APPEAL = 1  # of 3: the reminder comes after 2 (rulebook §2.12)


@dataclass(frozen=True)
class Clock:
    """A state in which time runs: who decides, over which region, and when a reminder is due.

    ``above`` are the lookups to all the regions that an office must stand above to be told of delay, where that is
    not the case's own region alone. ``review``, ``first`` or ``final``: the province's policy says whose office it is
    (R-REG-17). A case without a region is the security administrator's.
    """

    model: type
    state: str
    duty: str
    left: int
    region: str = "region"
    above: tuple[str, ...] = ()
    review: str = ""

    @property
    def kind(self) -> str:
        """How the model is called in the trail."""
        return self.model._meta.label_lower

    def rows(self) -> QuerySet:
        """Return the cases in whose state this clock runs, with the ``level`` that their policy gives the review."""
        rows = self.model._base_manager.filter(state=self.state)
        if self.review:
            rows = rows.annotate(level=level_of(self.review, Substr(OuterRef(f"{self.region}__path"), 2, 6)))
        return rows

    def depth(self, path: str, level: str) -> int:
        """Return how deep the office lies that decides what belongs to the region of that path, given the level."""
        if not self.review:
            return path.count("/") - 1
        policy = Policy(**{f"{self.review}_review_level": level})
        return policy.depth(path, final=self.review == "final")


_TWO = ("from_region", "to_region")
_CLOCKS = [
    Clock(Application, ApplicationState.PENDING_REVIEW, Duty.FIRST_REVIEW, REMIND_WITH_LEFT, review="first"),
    Clock(Application, ApplicationState.INITIAL_APPROVED, Duty.FINAL_REVIEW, REMIND_WITH_LEFT, review="final"),
    Clock(Feedback, FeedbackState.PENDING, Duty.FIRST_REVIEW, REMIND_WITH_LEFT_ON_FEEDBACK),
    Clock(InstitutionFeedback, InstitutionFeedbackState.PENDING, Duty.FIRST_REVIEW, REMIND_WITH_LEFT_ON_INSTITUTION),
    Clock(Institution, InstitutionState.SUBMITTED, Duty.FIRST_REVIEW, REMIND_WITH_LEFT_ON_INSTITUTION),
    Clock(Appeal, AppealState.SUBMITTED, Duty.FIRST_REVIEW, REMIND_WITH_LEFT_ON_APPEAL),
    Clock(Appeal, AppealState.BLOCKED, Duty.SECURITY, REMIND_WITH_LEFT_ON_APPEAL),
    Clock(
        Transfer, TransferState.PENDING_OUT, Duty.FIRST_REVIEW, REMIND_WITH_LEFT_ON_TRANSFER, "from_region", above=_TWO
    ),
    Clock(Transfer, TransferState.PENDING_IN, Duty.FIRST_REVIEW, REMIND_WITH_LEFT_ON_TRANSFER, "to_region", above=_TWO),
    Clock(SampledCase, SampleState.EXAMINING, Duty.FIRST_REVIEW, REMIND_WITH_LEFT_ON_SAMPLE),
    Clock(SampledCase, SampleState.DECIDING, Duty.FINAL_REVIEW, REMIND_WITH_LEFT_ON_SAMPLE, "campaign__region"),
]


def remind_of(*clocks: Clock) -> None:
    """Have the reviewers reminded of another kind of case; a spoke calls it when it is ready."""
    _CLOCKS.extend(clock for clock in clocks if clock not in _CLOCKS)


def clocks() -> list[Clock]:
    """Return every clock that runs at a reviewer's desk, those of the spokes too."""
    return list(_CLOCKS)


@dataclass
class Reminder:
    """How many cases one reviewer should hurry with: nearly due, overdue, and overdue at the offices below."""

    reviewer: User
    near: int = 0
    overdue: int = 0
    below: int = 0


@dataclass(frozen=True)
class _Group:
    """Cases of one office under one clock."""

    clock: Clock
    duty: str
    office: str  # path of the region whose case it is
    depth: int  # how deep the office lies that decides
    above: tuple[str, ...]
    near: int
    overdue: int


def reminders_due() -> list[Reminder]:
    """Return whom to remind today (R-REG-16, R-CHG-10): after two thirds of the time, and upward once it is over.

    An office hears nothing of reviews that the policy of a case gives to the office above it (R-REG-17). One query
    for each clock and one more, whatever the number of cases and reviewers.
    """
    groups = _groups()
    duties = list(
        Jurisdiction.objects.filter(
            duty__in={*(each.duty for each in _CLOCKS), Duty.SECURITY}, user__is_active=True
        ).select_related("user", "region")
    )
    mine, below, reviewers = defaultdict(set), defaultdict(set), {}
    for each in duties:
        reviewers[each.user_id] = each.user
    for number, group in enumerate(groups):
        for each in duties:
            if each.duty == group.duty and group.office.startswith(each.path) and each.depth <= group.depth:
                mine[each.user_id].add(number)
        for each in _superiors(group, duties):
            below[each.user_id].add(number)
    reminders = [
        Reminder(
            reviewer,
            sum(groups[n].near for n in mine[pk]),
            sum(groups[n].overdue for n in mine[pk]),
            sum(groups[n].overdue for n in below[pk] - mine[pk]),
        )
        for pk, reviewer in reviewers.items()
    ]
    return [each for each in reminders if each.near or each.overdue or each.below]


def _groups() -> list[_Group]:
    late = Q(due_on__lt=today())
    found = []
    for clock in _CLOCKS:
        paths = tuple(f"{lookup}__path" for lookup in clock.above or (clock.region,))
        rows = (
            clock.rows()
            .filter(due_on__lte=working_days_after(today(), clock.left))
            .values(f"{clock.region}__path", *paths, *(["level"] if clock.review else []))
            .annotate(near=Count("pk", filter=~late), overdue=Count("pk", filter=late))
        )
        found += [
            _Group(
                clock,
                clock.duty if row[f"{clock.region}__path"] else Duty.SECURITY,
                row[f"{clock.region}__path"] or "/",
                clock.depth(row[f"{clock.region}__path"] or "/", row.get("level", "")),
                tuple(row[path] or "/" for path in paths),
                row["near"],
                row["overdue"],
            )
            for row in rows
        ]
    return found


def _superiors(group: _Group, duties: list[Jurisdiction]) -> list[Jurisdiction]:
    """Return the final reviewers who hear of delay at an office below them.

    For a case of one office these are all above it. For one between two offices they sit at the nearest
    bureau above both; where no such bureau has staff, at the nearest above the office that is late.
    """
    if group.duty == Duty.FINAL_REVIEW:
        return []
    final = [each for each in duties if each.duty == Duty.FINAL_REVIEW]
    if len(group.above) == 1:
        return [each for each in final if group.office.startswith(each.path)]
    common = [each for each in final if _stands_above(each.path, group.above)]
    nearest = common or [each for each in final if _stands_above(each.path, (group.office,))]
    longest = max((len(each.path) for each in nearest), default=0)
    return [each for each in nearest if len(each.path) == longest]


def _stands_above(path: str, places: tuple[str, ...]) -> bool:
    return all(place != path and place.startswith(path) for place in places)
