"""Imports into the roster: what came in, from which file, and how it went."""

import uuid

from django.conf import settings
from django.db import models

from swms.regions.models import Duty, Scope, ScopedModel


class RosterImport(ScopedModel):
    """One run of ``import_roster``; every row it brought or changed points back to it."""

    scope = Scope(owners=(), duties=(Duty.CERTIFICATE,))

    class Outcome(models.TextChoices):
        RUNNING = "running", "进行中"
        FINISHED = "finished", "已完成"
        FAILED = "failed", "失败"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("文件指纹", max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="操作人")
    dry_run = models.BooleanField("试运行", default=False)
    outcome = models.CharField("结果", max_length=10, choices=Outcome, default=Outcome.RUNNING)
    rows_total = models.PositiveIntegerField("总行数", default=0)
    rows_created = models.PositiveIntegerField("新增", default=0)
    rows_updated = models.PositiveIntegerField("更新", default=0)
    rows_unchanged = models.PositiveIntegerField("未变", default=0)
    rows_refused = models.PositiveIntegerField("有误", default=0)
    rows_warned = models.PositiveIntegerField("提醒", default=0, db_default=0)
    problems = models.JSONField("问题", default=list, db_default=[])  # the first few hundred, without personal data
    failure = models.CharField("失败原因", max_length=200, blank=True, db_default="")
    started_at = models.DateTimeField("开始时间", auto_now_add=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "社工库导入"

    def __str__(self):
        return f"{self.file_name} {self.started_at:%Y-%m-%d %H:%M}"
