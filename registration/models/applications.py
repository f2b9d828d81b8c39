"""Applications for registration (首次登记, 再登记), the forms they carried, and what was decided."""

import json
import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from registration.models.form_content import form_content
from registration.models.people import Qualification, Worker
from registration.models.policies import ProvincePolicy
from registration.workflows import (
    APPLICATION,
    DONE_STATES,
    MAKEUP_KINDS,
    OPEN_STATES,
    REFUSED_STATES,
    RENEWAL_KINDS,
    ApplicationKind,
    ApplicationState,
)
from registration.workflows.application import state_label
from swms.crypto import SealedField
from swms.regions.models import Region, Scope, ScopedModel
from swms.workflow import Reviewed

#: Into which only a submission or a decision leads: both follow the rules of the province.
DECIDED_STATES = (
    ApplicationState.PENDING_REVIEW,
    ApplicationState.INITIAL_APPROVED,
    ApplicationState.FINAL_APPROVED,
    *REFUSED_STATES,
)


class Application(Reviewed, ScopedModel):
    """One case: 《社会工作者首次登记信息表》 or 《社会工作者再登记信息表》 up to 已出证 (rulebook §2.3, §2.4).

    The form's content lives in ``ApplicationForm`` rows; ``form_version`` names the current one.
    ``round`` counts the applications after refusals (R-REG-14). A renewal names the ``registration`` and
    the last day of the term that it renews; a first registration gets its record when it is completed.
    """

    workflow = APPLICATION
    scope = Scope(regions="region", owners=("worker__user",))

    Kind = ApplicationKind

    class RefusalKind(models.TextChoices):
        FIXABLE = "fixable", "补正"
        REFUSED = "refused", "不予登记"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("受理编号", max_length=32, unique=True)
    kind = models.CharField("类别", max_length=12, choices=ApplicationKind, default=ApplicationKind.FIRST)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="applications")
    qualification = models.ForeignKey(Qualification, models.PROTECT, related_name="applications")
    registration = models.ForeignKey(
        "registration.Registration", models.PROTECT, null=True, blank=True, related_name="applications"
    )
    term_end = models.DateField("原有效期至", null=True, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", verbose_name="登记区域")
    state = models.CharField("状态", max_length=20, choices=ApplicationState, default=ApplicationState.NOT_APPLIED)
    round = models.PositiveSmallIntegerField("轮次", default=1)
    form_version = models.PositiveIntegerField("表单版本", default=0)
    first_submitted_at = models.DateTimeField("首次提交时间", null=True, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    due_on = models.DateField("办结期限", null=True, blank=True)
    promise_version = models.CharField("承诺书版本", max_length=16, blank=True)
    promised_at = models.DateTimeField("承诺时间", null=True, blank=True)
    late_reason = models.CharField("逾期原因", max_length=500, blank=True)
    first_registered_on = models.DateField("首次登记时间", null=True, blank=True)
    refused_at = models.DateTimeField("未通过时间", null=True, blank=True)
    refusal_kind = models.CharField("未通过类别", max_length=8, choices=RefusalKind, blank=True)
    completed_at = models.DateTimeField("登记完成时间", null=True, blank=True)
    issued_at = models.DateTimeField("出证时间", null=True, blank=True)
    # Nobody reads these two (swms.claims is read); they go with the next release, the one before still writes them.
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记申请"
        constraints = [
            models.UniqueConstraint("qualification", condition=Q(state__in=OPEN_STATES), name="one_open_application"),
            models.UniqueConstraint(
                "registration", "term_end", condition=Q(kind=ApplicationKind.RENEW), name="one_renewal_per_term"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=RENEWAL_KINDS, registration__isnull=False, term_end__isnull=False)
                | (~Q(kind__in=RENEWAL_KINDS) & Q(term_end__isnull=True)),
                name="renewals_name_their_term",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="application_by_state"),
            models.Index(fields=["region", "state", "-id"], name="application_queue"),
            models.Index(
                fields=["region", "state", "due_on", "id"], include=["submitted_at"], name="application_queue_by_due"
            ),
            models.Index(
                fields=["due_on", "id"],
                condition=Q(state__in=(ApplicationState.PENDING_REVIEW, ApplicationState.INITIAL_APPROVED)),
                name="application_due",
            ),
            models.Index(
                fields=["region", "state", "kind", "submitted_at", "due_on"],
                condition=Q(state__in=(ApplicationState.PENDING_REVIEW, ApplicationState.INITIAL_APPROVED)),
                name="application_statistics",
            ),
            models.Index(fields=["kind", "state", "-id"], name="application_by_kind"),
        ]

    def __str__(self):
        return self.ref

    def get_absolute_url(self):
        return reverse("registration:application", args=[self.ref])

    def people_to_tell(self):
        return [self.worker.user]

    def rules_applied(self):
        return ProvincePolicy.called(self) if self.state in DECIDED_STATES else ""

    def get_state_display(self) -> str:
        """Return the state's label, which renewals have of their own (R-REREG-09)."""
        return state_label(self.kind, self.state)

    @property
    def is_renewal(self) -> bool:
        return self.kind in RENEWAL_KINDS

    @property
    def late(self) -> bool:
        """Whether it came in the make-up channel (补登记, R-REG-05)."""
        return self.kind in MAKEUP_KINDS

    @property
    def form_title(self) -> str:
        """What the form is called (R-REG-08, R-REREG-09)."""
        return f"《社会工作者{'再' if self.is_renewal else '首次'}登记信息表》"

    @property
    def certificate_viewable(self) -> bool:
        """Whether 查看证书 is offered (R-REG-20)."""
        return self.state in DONE_STATES

    def sync_form(self) -> "ApplicationForm":
        """Write the personal information as it is now into the form's next version (R-REG-08, R-REG-12).

        The caller saves the application; a version is never changed once written.
        """
        self.form_version += 1
        return self.forms.create(
            version=self.form_version,
            round=self.round,
            sealed=json.dumps(form_content(self), ensure_ascii=False, sort_keys=True),
        )

    @property
    def form(self) -> "ApplicationForm | None":
        """The current version of the form; ``None`` before the first submission."""
        return self.forms.filter(version=self.form_version).first()


class ApplicationForm(models.Model):
    """One version of the form as it was sent (R-REG-12, R-REG-13); never changed afterwards.

    The content holds the identity number and the mobile, so it is sealed as a whole.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="forms")
    version = models.PositiveIntegerField("版本")
    round = models.PositiveSmallIntegerField("轮次")
    sealed = SealedField("内容")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记信息表"
        ordering = ["version"]
        constraints = [models.UniqueConstraint("application", "version", name="one_form_per_version")]
        # ``sealed`` may be sealed again under a new key; the seal itself keeps it from being altered.
        triggers = [
            pgtrigger.Protect(name="form_stays", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="form_unchanged", exclude=["sealed"]),
        ]

    def __str__(self):
        return f"{self.application.ref} v{self.version}"

    @property
    def content(self) -> dict:
        """The form as ``form_content`` made it."""
        return json.loads(self.sealed)


class Decision(models.Model):
    """What one reviewer decided at one stage of one round (R-REG-15, R-REG-18).

    ``region`` and ``working_days`` (since it was sent) are as they were then: the case may go on elsewhere and
    be sent again, and what was decided stays the office's (decision 0028).
    """

    class Stage(models.TextChoices):
        FIRST = "first", "初审"
        FINAL = "final", "终审"

    application = models.ForeignKey(Application, models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField("轮次")
    stage = models.CharField("环节", max_length=5, choices=Stage)
    passed = models.BooleanField("通过")
    refusal_kind = models.CharField("未通过类别", max_length=8, choices=Application.RefusalKind, blank=True)
    reason_codes = models.JSONField("原因代码", default=list)  # each once, those of the items too
    #: What it named, by identity, of the version that it looked at (registration.reasons).
    items = models.JSONField("指出的内容", default=list, db_default=[])
    reason = models.CharField("审核意见", max_length=500, blank=True)
    form_version = models.PositiveIntegerField("表单版本")
    policy_version = models.PositiveIntegerField("政策版本", default=0, db_default=0)  # 0: no province policy
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name="登记区域"
    )
    working_days = models.PositiveSmallIntegerField("用时（工作日）", null=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="审核人")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "审核决定"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("application", "round", "stage", name="one_decision_per_stage"),
            models.CheckConstraint(condition=Q(passed=True) | ~Q(reason=""), name="refusals_give_reasons"),
        ]
        indexes = [
            models.Index(
                fields=["region", "at"], include=["stage", "passed", "working_days"], name="decision_statistics"
            )
        ]

    def __str__(self):
        return f"{self.application.ref} {self.get_stage_display()}{'通过' if self.passed else '未通过'}"
