"""The row that stands for a stored file."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse


class Purpose(models.TextChoices):
    """What a file is for."""

    PHOTO = "photo", "照片"
    EVIDENCE = "evidence", "证明材料"
    ID_CARD = "id_card", "身份证照片"
    ATTACHMENT = "attachment", "附件"


class StoredFile(models.Model):
    """A file that was examined and stored encrypted; `holder` is the record that it belongs to.

    `name` is what the owner called it, for the eye only. After purging, the row stays with its hash.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上传人"
    )
    purpose = models.CharField("用途", max_length=16, choices=Purpose)
    name = models.CharField("文件名", max_length=100)
    media_type = models.CharField("类型", max_length=32)
    size = models.PositiveIntegerField("字节数")
    sha256 = models.CharField("SHA-256", max_length=64)
    width = models.PositiveIntegerField("宽", default=0)
    height = models.PositiveIntegerField("高", default=0)
    pages = models.PositiveIntegerField("页数", default=0)
    holder_type = models.ForeignKey(ContentType, models.PROTECT, null=True, blank=True, related_name="+")
    holder_id = models.BigIntegerField(null=True, blank=True)
    holder = GenericForeignKey("holder_type", "holder_id")
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    purged_at = models.DateTimeField("清除时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "文件"
        indexes = [models.Index(fields=["holder_type", "holder_id"])]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.uid}"

    def get_absolute_url(self) -> str:
        """Return the address where those who may see the file get it."""
        return reverse("uploads:file", args=[self.uid])

    @property
    def is_image(self) -> bool:
        """Whether the file can be shown inside a page."""
        return self.media_type.startswith("image/")
