"""Which cases ran out of time, which offices stand above the one that is late, and what was raised to whom.

R-REG-16, R-CHG-10, rulebook §2.1, §2.8, §2.9, §2.12, §2.14; decision 0027.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from registration.models import Escalation
from registration.queries.progress import local_office
from registration.queries.reminding import Clock, clocks
from swms.accounts.models import User
from swms.dates import today, working_days_left
from swms.notices.models import Delivery
from swms.regions.models import REVIEW_DUTIES, Duty, Jurisdiction, jurisdictions_of

COUNTRY = "/"
#: What stands above every office: nobody who decides, but somebody who can see to it that there is an office.
ADMINISTRATORS = ""

Staff = set[tuple[str, str]]  # (duty, path) that somebody active holds


@dataclass(frozen=True)
class Late:
    """One case whose time is over: the path of the office that is late, and those above it, the nearest first."""

    clock: Clock
    pk: int
    due_on: date
    duty: str
    late: str
    offices: tuple[str, ...]
    levels: int  # to how many of them it ought to have been raised by today


def escalations_due() -> Iterator[Late]:
    """Yield the cases that ought to have been raised to more offices than they were, kind by kind, by key.

    Also those of days on which nothing ran. One query for each kind and two more.
    """
    staff = {(each.duty, each.path) for each in _active().select_related("region")}
    raised: dict[tuple, int] = defaultdict(int)
    for row in Escalation.objects.filter(closed_at=None).values_list("kind", "case_id", "state", "due_on"):
        raised[row] += 1
    for clock in clocks():
        for late in _late(clock, staff):
            if raised[clock.kind, late.pk, clock.state, late.due_on] < min(late.levels, len(late.offices)):
                yield late


def _active() -> QuerySet[Jurisdiction]:
    return Jurisdiction.objects.filter(user__is_active=True)


def _late(clock: Clock, staff: Staff) -> Iterator[Late]:
    place = f"{clock.region}__path"
    lookups = [f"{lookup}__path" for lookup in clock.above or (clock.region,)]
    asked = ["pk", "due_on", place, *lookups, *(["level"] if clock.review else [])]
    days: dict[date, int] = {}
    for row in clock.rows().filter(due_on__lt=today()).order_by("pk").values(*dict.fromkeys(asked)):
        due_on, path = row["due_on"], row[place]
        if due_on not in days:
            days[due_on] = -working_days_left(today(), due_on)
        if not days[due_on]:
            continue  # nothing but rest days since
        if path:
            late = _cut(path, clock.depth(path, row.get("level", "")))
            duty, offices = clock.duty, chain(late, clock.duty, tuple(row[each] for each in lookups), staff)
        else:
            late, duty, offices = COUNTRY, Duty.SECURITY, (ADMINISTRATORS,)
        yield Late(clock, row["pk"], due_on, duty, late, offices, 1 + (days[due_on] - 1) // clock.left)


def chain(late: str, duty: str, places: tuple[str, ...], staff: Staff) -> tuple[str, ...]:
    """Return the paths of the offices above the one that is late, the nearest first; at the end the administrators.

    An office counts where somebody holds the duty or the final review. Between two regions it stands above both,
    and only where no such office has staff above the late one alone (R-CHG-10).
    """
    wanted = {duty, Duty.FINAL_REVIEW}
    above = [path for path in _above(late) if any((each, path) in staff for each in wanted)]
    common = [path for path in above if all(place != path and place.startswith(path) for place in places)]
    return (*(common if len(set(places)) > 1 and common else above), ADMINISTRATORS)


def _above(path: str) -> list[str]:
    """Return the paths above one, the nearest first, the country's last."""
    codes = path.strip("/").split("/")
    return [f"/{'/'.join(codes[:n])}/" for n in range(len(codes) - 1, 0, -1)] + [COUNTRY]


def _cut(path: str, depth: int) -> str:
    return f"/{'/'.join(path.strip('/').split('/')[:depth])}/"


# --- who hears of it ---------------------------------------------------------------------------------


def office_name(escalation: Escalation) -> str:
    """Return what was told is called: 深圳市民政部门, the country's office, or the administrators."""
    if escalation.to_administrators:
        return "系统管理员"
    return local_office(escalation.office) if escalation.office else f"全国{settings.AUTHORITY_LABEL}"


def late_name(escalation: Escalation) -> str:
    """Return how the office is called that let the time run out."""
    return local_office(escalation.late) if escalation.late else "安全管理员"


def listeners(rows: list[Escalation]) -> dict[User, list[Escalation]]:
    """Return who hears of which of these escalations to one office.

    Whoever holds the duty or the final review in that very office; where there is none, the system administrators.
    """
    office, administrators = rows[0].office_id, rows[0].to_administrators
    held = _active().select_related("user").order_by("user")
    if administrators:
        return {each.user: rows for each in held.filter(duty=Duty.SYSTEM)}
    heard: dict[User, list[Escalation]] = defaultdict(list)
    for each in held.filter(region=office, duty__in=REVIEW_DUTIES):
        wanted = [row for row in rows if each.duty in (row.duty, Duty.FINAL_REVIEW) and row not in heard[each.user]]
        heard[each.user] += wanted
    return {person: told for person, told in heard.items() if told}


def raised_to(user) -> QuerySet[Escalation]:
    """Return the open escalations to the user's own offices, the longest overdue first."""
    mine = Q(pk__in=())
    for each in jurisdictions_of(user):
        if each.duty == Duty.SYSTEM:
            mine |= Q(to_administrators=True)
        elif each.duty in REVIEW_DUTIES:
            here = Q(office=each.region_id, to_administrators=False)
            mine |= here if each.duty == Duty.FINAL_REVIEW else here & Q(duty=each.duty)
    return _shown(Escalation.objects.visible_to(user).filter(mine, closed_at=None)).order_by("due_on", "id")


def in_region(user) -> QuerySet[Escalation]:
    """Return every escalation to the user's offices and to those below them, newest first."""
    return _shown(Escalation.objects.visible_to(user)).order_by("-id")


def _shown(rows: QuerySet) -> QuerySet:
    return rows.select_related("late", "office")


def is_raised(model: type) -> Exists:
    """Return the condition on cases of ``model`` that an office above was told and nobody has decided since."""
    return Exists(Escalation.objects.filter(kind=model._meta.label_lower, case_id=OuterRef("pk"), closed_at=None))


def of_case(case) -> list[Escalation]:
    """Return the open escalations of a case, the first one first; no query while its time is not over."""
    if case.due_on is None or case.due_on >= today():
        return []
    rows = Escalation.objects.filter(kind=case._meta.label_lower, case_id=case.pk, closed_at=None)
    return list(_shown(rows).order_by("level"))


def no_longer_needed(delivery: Delivery) -> str:
    """Return why the news of escalations has lost its reason; asked as the message leaves."""
    return "" if raised_to(delivery.recipient).exists() else "升级的事项已经办理"


def stray() -> Iterator[str]:
    """Yield a line for every open escalation whose case does not wait in that state any more."""
    for clock in clocks():
        still = clock.model._base_manager.filter(pk=OuterRef("case_id"), state=clock.state, due_on=OuterRef("due_on"))
        gone = Escalation.objects.filter(~Exists(still), kind=clock.kind, state=clock.state, closed_at=None)
        for each in gone.order_by("pk"):
            yield f"{each.ref}: raised to an office above and not waiting since {each.due_on} any more"
