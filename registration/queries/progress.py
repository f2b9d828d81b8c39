"""Where an application stands: whose move it is, its content, the step list and the history."""

import copy
import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from registration.models import Application
from registration.models.policies import day_of, depth_of
from registration.queries.corrections import decisions_of, drafted
from registration.queries.policies import policy_of
from registration.queries.profile import ITEMS
from registration.workflows import ENDED_STATES, REFUSED_STATES, ApplicationState
from registration.workflows.application import REAPPLY_DAYS, filing_refused, local_start
from swms.audit.trail import history, rules_of
from swms.dates import today
from swms.regions.models import Region
from swms.regions.queries import division
from swms.ui import cn_date
from swms.workflow import Refused

A = ApplicationState


def office(region: Region | None, *, final: bool = False, day: dt.date | None = None) -> str:
    """Return the name of the office that decides: 朝阳区民政部门, or for 终审 as a rule the province's (R-REG-17).

    Who reviews is settled by the province; ``day`` asks for the policy of another day than today. Of a case that
    was sent in ask ``office_of``.
    """
    if region is None:
        return local_office(region)
    depth = policy_of(region, day).depth(region.path, final=final)
    if depth == depth_of(region.path):
        return local_office(region)
    place = division(region.path.strip("/").split("/")[depth - 1])
    return f"{place.name}{settings.AUTHORITY_LABEL}"


def office_of(case, *, final: bool = False) -> str:
    """Return the name of the office that decides a case by the policy under which it was sent in (decision 0027)."""
    return office(case.region, final=final, day=day_of(case))


def local_office(region: Region | None) -> str:
    """Return the name of the region's own office, whoever reviews registrations: 朝阳区民政部门."""
    return f"{region.name if region else '登记区域'}{settings.AUTHORITY_LABEL}"


# --- whose move --------------------------------------------------------------------------------


@dataclass(frozen=True)
class WhoseMove:
    """Who has to act next: ``worker``, ``first``, ``final``, ``system`` or ``nobody``."""

    code: str
    label: str


_MOVES = {
    A.NOT_APPLIED: WhoseMove("worker", "等待本人申请"),
    A.PENDING_REVIEW: WhoseMove("first", "等待初审"),
    A.INITIAL_APPROVED: WhoseMove("final", "等待终审"),
    A.INITIAL_REJECTED: WhoseMove("worker", "等待本人修改"),
    A.FINAL_REJECTED: WhoseMove("worker", "等待本人修改"),
    A.FINAL_APPROVED: WhoseMove("system", "系统正在登记"),
    A.REGISTERED: WhoseMove("system", "系统正在出证"),
    A.CERT_ISSUED: WhoseMove("nobody", "已办结"),
    A.LAPSED: WhoseMove("nobody", "已结束"),
    A.VOID: WhoseMove("nobody", "已结束"),
}


def whose_move(application: Application) -> WhoseMove:
    """Tell who has to act next."""
    return _MOVES[application.state]


# --- again after a refusal -----------------------------------------------------------------------


def may_reapply_from(application: Application) -> dt.date | None:
    """Return the first day of 修改并重新申请 after a refusal (F10); ``None`` in other states."""
    if application.state not in REFUSED_STATES:
        return None
    day = timezone.localdate(application.refused_at)
    return day + dt.timedelta(days=REAPPLY_DAYS) if application.refusal_kind == Application.RefusalKind.REFUSED else day


def reopen_refused(application: Application) -> Refused | None:
    """Return why 修改并重新申请 is closed today, ``None`` if it is open: too early, or a renewal's time is over."""
    day = may_reapply_from(application)
    if day is not None and day > today():
        return Refused("too_early", f"{cn_date(day)}起可以修改并重新申请。")
    refused = filing_refused(application) if application.is_renewal else None
    return refused and Refused(refused.code, f"{refused.message}，不能再次提交。")


# --- check answers -------------------------------------------------------------------------------


def check_answers(application: Application) -> dict:
    """Return the form's content for the page before sending, shaped like ``form_content``.

    While the form follows the personal information it is read from there, afterwards from the
    stored version. Each section has ``url_name``, where its answers are changed.
    """
    if application.state == A.NOT_APPLIED:
        content = copy.deepcopy(drafted(application))
        if not application.is_renewal:
            _stamp(content, local_start(application) or today())  # as it is stamped when it is sent
    else:
        content = application.form.content
    for section in content["sections"]:
        section["url_name"] = ITEMS.get(section["name"], "")
    return content


def _stamp(content: dict, day: dt.date) -> None:
    rows = [row for section in content["sections"] for entry in section["entries"] for row in entry]
    next(row for row in rows if row["key"] == "first_registered_on")["value"] = cn_date(day)


# --- progress ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgressStep:
    """One step of 进度; ``state`` is ``done``, ``current``, ``next`` or ``failed``."""

    label: str
    state: str
    office: str = ""
    date: dt.date | None = None
    expected: dt.date | None = None
    note: str = ""


_PLACE = {
    A.NOT_APPLIED: 0,
    A.PENDING_REVIEW: 1,
    A.INITIAL_REJECTED: 1,
    A.INITIAL_APPROVED: 2,
    A.FINAL_REJECTED: 2,
    A.FINAL_APPROVED: 3,
    A.REGISTERED: 4,
    A.CERT_ISSUED: 5,
    A.LAPSED: 0,
    A.VOID: 0,
}


def progress(application: Application) -> list[ProgressStep]:
    """Return the step list of the current round: who, by when, and what has been done."""
    decided = {each.stage: each for each in decisions_of(application) if each.round == application.round}
    place = _PLACE[application.state]
    refused = application.state in (*REFUSED_STATES, *ENDED_STATES)
    due = application.due_on
    steps = [
        ("提交申请", "本人", application.submitted_at, None),
        ("初审", office_of(application), _decided_at(decided, "first"), due),
        ("终审", office_of(application, final=True), _decided_at(decided, "final"), due),
        ("完成登记", "系统", application.completed_at, None),
        ("出证", "系统", application.issued_at, None),
    ]
    shown = []
    for number, (label, who, at, expected) in enumerate(steps):
        state = "done" if number < place else "next"
        if number == place:
            state = "failed" if refused else "current"
        shown.append(
            ProgressStep(
                label=label,
                state=state,
                office=who,
                date=timezone.localdate(at) if at and state in ("done", "failed") else None,
                expected=expected if state in ("current", "next") and not refused else None,
            )
        )
    return shown


def _decided_at(decided: dict, stage: str) -> dt.datetime | None:
    return decided[stage].at if stage in decided else None


# --- history -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, as the page shows it."""

    at: dt.datetime
    title: str
    who: str
    note: str
    verb: str
    rules: str = ""


_OTHER_TITLES = {"begin": "建立申请", "edit": "修改资料"}


def timeline(application: Application, *, for_staff: bool = False) -> list[TimelineEntry]:
    """Return what happened to the application, newest first.

    Staff see who did it; the worker sees the office, since officials are not named in public.
    """
    titles = {each.name: each.label for each in application.workflow} | _OTHER_TITLES
    if for_staff:
        titles |= {"escalate": "逾期，升级到上级"}
    entries, sent = [], None
    for event in history(application).select_related("actor"):
        name = event.verb.rpartition(".")[2]
        if name not in titles:
            continue
        if name == "apply":
            sent = timezone.localdate(event.at)
        who = event.actor_name
        if event.actor and event.actor.is_staff and not for_staff:
            who = office(application.region, final=name.endswith("_final"), day=sent)
        entries.append(TimelineEntry(event.at, titles[name], who, event.reason, event.verb, rules_of(event)))
    return entries[::-1]
