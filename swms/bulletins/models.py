"""通知公告: what the offices say to everybody, and every wording that was public."""

import datetime as dt
import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from swms.bulletins.workflows import BULLETIN, BulletinState
from swms.dates import today
from swms.regions.models import REVIEW_DUTIES, Duty, Region, Scope, ScopedModel
from swms.workflow import Reviewed

TITLE_LENGTH, BODY_LENGTH = 80, 10_000


class Module(models.TextChoices):
    """What a bulletin is about."""

    REGISTRATION = "registration", "登记"
    EDUCATION = "education", "继续教育"
    SERVICES = "services", "服务与机构"
    CERTIFICATES = "certificates", "证书"
    PORTAL = "portal", "系统"


#: Whose bulletins those of a module are: any of these duties over the bulletin's region.
DUTIES: dict[str, tuple[str, ...]] = {
    Module.REGISTRATION: REVIEW_DUTIES,
    Module.EDUCATION: REVIEW_DUTIES,
    Module.SERVICES: REVIEW_DUTIES,
    Module.CERTIFICATES: (Duty.CERTIFICATE,),
    Module.PORTAL: (Duty.SYSTEM,),
}


class Bulletin(Reviewed, ScopedModel):
    """One announcement to everybody in a region, or in the country where there is no region.

    ``version`` counts the wordings that were public, 0 before the first. ``edition`` counts every save, so that
    nobody overwrites what a colleague wrote meanwhile. An app may lead on to one of its own pages by ``action_url``.
    """

    workflow = BULLETIN
    scope = Scope(regions="region", duties=(*REVIEW_DUTIES, Duty.CERTIFICATE, Duty.SYSTEM))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("编号", max_length=32, unique=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="发布区域")
    module = models.CharField("栏目", max_length=16, choices=Module)
    title = models.CharField("标题", max_length=TITLE_LENGTH)
    body = models.TextField("正文", blank=True)
    action_url = models.CharField("办理页面", max_length=200, blank=True)
    action_label = models.CharField("办理按钮", max_length=20, blank=True)
    state = models.CharField("状态", max_length=12, choices=BulletinState, default=BulletinState.DRAFT)
    publish_at = models.DateTimeField("发布时间", null=True, blank=True)
    expires_on = models.DateField("有效期至", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_reason = models.CharField("撤回原因", max_length=500, blank=True)
    version = models.PositiveIntegerField("版本", default=0)
    edition = models.PositiveIntegerField("修改次数", default=1)
    files = GenericRelation("uploads.StoredFile", "holder_id", "holder_type")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="起草人")
    created_at = models.DateTimeField("起草时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知公告"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=(BulletinState.PUBLISHED, BulletinState.WITHDRAWN))
                | Q(publish_at__isnull=False),
                name="published_at_some_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=BulletinState.WITHDRAWN) | Q(withdrawn_at__isnull=False),
                name="withdrawn_at_some_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-publish_at", "-id"], condition=Q(state=BulletinState.PUBLISHED), name="bulletin_board"
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("bulletins:bulletin", args=[self.ref])

    @property
    def form_version(self) -> int:
        """What whoever decides has looked at."""
        return self.edition

    @property
    def is_out(self) -> bool:
        """Whether its moment has come: people may have read it."""
        decided = self.state in (BulletinState.PUBLISHED, BulletinState.WITHDRAWN)
        return decided and self.publish_at is not None and self.publish_at <= timezone.now()

    @property
    def is_over(self) -> bool:
        return self.expires_on is not None and self.expires_on < today()

    @property
    def standing(self) -> str:
        """Where it stands now, in words: the state, read with the clock."""
        if self.state == BulletinState.PUBLISHED and not self.is_out:
            return "待发布"
        if self.state == BulletinState.PUBLISHED and self.is_over:
            return "已过有效期"
        return self.get_state_display()

    @property
    def day(self) -> dt.date | None:
        """The day on which it appeared or is to appear."""
        return timezone.localdate(self.publish_at) if self.publish_at else None


class BulletinVersion(models.Model):
    """One wording as it was public; written once."""

    bulletin = models.ForeignKey(Bulletin, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField("版本")
    title = models.CharField("标题", max_length=TITLE_LENGTH)
    body = models.TextField("正文")
    note = models.CharField("修改说明", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="修改人")
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "通知公告的版本"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint("bulletin", "number", name="one_wording_per_version")]

    def __str__(self):
        return f"{self.bulletin} 第{self.number}版"
