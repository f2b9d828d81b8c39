"""Where an application stands: the next thing to do, the step list, the clock and the history."""

import copy
import datetime as dt
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone

from registration.models import Application, Worker
from registration.models.form_content import form_content
from registration.models.policies import PREFECTURE_DEPTH
from registration.queries.policies import policy_of
from registration.queries.profile import ITEMS
from registration.workflows import DONE_STATES, LOCKED_STATES, REFUSED_STATES, ApplicationState
from registration.workflows.application import (
    REAPPLY_DAYS,
    filing_refused,
    fix_last_day,
    local_start,
    window_last_day,
)
from swms.audit.trail import history
from swms.dates import today
from swms.regions.models import Region
from swms.regions.queries import division
from swms.ui import cn_date

A = ApplicationState


def office(region: Region | None, *, final: bool = False, day: dt.date | None = None) -> str:
    """Return the name of the office that decides: 朝阳区民政部门, or the province's for 终审 (R-REG-17).

    Who reviews first is settled by the province; ``day`` asks for the policy of another day than today.
    """
    if region is None or not (final or policy_of(region, day).at_prefecture):
        return local_office(region)
    codes = region.path.strip("/").split("/")
    place = division(codes[0] if final else codes[:PREFECTURE_DEPTH][-1])
    return f"{place.name}{settings.AUTHORITY_LABEL}"


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
}


def whose_move(application: Application) -> WhoseMove:
    """Tell who has to act next."""
    return _MOVES[application.state]


# --- the window --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """When a first registration is accepted (R-REG-03); without ``last_day`` there is no end (R-REG-06)."""

    opens: dt.date
    last_day: dt.date | None

    @property
    def is_open(self) -> bool:
        return self.opens <= today() and (self.last_day is None or today() <= self.last_day)

    @property
    def days_left(self) -> int | None:
        """Days after today; 0 on the last day, negative once it is past."""
        return None if self.last_day is None else (self.last_day - today()).days


def first_registration_window(application: Application) -> Window:
    """Return the window of a first registration: from the day after the issue to one year after it."""
    return Window(application.qualification.issue_date + dt.timedelta(days=1), window_last_day(application))


def may_reapply_from(application: Application) -> dt.date | None:
    """Return the first day of 修改并重新申请 after a refusal (F10); ``None`` in other states."""
    if application.state not in REFUSED_STATES:
        return None
    day = timezone.localdate(application.refused_at)
    return day + dt.timedelta(days=REAPPLY_DAYS) if application.refusal_kind == Application.RefusalKind.REFUSED else day


# --- check answers -------------------------------------------------------------------------------


def check_answers(application: Application) -> dict:
    """Return the form's content for the page before sending, shaped like ``form_content``.

    While the form follows the personal information it is read from there, afterwards from the
    stored version. Each section has ``url_name``, where its answers are changed.
    """
    if application.state == A.NOT_APPLIED:
        draft = copy.copy(application)
        draft.first_registered_on = local_start(application) or today()  # stamped when it is sent
        content = form_content(draft)
    else:
        content = application.form.content
    for section in content["sections"]:
        section["url_name"] = ITEMS.get(section["name"], "")
    return content


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
}


