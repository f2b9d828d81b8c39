"""换发 of a registration certificate (R-REP-01…03, rulebook §2.14)."""

from django.db import models
from django.utils import timezone

from registration.actions import correct_identity
from registration.queries.identity import identity_conflict
from registration.workflows import IN_REVIEW_STATES, PENDING_STATES, RegistrationState
from swms.dates import today, working_days_after
from swms.workflow import Refused, Step, Transition, Workflow

REVIEW_WORKING_DAYS = 15


class ReplacementReason(models.TextChoices):
    """Why a registration certificate is replaced (R-REP-01)."""

    LOCAL = "local", "地方旧证换新"
    CORRECTION = "correction", "个人信息更正（姓名或证件号码）"
    LOST = "lost", "纸质登记证遗失或损毁"
    LAYOUT = "layout", "证书版式更新"


class ReplacementState(models.TextChoices):
    """Where a replacement stands."""

    DRAFT = "DRAFT", "未提交"
    PENDING = "PENDING", "待审核"
    INITIAL_APPROVED = "INITIAL_APPROVED", "初审通过"
    APPROVED = "APPROVED", "审核通过"
    ISSUED = "ISSUED", "已换发"
    REJECTED = "REJECTED", "审核不通过"
    WITHDRAWN = "WITHDRAWN", "已撤回"


S = ReplacementState
UNDECIDED_STATES = (S.DRAFT, S.PENDING, S.INITIAL_APPROVED)
OPEN_STATES = (*UNDECIDED_STATES, S.APPROVED)
ENDED_STATES = (S.ISSUED, S.REJECTED, S.WITHDRAWN)
IN_FORCE = (RegistrationState.VALID, RegistrationState.IN_REREG)


def refused_now(registration) -> Refused | None:
    """Return why a registration's certificate cannot be replaced today, ``None`` if it can (R-REP-02)."""
    standing = registration.standing
    if standing not in IN_FORCE:
        return Refused("not_in_force", f"登记当前为“{standing.label}”，不能换发登记证书")
    if registration.worker.applications.filter(state__in=IN_REVIEW_STATES).exists():
        return Refused("case_open", "有一件登记申请正在审核，办结后才能换发登记证书")
    if registration.worker.transfers.filter(state__in=PENDING_STATES).exists():
        return Refused("case_open", "有一件变更申请正在审核，办结后才能换发登记证书")
    return None


def in_force(replacement, step: Step):
    """R-REP-02: a registration in force, asked again at every decision in favour."""
    if replacement.registration.standing not in IN_FORCE:
        raise refused_now(replacement.registration)


def no_other_case(replacement, step: Step):
    """R-REP-02: nothing is replaced while an application or a change is under review."""
    refused = refused_now(replacement.registration)
    if refused:
        raise refused


def answered(replacement, step: Step):
    """R-REP-03: what the reason asks for is there, the proof of the police above all."""
    lacking = replacement.lacking()
    if lacking:
        raise Refused("incomplete", f"还缺少：{'、'.join(lacking)}", missing=lacking)


def corrects(replacement, step: Step):
    """R-REP-03: only a correction goes on to the final review."""
    if not replacement.is_correction:
        raise Refused("no_final_review", "这类换发不需要终审，请直接审核通过")


def number_free(replacement, step: Step):
    """R-REP-03: nobody is given the number of another account or of another person of the roster."""
    conflict = identity_conflict(replacement.worker, **(replacement.before | replacement.asked))
    if conflict:
        raise conflict


def corrects_nothing(replacement, step: Step):
    """R-REP-03: a correction is never approved by the first review alone."""
    if replacement.is_correction:
        raise Refused("final_review", "更正姓名或证件号码须经终审，请先初审通过")


def another_reviewer(replacement, step: Step):
    """R-REP-03, R-REG-18: the final review is another person's."""
    if replacement.first_reviewer_id == step.actor.pk:
        raise Refused("four_eyes", "初审和终审须由不同的人员进行")


