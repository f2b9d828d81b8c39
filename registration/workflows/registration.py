"""The record of a registration, apart from any case about it (rulebook §2.3, §2.4)."""

from django.db import models

from swms.dates import today
from swms.workflow import Refused, Step, Transition, Workflow


class RegistrationState(models.TextChoices):
    """Where the record stands."""

    VALID = "VALID", "有效"
    IN_REREG = "IN_REREG", "再登记审核中"
    EXPIRED = "EXPIRED", "已过期"
    REVOKED = "REVOKED", "已撤销"
    CANCELLED = "CANCELLED", "已注销"
    SUPERSEDED = "SUPERSEDED", "已被高级别替代"


class CancelCause(models.TextChoices):
    """Why a registration ends without anybody's fault (rulebook §2.3)."""

    DEATH = "death", "死亡"
    INCAPACITY = "incapacity", "丧失行为能力"
    OWN_REQUEST = "own_request", "本人申请"


R = RegistrationState
#: A holder in one of these is registered: region and employer move by 变更 alone (R-CHG-08).
REGISTERED_STATES = (R.VALID, R.IN_REREG, R.EXPIRED)


def past_its_end(registration, step: Step):
    """R-TIME-04: the last day runs to 24:00."""
    if registration.valid_until >= today():
        raise Refused("still_valid", "登记仍在有效期内")


def forget_renewal(registration, step: Step):
    """No correction is waited for any more."""
    registration.correct_by = None


def wait_for_correction(registration, step: Step):
    """Returned for 补正: the record goes on until the last day on which the case can be sent again."""
    registration.correct_by = step.data["until"]


def begin_term(registration, step: Step):
    """R-REREG-05, R-REREG-08: the next term, under the same number."""
    registration.valid_from, registration.valid_until = step.data["term"]
    registration.anchor = step.data["anchor"]
    registration.correct_by = None


def cause_coded(registration, step: Step):
    """§2.3: 注销 names one of three causes."""
    if step.data.get("cause") not in CancelCause.values:
        raise Refused("cause_required", "请选择注销原因")


def note_cause(registration, step: Step):
    """Keep the cause beside the words of the trail."""
    registration.cancel_cause = step.data["cause"]
    registration.correct_by = None


REVOKE = "registration.revoke"
ENDABLE = (R.VALID, R.IN_REREG, R.EXPIRED, R.SUPERSEDED)

REGISTRATION = Workflow(
    Transition("expire", "登记到期", R.VALID, R.EXPIRED, guards=(past_its_end,)),
    # Also from 已过期: the last filing day may lie after the last day of validity (R-TIME-05).
    Transition("start_renewal", "开始再登记审核", R.VALID, R.IN_REREG, effect=forget_renewal),
    Transition("start_renewal", "开始再登记审核", R.EXPIRED, R.IN_REREG, effect=forget_renewal),
    Transition("start_renewal", "再次提交再登记", R.IN_REREG, R.IN_REREG, effect=forget_renewal),
    Transition("await_correction", "再登记待补正", R.IN_REREG, R.IN_REREG, effect=wait_for_correction),
    Transition("end_renewal", "再登记未完成", R.IN_REREG, R.VALID, effect=forget_renewal),
    Transition("run_out", "再登记未完成", R.IN_REREG, R.EXPIRED, guards=(past_its_end,), effect=forget_renewal),
    Transition("renew", "再登记完成", R.IN_REREG, R.VALID, effect=begin_term),
    Transition("renew", "补登记完成", R.EXPIRED, R.VALID, effect=begin_term),
    # R-REG-22: a lower level ends when the higher one is issued, also in the middle of its renewal.
    Transition("supersede", "由高级别替代", R.VALID, R.SUPERSEDED),
    Transition("supersede", "由高级别替代", R.IN_REREG, R.SUPERSEDED),
    # R-REG-24: false material undoes a registration whatever has become of it since.
    *(
        Transition("revoke", "撤销登记", state, R.REVOKED, REVOKE, needs_reason=True, effect=forget_renewal)
        for state in ENDABLE
    ),
    *(
        Transition(
            "cancel",
            "注销登记",
            state,
            R.CANCELLED,
            REVOKE,
            needs_reason=True,
            guards=(cause_coded,),
            effect=note_cause,
        )
        for state in ENDABLE
    ),
)
