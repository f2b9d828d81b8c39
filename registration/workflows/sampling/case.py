"""抽查件: the request, the evidence, the hearing, the decision by another person, and one review (decision 0029)."""

from django.db import models
from django.utils import timezone

from registration.workflows.registration import RegistrationState
from swms.current import once
from swms.dates import today, working_days_after
from swms.ui import cn_date
from swms.uploads.storage import attach
from swms.workflow import Refused, Step, Transition, Workflow

EVIDENCE_WORKING_DAYS = 15
EXTENSION_WORKING_DAYS = 10  # once
MORE_WORKING_DAYS = 10
MORE_AT_MOST = 2
EXAMINATION_WORKING_DAYS = 20
STATEMENT_WORKING_DAYS = 5
DECISION_WORKING_DAYS = 10
ASK_REVIEW_WORKING_DAYS = 15
REVIEW_WORKING_DAYS = 20


class SampleState(models.TextChoices):
    """Where a drawn case stands."""

    REQUESTED = "REQUESTED", "待提交材料"
    EXAMINING = "EXAMINING", "审查中"
    PROPOSED = "PROPOSED", "待陈述"
    DECIDING = "DECIDING", "待决定"
    PASSED = "PASSED", "合格"
    FAILED = "FAILED", "不合格"
    IN_REVIEW = "IN_REVIEW", "复核中"
    UPHELD = "UPHELD", "复核维持不合格"
    STOPPED = "STOPPED", "终止抽查"


class Finding(models.TextChoices):
    """What the examiner proposes; nothing is decided by it."""

    PASS = "pass", "合格"
    FAIL = "fail", "不合格"


S = SampleState
OPEN_SAMPLE_STATES = (S.REQUESTED, S.EXAMINING, S.PROPOSED, S.DECIDING, S.IN_REVIEW)
BEFORE_DECISION = (S.REQUESTED, S.EXAMINING, S.PROPOSED, S.DECIDING)
ENDED_SAMPLE_STATES = (S.PASSED, S.FAILED, S.UPHELD, S.STOPPED)
FAILED_SAMPLE_STATES = (S.FAILED, S.UPHELD)
GONE = (RegistrationState.REVOKED, RegistrationState.CANCELLED)  # nothing left to inspect


def is_settled(case) -> bool:
    """Whether nothing can come of it any more: ended, and 不合格 only once nobody can ask for a review."""
    if case.state == S.FAILED:
        return case.due_on < today()
    return case.state in ENDED_SAMPLE_STATES


# --- guards ---------------------------------------------------------------------------------------


def _draft(case):
    return case.answers.filter(sent_at=None).first()


def something_sent(case, step: Step):
    """An answer is words or files."""
    draft = _draft(case)
    if draft is None or not (draft.text or draft.files.exists()):
        raise Refused("nothing_said", "请填写说明或上传材料，再提交")


def words_said(case, step: Step):
    """A statement is words; files may go with it."""
    draft = _draft(case)
    if draft is None or not draft.text:
        raise Refused("nothing_said", "请写明您的意见和理由，再提交")


def in_time(case, step: Step):
    """The last day counts in whole (R-TIME-04)."""
    if today() > case.due_on:
        raise Refused("too_late", f"期限到{cn_date(case.due_on)}为止，已经届满")


def past_due(case, step: Step):
    """Only what was not answered in time is written down as that."""
    if today() <= case.due_on:
        raise Refused("still_open", "期限未到")


def first_extension(case, step: Step):
    """Once."""
    if case.extended_on:
        raise Refused("extended_already", "已经延期一次，不能再延期")


def more_left(case, step: Step):
    """Nobody is asked without end."""
    if case.more_asked >= MORE_AT_MOST:
        raise Refused("asked_enough", f"已经要求补充{MORE_AT_MOST}次，请根据现有材料提出意见")


def another_person(case, step: Step):
    """Four eyes: neither who proposed, nor who decided before, nor who approved the registration (R-REG-18)."""
    if step.actor.pk in involved(case):
        raise Refused("four_eyes", "提出意见的人、作出过决定的人和当初审核登记的人不能作出这项决定")


def involved(case) -> set[int]:
    """Return the keys of those who have had a part in the case or in the registration it is about."""
    passed = case.application.decisions.filter(passed=True).values_list("reviewer_id", flat=True)
    approvers = once(("approvers", case.application_id), lambda: list(passed))
    return {*approvers, case.proposed_by_id, case.decided_by_id, case.reviewed_by_id} - {None}


