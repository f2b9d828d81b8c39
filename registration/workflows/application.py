"""首次登记: from 未申请登记证书 to 已出证 (rulebook §2.3)."""

from datetime import timedelta

from django.apps import apps
from django.db import models
from django.utils import timezone

from registration.reasons import REASONS
from registration.requirements import check_requirements
from registration.workflows.qualification import QualificationState
from registration.workflows.registration import RegistrationState
from swms.dates import add_years, filing_last_day, last_day_of_period, today, working_days_after
from swms.references import next_registration_number
from swms.ui import cn_date
from swms.workflow import Refused, Step, Transition, Workflow

REVIEW_WORKING_DAYS = 30  # R-REG-16
FIX_DAYS = 30  # R-REG-04
REAPPLY_DAYS = 30  # F10
TERM_YEARS = 3  # R-REG-21


class ApplicationState(models.TextChoices):
    """The eight states, with the source's labels to the letter (R-REG-09, SEED 36)."""

    NOT_APPLIED = "NOT_APPLIED", "未申请登记证书"
    PENDING_REVIEW = "PENDING_REVIEW", "待审核"
    INITIAL_APPROVED = "INITIAL_APPROVED", "初审通过"
    INITIAL_REJECTED = "INITIAL_REJECTED", "初审未通过"
    FINAL_APPROVED = "FINAL_APPROVED", "终审通过"
    FINAL_REJECTED = "FINAL_REJECTED", "终审未通过"
    REGISTERED = "REGISTERED", "首次登记已完成"
    CERT_ISSUED = "CERT_ISSUED", "已出证"


A = ApplicationState
OPEN_STATES = (A.NOT_APPLIED, A.PENDING_REVIEW, A.INITIAL_APPROVED, A.FINAL_APPROVED)
IN_REVIEW_STATES = (A.PENDING_REVIEW, A.INITIAL_APPROVED, A.FINAL_APPROVED)
EDITABLE_STATES = (A.NOT_APPLIED, A.PENDING_REVIEW)  # R-REG-10
LOCKED_STATES = (A.INITIAL_APPROVED, A.FINAL_APPROVED)  # R-REG-11
REFUSED_STATES = (A.INITIAL_REJECTED, A.FINAL_REJECTED)
DONE_STATES = (A.REGISTERED, A.CERT_ISSUED)  # R-REG-20


def profile_complete(application, step: Step):
    """R-REG-08: refuse with the list of what is missing."""
    missing = application.worker.missing()
    if missing:
        names = "、".join(label for _, label in missing)
        raise Refused("profile_incomplete", f"个人信息尚未完善：{names}", missing=[name for name, _ in missing])


def promise_ticked(application, step: Step):
    """R-REG-08: 承诺声明."""
    if not step.data.get("promise_version"):
        raise Refused("promise_missing", "请先阅读并勾选承诺声明")


def certificate_valid(application, step: Step):
    """R-REG-01, F1: the qualification certificate is 有效."""
    if application.qualification.state != QualificationState.VALID:
        raise Refused("certificate_not_valid", "该职业水平证书当前不是有效状态，不能申请登记")


def region_belongs(application, step: Step):
    """R-PRO-07: 登记区域 is where 户籍 or 工作单位 is, also after either was changed."""
    worker = application.worker
    if worker.region_fit(worker.region) == "elsewhere":
        raise Refused("region_elsewhere", "登记区域须是户籍所在地或工作单位所在地，请先核对个人信息中的登记区域")


def no_change_under_review(application, step: Step):
    """R-CHG-08, seen from the other side: what moves the person to another region is decided first."""
    Transfer = apps.get_model("registration", "Transfer")
    change = Transfer.objects.filter(worker=application.worker_id, state__in=("PENDING_OUT", "PENDING_IN")).first()
    if change:
        raise Refused("change_in_review", f"变更申请{change.ref}正在审核，请等它办结，或撤回变更后再申请登记")


def local_start(application):
    """Return when the certificate was first registered locally, ``None`` if it was not (R-PRO-05).

    A local registration older than the certificate itself was for another one (R-PRO-06).
    """
    worker = application.worker
    if not worker.has_local_cert or worker.local_first_reg_date is None:
        return None
    return worker.local_first_reg_date if worker.local_first_reg_date >= application.qualification.issue_date else None


def window_last_day(application):
    """Return the last day on which a first registration is accepted, ``None`` for no limit (R-REG-03, R-REG-06)."""
    if local_start(application):
        return None
    return filing_last_day(last_day_of_period(application.qualification.issue_date, years=1))