def certificate_made(replacement, step: Step):
    """Issued means that the file is there: the move belongs to the transaction that records it."""
    certificate = getattr(replacement, "certificate", None)
    if certificate is None or not certificate.sha256:
        raise Refused("not_made", "新版证书还没有生成")


def nothing_to_replace(replacement, step: Step):
    """R-REP-02: what is still undecided when the registration ends has lost its object."""
    if replacement.registration.standing in IN_FORCE:
        raise Refused("still_in_force", "登记仍然有效")


def receive(replacement, step: Step):
    """The 15 working days start."""
    replacement.submitted_at = timezone.now()
    replacement.due_on = working_days_after(today(), REVIEW_WORKING_DAYS)


def pass_on(replacement, step: Step):
    """The clock goes on: both reviews together have the 15 working days."""
    replacement.first_reviewer = step.actor
    replacement.first_decided_at = timezone.now()


def decide(replacement, step: Step):
    """Nobody has to decide any more; the words stay on the page."""
    if replacement.first_reviewer_id is None:
        pass_on(replacement, step)
    replacement.decided_at = timezone.now()
    replacement.decided_reason = step.reason
    replacement.due_on = None


def correct(replacement, step: Step):
    """R-REP-03: account, personal information and roster change with the decision, or the decision is not made."""
    decide(replacement, step)
    replacement.correction = correct_identity(
        replacement.worker,
        **replacement.asked,
        by=step.actor,
        basis=replacement.ref,
        proof=list(replacement.evidence.all()),
    )


def stop(replacement, step: Step):
    """Taken back by the worker."""
    replacement.decided_at = timezone.now()
    replacement.due_on = None


def close(replacement, step: Step):
    """Ended by the system, with the reason in words."""
    stop(replacement, step)
    replacement.decided_reason = f"登记{replacement.registration.standing.label}，换发申请终止"


OWN = "certificates.own_replacement"
FIRST = "registration.first_review"
FINAL = "registration.final_review"

REPLACEMENT = Workflow(
    Transition("submit", "提交换发申请", S.DRAFT, S.PENDING, OWN, guards=(no_other_case, answered), effect=receive),
    Transition("withdraw", "放弃换发申请", S.DRAFT, S.WITHDRAWN, OWN, effect=stop),
    Transition("withdraw", "撤回换发申请", S.PENDING, S.WITHDRAWN, OWN, effect=stop),
    Transition(
        "pass_first",
        "初审通过",
        S.PENDING,
        S.INITIAL_APPROVED,
        FIRST,
        guards=(corrects, in_force, number_free),
        effect=pass_on,
    ),
    Transition("approve", "审核通过", S.PENDING, S.APPROVED, FIRST, guards=(corrects_nothing, in_force), effect=decide),
    Transition("fail_first", "审核不通过", S.PENDING, S.REJECTED, FIRST, needs_reason=True, effect=decide),
    Transition(
        "pass_final",
        "终审通过",
        S.INITIAL_APPROVED,
        S.APPROVED,
        FINAL,
        guards=(another_reviewer, in_force, number_free),
        effect=correct,
    ),
    Transition(
        "fail_final",
        "终审不通过",
        S.INITIAL_APPROVED,
        S.REJECTED,
        FINAL,
        needs_reason=True,
        guards=(another_reviewer,),
        effect=decide,
    ),
    Transition("issue", "换发证书", S.APPROVED, S.ISSUED, guards=(certificate_made,)),
    Transition("close", "登记已终止", S.DRAFT, S.WITHDRAWN, guards=(nothing_to_replace,), effect=close),
    Transition("close", "登记已终止", S.PENDING, S.REJECTED, guards=(nothing_to_replace,), effect=close),
    Transition("close", "登记已终止", S.INITIAL_APPROVED, S.REJECTED, guards=(nothing_to_replace,), effect=close),
)
