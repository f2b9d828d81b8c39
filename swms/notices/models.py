"""What people are told, and the ledger of how each message fared."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from swms.crypto import BlindIndexField, SealedField


class Notice(models.Model):
    """One message to one person, as it stands in the portal's inbox.

    People without an account (反馈, 申诉) have a mobile instead of a recipient.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notices")
    mobile = SealedField(null=True, blank=True)
    mobile_index = BlindIndexField(source="mobile", purpose="mobile", null=True)
    kind = models.CharField("事项", max_length=80)
    title = models.CharField("标题", max_length=100)
    body = models.TextField("内容")
    url = models.CharField("链接", max_length=200, blank=True)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        ordering = ["-id"]
        indexes = [models.Index(fields=["recipient", "-id"], name="notice_inbox")]
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__isnull=False) | Q(mobile_index__isnull=False), name="notice_has_addressee"
            )
        ]

    def __str__(self):
        return self.title


class Delivery(models.Model):
    """One channel's attempt to carry a notice out of the portal; the row is the queue."""

    class Channel(models.TextChoices):
        SMS = "sms", "短信"
        EMAIL = "email", "邮件"

    class Status(models.TextChoices):
        QUEUED = "queued", "待发送"
        SENT = "sent", "已发送"
        FAILED = "failed", "发送失败"
        SKIPPED = "skipped", "不再需要"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    channel = models.CharField("渠道", max_length=8, choices=Channel)
    status = models.CharField("状态", max_length=8, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField("发送时间", null=True, blank=True)
    receipt = models.CharField("网关回执", max_length=80, blank=True)
    error = models.CharField("错误", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发送记录"
        constraints = [models.UniqueConstraint("notice", "channel", name="one_delivery_per_channel")]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(status="queued"), name="delivery_queue"),
        ]

    def __str__(self):
        return f"{self.notice} {self.get_channel_display()}"


class OutboxMessage(models.Model):
    """What the default backend 'sends': kept, sealed, for the demo's outbox page."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField("渠道", max_length=8, choices=Delivery.Channel)
    address = SealedField("收件地址")
    body = SealedField("内容")
    key = models.CharField("发送编号", max_length=64, unique=True)
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "发件箱"
        ordering = ["-id"]

    def __str__(self):
        return f"{self.get_channel_display()} {self.at:%Y-%m-%d %H:%M}"
