"""A worker's application for a new version of the registration certificate (换发, R-REP-01…03)."""

import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import Q
from django.urls import reverse

from certificates.workflows import OPEN_STATES, REPLACEMENT, ReplacementReason, ReplacementState
from registration.models import IdentityCorrection, ProvincePolicy, Registration, Worker
from swms.crypto import SealedField
from swms.regions.models import Scope, ScopedModel
from swms.workflow import Reviewed

_DECIDED_BY_RULES = (
    ReplacementState.PENDING,
    ReplacementState.INITIAL_APPROVED,
    ReplacementState.APPROVED,
    ReplacementState.REJECTED,
)
_DECIDED = (ReplacementState.INITIAL_APPROVED, ReplacementState.APPROVED, ReplacementState.ISSUED)


class Replacement(Reviewed, ScopedModel):
    """One application, from the first answer to the new version (rulebook §2.14).

    What is filled in may change while it is not submitted, and never afterwards. A correction names the new name,
    the new number, or both; an empty one stays as it is.
    """

    workflow = REPLACEMENT
    scope = Scope(regions="registration__region", owners=("worker__user",), offices=Q(submitted_at__isnull=False))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("受理编号", max_length=32, unique=True)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="replacements")
    registration = models.ForeignKey(Registration, models.PROTECT, related_name="replacements")
    reason = models.CharField("换发原因", max_length=12, choices=ReplacementReason)
    new_name = models.CharField("更正后的姓名", max_length=50, blank=True)
    new_id_number = SealedField("更正后的证件号码", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    evidence = GenericRelation("uploads.StoredFile", "holder_id", "holder_type")
    state = models.CharField("状态", max_length=20, choices=ReplacementState, default=ReplacementState.DRAFT)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    due_on = models.DateField("办结期限", null=True, blank=True)
    first_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="初审人"
    )
    first_decided_at = models.DateTimeField("初审时间", null=True, blank=True)
    decided_reason = models.CharField("审核意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    correction = models.OneToOneField(
        IdentityCorrection, models.PROTECT, null=True, blank=True, related_name="replacement", verbose_name="更正记录"
    )
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记证书换发"
        constraints = [
            models.UniqueConstraint("worker", condition=Q(state__in=OPEN_STATES), name="one_open_replacement"),
            models.CheckConstraint(
                condition=Q(reason=ReplacementReason.CORRECTION)
                | Q(new_name="", new_id_number__isnull=True, correction__isnull=True),
                name="only_corrections_correct",
            ),
            models.CheckConstraint(
                condition=~Q(reason=ReplacementReason.CORRECTION)
                | ~Q(state__in=(ReplacementState.APPROVED, ReplacementState.ISSUED))
                | Q(correction__isnull=False),
                name="approved_corrections_are_made",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_DECIDED) | Q(first_reviewer__isnull=False), name="passed_by_somebody"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"],
                condition=Q(state__in=(ReplacementState.PENDING, ReplacementState.INITIAL_APPROVED)),
                name="replacement_due",
            ),
            models.Index(fields=["decided_at"], condition=Q(state=ReplacementState.APPROVED), name="replacement_queue"),
        ]

    def __str__(self):
        return self.ref

    def get_absolute_url(self):
        return reverse("certificates:replacement", args=[self.ref])

    def people_to_tell(self):
        return [self.worker.user]

    def rules_applied(self):
        return ProvincePolicy.called(self) if self.state in _DECIDED_BY_RULES else ""

    @property
    def region(self):
        """Whose offices decide: those of the registration, wherever it moves."""
        return self.registration.region

    @property
    def region_id(self):
        return self.registration.region_id

    @property
    def is_correction(self) -> bool:
        return self.reason == ReplacementReason.CORRECTION

    @property
    def before(self) -> dict[str, str]:
        """Name and number as they were when this was decided, or as they are."""
        user = self.worker.user
        return self.correction.old if self.correction else {"name": user.name, "id_number": user.id_number or ""}

    @property
    def asked(self) -> dict[str, str]:
        """What a correction asks for: ``name``, ``id_number`` or both."""
        asked = {"name": self.new_name, "id_number": self.new_id_number or ""}
        return {key: value for key, value in asked.items() if value}

    def lacking(self) -> list[str]:
        """Return what must still be given before this can be submitted, in words (R-REP-03)."""
        lacking = []
        if self.is_correction and not self.asked:
            lacking.append("更正后的姓名或证件号码")
        if self.reason == ReplacementReason.LOST and not self.note:
            lacking.append("遗失或损毁情况的说明")
        proof = PROOFS.get(self.reason)
        if proof and not self.evidence.exists():
            lacking.append(proof)
        return lacking


#: What must be uploaded, by reason.
PROOFS = {
    ReplacementReason.CORRECTION: "公安机关出具的证明",
    ReplacementReason.LOCAL: "地方登记证书的照片或扫描件",
}