def fresh_eyes(case, step: Step):
    """After a review undid the decision, who made it does not examine the case either."""
    if step.actor.pk in (case.decided_by_id, case.reviewed_by_id):
        raise Refused("four_eyes", "作出过决定或者复核过的人不能再审查这一件")


def heard(case, step: Step):
    """Nobody fails who was not told of it and heard first."""
    if case.finding != Finding.FAIL:
        raise Refused("not_heard", "没有提出不合格意见并听取本人陈述，不能决定不合格；请退回重新审查")


def reviewed_once(case, step: Step):
    """One review."""
    if case.review_asked_at:
        raise Refused("review_used", "已经复核过一次，不能再次申请")


def registration_gone(case, step: Step):
    """Only a registration that was undone meanwhile leaves nothing to inspect."""
    if case.registration.state not in GONE:
        raise Refused("record_open", "登记没有被撤销或注销")


# --- effects --------------------------------------------------------------------------------------


def _send(case, step: Step, purpose: str) -> None:
    """What was a draft is part of the case from now on, and its files are seen by the office."""
    draft = _draft(case)
    draft.purpose, draft.sent_at = purpose, timezone.now()
    draft.save(update_fields=["purpose", "sent_at"])
    for file in draft.files.all():
        attach(file, case)
    case.form_version += 1


def take_answer(case, step: Step):
    """The office's clock begins."""
    case.late = case.late or today() > case.due_on
    _send(case, step, "evidence")
    case.due_on = working_days_after(today(), EXAMINATION_WORKING_DAYS)


def take_more(case, step: Step):
    """What comes later is looked at too; whoever was examining finds the version raised."""
    _send(case, step, "evidence")


def prolong(case, step: Step):
    """Ten working days more, from the day on which it would have ended."""
    case.extended_on = today()
    case.due_on = working_days_after(case.due_on, EXTENSION_WORKING_DAYS)


def write_down_silence(case, step: Step):
    """A fact for whoever examines, and no decision."""
    case.unanswered_on = today()
    case.due_on = working_days_after(today(), EXAMINATION_WORKING_DAYS)


def ask_again(case, step: Step):
    """The person's clock begins again."""
    case.more_asked += 1
    case.asked_more = step.reason
    case.due_on = working_days_after(today(), MORE_WORKING_DAYS)


def propose(finding: Finding):
    """Return the effect that writes down a proposal and who made it."""

    def effect(case, step: Step):
        case.finding, case.finding_reason = finding, step.reason
        case.proposed_by, case.proposed_at = step.actor, timezone.now()
        days = STATEMENT_WORKING_DAYS if finding == Finding.FAIL else DECISION_WORKING_DAYS
        case.due_on = working_days_after(today(), days)

    return effect


def take_statement(case, step: Step):
    """Heard."""
    _send(case, step, "statement")
    case.due_on = working_days_after(today(), DECISION_WORKING_DAYS)


def begin_deciding(case, step: Step):
    """The time for a statement is over; nothing follows from silence."""
    case.due_on = working_days_after(today(), DECISION_WORKING_DAYS)


def examine_again(case, step: Step):
    """Back to the examiner, as if nothing had been proposed."""
    case.finding = case.finding_reason = ""
    case.due_on = working_days_after(today(), EXAMINATION_WORKING_DAYS)


def decide(case, step: Step):
    """The end, until somebody asks for a review of 不合格."""
    case.decided_by, case.decided_at, case.decided_reason = step.actor, timezone.now(), step.reason
    failed = case.state == S.FAILED
    case.due_on = working_days_after(today(), ASK_REVIEW_WORKING_DAYS) if failed else None


def take_request(case, step: Step):
    """The office above decides within twenty working days."""
    _send(case, step, "review")
    case.review_asked_at = timezone.now()
    case.due_on = working_days_after(today(), REVIEW_WORKING_DAYS)


def close_review(case, step: Step):
    """The answer of the office above."""
    case.reviewed_by, case.reviewed_at, case.reviewed_reason = step.actor, timezone.now(), step.reason
    case.due_on = None


