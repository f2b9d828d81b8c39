"""The ledger of what ran out of time and which office above was told of it (R-REG-16, R-CHG-10)."""

from django.db import models
from django.db.models import Q

from swms.regions.models import Duty, Region, Scope, ScopedModel


class Escalation(ScopedModel):
    """One case that its office left undecided, raised to one office above: written once for each of them.

    It is about the state in which the time ran out, so the next step and the next round have escalations of their
    own. ``office`` is the one above, none for the whole country; where nobody sits above, the system administrators
    are told. It closes with the case's next move, whoever makes it (decision 0027).
    """

    scope = Scope(regions="office", besides=((Duty.SYSTEM, Q(to_administrators=True)),))

    kind = models.CharField("业务", max_length=60)  # the model's label, as the trail calls it
    case_id = models.BigIntegerField("业务编号")
    ref = models.CharField("受理编号", max_length=32)
    state = models.CharField("逾期的环节", max_length=20)
    duty = models.CharField("职责", max_length=16, choices=Duty)
    due_on = models.DateField("办结期限")
    late = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="逾期的区域"
    )  # none: the security desk
    level = models.PositiveSmallIntegerField("升级次数")
    office = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="升级到")
    to_administrators = models.BooleanField("没有上级，告知系统管理员", default=False)
    at = models.DateTimeField("升级时间", auto_now_add=True)
    told_at = models.DateTimeField("告知时间", null=True, blank=True)
    closed_at = models.DateTimeField("办理时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "逾期升级"
        constraints = [
            models.UniqueConstraint("kind", "case_id", "state", "due_on", "level", name="one_escalation_per_level"),
            models.UniqueConstraint(
                "kind",
                "case_id",
                "state",
                "due_on",
                "office",
                "to_administrators",
                name="one_escalation_per_office",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(to_administrators=False) | Q(office=None), name="administrators_are_no_office"
            ),
            models.CheckConstraint(condition=Q(level__gte=1), name="escalation_levels_from_one"),
        ]
        indexes = [
            models.Index(fields=["kind", "case_id"], name="escalation_of_case"),
            models.Index(fields=["office", "-id"], condition=Q(closed_at=None), name="escalation_open"),
        ]

    def __str__(self):
        return f"{self.ref} 第{self.level}次升级"
