"""Notes of reviewers, and what a reviewer decided in one go."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

NOTE_LENGTH = 1000
ATTESTATION_LENGTH = 200


class InternalNote(models.Model):
    """A remark of the office about a record, for whoever reviews it next; never for the person it is about.

    It hangs on the record, so it goes with it to whichever office has it. ``uid`` comes from the form that was
    filled in: the same form sent twice is one note. Written once and never changed.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    holder_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    holder_id = models.BigIntegerField()
    holder = GenericForeignKey("holder_type", "holder_id")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="记录人")
    author_name = models.CharField("记录人姓名", max_length=100)
    text = models.CharField("备注", max_length=NOTE_LENGTH)
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "内部备注"
        ordering = ["id"]
        indexes = [models.Index(fields=["holder_type", "holder_id", "id"], name="note_of_record")]
        triggers = [pgtrigger.Protect(name="note_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.author_name} {self.at:%Y-%m-%d %H:%M}"


class BatchDecision(models.Model):
    """One confirmation by which a reviewer passed several cases: what was attested, and a row for each case.

    ``uid`` was on the page that asked for the confirmation: the same confirmation sent twice is one batch. ``kind``
    is the label of the cases' model.
    """

    uid = models.UUIDField(unique=True, editable=False)
    kind = models.CharField("类别", max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="办理人")
    attestation = models.CharField("声明", max_length=ATTESTATION_LENGTH)
    at = models.DateTimeField("确认时间", auto_now_add=True)
    finished_at = models.DateTimeField("办结时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "批量办理"
        ordering = ["-id"]
        indexes = [models.Index(fields=["by", "kind", "-id"], name="batch_by_person")]
        triggers = [
            pgtrigger.Protect(name="batch_stays", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="batch_unchanged", exclude=["finished_at"]),
        ]

    def __str__(self):
        return str(self.uid)


class BatchRow(models.Model):
    """One case of a batch and what came of it: the outcome is written once, in the transaction of the decision.

    ``code`` is that of ``Refused``, or of what kept the case out; ``words`` say it.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", "等待办理"
        DONE = "done", "已办理"
        REFUSED = "refused", "未办理"

    batch = models.ForeignKey(BatchDecision, models.PROTECT, related_name="rows")
    place = models.PositiveSmallIntegerField("序号")
    ref = models.CharField("受理编号", max_length=32)
    move = models.CharField("操作", max_length=32)
    move_label = models.CharField("操作名称", max_length=32)
    seen = models.PositiveIntegerField("表单版本")
    outcome = models.CharField("结果", max_length=8, choices=Outcome, default=Outcome.WAITING)
    code = models.CharField("原因代码", max_length=40, blank=True)
    words = models.CharField("原因", max_length=500, blank=True)
    at = models.DateTimeField("办理时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "批量办理的申请"
        ordering = ["batch", "place"]
        constraints = [
            models.UniqueConstraint("batch", "ref", name="one_row_per_case"),
            models.CheckConstraint(
                condition=Q(outcome="refused") & ~Q(code="") & ~Q(words="") | ~Q(outcome="refused") & Q(code=""),
                name="refused_rows_say_why",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="row_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="outcome_stays", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__outcome="waiting")
            ),
        ]

    def __str__(self):
        return f"{self.ref} {self.get_outcome_display()}"
