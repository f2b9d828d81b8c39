"""The one thing that a worker should do or know now, in words."""

from dataclasses import dataclass, field

from registration.models import Application, Registration, Worker
from registration.queries.progress import ProgressStep, may_reapply_from, office_of, progress, reopen_refused
from registration.requirements import balances, in_words
from registration.workflows import (
    DONE_STATES,
    ENDED_STATES,
    IN_REVIEW_STATES,
    LOCKED_STATES,
    REFUSED_STATES,
    ApplicationKind,
    ApplicationState,
    RegistrationState,
)
from registration.workflows.application import (
    filing_refused,
    filing_window,
    fix_last_day,
    makeup_open,
    renewal_window,
)
from swms.dates import today
from swms.ui import cn_date

A = ApplicationState


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
_URGENCY = (*REFUSED_STATES, A.NOT_APPLIED, A.PENDING_REVIEW, *LOCKED_STATES, *ENDED_STATES, *DONE_STATES)


def latest_applications(worker: Worker) -> list[Application]:
    """Return the newest case of every certificate, the highest level first; the ones before it are history."""
    rows = worker.applications.select_related("qualification", "registration__region", "region")
    newest = {}
    for each in rows.select_related("registration__qualification").order_by("pk"):
        each.worker = worker
        newest[each.qualification_id] = each
    return sorted(newest.values(), key=lambda each: (-each.qualification.level, each.pk))


def foremost(applications: list[Application]) -> Application | None:
    """Return the application that the dashboard is about: the one that needs the worker most."""

    def rank(application):
        hopeless = application.state == A.NOT_APPLIED and filing_refused(application) is not None
        return hopeless, _URGENCY.index(application.state), -application.qualification.level, application.pk

    return min(applications, key=rank, default=None)


def next_step(worker: Worker, applications: list[Application] | None = None) -> NextStep:
    """Return the one thing that the worker should do or know now."""
    application = foremost(latest_applications(worker) if applications is None else applications)
    if application is None:
        return NextStep("没有可以登记的证书", "社工库中没有您的有效职业水平证书，因此没有可以申请的登记。", tone="idle")
    submitted = application.submitted_at is not None and application.state != A.NOT_APPLIED
    worded = _in_words(application)
    return NextStep(*worded, application=application, submitted=submitted, steps=progress(application))


def _in_words(application: Application) -> tuple:
    """Return title, text, label of the action, its page and that page's arguments."""
    here = ("registration:application", (application.ref,))
    kind = application.get_kind_display()
    match application.state:
        case A.NOT_APPLIED:
            return _before_applying(application)
        case A.PENDING_REVIEW | A.INITIAL_APPROVED:
            final = application.state == A.INITIAL_APPROVED
            who = office_of(application, final=final)
            text = f"{who}将在{cn_date(application.due_on)}前完成审核，目前不需要您做什么。"
            return f"{kind}申请已提交，等待{'终审' if final else '初审'}", text, "查看申请", *here
        case A.INITIAL_REJECTED | A.FINAL_REJECTED:
            return _after_refusal(application)
        case A.FINAL_APPROVED:
            return "终审已通过", "系统正在完成登记，通常只需片刻。", "查看申请", *here
        case A.REGISTERED:
            label = application.get_state_display()
            return label, "登记证书正在生成，通常只需片刻。", "查看证书", *certificate_page(application)
        case A.VOID:
            text = "登记已经终止，这次再登记随之失效。职业水平证书本身以社工库的状态为准。"
            return "再登记已失效", text, "查看申请", *here
    return _registered(application)


def _after_refusal(application: Application) -> tuple:
    here = ("registration:application", (application.ref,))
    refused = reopen_refused(application)
    if refused and refused.code == "too_early":
        day = may_reapply_from(application)
        return application.get_state_display(), f"申请未予登记，{cn_date(day)}起可以修改并重新申请。", "查看原因", *here
    if refused:
        return application.get_state_display(), refused.message, "查看原因", *here
    until = fix_last_day(application)
    kept = f"{cn_date(until)}前重新提交的，按首次提交的时间受理。" if until >= today() else ""
    text = f"请查看未通过的原因，只修改指出的内容，然后重新提交。{kept}"
    return "按审核意见修改并重新申请", text, "查看原因并修改", *here


def certificate_page(application: Application) -> tuple:
    """Return where the registration certificate of a completed application is: a page's name and its arguments."""
    return "certificates:registration", (application.registration.number,)


