"""首次登记 and 再登记: from 未申请登记证书 to 已出证 (rulebook §2.3, §2.4)."""

from registration.workflows.application.effects import (
    close,
    decided,
    enter_into_register,
    mark_issued,
    open_next_round,
    receive,
    stop_clock,
)
from registration.workflows.application.guards import (
    another_reviewer,
    certificate_valid,
    in_window,
    may_apply_again,
    no_change_under_review,
    nothing_to_renew,
    of_age,
    profile_complete,
    promise_ticked,
    reason_coded,
    record_open,
    region_belongs,
    requirements_met,
    still_in_time,
    time_is_over,
)
from registration.workflows.application.states import OPEN_STATES, REFUSED_STATES
from registration.workflows.application.states import ApplicationState as A
from swms.workflow import Transition, Workflow

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
            record_open,
            no_change_under_review,
            profile_complete,
            region_belongs,
            of_age,
            in_window,
            requirements_met,
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
        guards=(certificate_valid, record_open, another_reviewer, still_in_time),
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
        guards=(certificate_valid, record_open, another_reviewer, still_in_time, requirements_met),
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
    *(
        Transition(
            "reopen",
            "修改并重新申请",
            state,
            A.NOT_APPLIED,
            OWN,
            guards=(certificate_valid, record_open, may_apply_again),
            effect=open_next_round,
        )
        for state in REFUSED_STATES
    ),
    # What renewals alone can come to (§2.4).
    *(
        Transition("lapse", "逾期未申请", state, A.LAPSED, guards=(time_is_over,), effect=close)
        for state in (A.NOT_APPLIED, *REFUSED_STATES)
    ),
    *(
        Transition("void", "登记已终止", state, A.VOID, guards=(nothing_to_renew,), effect=close)
        for state in (*OPEN_STATES, *REFUSED_STATES)
    ),
)
