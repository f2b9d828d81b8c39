"""One version of a 登记证书: made, in force, replaced."""

from django.db import models

from swms.workflow import Step, Transition, Workflow


class DocumentState(models.TextChoices):
    """Where one version of a registration certificate stands."""

    QUEUED = "QUEUED", "证书生成中"
    ISSUED = "ISSUED", "有效"
    SUPERSEDED = "SUPERSEDED", "已换发"


D = DocumentState


def record_file(document, step: Step):
    """Keep where the signed file is and what it hashes to."""
    document.path = step.data["path"]
    document.sha256 = step.data["sha256"]
    document.signer = step.data["signer"]
    document.issued_at = step.data["signed_at"]
    document.lease_until = None


DOCUMENT = Workflow(
    Transition("issue", "签发证书", D.QUEUED, D.ISSUED, effect=record_file),
    Transition("supersede", "由新版证书替代", D.ISSUED, D.SUPERSEDED),
)