def _before_applying(application: Application) -> tuple:
    here = ("registration:application", (application.ref,))
    window, refusal = filing_window(application), filing_refused(application)
    if refusal and refusal.code == "window_not_open":
        return f"{application.get_kind_display()}尚未开始受理", f"自{cn_date(window.opens)}起受理。", "查看申请", *here
    if refusal and application.is_renewal:
        return _registered(application)
    if refusal:
        text = f"首次登记应在通过考试后1年内申请，受理期限已于{cn_date(window.last_day)}届满。"
        return "已超过首次登记受理期限", text, "查看申请", *here
    until = _until(application, window)
    short = [in_words(each) for each in balances(application) if each.short] if application.is_renewal else []
    if short:
        return "办理再登记前还有条件未满足", f"{'；'.join(short)}。{until}", "查看申请", *here
    missing = application.worker.missing()
    if missing:
        text = f"还有{len(missing)}项未填写，填写完整后才能申请。{until}"
        return "完善个人信息", text, "继续填写", "registration:profile", ()
    title = f"申请{application.get_kind_display()}" if application.is_renewal else "申请登记证书"
    return title, f"个人信息已完善，申请尚未提交。{until}", "核对并申请", *here


def _until(application: Application, window) -> str:
    """Say by when it has to be sent; nothing where there is no end."""
    if not window.is_open:
        again = fix_last_day(application)
        if again is None or again < today():
            return "受理期限已过，现在按补登记受理，须说明逾期的原因。"
        return f"请在{cn_date(again)}前提交。"
    return f"请在{cn_date(window.last_day)}前提交。" if window.last_day else ""


def _registered(application: Application) -> tuple:
    """Say where the record stands: in force, its window open without a case yet, lapsed, or gone."""
    record = application.registration
    standing, end = record.standing, cn_date(record.valid_until)
    renewal = ("registration:renewal", (record.number,))
    match standing:
        case RegistrationState.REVOKED | RegistrationState.CANCELLED:
            text = "这份登记不再有效。如有异议，请联系作出决定的民政部门。"
            return f"登记{standing.label}", text, "查看申请", "registration:application", (application.ref,)
        case RegistrationState.SUPERSEDED:
            text = "您已按更高级别登记，这份登记到期后不需要再登记。"
            return "已按更高级别登记", text, "查看证书", *certificate_page(application)
    window = renewal_window(record.valid_until)
    if window.is_open and application.kind != ApplicationKind.MAKEUP_RENEW and application.state != A.LAPSED:
        text = f"登记有效期至{end}，请在{cn_date(window.last_day)}前提交再登记申请。申请还没有开始。"
        return "可以办理再登记了", text, "办理再登记", *renewal
    if standing == RegistrationState.EXPIRED:
        draft = Application(kind=ApplicationKind.MAKEUP_RENEW, registration=record)
        if makeup_open(draft, today()):
            text = f"登记有效期已于{end}届满。登记区域所在省份正在受理补登记，补登记后自审核通过之日起重新计算有效期。"
            return "登记已过期，可以补登记", text, "办理补登记", *renewal
        text = f"登记有效期已于{end}届满，没有在受理期限内再登记。职业水平证书本身仍然有效。目前不受理补登记。"
        return "登记已过期", text, "查看登记", *renewal
    text = f"登记有效期至{end}，{cn_date(window.opens)}起可以办理再登记。登记证书可以查看和下载。"
    return application.get_state_display(), text, "查看证书", *certificate_page(application)


def may_begin(record: Registration, cases: list[Application] | None = None) -> str:
    """Return what a worker may begin for a record that has no open case: ``renew``, ``makeup`` or nothing.

    ``cases`` are the record's renewals, where they have been read already.
    """
    standing = record.standing
    if standing in (RegistrationState.VALID, RegistrationState.EXPIRED) and renewal_window(record.valid_until).is_open:
        rows = record.applications.all() if cases is None else cases
        if not any(each.kind == ApplicationKind.RENEW and each.term_end == record.valid_until for each in rows):
            return "renew"
    draft = Application(kind=ApplicationKind.MAKEUP_RENEW, registration=record)
    if standing == RegistrationState.EXPIRED and makeup_open(draft, today()):
        return "makeup"
    return ""


def goes_on(application: Application) -> bool:
    """Whether a renewal is still waited for, by its dates.

    One that can no longer be sent is over, whether a job has said so or not.
    """
    if application.state in IN_REVIEW_STATES:
        return True
    if application.state not in (A.NOT_APPLIED, *REFUSED_STATES):
        return False
    refused = filing_refused(application)
    return refused is None or refused.code != "window_closed"