def progress(application: Application) -> list[ProgressStep]:
    """Return the step list of the current round: who, by when, and what has been done."""
    decided = {each.stage: each for each in application.decisions.filter(round=application.round)}
    place = _PLACE[application.state]
    refused = application.state in REFUSED_STATES
    due = application.due_on
    steps = [
        ("提交申请", "本人", application.submitted_at, None),
        ("初审", office(application.region, day=_decided_on(decided, "first")), _decided_at(decided, "first"), due),
        ("终审", office(application.region, final=True), _decided_at(decided, "final"), due),
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


def _decided_on(decided: dict, stage: str) -> dt.date | None:
    return timezone.localdate(decided[stage].at) if stage in decided else None


# --- the one thing to do next -----------------------------------------------------------------------


@dataclass(frozen=True)
class NextStep:
    """The one thing to do next, in words; without ``url_name`` there is nothing to press."""

    title: str
    text: str
    action_label: str = ""
    url_name: str = ""
    url_args: tuple = ()
    application: Application | None = None
    submitted: bool = False
    tone: str = "info"
    steps: list[ProgressStep] = field(default_factory=list)


#: What needs the worker comes before what only needs patience; among equals the higher level.
_URGENCY = (*REFUSED_STATES, A.NOT_APPLIED, A.PENDING_REVIEW, *LOCKED_STATES, *DONE_STATES)


def foremost(worker: Worker) -> Application | None:
    """Return the application that the dashboard is about: the one that needs the worker most."""
    applications = list(worker.applications.select_related("qualification__registration", "region", "worker__user"))

    def rank(application):
        hopeless = application.state == A.NOT_APPLIED and filing_refused(application) is not None
        return hopeless, _URGENCY.index(application.state), -application.qualification.level, application.pk

    return min(applications, key=rank, default=None)


def next_step(worker: Worker) -> NextStep:
    """Return the one thing that the worker should do or know now."""
    application = foremost(worker)
    if application is None:
        return NextStep("没有可以登记的证书", "社工库中没有您的有效职业水平证书，因此没有可以申请的登记。", tone="idle")
    worded = _in_words(application)
    submitted = application.state != A.NOT_APPLIED
    return NextStep(*worded, application=application, submitted=submitted, steps=progress(application))


def _in_words(application: Application) -> tuple:
    """Return title, text, label of the action, its page and that page's arguments."""
    here = ("registration:application", (application.ref,))
    match application.state:
        case A.NOT_APPLIED:
            return _before_applying(application)
        case A.PENDING_REVIEW | A.INITIAL_APPROVED:
            final = application.state == A.INITIAL_APPROVED
            who = office(application.region, final=final)
            text = f"{who}将在{cn_date(application.due_on)}前完成审核，目前不需要您做什么。"
            return f"申请已提交，等待{'终审' if final else '初审'}", text, "查看申请", *here
        case A.INITIAL_REJECTED | A.FINAL_REJECTED:
            day = may_reapply_from(application)
            if day > today():
                text = f"申请未予登记，{cn_date(day)}起可以修改并重新申请。"
                return application.get_state_display(), text, "查看原因", *here
            return "按审核意见修改并重新申请", "请查看未通过的原因，修改相应内容后重新申请。", "查看原因并修改", *here
        case A.FINAL_APPROVED:
            return "终审已通过", "系统正在完成登记，通常只需片刻。", "查看申请", *here
        case A.REGISTERED:
            return "首次登记已完成", "登记证书正在生成，通常只需片刻。", "查看证书", *_certificate(application)
    return "已出证", "您的登记证书已生成，可以查看和下载。", "查看证书", *_certificate(application)


def _certificate(application: Application) -> tuple:
    return "certificates:registration", (application.qualification.registration.number,)


def _before_applying(application: Application) -> tuple:
    here = ("registration:application", (application.ref,))
    window = first_registration_window(application)
    refusal = filing_refused(application)
    if refusal and refusal.code == "window_not_open":
        return "首次登记尚未开始受理", f"首次登记自{cn_date(window.opens)}起受理。", "查看申请", *here
    if refusal:
        text = f"首次登记应在证书签发后1年内申请，受理期限已于{cn_date(window.last_day)}届满。"
        return "已超过首次登记受理期限", text, "查看申请", *here
    last_day = window.last_day if window.is_open else fix_last_day(application)
    until = f"请在{cn_date(last_day)}前提交。" if last_day else ""
    missing = application.worker.missing()
    if missing:
        text = f"还有{len(missing)}项未填写，填写完整后才能申请登记。{until}"
        return "完善个人信息", text, "继续填写", "registration:profile", ()
    return "申请登记证书", f"个人信息已完善，申请尚未提交。{until}", "核对并申请", *here


# --- history -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, as the page shows it."""

    at: dt.datetime
    title: str
    who: str
    note: str
    verb: str


_OTHER_TITLES = {"begin": "建立申请", "edit": "修改资料"}


def timeline(application: Application, *, for_staff: bool = False) -> list[TimelineEntry]:
    """Return what happened to the application, newest first.

    Staff see who did it; the worker sees the office, since officials are not named in public.
    """
    titles = {each.name: each.label for each in application.workflow} | _OTHER_TITLES
    entries = []
    for event in history(application).select_related("actor").order_by("-id"):
        name = event.verb.rpartition(".")[2]
        if name not in titles:
            continue
        who = event.actor_name
        if event.actor and event.actor.is_staff and not for_staff:
            day = timezone.localdate(event.at)
            who = office(application.region, final=name.endswith("_final"), day=day)
        entries.append(TimelineEntry(event.at, titles[name], who, event.reason, event.verb))
    return entries
