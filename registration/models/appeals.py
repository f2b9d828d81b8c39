"""Appeal of somebody who lost the bound mobile (申诉, R-APL-01…06)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from registration.workflows import APPEAL, AppealState
from swms.crypto import BlindIndexField, SealedField
from swms.regions.models import Duty, Region, Scope, ScopedModel
from swms.workflow import Reviewed


class Appeal(Reviewed, ScopedModel):
    """A request to bind another mobile, made without an account and followed by its receipt number.

    ``region`` is that of the account which has this name and number, none where there is no such account;
    ``account`` and ``old_mobile`` are known from the approval on.
    """

    workflow = APPEAL
    scope = Scope(
        regions="region",
        duties=(Duty.FIRST_REVIEW,),
        besides=((Duty.SECURITY, Q(region=None) | Q(state=AppealState.BLOCKED)),),
    )

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("回执编号", max_length=32, unique=True)
    name = models.CharField("姓名", max_length=50)
    id_number = SealedField("身份证号")
    id_index = BlindIndexField(source="id_number", purpose="identity")
    mobile = SealedField("新手机号")
    mobile_index = BlindIndexField(source="mobile", purpose="mobile")
    reason = models.CharField("申诉理由", max_length=200, blank=True)
    front = models.ForeignKey(
        "uploads.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name="身份证人像面"
    )
    back = models.ForeignKey(
        "uploads.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name="身份证国徽面"
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="账户的登记区域"
    )
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="账户"
    )
    old_mobile = SealedField("原手机号", null=True, blank=True)
    state = models.CharField("状态", max_length=12, choices=AppealState, default=AppealState.SUBMITTED)
    round = models.PositiveSmallIntegerField("轮次", default=1)
    decided_reason = models.CharField("审核意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    due_on = models.DateField("办结期限", null=True, blank=True)
    link_hash = models.CharField("重设密码链接", max_length=64, blank=True, db_index=True)
    link_until = models.DateTimeField("链接有效期至", null=True, blank=True)
    objection_hash = models.CharField("异议链接", max_length=64, blank=True, db_index=True)
    reset_at = models.DateTimeField("重设密码时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    released_at = models.DateTimeField("解除锁定时间", null=True, blank=True)
    created_at = models.DateTimeField("提交时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "申诉"
        constraints = [
            models.UniqueConstraint(
                "id_index",
                condition=Q(state__in=(AppealState.SUBMITTED, AppealState.NEED_MORE, AppealState.APPROVED)),
                name="one_open_appeal_per_identity",
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
