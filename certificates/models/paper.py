"""Paper certificates and the batches in which they are given out (R-PAP-01…08, rulebook §2.15, §3.13)."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from certificates.workflows.paper import OPEN_BATCHES, PAPER, PAPER_BATCH, BatchState, PaperState, PaperWay
from registration.models import Qualification
from swms.bulletins.models import Bulletin
from swms.codes import CertificateLevel
from swms.crypto import SealedField
from swms.dates import today
from swms.regions.models import Duty, Region, Scope, ScopedModel
from swms.workflow import Reviewed

CARRIER = "中国邮政EMS"
MOST_COURIER_DAYS = 60


class PaperBatch(Reviewed, ScopedModel):
    """The paper certificates of one level, exam year and province, and how they are given out there.

    Without ``courier_days`` none are sent. ``courier_until`` is settled by the publication. ``arrived_at`` says that
    what was being made by then lies ready.
    """

    workflow = PAPER_BATCH
    scope = Scope(regions="region", duties=(Duty.CERTIFICATE,))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("批次编号", max_length=32, unique=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="省份")
    exam_year = models.PositiveSmallIntegerField("考试年度")
    level = models.PositiveSmallIntegerField("级别", choices=CertificateLevel)
    state = models.CharField("状态", max_length=12, choices=BatchState, default=BatchState.DRAFT)
    courier_days = models.PositiveSmallIntegerField(
        "邮寄申请期限（工作日）",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_COURIER_DAYS)],
    )
    courier_until = models.DateField("邮寄申请截止", null=True, blank=True)
    carrier = models.CharField("快递公司", max_length=30, default=CARRIER)
    collect_until = models.DateField("最后领取日", null=True, blank=True)
    proxy_allowed = models.BooleanField("允许代领", default=False)
    contact = models.CharField("咨询单位和电话", max_length=100, blank=True)
    note = models.TextField("补充说明", max_length=2000, blank=True)
    bulletin = models.ForeignKey(Bulletin, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    arrived_at = models.DateTimeField("制作完成时间", null=True, blank=True)
    arrived_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    edition = models.PositiveIntegerField("修改次数", default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="建立人")
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "纸质证书批次"
        constraints = [
            models.UniqueConstraint("region", "exam_year", "level", name="one_batch_each"),
            models.CheckConstraint(
                condition=Q(state=BatchState.DRAFT) | Q(published_at__isnull=False, collect_until__isnull=False),
                name="published_batches_end",
            ),
            models.CheckConstraint(
                condition=Q(state=BatchState.DRAFT)
                | Q(courier_days__isnull=True, courier_until__isnull=True)
                | Q(courier_days__isnull=False, courier_until__isnull=False),
                name="courier_window_is_settled",
            ),
        ]

    def __str__(self):
        return f"{self.region.name}{self.exam_year}年度{self.get_level_display()}纸质证书"

    @property
    def form_version(self) -> int:
        """What whoever decides has looked at."""
        return self.edition

    @property
    def is_open(self) -> bool:
        """Whether certificates are given out today (R-TIME-04)."""
        return self.state in OPEN_BATCHES and self.collect_until >= today()

    @property
    def standing(self) -> str:
        """The state, read with the clock."""
        over = self.state in OPEN_BATCHES and not self.is_open
        return BatchState.CLOSED.label if over else self.get_state_display()

    def lacking(self) -> list[str]:
        """Return what must still be given before the notice goes out (R-PAP-01, R-PAP-08)."""
        lacking = []
        if not (self.courier_days or self.places.exists()):
            lacking.append("现场领取地点或邮寄申请期限")
        if not self.collect_until:
            lacking.append("最后领取日")
        if not self.contact:
            lacking.append("咨询单位和电话")
        return lacking


class PaperPlace(models.Model):
    """Where certificates of a batch are handed over (R-PAP-02)."""

    class Kind(models.TextChoices):
        MZJ = PaperWay.ONSITE_MZJ.value, "民政局"
        RSJ = PaperWay.ONSITE_RSJ.value, "人力资源和社会保障局"

    batch = models.ForeignKey(PaperBatch, models.CASCADE, related_name="places")
    kind = models.CharField("部门", max_length=12, choices=Kind)
    name = models.CharField("名称", max_length=60)
    address = models.CharField("地址", max_length=100)
    hours = models.CharField("时间", max_length=60)
    enquiries = models.CharField("电话", max_length=40)
    from_day = models.DateField("开始日期", null=True, blank=True)
    until_day = models.DateField("结束日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "领取地点"
        ordering = ["pk"]

    def __str__(self):
        return self.name


class PaperExport(models.Model):
    """One list for the carrier: the addresses on it no longer change."""

    batch = models.ForeignKey(PaperBatch, models.PROTECT, related_name="exports")
    number = models.PositiveIntegerField("序号")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="导出人")
    at = models.DateTimeField("导出时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "寄递清单"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint("batch", "number", name="one_list_per_number")]

    def __str__(self):
        return f"{self.batch} 第{self.number}次"


class PaperCertificate(Reviewed, ScopedModel):
    """One person's paper certificate, from production until somebody has it (rulebook §2.15).

    Rows come in bulk with the publication of their batch; what the holder asks for is on the row itself.
    """

    workflow = PAPER
    scope = Scope(regions="batch__region", owners=("qualification__worker__user",), duties=(Duty.CERTIFICATE,))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(PaperBatch, models.PROTECT, related_name="papers")
    qualification = models.OneToOneField(Qualification, models.PROTECT, related_name="paper")
    state = models.CharField("状态", max_length=16, choices=PaperState, default=PaperState.PRODUCING)
    way = models.CharField("领取方式", max_length=12, choices=PaperWay, blank=True)
    place = models.ForeignKey(
        PaperPlace, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="领取地点"
    )
    recipient = models.CharField("收件人", max_length=50, blank=True)
    mobile = SealedField("收件人手机号", null=True, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收件地区")
    address = SealedField("收件地址", null=True, blank=True)
    postcode = models.CharField("邮政编码", max_length=6, blank=True)
    proxy_name = models.CharField("代领人", max_length=50, blank=True)
    proxy_last4 = SealedField("代领人身份证后四位", null=True, blank=True)
    proxy_relation = models.CharField("代领人与本人的关系", max_length=20, blank=True)
    collected_by_proxy = models.BooleanField("由代领人领取", default=False)
    requested_at = models.DateTimeField("申请邮寄时间", null=True, blank=True)
    export = models.ForeignKey(PaperExport, models.PROTECT, null=True, blank=True, related_name="papers")
    carrier = models.CharField("快递公司", max_length=30, blank=True)
    tracking_no = models.CharField("快递单号", max_length=30, blank=True)
    available_at = models.DateTimeField("可领取时间", null=True, blank=True)
    mailed_at = models.DateTimeField("寄出时间", null=True, blank=True)
    ended_at = models.DateTimeField("办结时间", null=True, blank=True)
    remade_at = models.DateTimeField("重新制作时间", null=True, blank=True)
    reminded_of = models.DateField("已提醒的最后领取日", null=True, blank=True)
    created_at = models.DateTimeField("列入批次时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "纸质证书"
        constraints = [
            models.UniqueConstraint("tracking_no", condition=~Q(tracking_no=""), name="one_parcel_per_number"),
            models.CheckConstraint(
                condition=~Q(state__in=(PaperState.MAIL_REQUESTED, PaperState.MAILED))
                | (
                    Q(way=PaperWay.COURIER, mobile__isnull=False, address__isnull=False, region__isnull=False)
                    & ~Q(recipient="")
                ),
                name="what_is_sent_has_an_address",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(PaperState.MAILED, PaperState.DELIVERED, PaperState.RETURNED, PaperState.LOST))
                | (Q(export__isnull=False) & ~Q(tracking_no="")),
                name="what_was_sent_has_a_number",
            ),
        ]
        indexes = [models.Index(fields=["batch", "state", "id"], name="paper_desk")]

    def __str__(self):
        return f"{self.qualification.name} {self.qualification.mgmt_no}"

    def get_absolute_url(self):
        return reverse("certificates:paper_status", args=[self.qualification.mgmt_no])

    def people_to_tell(self):
        return self.qualification.people_to_tell()

    def forget_address(self) -> None:
        """Drop what was needed for a parcel only."""
        self.recipient, self.mobile, self.region, self.address, self.postcode = "", None, None, None, ""
