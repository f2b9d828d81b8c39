"""What the re-verifier remembers: how far it has come, and what it found wrong (docs/decisions/0031)."""

from django.db import models


class FileCheck(models.Model):
    """How far the re-verifier has come with one kind of document; a round begins again when the last is through."""

    name = models.CharField(max_length=16, primary_key=True)
    last = models.BigIntegerField(default=0)
    rounds = models.PositiveIntegerField(default=0)
    read = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(null=True)
    round_ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "文件复核进度"

    def __str__(self):
        return self.name


class FileFault(models.Model):
    """What the re-verifier found wrong, once for each record; ``cleared_at`` when it was found in order again."""

    subject = models.CharField("对象", max_length=80)
    number = models.CharField("编号", max_length=48)
    code = models.CharField("问题", max_length=16)
    text = models.CharField("说明", max_length=200)
    found_at = models.DateTimeField("发现时间")
    cleared_at = models.DateTimeField("恢复时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "文件复核问题"
        constraints = [
            models.UniqueConstraint("subject", condition=models.Q(cleared_at=None), name="one_open_fault_per_subject")
        ]

    def __str__(self):
        return f"{self.number}：{self.text}"