def in_window(application, step: Step):
    """R-REG-03…05: within one year after the date of issue, judged by the first submission."""
    refusal = filing_refused(application)
    if refusal:
        raise refusal


def filing_refused(application) -> Refused | None:
    """Return why a first registration cannot be filed today, ``None`` if it can (R-REG-03…06)."""
    last, day = window_last_day(application), today()
    if day <= application.qualification.issue_date:
        return Refused("window_not_open", "首次登记自证书签发次日起受理")
    if last is None or day <= last:
        return None
    fix_by = fix_last_day(application)
    if fix_by and day <= fix_by and filed_in_time(application):
        return None
    return window_closed()


def fix_last_day(application):
    """Return the last day of the 30 in which a resubmission keeps the time of the first one (R-REG-04)."""
    if application.refused_at is None:
        return None
    return timezone.localdate(application.refused_at) + timedelta(days=FIX_DAYS)


def filed_in_time(application) -> bool:
    """Tell whether the case was first submitted inside its window (R-REG-04)."""
    last = window_last_day(application)
    if last is None:
        return True
    first = application.first_submitted_at
    return first is not None and timezone.localdate(first) <= last


def window_closed() -> Refused:
    """Return the refusal of R-REG-05."""
    return Refused("window_closed", "已超过首次登记受理期限（通过考试后1年内）")


def still_in_time(application, step: Step):
    """F6: an edit during the review, such as taking back the local certificate, must not open a closed window."""
    if not filed_in_time(application):
        raise window_closed()


def of_age(application, step: Step):
    """R-REG-07: full civil capacity, at least 18 years old."""
    born = application.worker.birth_date
    if born is None or add_years(born, 18) > today():
        raise Refused("under_age", "未满18周岁，不能申请登记")


def another_reviewer(application, step: Step):
    """R-REG-18: nobody makes both reviews of one case, whatever the round."""
    other = "final" if step.transition.source == A.PENDING_REVIEW else "first"
    if application.decisions.filter(stage=other, reviewer=step.actor).exists():
        raise Refused("four_eyes", "初审和终审须由不同的人员进行")


def reason_coded(application, step: Step):
    """R-REG-15: a refusal names its kind and at least one coded reason."""
    codes, kind = step.data.get("reason_codes") or [], step.data.get("refusal_kind")
    if kind not in application.RefusalKind.values:
        raise Refused("kind_required", "请选择“补正”或“不予登记”")
    if not codes or any(code not in REASONS for code in codes):
        raise Refused("reason_code_required", "请至少选择一项原因")


def may_apply_again(application, step: Step):
    """F10: at once after 补正, after 30 days when it was 不予登记."""
    if application.refusal_kind == application.RefusalKind.REFUSED:
        free = timezone.localdate(application.refused_at) + timedelta(days=REAPPLY_DAYS)
        if today() < free:
            raise Refused("too_early", f"不予登记后满{REAPPLY_DAYS}日方可重新申请，{cn_date(free)}起可以申请")


def receive(application, step: Step):
    """F1: the form is synced, 首次登记时间 stamped, the 30 working days start."""
    now = timezone.now()
    application.submitted_at = now
    application.first_submitted_at = application.first_submitted_at or now
    application.due_on = working_days_after(today(), REVIEW_WORKING_DAYS)
    application.promise_version = step.data["promise_version"]
    application.promised_at = now
    follow_profile(application)
    application.sync_form()


def follow_profile(application):
    """Take over 登记区域 and 首次登记时间 from the personal information as it is now (R-PRO-05, R-PRO-07)."""
    if application.region_id != application.worker.region_id:
        application.claimed_by = application.claimed_at = None
    application.region = application.worker.region
    application.first_registered_on = local_start(application) or timezone.localdate(application.submitted_at)


def stop_clock(application, step: Step):
    """F3: withdrawn; nothing is submitted any more."""
    application.due_on = application.submitted_at = None
    application.promise_version, application.promised_at = "", None
    application.claimed_by = application.claimed_at = None


def decided(stage: str, *, passed: bool):
    """Return the effect that writes down a decision (R-REG-15, R-REG-18)."""

    def effect(application, step: Step):
        application.decisions.create(
            round=application.round,
            stage=stage,
            passed=passed,
            refusal_kind="" if passed else step.data["refusal_kind"],
            reason_codes=[] if passed else step.data["reason_codes"],
            reason=step.reason,
            form_version=application.form_version,
            reviewer=step.actor,
        )
        application.claimed_by = application.claimed_at = None
        if not passed:
            application.refused_at = timezone.now()
            application.refusal_kind = step.data["refusal_kind"]
            application.due_on = None

    return effect


