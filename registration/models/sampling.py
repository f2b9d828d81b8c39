"""抽查: campaigns, the frozen list that each draws from, the drawn cases and what was said in them (decision 0029)."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from registration.models.applications import Application
from registration.models.people import Worker
from registration.models.records import Registration
from registration.workflows import (
    CAMPAIGN,
    OPEN_SAMPLE_STATES,
    SAMPLED_CASE,
    CampaignBasis,
    CampaignState,
    Finding,
    SampleState,
)
from swms.crypto import SealedField
from swms.regions.models import Duty, Region, Scope, ScopedModel
from swms.workflow import Reviewed

_PERSON = {"on_delete": models.PROTECT, "null": True, "blank": True, "related_name": "+"}


class SamplingCampaign(Reviewed, ScopedModel):
    """One sampling audit of an office over its region and all below it.

    ``key`` opens the tokens of the list (``drawing.opening``) and never leaves the portal as a whole; everybody
    drawn gets the opening of the own row. ``committed`` is the published text, ``strata`` says the same for people.
    """

    workflow = CAMPAIGN
    scope = Scope(regions="region", duties=(Duty.FINAL_REVIEW,))
    State, Basis = CampaignState, CampaignBasis

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("批次编号", max_length=32, unique=True)
    title = models.CharField("名称", max_length=60)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="实施区域")
    basis = models.CharField("抽查范围", max_length=12, choices=CampaignBasis)
    period_from = models.DateField("期间开始")
    period_until = models.DateField("期间结束")
    strata_by = models.JSONField("分层", default=list)
    percent = models.PositiveSmallIntegerField("每层比例", null=True, blank=True)
    per_stratum = models.PositiveSmallIntegerField("每层件数", null=True, blank=True)
    purpose = models.CharField("抽查事由", max_length=300)
    request = models.CharField("需要提交的材料", max_length=500)
    seed_source = models.CharField("种子来源", max_length=200)
    seed_on = models.DateField("种子公布日期")
    seed = models.CharField("种子", max_length=200, blank=True)
    seed_evidence = models.CharField("核对办法", max_length=300, blank=True)
    key = SealedField("名单密钥")
    committed = models.TextField("公布的名单", blank=True)
    sha256 = models.CharField("名单的SHA-256", max_length=64, blank=True)
    population = models.PositiveIntegerField("范围内件数", default=0)
    strata = models.JSONField("各层", default=list)
    results = models.JSONField("结果", default=dict)
    state = models.CharField("状态", max_length=12, choices=CampaignState, default=CampaignState.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="建立人")
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    announced_at = models.DateTimeField("公告时间", null=True, blank=True)
    drawn_at = models.DateTimeField("抽取时间", null=True, blank=True)
    started_at = models.DateTimeField("发出通知时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    cancelled_reason = models.CharField("取消的原因", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "抽查批次"
        constraints = [
            models.CheckConstraint(condition=Q(period_until__gte=F("period_from")), name="campaign_period_in_order"),
            models.CheckConstraint(
                condition=Q(percent__range=(1, 100), per_stratum=None) | Q(percent=None, per_stratum__gte=1),
                name="campaign_has_one_size",
            ),
        ]

    def __str__(self):
        return self.ref


class PopulationRow(models.Model):
    """One registration of a frozen list: under what it was published, and how it came out of the draw."""

    campaign = models.ForeignKey(SamplingCampaign, models.PROTECT, related_name="rows")
    application = models.ForeignKey(Application, models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    stratum = models.CharField("层", max_length=80)
    token = models.CharField("代号", max_length=64)
    score = models.CharField("排序值", max_length=64, blank=True)
    drawn = models.BooleanField("抽中", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "抽查范围"
        constraints = [
            models.UniqueConstraint("campaign", "token", name="one_row_per_token"),
            models.UniqueConstraint("campaign", "application", name="one_row_per_application"),
        ]
        triggers = [
            pgtrigger.Protect(name="list_stays", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="list_unchanged", exclude=["score", "drawn"]),
        ]

    def __str__(self):
        return self.token[:12]


class SampledCase(Reviewed, ScopedModel):
    """One drawn registration under inspection.

    ``due_on`` is the person's while the person has something to say (待提交材料, 待陈述, and 不合格, which may be
    reviewed), else the office's. ``decided_by`` stays when a review undoes the decision: that person is kept from it.
    """

    workflow = SAMPLED_CASE
    scope = Scope(regions="region", owners=("worker__user",))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("抽查编号", max_length=40, unique=True)
    campaign = models.ForeignKey(SamplingCampaign, models.PROTECT, related_name="cases")
    row = models.OneToOneField(PopulationRow, models.PROTECT, related_name="case")
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="sampled")
    application = models.ForeignKey(Application, models.PROTECT, related_name="sampled")
    registration = models.ForeignKey(Registration, models.PROTECT, related_name="sampled")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="登记区域")
    state = models.CharField("状态", max_length=12, choices=SampleState, default=SampleState.REQUESTED)
    form_version = models.PositiveIntegerField("材料版本", default=1)
    due_on = models.DateField("期限", null=True, blank=True)
    extended_on = models.DateField("延期日期", null=True, blank=True)
    unanswered_on = models.DateField("逾期未提交", null=True, blank=True)
    late = models.BooleanField("逾期提交", default=False)
    more_asked = models.PositiveSmallIntegerField("要求补充次数", default=0)
    asked_more = models.CharField("补充要求", max_length=500, blank=True)
    finding = models.CharField("拟定意见", max_length=4, choices=Finding, blank=True)
    finding_reason = models.CharField("拟定理由", max_length=500, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="审查人", **_PERSON)
    proposed_at = models.DateTimeField("拟定时间", null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="决定人", **_PERSON)
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    decided_reason = models.CharField("决定理由", max_length=500, blank=True)
    review_asked_at = models.DateTimeField("申请复核时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="复核人", **_PERSON)
    reviewed_at = models.DateTimeField("复核时间", null=True, blank=True)
    reviewed_reason = models.CharField("复核意见", max_length=500, blank=True)
    created_at = models.DateTimeField("通知时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "抽查件"
        constraints = [
            models.UniqueConstraint(
                "registration", condition=Q(state__in=OPEN_SAMPLE_STATES), name="one_open_inspection"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | Q(proposed_by=None)
                | ~Q(decided_by=F("proposed_by"))
                | Q(state=SampleState.STOPPED),
                name="inspection_has_four_eyes",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_on"], name="inspection_due")]

    def __str__(self):
        return self.ref

    def get_absolute_url(self):
        return reverse("registration:inspection", args=[self.ref])

    def people_to_tell(self):
        return [self.worker.user]


class SampleAnswer(models.Model):
    """What the person said and sent once; a draft of the person's own until ``sent_at``."""

    class Purpose(models.TextChoices):
        EVIDENCE = "evidence", "材料和说明"
        STATEMENT = "statement", "陈述申辩"
        REVIEW = "review", "复核申请"

    case = models.ForeignKey(SampledCase, models.PROTECT, related_name="answers")
    purpose = models.CharField("事项", max_length=10, choices=Purpose, blank=True)
    text = models.CharField("说明", max_length=2000, blank=True)
    files = models.ManyToManyField("uploads.StoredFile", related_name="+", verbose_name="材料")
    created_at = models.DateTimeField("填写时间", auto_now_add=True)
    sent_at = models.DateTimeField("提交时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "抽查材料"
        ordering = ["id"]
        constraints = [models.UniqueConstraint("case", condition=Q(sent_at=None), name="one_draft_answer")]

    def __str__(self):
        return f"{self.case.ref} {self.get_purpose_display() or '草稿'}"
