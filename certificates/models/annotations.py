"""Annotated copies of a qualification certificate (证书加注, R-ANN-01…13)."""

import json
import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from certificates.models.documents import new_token
from certificates.models.files import KeptFile
from certificates.workflows import ANNOTATION, AnnotationState
from registration.models import Institution, Qualification
from swms.crypto import SealedField
from swms.dates import today
from swms.regions.models import Duty, Scope, ScopedModel
from swms.workflow import Reviewed

MAX_DAYS = 90  # R-ANN-06


class Scenario(models.Model):
    """A purpose for which a copy may be annotated; at present one is active (R-ANN-05)."""

    code = models.CharField("代码", max_length=16, primary_key=True)
    label = models.CharField("使用场景", max_length=20)
    is_active = models.BooleanField("启用", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "使用场景"

    def __str__(self):
        return self.label


class Annotation(KeptFile, Reviewed, ScopedModel):
    """One annotated copy: asked for, stamped and signed, open until its last day.

    The row is the queue: SUBMITTED rows are work to do before ``deadline_at``.
    """

    workflow = ANNOTATION
    scope = Scope(
        regions="qualification__province", owners=("qualification__worker__user",), duties=(Duty.CERTIFICATE,)
    )

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField("加注编号", max_length=32, unique=True)
    qualification = models.ForeignKey(Qualification, models.PROTECT, related_name="annotations")
    scenario = models.ForeignKey(Scenario, models.PROTECT, verbose_name="使用场景")
    valid_days = models.PositiveSmallIntegerField(
        "加注有效期（天）", validators=[MinValueValidator(1), MaxValueValidator(MAX_DAYS)]
    )
    applied_on = models.DateField("申请日期")
    valid_until = models.DateField("有效期至")
    terms_version = models.CharField("服务须知版本", max_length=16)
    idempotency_key = models.UUIDField(unique=True)
    verify_token = models.CharField(max_length=32, unique=True, default=new_token)
    state = models.CharField("状态", max_length=12, choices=AnnotationState, default=AnnotationState.SUBMITTED)
    #: Where the holder worked when asking: whoever asks together waits for each other and for nobody else.
    employer = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True, related_name="+")
    turn_at = models.DateTimeField("轮到的时间", default=timezone.now, db_default=Now())
    submitted_at = models.DateTimeField("提交时间")
    deadline_at = models.DateTimeField("完成期限")
    annotated_at = models.DateTimeField("加注时间", null=True, blank=True)
    closed_at = models.DateTimeField("关闭时间", null=True, blank=True)
    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField("文件指纹", max_length=64, blank=True)
    printed = SealedField("印制的姓名和证件号码", null=True, blank=True)
    signer = models.CharField("签名证书指纹", max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField("文件删除时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "证书加注"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "qualification", condition=Q(state=AnnotationState.SUBMITTED), name="one_annotation_in_hand"
            ),
            models.CheckConstraint(condition=Q(valid_days__range=(1, MAX_DAYS)), name="annotation_days_in_range"),
            models.CheckConstraint(
                condition=~Q(state=AnnotationState.ACTIVE) | ~Q(sha256=""), name="active_annotation_has_hash"
            ),
        ]
        indexes = [
            models.Index(
                fields=["turn_at", "id"], condition=Q(state=AnnotationState.SUBMITTED), name="annotation_queue"
            ),
            models.Index(
                fields=["employer", "-turn_at"],
                condition=Q(state=AnnotationState.SUBMITTED, employer__isnull=False),
                name="annotation_turns",
            ),
            models.Index(fields=["qualification", "applied_on"], name="annotation_quota"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("certificates:annotation", args=[self.number])

    def people_to_tell(self):
        return self.qualification.people_to_tell()

    @property
    def standing(self) -> AnnotationState:
        """Where the copy stands at this moment: by date and certificate, not only by the stored state (R-ANN-04).

        A late job must never leave a copy readable.
        """
        if self.state == AnnotationState.ACTIVE:
            if not self.qualification.is_valid:
                return AnnotationState.REVOKED
            if self.valid_until < today():
                return AnnotationState.EXPIRED
        return AnnotationState(self.state)

    @property
    def names(self) -> dict[str, str]:
        """``name`` and ``id_number`` as the copy prints them; what the register says now may be another (R-REP-03)."""
        if self.printed:
            return json.loads(self.printed)
        return {"name": self.qualification.name, "id_number": self.qualification.id_number}

    @property
    def is_outdated(self) -> bool:
        """Whether the holder's name or number was corrected after the copy was made."""
        return self.names != {"name": self.qualification.name, "id_number": self.qualification.id_number}

    @property
    def is_open(self) -> bool:
        """Whether the copy may be viewed and downloaded now (R-ANN-03, R-ANN-04)."""
        return self.standing == AnnotationState.ACTIVE
