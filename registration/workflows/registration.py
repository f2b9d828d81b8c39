"""The record of a registration, apart from any case about it (rulebook §2.3)."""

from django.db import models

from swms.dates import today
from swms.workflow import Refused, Step, Transition, Workflow


class RegistrationState(models.TextChoices):
    """Where the record stands."""

    VALID = "VALID", "有效"
    EXPIRED = "EXPIRED", "已过期"
    REVOKED = "REVOKED", "已撤销"
    CANCELLED = "CANCELLED", "已注销"
    SUPERSEDED = "SUPERSEDED", "已被高级别替代"


R = RegistrationState
#: A holder in one of these is registered: region and employer move by 变更 alone (R-CHG-08).
REGISTERED_STATES = (R.VALID, R.EXPIRED)


def past_its_end(registration, step: Step):
    """R-TIME-04: the last day runs to 24:00."""
    if registration.valid_until >= today():
        raise Refused("still_valid", "登记仍在有效期内")


REVOKE = "registration.revoke"

REGISTRATION = Workflow(
    Transition("expire", "登记到期", R.VALID, R.EXPIRED, guards=(past_its_end,)),
    Transition("supersede", "由高级别替代", R.VALID, R.SUPERSEDED),
    # R-REG-24: false material undoes a registration whatever has become of it since.
    Transition("revoke", "撤销登记", R.VALID, R.REVOKED, REVOKE, needs_reason=True),
    Transition("revoke", "撤销登记", R.EXPIRED, R.REVOKED, REVOKE, needs_reason=True),
    Transition("revoke", "撤销登记", R.SUPERSEDED, R.REVOKED, REVOKE, needs_reason=True),
    Transition("cancel", "注销登记", R.VALID, R.CANCELLED, REVOKE, needs_reason=True),
    Transition("cancel", "注销登记", R.EXPIRED, R.CANCELLED, REVOKE, needs_reason=True),
    Transition("cancel", "注销登记", R.SUPERSEDED, R.CANCELLED, REVOKE, needs_reason=True),
)
