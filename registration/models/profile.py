"""The rest of the personal information: work, past projects, honours (R-PRO-08…14)."""

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import F, Q

from registration.models.institutions import Institution
from registration.models.people import Worker
from swms import codes
from swms.regions.models import Scope, ScopedModel

_OF_THE_WORKER = Scope(regions="worker__region", owners=("worker__user",))


class WorkExperience(ScopedModel):
    """One employment: chosen from the institutions or typed (R-PRO-09)."""

    scope = _OF_THE_WORKER

    worker = models.ForeignKey(Worker, models.CASCADE, related_name="experiences")
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True, verbose_name="机构")
    employer_name = models.CharField("工作单位", max_length=100)
    employer_type = models.CharField("单位性质", max_length=24, choices=codes.EmployerType)
    post = models.CharField("职务", max_length=50)
    start_date = models.DateField("开始时间")
    end_date = models.DateField("结束时间", null=True, blank=True)
    duties = models.CharField("工作内容", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "工作经历"
        ordering = ["-start_date", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_date__isnull=True) | Q(end_date__gte=F("start_date")), name="experience_in_order"
            ),
            models.UniqueConstraint("worker", condition=Q(end_date__isnull=True), name="one_current_employment"),
        ]

    def __str__(self):
        return f"{self.employer_name} {self.post}"


class PastProject(ScopedModel):
    """A finished project, with the compulsory answer on 三区计划 and 牵手计划 (R-PRO-11)."""

    scope = _OF_THE_WORKER

    worker = models.ForeignKey(Worker, models.CASCADE, related_name="past_projects")
    name = models.CharField("项目名称", max_length=100)
    start_date = models.DateField("开始时间")
    end_date = models.DateField("结束时间")
    is_special = models.BooleanField("是否属于三区计划或牵手计划")
    plan = models.CharField("所属计划", max_length=12, choices=codes.SpecialPlan, blank=True)
    evidence = GenericRelation("uploads.StoredFile", "holder_id", "holder_type")

    class Meta:
        verbose_name = verbose_name_plural = "以往项目"
        ordering = ["-start_date", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(end_date__gte=F("start_date")), name="past_project_in_order"),
            models.CheckConstraint(
                condition=(Q(is_special=True) & ~Q(plan="")) | (Q(is_special=False) & Q(plan="")),
                name="past_project_plan_iff_special",
            ),
        ]

    def __str__(self):
        return self.name


class Honour(ScopedModel):
    """A personal honour; optional (R-PRO-13)."""

    scope = _OF_THE_WORKER

    worker = models.ForeignKey(Worker, models.CASCADE, related_name="honours")
    title = models.CharField("荣誉名称", max_length=100)
    level = models.CharField("荣誉等级", max_length=8, choices=codes.HonourLevel)
    awarding_body = models.CharField("授予单位", max_length=100)
    award_date = models.DateField("授予时间")
    evidence = GenericRelation("uploads.StoredFile", "holder_id", "holder_type")

    class Meta:
        verbose_name = verbose_name_plural = "个人荣誉"
        ordering = ["-award_date", "-id"]

    def __str__(self):
        return self.title
