"""Institutions of social work (社会工作服务机构), how they come in, and who told of them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from registration.models.people import Worker
from registration.workflows import (
    INSTITUTION,
    INSTITUTION_FEEDBACK,
    InstitutionFeedbackState,
    InstitutionState,
)
from swms.codes import InstitutionType
from swms.crypto import BlindIndexField, SealedField
from swms.regions.models import Region, Scope, ScopedModel
from swms.workflow import Reviewed


class Institution(Reviewed, ScopedModel):
    """An institution: invited or registering by itself, then an employer to choose (R-PRO-09, R-SVC-07, §2.9).

    ``uscc`` is held by one institution that was not refused; who was refused keeps it as ``released_uscc``.
    Without an account it is followed by its receipt number and the contact's mobile.
    """

    workflow = INSTITUTION
    scope = Scope(regions="region", owners=("account",))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("回执编号", max_length=32, unique=True, null=True, blank=True)
    name = models.CharField("机构名称", max_length=100)
    uscc = models.CharField("统一社会信用代码", max_length=18, unique=True, null=True, blank=True)
    released_uscc = models.CharField("原申报的统一社会信用代码", max_length=18, blank=True)
    org_type = models.CharField("机构类型", max_length=24, choices=InstitutionType, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="institutions", verbose_name="登记管理区域")
    business_authority = models.CharField("业务主管单位", max_length=100, blank=True)
    legal_rep = models.CharField("法定代表人", max_length=50, blank=True)
    established = models.DateField("成立日期", null=True, blank=True)
    address = models.CharField("住所", max_length=100, blank=True)
    contact_name = models.CharField("联系人", max_length=50, blank=True)
    contact_mobile = SealedField("联系人手机号", null=True, blank=True)
    contact_index = BlindIndexField(source="contact_mobile", purpose="mobile", null=True)
    email = models.EmailField("电子邮箱", blank=True)
    business_scope = models.CharField("业务范围", max_length=1000, blank=True)
    staff_total = models.PositiveIntegerField("专职人员数", null=True, blank=True)
    staff_licensed = models.PositiveIntegerField("持证或社工专业本科以上人员数", null=True, blank=True)
    certificate_scan = models.ForeignKey(
        "uploads.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登记证书扫描件"
    )
    intro = models.CharField("机构简介", max_length=2000, blank=True)
    state = models.CharField("状态", max_length=12, choices=InstitutionState, default=InstitutionState.INVITED)
    round = models.PositiveSmallIntegerField("轮次", default=1)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    decided_reason = models.CharField("审核意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    due_on = models.DateField("办结期限", null=True, blank=True)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="institution",
        verbose_name="机构账户",
    )

    class Meta:
        verbose_name = verbose_name_plural = "机构"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(staff_licensed__isnull=True) | Q(staff_licensed__lte=F("staff_total")),
                name="licensed_staff_within_total",
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("registration:institution_own")

    @property
    def is_active(self) -> bool:
        """Whether it can be chosen as an employer."""
        return self.state == InstitutionState.ACTIVE

    @property
    def form_version(self) -> int:
        """What a decision must name: answers change from round to round and never within one."""
        return self.round

    def people_to_tell(self):
        """Return the user of the institution's own account; before the approval there is none."""
        return [self.account] if self.account else []

    def mobile_to_tell(self):
        """Return the contact's mobile while no account's own is told."""
        return "" if self.account and self.account.mobile else self.contact_mobile or ""


class InstitutionLink(models.Model):
    """A way in that was sent to an institution's contact by SMS; only the token's hash is kept, and it opens once."""

    class Purpose(models.TextChoices):
        INVITATION = "invitation", "邀请注册"
        PASSWORD = "password", "设置密码"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="links")
    purpose = models.CharField("用途", max_length=12, choices=Purpose)
    token_hash = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField("发送时间", auto_now_add=True)
    expires_at = models.DateTimeField("有效期至")
    used_at = models.DateTimeField("使用时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "机构链接"

    def __str__(self):
        return f"{self.get_purpose_display()} {self.sent_at:%Y-%m-%d %H:%M}"


class InstitutionFeedback(Reviewed, ScopedModel):
    """A worker's word that an institution is missing, with what is known of it (R-PRO-10, §2.8)."""

    workflow = INSTITUTION_FEEDBACK
    scope = Scope(regions="region", owners=("worker__user",))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("回执编号", max_length=32, unique=True)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="institution_feedbacks")
    name = models.CharField("机构名称", max_length=100)
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True, db_index=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="机构所在区域")
    contact_name = models.CharField("机构联系人", max_length=50)
    contact_mobile = SealedField("联系人手机号")
    contact_index = BlindIndexField(source="contact_mobile", purpose="mobile")
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="feedbacks", verbose_name="机构"
    )
    state = models.CharField(
        "状态", max_length=12, choices=InstitutionFeedbackState, default=InstitutionFeedbackState.PENDING
    )
    decided_reason = models.CharField("审核意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    due_on = models.DateField("办结期限", null=True, blank=True)
    created_at = models.DateTimeField("提交时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "机构反馈"
        constraints = [
            models.UniqueConstraint(
                "worker",
                "name",
                "region",
                condition=Q(state=InstitutionFeedbackState.PENDING),
                name="one_pending_feedback_per_institution",
            )
        ]

    def __str__(self):
        return self.ref

    def get_absolute_url(self):
        return reverse("registration:employer_feedback", args=[self.ref])

    def people_to_tell(self):
        return [self.worker.user]
