"""The personal information: what may be edited, and what is still to be done (rulebook §2.2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from registration.models import Worker
from registration.workflows import (
    EDITABLE_STATES,
    LOCKED_STATES,
    REFUSED_STATES,
    REGISTERED_STATES,
)

#: What an edit can touch. ``employer`` is the current employment, ``work`` the past ones.
PARTS = frozenset({"contact", "basic", "photo", "region", "employer", "work", "projects", "honours"})
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


def moved_by_change(worker: Worker) -> frozenset[str]:
    """Return the parts that only 变更 moves: those of a registered worker (R-CHG-01, R-CHG-08)."""
    registered = worker.registrations.filter(state__in=REGISTERED_STATES).exists()
    return MOVES_BY_CHANGE if registered else frozenset()


def editable_parts(worker: Worker) -> frozenset[str]:
    """Return the parts of the personal information that the worker may edit now."""
    states = worker.applications.values_list("state", flat=True)
    registered = worker.registrations.filter(state__in=REGISTERED_STATES).exists()
    return parts_open(states, registered)


@dataclass(frozen=True)
class ProfileTask:
    """One line of the task list; ``state`` is ``done``, ``missing``, ``optional``, ``locked`` or ``change``.

    What moves by 变更 leads there instead (R-CHG-01).
    """

    name: str
    label: str
    state: str
    url_name: str
    missing: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        return _STATUS[self.state]


_STATUS = {
    "done": "已完成",
    "missing": "待填写",
    "optional": "选填",
    "locked": "不能修改",
    "change": "通过变更办理",
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
    parts, by_change = editable_parts(worker), moved_by_change(worker)
    filled = {"projects": worker.past_projects.exists(), "honours": worker.honours.exists()}
    tasks = []
    for name, label, url_name, fields in _TASKS:
        lacking = [missing[each] for each in fields if each in missing]
        if name not in parts and name in by_change:
            state, url_name = "change", CHANGES
        elif name not in parts:
            state = "locked"
        elif lacking:
            state = "missing"
        else:
            state = "done" if filled.get(name, True) else "optional"
        tasks.append(ProfileTask(name, label, state, url_name, lacking))
    return tasks
