"""What may happen to the hub's records: the tables are the law (rulebook §2)."""

from datetime import timedelta

from django.apps import apps
from django.db import models
from django.utils import timezone

from registration.reasons import REASONS
from registration.requirements import check_requirements
from swms.dates import add_years, filing_last_day, last_day_of_period, today, working_days_after
from swms.references import next_registration_number
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


def window_last_day(application):
    """Return the last day on which a first registration is accepted, ``None`` for no limit (R-REG-03, R-REG-06)."""
    if application.worker.has_local_cert:
        return None
    return filing_last_day(last_day_of_period(application.qualification.issue_date, years=1))


def in_window(application, step: Step):
    """R-REG-03…05: within one year after the date of issue, judged by the first submission."""
    last = window_last_day(application)
    day = today()
    if last is None:
        return
    if day <= application.qualification.issue_date:
        raise Refused("window_not_open", "首次登记自证书签发次日起受理")
    if day <= last:
        return
    kept = (
        application.first_submitted_at
        and timezone.localdate(application.first_submitted_at) <= last
        and application.refused_at
        and day <= timezone.localdate(application.refused_at) + timedelta(days=FIX_DAYS)
    )
    if not kept:
        raise Refused("window_closed", "已超过首次登记受理期限（通过考试后1年内）")


def of_age(application, step: Step):
    """R-REG-07: full civil capacity, at least 18 years old."""
    born = application.worker.birth_date
    if born is None or add_years(born, 18) > today():
        raise Refused("under_age", "未满18周岁，不能申请登记")


def another_reviewer(application, step: Step):
    """R-REG-18: whoever made the first review does not make the final one."""
    first = application.decisions.filter(round=application.round, stage="first").first()
    if first and first.reviewer_id == step.actor.pk:
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
            raise Refused("too_early", f"不予登记后满{REAPPLY_DAYS}日方可重新申请，{free:%Y年%m月%d日}起可以申请")


def receive(application, step: Step):
    """F1: the form is synced, 首次登记时间 stamped, the 30 working days start."""
    worker = application.worker
    now = timezone.now()
    application.region = worker.region
    application.submitted_at = now
    application.first_submitted_at = application.first_submitted_at or now
    application.due_on = working_days_after(today(), REVIEW_WORKING_DAYS)
    application.promise_version = step.data["promise_version"]
    application.promised_at = now
    application.first_registered_on = worker.local_first_reg_date if worker.has_local_cert else today()
    application.sync_form()


def stop_clock(application, step: Step):
    """F3: withdrawn; nothing is submitted any more."""
    application.due_on = None
    application.submitted_at = None
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
    valid_from, valid_until = current_period(anchor, today(), application.worker.local_valid_until)
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
    """F9."""
    application.issued_at = timezone.now()


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
        guards=(certificate_valid, profile_complete, of_age, in_window, check_requirements, promise_ticked),
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
        guards=(certificate_valid,),
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
        guards=(reason_coded,),
        effect=decided("first", passed=False),
    ),
    Transition(
        "pass_final",
        "终审通过",
        A.INITIAL_APPROVED,
        A.FINAL_APPROVED,
        FINAL,
        versioned=True,
        guards=(certificate_valid, another_reviewer),
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


class RegistrationState(models.TextChoices):
    """Where the record stands, apart from any case about it (rulebook §2.3)."""

    VALID = "VALID", "有效"
    EXPIRED = "EXPIRED", "已过期"
    REVOKED = "REVOKED", "已撤销"
    CANCELLED = "CANCELLED", "已注销"
    SUPERSEDED = "SUPERSEDED", "已被高级别替代"


R = RegistrationState


def past_its_end(registration, step: Step):
    """R-TIME-04: the last day runs to 24:00."""
    if registration.valid_until >= today():
        raise Refused("still_valid", "登记仍在有效期内")


REGISTRATION = Workflow(
    Transition("expire", "登记到期", R.VALID, R.EXPIRED, guards=(past_its_end,)),
    Transition("revoke", "撤销登记", R.VALID, R.REVOKED, "registration.revoke", needs_reason=True),
    Transition("revoke", "撤销登记", R.EXPIRED, R.REVOKED, "registration.revoke", needs_reason=True),
)


class QualificationState(models.TextChoices):
    """Where the 职业水平证书 stands (rulebook §2.16)."""

    VALID = "VALID", "有效"
    REVOKED = "REVOKED", "已撤销"
    CANCELLED = "CANCELLED", "已注销"


Q = QualificationState

QUALIFICATION = Workflow(
    Transition("revoke", "撤销证书", Q.VALID, Q.REVOKED, "registration.keep_roster", needs_reason=True),
    Transition("cancel", "注销证书", Q.VALID, Q.CANCELLED, "registration.keep_roster", needs_reason=True),
)


class FeedbackState(models.TextChoices):
    """Where a feedback to the roster stands (rulebook §2.1)."""

    PENDING = "PENDING", "待审核"
    NEED_MORE = "NEED_MORE", "退回补正"
    APPROVED = "APPROVED", "审核通过"
    REJECTED = "REJECTED", "审核不通过"
    WITHDRAWN = "WITHDRAWN", "已撤回"


F = FeedbackState


def reason_kept(feedback, step: Step):
    """The reason and the time of the decision stay on the receipt's page."""
    feedback.decided_reason = step.reason
    feedback.decided_at = timezone.now()


def add_to_roster(feedback, step: Step):
    """R-ACC-06: the person is in the roster from the moment of approval."""
    reason_kept(feedback, step)
    feedback.enter_into_roster()


FEEDBACK = Workflow(
    Transition("approve", "审核通过", F.PENDING, F.APPROVED, "registration.decide_feedback", effect=add_to_roster),
    Transition(
        "reject",
        "审核不通过",
        F.PENDING,
        F.REJECTED,
        "registration.decide_feedback",
        needs_reason=True,
        effect=reason_kept,
    ),
)
