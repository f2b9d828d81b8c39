"""Institutions of social work (社会工作服务机构)."""

import uuid

from django.db import models

from swms.codes import InstitutionType
from swms.regions.models import Region, Scope, ScopedModel


class Institution(ScopedModel):
    """An institution that social workers can choose as their employer (R-PRO-09, R-SVC-07)."""

    scope = Scope(regions="region")

    class Status(models.TextChoices):
        ACTIVE = "active", "正常"
        SUSPENDED = "suspended", "暂停"
        DEREGISTERED = "deregistered", "已注销"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("机构名称", max_length=100)
    uscc = models.CharField("统一社会信用代码", max_length=18, unique=True)
    org_type = models.CharField("机构类型", max_length=24, choices=InstitutionType)
    region = models.ForeignKey(Region, models.PROTECT, related_name="institutions", verbose_name="登记管理区域")
    status = models.CharField("状态", max_length=12, choices=Status, default=Status.ACTIVE)

    class Meta:
        verbose_name = verbose_name_plural = "机构"
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether social workers may choose it as their employer."""
        return self.status == self.Status.ACTIVE

    def people_to_tell(self) -> list:
        """Return the users of the institution's own account; institutions of the list alone have none."""
        return []
