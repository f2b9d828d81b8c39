"""What people are told, and the ledger of how each message fared."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from swms.crypto import BlindIndexField, SealedField
from swms.idnumbers import mask_mail, mask_mobile


def key_of(record: models.Model | None) -> str:
    """Return what stands for a record in ``about``: the office looks up by it what was sent about a case."""
    return f"{record._meta.label_lower}:{record.pk}" if record is not None else ""


class Notice(models.Model):
    """One message to one person, as it stands in the portal's inbox; ``about`` is the ``key_of`` a record."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField("事项", max_length=80)
    title = models.CharField("标题", max_length=100)
    body = models.TextField("内容")
    url = models.CharField("链接", max_length=200, blank=True)
    about = models.CharField("关于", max_length=100, blank=True, default="", db_default="")
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_inbox"),
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["about", "-id"], condition=~Q(about=""), name="notice_about"),
        ]

    def __str__(self):
        return self.title


class Delivery(models.Model):
    """One message on its way out of the portal, and how it fared; the row is the queue.

    It goes to a recipient's own mobile or e-mail as they are when it is sent, or, to people
    without an account, to ``mobile``. The text is sealed, because codes travel in it. ``sent_to`` keeps the
    masked address that it left for: the person's own may be another one by now.
    """

    class Channel(models.TextChoices):
        SMS = "sms", "短信"
        EMAIL = "email", "邮件"

    class Status(models.TextChoices):
        QUEUED = "queued", "待发送"
        SENT = "sent", "已发送"
        FAILED = "failed", "发送失败"
        SKIPPED = "skipped", "不再需要"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    notice = models.ForeignKey(Notice, models.CASCADE, null=True, blank=True, related_name="deliveries")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    mobile = SealedField("手机号", null=True, blank=True)
    mobile_index = BlindIndexField(source="mobile", purpose="mobile", null=True)
    kind = models.CharField("事项", max_length=80)
    about = models.CharField("关于", max_length=100, blank=True, default="", db_default="")
    channel = models.CharField("渠道", max_length=8, choices=Channel)
    subject = models.CharField("主题", max_length=100, blank=True)
    text = SealedField("内容")
    status = models.CharField("状态", max_length=8, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField("最晚发送时间", null=True, blank=True)
    created_at = models.DateTimeField("时间", auto_now_add=True)
    sent_at = models.DateTimeField("发送时间", null=True, blank=True)
    sent_to = models.CharField("发至", max_length=120, blank=True, default="", db_default="")
    receipt = models.CharField("网关回执", max_length=80, blank=True)
    error = models.CharField("错误", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发送记录"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(status="queued"), name="delivery_queue"),
            models.Index(fields=["about", "-id"], condition=~Q(about=""), name="delivery_about"),
        ]
        constraints = [
            models.UniqueConstraint("notice", "channel", name="one_delivery_per_channel"),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False) | Q(mobile_index__isnull=False), name="delivery_has_addressee"
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.get_channel_display()}"

    @property
    def address(self) -> str:
        """Where it goes: asked at the moment of sending, so that a changed mobile is used."""
        if self.channel == self.Channel.EMAIL:
            return self.recipient.email
        return self.mobile or self.recipient.mobile or ""

    @property
    def masked_address(self) -> str:
        """Where it went, or would go now, fit for the screen (R-ACC-13)."""
        if self.sent_to:
            return self.sent_to
        mask = mask_mail if self.channel == self.Channel.EMAIL else mask_mobile
        return mask(self.address)


class OutboxMessage(models.Model):
    """What the default backend 'sends': kept, sealed, for the demo's outbox page."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField("渠道", max_length=8, choices=Delivery.Channel)
    address = SealedField("收件地址")
    subject = models.CharField("主题", max_length=100, blank=True)
    body = SealedField("内容")
    key = models.CharField("发送编号", max_length=64, unique=True)
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "发件箱"
        ordering = ["-id"]

    def __str__(self):
        return f"{self.get_channel_display()} {self.at:%Y-%m-%d %H:%M}"
