"""登记时钟: every personal date of a worker, computed when it is asked for (product 1; R-REG-*, R-REREG-*).

Nothing here trusts what a job ought to have done: whether a window is open, a term over or a correction
possible is asked of the dates, and a button is offered if the table of moves would make its move now.
"""

from dataclasses import dataclass
from datetime import date

from registration.models import Qualification, Registration, Worker
from registration.queries.clock import cases, records
from registration.queries.clock.entry import (
    DAYS,
    RULES,
    SOURCES,
    WORKING_DAYS,
    Action,
    ClockEntry,
    Link,
    Rule,
    contribute,
)
from registration.queries.clock.reading import Reading
from registration.workflows import IN_REVIEW_STATES, QualificationState
from swms.ui import cn_date

__all__ = [
    "DAYS",
    "RULES",
    "WORKING_DAYS",
    "Action",
    "CertificateClock",
    "ClockEntry",
    "Link",
    "Nudge",
    "Rule",
    "by_certificate",
    "contribute",
    "entries",
    "nudges",
]


def entries(worker: Worker) -> list[ClockEntry]:
    """Return all dates of a worker, those of the highest level first; the same number of queries for any number."""
    reading = Reading(worker)
    return _entries(reading)


def _entries(reading: Reading) -> list[ClockEntry]:
    found = [entry for each in reading.qualifications for entry in _of_certificate(reading, each)]
    if reading.qualifications:
        found += [entry for source in SOURCES for entry in source(reading.worker, reading.qualifications)]
    return found


def _of_certificate(reading: Reading, qualification: Qualification):
    record = reading.records.get(qualification.pk)
    if record is not None:
        yield from records.of_record(reading, record)
        return
    last = next(reversed(reading.cases(qualification)), None)
    if last is not None and last.state in IN_REVIEW_STATES:
        yield cases.review(reading, last)
    elif last is not None and qualification.state == QualificationState.VALID:
        yield from cases.filing(reading, last)
    else:
        yield _no_case(qualification)


def _no_case(qualification: Qualification) -> ClockEntry:
    """Return what is said of a certificate that cannot be registered: it is not 有效, or nothing was opened for it."""
    if qualification.state != QualificationState.VALID:
        text = f"职业水平证书{qualification.get_state_display()}，不能申请登记。"
        rule, why_not = RULES["R-REG-24"], "如有疑问，请联系证书发放机构。"
    else:
        text = f"证书于{cn_date(qualification.issue_date)}签发，登记申请正在建立。"
        rule, why_not = RULES["R-REG-03"], "登记申请还没有建立，请稍后再看。"
    return ClockEntry(
        "first_registration", qualification, label="首次登记受理期限", text=text, rule=rule, why_not=why_not
    )


@dataclass(frozen=True)
class CertificateClock:
    """One certificate with its dates, the next one first."""

    qualification: Qualification
    registration: Registration | None
    entries: list[ClockEntry]

    @property
    def next_day(self) -> date | None:
        return min((each.next_day for each in self.entries if each.next_day), default=None)

    @property
    def standing(self) -> str:
        """Where the certificate stands, as a status label."""
        if self.registration:
            return self.registration.standing.label
        return self.qualification.get_state_display() if not self.qualification.is_valid else "未登记"


def by_certificate(worker: Worker) -> list[CertificateClock]:
    """Return the dates grouped by certificate, the one with the next date first; inside a group as well.

    Of those with the same day, what has still to be sent comes first, and what can only be known last.
    """
    reading = Reading(worker)
    found = _entries(reading)
    groups = []
    for each in reading.qualifications:
        own = [entry for entry in found if entry.qualification.pk == each.pk]
        own.sort(key=_order)
        groups.append(CertificateClock(each, reading.records.get(each.pk), own))
    return sorted(groups, key=lambda group: group.next_day or date.max)


def _order(entry: ClockEntry) -> tuple:
    return entry.next_day or date.max, not entry.unsent, entry.action is None


@dataclass(frozen=True)
class Nudge:
    """Begun and not sent (差一步), and time is short."""

    title: str
    text: str
    link: Action | Link | None


NEAR = 30  # days before the last day from which on it is worth saying twice


def nudges(found: list[ClockEntry]) -> list[Nudge]:
    """Return what was begun, was not sent and ends soon, once for each certificate, the next end first."""
    nearest: dict[int, ClockEntry] = {}
    for entry in sorted(found, key=lambda each: each.last_day or date.max):
        if entry.unsent and entry.left is not None and entry.left <= NEAR:
            nearest.setdefault(entry.qualification.pk, entry)
    return [_nudge(entry) for entry in nearest.values()]


def _nudge(entry: ClockEntry) -> Nudge:
    begun = entry.application is not None and (entry.action is None or entry.action.move == "apply")
    kind = entry.application.get_kind_display() if entry.application else "再登记"
    title = f"{'差一步：' if begun and entry.action else ''}{kind}申请还没有提交"
    if entry.last_day is None:
        left = ""
    elif entry.left:
        left = f"{cn_date(entry.last_day)}截止，还有{entry.left}天。"
    else:
        left = "今天是最后一天。"
    text = f"{entry.qualification.get_level_display()}：{left}{entry.why_not or '提交之前审核不会开始。'}"
    return Nudge(title, text, entry.action or entry.link)
