"""The kinds of application, the states of a case, and what they are called."""

from django.db import models


class ApplicationKind(models.TextChoices):
    """首次登记 and 再登记 (R-REG-02), and the make-up channel of each (补登记, R-REG-05, R-REREG-08)."""

    FIRST = "first", "首次登记"
    RENEW = "renew", "再登记"
    MAKEUP_FIRST = "makeup_first", "首次补登记"
    MAKEUP_RENEW = "makeup_renew", "再登记补登记"


K = ApplicationKind
FIRST_KINDS = (K.FIRST, K.MAKEUP_FIRST)
RENEWAL_KINDS = (K.RENEW, K.MAKEUP_RENEW)
MAKEUP_KINDS = (K.MAKEUP_FIRST, K.MAKEUP_RENEW)


class ApplicationState(models.TextChoices):
    """The eight states, with the source's labels to the letter (R-REG-09, SEED 36).

    The last two end a renewal that was never sent, or that has nothing left to renew (rulebook §2.4).
    """

    NOT_APPLIED = "NOT_APPLIED", "未申请登记证书"
    PENDING_REVIEW = "PENDING_REVIEW", "待审核"
    INITIAL_APPROVED = "INITIAL_APPROVED", "初审通过"
    INITIAL_REJECTED = "INITIAL_REJECTED", "初审未通过"
    FINAL_APPROVED = "FINAL_APPROVED", "终审通过"
    FINAL_REJECTED = "FINAL_REJECTED", "终审未通过"
    REGISTERED = "REGISTERED", "首次登记已完成"
    CERT_ISSUED = "CERT_ISSUED", "已出证"
    LAPSED = "LAPSED", "逾期未申请"
    VOID = "VOID", "已失效"


A = ApplicationState
OPEN_STATES = (A.NOT_APPLIED, A.PENDING_REVIEW, A.INITIAL_APPROVED, A.FINAL_APPROVED)
IN_REVIEW_STATES = (A.PENDING_REVIEW, A.INITIAL_APPROVED, A.FINAL_APPROVED)
EDITABLE_STATES = (A.NOT_APPLIED, A.PENDING_REVIEW)  # R-REG-10
LOCKED_STATES = (A.INITIAL_APPROVED, A.FINAL_APPROVED)  # R-REG-11
REFUSED_STATES = (A.INITIAL_REJECTED, A.FINAL_REJECTED)
DONE_STATES = (A.REGISTERED, A.CERT_ISSUED)  # R-REG-20
ENDED_STATES = (A.LAPSED, A.VOID)

_OF_RENEWALS = {A.NOT_APPLIED: "未申请再登记", A.REGISTERED: "再登记已完成"}


def state_label(kind: str, state: str) -> str:
    """Return what a state is called in a case of this kind: renewals have labels of their own (R-REREG-09)."""
    label = ApplicationState(state).label
    return _OF_RENEWALS.get(state, label) if kind in RENEWAL_KINDS else label
