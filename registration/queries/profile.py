"""The personal information: what may be edited, and what is still to be done (rulebook §2.2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from registration.models import Registration, Worker
from registration.queries.corrections import MENDED, TO_MEND, Opening, opening_of, present_content
from registration.workflows import (
    EDITABLE_STATES,
    LOCKED_STATES,
    REFUSED_STATES,
    REGISTERED_STATES,
)
from swms.current import once

#: What an edit can touch. ``employer`` is the current employment, ``work`` the past ones.
PARTS = frozenset({"contact", "basic", "photo", "region", "employer", "work", "projects", "honours"})
SECTION_OF = {"employer": "work"}  # of the form; the other parts are called as their sections are
MOVES_BY_CHANGE = frozenset({"region", "employer"})  # R-CHG-01: once registered these move by 变更
CHANGES = "registration:transfers"


def parts_open(states: Iterable[str], registered: bool) -> frozenset[str]:
    """Return the parts that may be edited, given the states of all the worker's applications (R-REG-10, R-REG-11)."""
    states = set(states)
    closed = MOVES_BY_CHANGE if registered else frozenset()
    if states & set(LOCKED_STATES):
        return frozenset({"contact"})
    if states & set(REFUSED_STATES) and not states & set(EDITABLE_STATES):
        return frozenset({"contact"})  # R-REG-14: first open the next round
    return PARTS - closed


def has_registration(user) -> bool:
    """Whether region and employer of this user's move by 变更 alone (R-CHG-08); the menu asks, and pages do."""
    registered = Registration.objects.filter(worker__user=user, state__in=REGISTERED_STATES)
    return once(("registered", user.pk), registered.exists)


def moved_by_change(worker: Worker) -> frozenset[str]:
    """Return the parts that only 变更 moves: those of a registered worker (R-CHG-01, R-CHG-08)."""
    return MOVES_BY_CHANGE if has_registration(worker.user) else frozenset()


def editable_parts(worker: Worker, opening: Opening | None = None) -> frozenset[str]:
    """Return the parts of the personal information that the worker may edit now, wholly or as far as was named."""
    parts = parts_of(worker)
    opening = opening_of(worker) if opening is None else opening
    if not opening.limited:
        return parts
    return parts & {"contact", *(part for part in PARTS if opening.section(SECTION_OF.get(part, part)))}


def parts_of(worker: Worker) -> frozenset[str]:
    """Return the parts that are open by the states alone, whatever a refusal named."""
    states = once(("states", worker.pk), lambda: list(worker.applications.values_list("state", flat=True)))
    return parts_open(states, has_registration(worker.user))


@dataclass(frozen=True)
class ProfileTask:
    """One line of the task list.

    ``state`` is ``done``, ``missing``, ``optional`` or ``locked``; in a round of correction ``to_mend``,
    ``mended``, or ``unnamed`` for what nobody asked to be changed (R-REG-14); ``change`` for what moves by 变更 and
    leads there (R-CHG-01).
    """

    name: str
    label: str
    state: str
    url_name: str
    missing: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        return _STATUS[self.state]


#: 已填写 and not 已完成: nothing of this has been sent or decided.
_STATUS = {
    "done": "已填写",
    "missing": "待填写",
    "optional": "选填",
    "locked": "不能修改",
    "change": "通过变更办理",
    "unnamed": "不需要修改",
    "to_mend": TO_MEND,
    "mended": MENDED,
}

_TASKS = (
    ("basic", "基础信息", "registration:profile_basic", (*Worker.REQUIRED["basic"], "mobile", "email")),
    ("photo", "照片", "registration:profile_photo", Worker.REQUIRED["photo"]),
    (
        "region",
        "登记区域与首次登记时间",
        "registration:profile_region",
        Worker.REQUIRED["region"] + Worker.REQUIRED_WITH_LOCAL_CERT,
    ),
    ("work", "工作经历", "registration:profile_work", ("experiences",)),
    ("projects", "以往项目", "registration:profile_projects", ("evidence",)),
    ("honours", "个人荣誉", "registration:profile_honours", ()),
)
ITEMS = {name: url_name for name, _, url_name, _ in _TASKS}


def profile_tasks(worker: Worker) -> list[ProfileTask]:
    """Return the personal information as a task list (R-PRO-01)."""
    missing = dict(worker.missing())
    opening = opening_of(worker)
    before, parts = parts_of(worker), editable_parts(worker, opening)
    asked, by_change = _asked(opening), moved_by_change(worker)
    filled = {"projects": worker.past_projects.exists(), "honours": worker.honours.exists()}
    tasks = []
    for name, label, url_name, fields in _TASKS:
        lacking = [missing[each] for each in fields if each in missing]
        if name not in parts and name in by_change:
            state, url_name = "change", CHANGES
        elif name not in parts:
            state = "unnamed" if name in before else "locked"
        elif lacking:
            state = "missing"
        elif name in asked:
            state = "mended" if all(asked[name]) else "to_mend"
        else:
            state = "done" if filled.get(name, True) else "optional"
        tasks.append(ProfileTask(name, label, state, url_name, lacking))
    return tasks


def _asked(opening: Opening) -> dict[str, list[bool]]:
    """Return, by section, whether each thing that was named has been mended."""
    asked: dict[str, list[bool]] = {}
    for correction in opening.corrections:
        for task in correction.tasks(present_content(correction.application)):
            asked.setdefault(task.item.section, []).append(task.mended)
    return asked
