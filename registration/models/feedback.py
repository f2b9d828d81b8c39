"""Feedback of a person whom the roster does not know (反馈, R-ACC-05…07)."""

import uuid

from django.db import models
from django.db.models import Q

from registration.workflows import FEEDBACK, FeedbackState
from swms.codes import CertificateLevel, IdType
from swms.crypto import BlindIndexField, SealedField
from swms.regions.models import Region, Scope, ScopedModel
from swms.workflow import Reviewed


class Feedback(Reviewed, ScopedModel):
    """A request to be added to the roster, made without an account and followed by its receipt number."""

    workflow = FEEDBACK
    scope = Scope(regions="region")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("回执编号", max_length=32, unique=True)
    name = models.CharField("姓名", max_length=50)
    id_type = models.CharField("证件类型", max_length=20, choices=IdType, default=IdType.ID_CARD)
    id_number = SealedField("证件号码")
    id_index = BlindIndexField(source="id_number", purpose="identity")
    mobile = SealedField("手机号")
    mobile_index = BlindIndexField(source="mobile", purpose="mobile")
    level = models.PositiveSmallIntegerField("级别", choices=CertificateLevel)
    exam_year = models.PositiveSmallIntegerField("考试年度")
    issue_date = models.DateField("签发日期")
    mgmt_no = models.CharField("管理号", max_length=40)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="受理区域")
    certificate_image = models.ForeignKey(
        "uploads.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name="证书图片"
    )
    note = models.CharField("说明", max_length=200, blank=True)
    state = models.CharField("状态", max_length=12, choices=FeedbackState, default=FeedbackState.PENDING)
    round = models.PositiveSmallIntegerField("轮次", default=1)
    decided_reason = models.CharField("审核意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    due_on = models.DateField("办结期限", null=True, blank=True)
    created_at = models.DateTimeField("提交时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "社工库反馈"
        constraints = [
            models.UniqueConstraint(
                "id_index",
                condition=Q(state__in=(FeedbackState.PENDING, FeedbackState.NEED_MORE)),
                name="one_open_feedback_per_identity",
            )
        ]

    def __str__(self):
        return self.ref

    @property
    def form_version(self) -> int:
        """What a decision must name: the answers change from round to round and never within one."""
        return self.round

    def mobile_to_tell(self):
        return self.mobile