def roll_back(case, step: Step):
    """The decision is undone, and other people decide anew: who decided stays on the case and is kept from it."""
    case.reviewed_by, case.reviewed_at, case.reviewed_reason = step.actor, timezone.now(), step.reason
    examine_again(case, step)


def stop(case, step: Step):
    """There is nothing left to inspect."""
    case.decided_by, case.decided_at = step.actor, timezone.now()
    case.decided_reason = step.reason or f"登记{case.registration.get_state_display()}，抽查随之终止"
    case.due_on = None


OWN = "registration.own_sample"
EXAMINE = "registration.examine_sample"
DECIDE = "registration.decide_sample"
REVIEW = "registration.review_sample"

SAMPLED_CASE = Workflow(
    Transition("answer", "提交材料", S.REQUESTED, S.EXAMINING, OWN, guards=(something_sent,), effect=take_answer),
    Transition("extend", "申请延期", S.REQUESTED, S.REQUESTED, OWN, guards=(in_time, first_extension), effect=prolong),
    Transition("note_silence", "逾期未提交", S.REQUESTED, S.EXAMINING, guards=(past_due,), effect=write_down_silence),
    Transition("supplement", "补交材料", S.EXAMINING, S.EXAMINING, OWN, guards=(something_sent,), effect=take_more),
    Transition(
        "propose_pass",
        "拟定合格",
        S.EXAMINING,
        S.DECIDING,
        EXAMINE,
        versioned=True,
        guards=(fresh_eyes,),
        effect=propose(Finding.PASS),
    ),
    Transition(
        "ask_more",
        "要求补充材料",
        S.EXAMINING,
        S.REQUESTED,
        EXAMINE,
        needs_reason=True,
        versioned=True,
        guards=(more_left,),
        effect=ask_again,
    ),
    Transition(
        "propose_fail",
        "拟定不合格",
        S.EXAMINING,
        S.PROPOSED,
        EXAMINE,
        needs_reason=True,
        versioned=True,
        guards=(fresh_eyes,),
        effect=propose(Finding.FAIL),
    ),
    Transition(
        "state", "提交陈述申辩", S.PROPOSED, S.DECIDING, OWN, guards=(in_time, words_said), effect=take_statement
    ),
    Transition("hear_nothing", "陈述期满", S.PROPOSED, S.DECIDING, guards=(past_due,), effect=begin_deciding),
    Transition(
        "decide_pass",
        "决定合格",
        S.DECIDING,
        S.PASSED,
        DECIDE,
        versioned=True,
        guards=(another_person,),
        effect=decide,
    ),
    Transition(
        "decide_fail",
        "决定不合格",
        S.DECIDING,
        S.FAILED,
        DECIDE,
        needs_reason=True,
        versioned=True,
        guards=(another_person, heard),
        effect=decide,
    ),
    Transition(
        "give_back",
        "退回重新审查",
        S.DECIDING,
        S.EXAMINING,
        DECIDE,
        needs_reason=True,
        versioned=True,
        guards=(another_person,),
        effect=examine_again,
    ),
    Transition(
        "ask_review",
        "申请复核",
        S.FAILED,
        S.IN_REVIEW,
        OWN,
        guards=(in_time, reviewed_once, words_said),
        effect=take_request,
    ),
    Transition(
        "overturn",
        "改为合格",
        S.IN_REVIEW,
        S.PASSED,
        REVIEW,
        needs_reason=True,
        versioned=True,
        guards=(another_person,),
        effect=close_review,
    ),
    Transition(
        "roll_back",
        "撤销决定，重新审查",
        S.IN_REVIEW,
        S.EXAMINING,
        REVIEW,
        needs_reason=True,
        versioned=True,
        guards=(another_person,),
        effect=roll_back,
    ),
    Transition(
        "uphold",
        "维持不合格",
        S.IN_REVIEW,
        S.UPHELD,
        REVIEW,
        needs_reason=True,
        versioned=True,
        guards=(another_person,),
        effect=close_review,
    ),
    *(
        Transition(
            "stop",
            "终止抽查",
            source,
            S.STOPPED,
            DECIDE,
            needs_reason=True,
            versioned=True,
            guards=(another_person,),
            effect=stop,
        )
        for source in BEFORE_DECISION
    ),
    *(
        Transition("moot", "登记已终止", source, S.STOPPED, guards=(registration_gone,), effect=stop)
        for source in BEFORE_DECISION
    ),
)
