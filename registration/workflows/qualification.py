"""职业水平证书 in the roster (rulebook §2.16)."""

from django.db import models

from swms.workflow import Transition, Workflow


class QualificationState(models.TextChoices):
    """Where the 职业水平证书 stands."""

    VALID = "VALID", "有效"
    REVOKED = "REVOKED", "已撤销"
    CANCELLED = "CANCELLED", "已注销"


Q = QualificationState

QUALIFICATION = Workflow(
    Transition("revoke", "撤销证书", Q.VALID, Q.REVOKED, "registration.keep_roster", needs_reason=True),
    Transition("cancel", "注销证书", Q.VALID, Q.CANCELLED, "registration.keep_roster", needs_reason=True),
)
