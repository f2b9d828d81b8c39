"""An annotated copy of a 职业水平证书 (加注, rulebook §2.13)."""

from django.db import models
from django.utils import timezone

from swms.dates import today
from swms.workflow import Refused, Step, Transition, Workflow


class AnnotationState(models.TextChoices):
    """Where an annotation stands."""

    SUBMITTED = "SUBMITTED", "证书生成中"
    ACTIVE = "ACTIVE", "有效"
    EXPIRED = "EXPIRED", "已过期"
    FAILED = "FAILED", "生成失败"
    ENDED = "ENDED", "本人终止"
    REVOKED = "REVOKED", "证书已撤销"


S = AnnotationState
COUNTED_STATES = (S.SUBMITTED, S.ACTIVE, S.EXPIRED, S.ENDED)  # R-ANN-08


def certificate_still_valid(annotation, step: Step):
    """R-ANN-10: nothing is stamped on a certificate that is no longer 有效."""
    if not annotation.qualification.is_valid:
        raise Refused("certificate_not_valid", "该证书已不是有效状态")


def record_annotated_file(annotation, step: Step):
    """Keep where the signed copy is, what it hashes to, and whom it names."""
    annotation.path = step.data["path"]
    annotation.sha256 = step.data["sha256"]
    annotation.signer = step.data["signer"]
    annotation.printed = step.data["printed"]
    annotation.annotated_at = step.data["signed_at"]
    annotation.lease_until = None


def past_its_end(annotation, step: Step):
    """R-ANN-07: the last day runs to 24:00."""
    if annotation.valid_until >= today():
        raise Refused("still_valid", "加注仍在有效期内")


def close_access(annotation, step: Step):
    """The copy can no longer be opened; the file itself is removed by the daily job."""
    annotation.closed_at = timezone.now()
    annotation.lease_until = None


OWN = "certificates.own_annotation"

ANNOTATION = Workflow(
    Transition(
        "generate",
        "加注完成",
        S.SUBMITTED,
        S.ACTIVE,
        guards=(certificate_still_valid,),
        effect=record_annotated_file,
    ),
    Transition("fail", "生成失败", S.SUBMITTED, S.FAILED, effect=close_access),
    Transition("expire", "加注到期", S.ACTIVE, S.EXPIRED, guards=(past_its_end,), effect=close_access),
    Transition("end", "终止加注", S.ACTIVE, S.ENDED, OWN, effect=close_access),
    Transition("revoke", "证书已撤销", S.SUBMITTED, S.REVOKED, effect=close_access),
    Transition("revoke", "证书已撤销", S.ACTIVE, S.REVOKED, effect=close_access),
)