def open_next_round(application, step: Step):
    """F10: the data stays, the history stays, the round counts."""
    application.round += 1
    application.due_on = application.submitted_at = None
    application.promise_version, application.promised_at = "", None


def enter_into_register(application, step: Step):
    """F8: the number, the record and its first period, in one transaction (R-REG-21)."""
    Registration = apps.get_model("registration", "Registration")
    anchor = application.first_registered_on
    cap = application.worker.local_valid_until if local_start(application) else None
    valid_from, valid_until = current_period(anchor, today(), cap)
    registration = Registration(
        number=next_registration_number(application.region.code, application.qualification.level, today().year),
        worker=application.worker,
        qualification=application.qualification,
        region=application.region,
        anchor=anchor,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    registration.begin()
    registration.periods.create(application=application, valid_from=valid_from, valid_until=valid_until)
    application.completed_at = timezone.now()


def current_period(anchor, day, local_valid_until=None):
    """Return ``(valid_from, valid_until)`` of the three-year period since ``anchor`` that holds ``day``.

    Arithmetic is always from the anchor, so 29 February does not drift (R-REREG-05). A local
    certificate's own end caps it (R-REG-21).
    """
    count = 1
    while (until := add_years(anchor, TERM_YEARS * count)) < day:
        count += 1
    valid_from = anchor if count == 1 else add_years(anchor, TERM_YEARS * (count - 1)) + timedelta(days=1)
    if local_valid_until and local_valid_until >= valid_from:
        until = min(until, local_valid_until)
    return valid_from, until


def mark_issued(application, step: Step):
    """F9: the file is there; a lower level's registration gives way to this one (R-REG-22)."""
    application.issued_at = timezone.now()
    lower = apps.get_model("registration", "Registration").objects.filter(
        worker=application.worker,
        qualification__level__lt=application.qualification.level,
        state=RegistrationState.VALID,
    )
    for registration in lower:
        registration.move("supersede")


OWN = "registration.own_application"
FIRST = "registration.first_review"
FINAL = "registration.final_review"

APPLICATION = Workflow(
    Transition(
        "apply",
        "申请登记证书",
        A.NOT_APPLIED,
        A.PENDING_REVIEW,
        OWN,
        guards=(
            certificate_valid,
            no_change_under_review,
            profile_complete,
            region_belongs,
            of_age,
            in_window,
            check_requirements,
            promise_ticked,
        ),
        effect=receive,
    ),
    Transition("withdraw", "撤回申请", A.PENDING_REVIEW, A.NOT_APPLIED, OWN, effect=stop_clock),
    Transition(
        "pass_first",
        "初审通过",
        A.PENDING_REVIEW,
        A.INITIAL_APPROVED,
        FIRST,
        versioned=True,
        guards=(certificate_valid, another_reviewer, still_in_time),
        effect=decided("first", passed=True),
    ),
    Transition(
        "fail_first",
        "初审不通过",
        A.PENDING_REVIEW,
        A.INITIAL_REJECTED,
        FIRST,
        needs_reason=True,
        versioned=True,
        guards=(another_reviewer, reason_coded),
        effect=decided("first", passed=False),
    ),
    Transition(
        "pass_final",
        "终审通过",
        A.INITIAL_APPROVED,
        A.FINAL_APPROVED,
        FINAL,
        versioned=True,
        guards=(certificate_valid, another_reviewer, still_in_time),
        effect=decided("final", passed=True),
    ),
    Transition(
        "fail_final",
        "终审不通过",
        A.INITIAL_APPROVED,
        A.FINAL_REJECTED,
        FINAL,
        needs_reason=True,
        versioned=True,
        guards=(another_reviewer, reason_coded),
        effect=decided("final", passed=False),
    ),
    Transition("complete", "完成登记", A.FINAL_APPROVED, A.REGISTERED, effect=enter_into_register),
    Transition("issue", "出证", A.REGISTERED, A.CERT_ISSUED, effect=mark_issued),
    Transition(
        "reopen",
        "修改并重新申请",
        A.INITIAL_REJECTED,
        A.NOT_APPLIED,
        OWN,
        guards=(may_apply_again,),
        effect=open_next_round,
    ),
    Transition(
        "reopen",
        "修改并重新申请",
        A.FINAL_REJECTED,
        A.NOT_APPLIED,
        OWN,
        guards=(may_apply_again,),
        effect=open_next_round,
    ),
)
