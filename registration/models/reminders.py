"""The ledger of what workers were reminded of, so that nobody is reminded of one thing twice (R-REREG-10)."""

from django.db import models
from django.db.models import Q

from registration.models.applications import Application
from registration.models.people import Worker
from registration.models.records import Registration
from swms.notices.models import Notice
from swms.regions.models import Scope, ScopedModel


class DeadlineReminder(ScopedModel):
    """One rung of the ladder to one person about one thing: sent once, however often and late the job runs.

    ``subject`` is the ``uid`` of the entry of 登记时钟 that it was about, ``rung`` how many days before the last day
    it was due. How it fared outside the portal stands with the deliveries of its notice.
    """

    scope = Scope(regions="worker__region", owners=("worker__user",))

    class Kind(models.TextChoices):
        FIRST = "first_registration", "首次登记即将截止"
        RENEWAL = "renewal", "再登记即将截止"
        CORRECTION = "correction", "补正即将截止"
        HOURS = "hours", "继续教育学时不足"
        INSPECTION = "inspection", "抽查期限即将届满"

    worker = models.ForeignKey(Worker, models.PROTECT, related_name="reminders", verbose_name="社会工作者")
    kind = models.CharField("事项", max_length=20, choices=Kind)
    subject = models.CharField("对象", max_length=100)
    rung = models.PositiveSmallIntegerField("提前天数")
    last_day = models.DateField("截止日期")
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, blank=True, related_name="reminders", verbose_name="申请"
    )
    registration = models.ForeignKey(
        Registration, models.PROTECT, null=True, blank=True, related_name="reminders", verbose_name="登记"
    )
    notice = models.OneToOneField(Notice, models.SET_NULL, null=True, blank=True, related_name="reminder")
    created_at = models.DateTimeField("提醒时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "期限提醒"
        constraints = [
            models.UniqueConstraint("worker", "kind", "subject", "rung", name="one_reminder_per_rung"),
            models.CheckConstraint(
                condition=Q(application__isnull=False) | Q(registration__isnull=False), name="reminder_is_about_a_case"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.last_day} −{self.rung}"
