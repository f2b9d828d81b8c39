"""Changes of employer and region (变更, R-CHG-01…11)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from registration.models.institutions import Institution
from registration.models.people import Worker
from registration.workflows import OPEN_TRANSFER_STATES, TRANSFER, TransferKind, TransferState
from swms import codes
from swms.codes import EmployerType
from swms.regions.models import Region, Scope, ScopedModel
from swms.workflow import Reviewed

_FILE = {"on_delete": models.PROTECT, "null": True, "blank": True, "related_name": "+"}


class Transfer(Reviewed, ScopedModel):
    """One change of a registered worker: a new employer, a new 登记区域, or both as one bundle (R-CHG-03).

    What the worker had is copied when the draft is made and again when it is sent. Without a new
    employer the present one stays. Both offices see it once it is sent, also afterwards (R-CHG-07); a
    draft is the worker's own.
    """

    workflow = TRANSFER
    scope = Scope(regions=("from_region", "to_region"), owners=("worker__user",), offices=Q(submitted_at__isnull=False))
    Kind = TransferKind

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField("受理编号", max_length=32, unique=True)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="transfers")
    kind = models.CharField("变更类型", max_length=16, choices=TransferKind, blank=True)
    state = models.CharField("状态", max_length=12, choices=TransferState, default=TransferState.DRAFT)
    form_version = models.PositiveIntegerField("表单版本", default=1)
    from_region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="转出区域")
    from_institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="原机构"
    )
    from_employer = models.CharField("原工作单位", max_length=100, blank=True)
    from_type = models.CharField("原单位性质", max_length=24, choices=EmployerType, blank=True)
    from_post = models.CharField("原职务", max_length=50, blank=True)
    from_start = models.DateField("原工作开始时间", null=True, blank=True)
    to_region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="变更后的登记区域"
    )
    to_institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="变更后的机构"
    )
    keeps_employer = models.BooleanField("工作单位不变", default=False)
    to_employer = models.CharField("变更后的工作单位", max_length=100, blank=True)
    to_type = models.CharField("单位性质", max_length=24, choices=EmployerType, blank=True)
    to_post = models.CharField("职务", max_length=50, blank=True)
    effective_date = models.DateField("变更日期", null=True, blank=True)
    reason = models.CharField("变更原因", max_length=200, blank=True)
    leave_proof = models.ForeignKey("uploads.StoredFile", verbose_name="离职证明", **_FILE)
    new_contract = models.ForeignKey("uploads.StoredFile", verbose_name="入职证明", **_FILE)
    region_evidence = models.ForeignKey("uploads.StoredFile", verbose_name="新登记区域的证明", **_FILE)
    copied_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="copies")
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    due_on = models.DateField("办结期限", null=True, blank=True)
    approved_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="转出地审核人"
    )
    approved_out_at = models.DateTimeField("转出地同意时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="办结人"
    )
    decided_at = models.DateTimeField("办结时间", null=True, blank=True)
    decided_reason = models.CharField("审核意见", max_length=500, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "变更申请"
        constraints = [
            models.UniqueConstraint(
                "worker", condition=Q(state__in=OPEN_TRANSFER_STATES), name="one_open_transfer_per_worker"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(TransferState.DRAFT, TransferState.WITHDRAWN, TransferState.CANCELLED))
                | (~Q(kind="") & Q(to_region__isnull=False) & Q(effective_date__isnull=False)),
                name="sent_transfers_are_filled_in",
            ),
            models.CheckConstraint(
                condition=Q(approved_out_by=None)
                | Q(decided_by=None)
                | ~Q(state__in=(TransferState.APPROVED, TransferState.REJECTED))
                | ~Q(approved_out_by=models.F("decided_by")),
                name="transfers_have_four_eyes",
            ),
        ]
        indexes = [
            models.Index(fields=["from_region", "state", "-id"], name="transfer_out_queue"),
            models.Index(fields=["to_region", "state", "-id"], name="transfer_in_queue"),
        ]

    def __str__(self):
        return self.ref

    def get_absolute_url(self):
        return reverse("registration:transfer", args=[self.ref])

    def get_state_display(self) -> str:
        """Return the label; a change within one region is plainly 待审核 (rulebook §2.5)."""
        if self.state == TransferState.PENDING_IN and not self.moves_region:
            return "待审核"
        return TransferState(self.state).label

    def people_to_tell(self):
        return [self.worker.user]

    # -- what is asked and what changes -------------------------------------------------------

    @property
    def changes_employer(self) -> bool:
        return not self.keeps_employer

    @property
    def moves_region(self) -> bool:
        return self.kind in (TransferKind.INST_AND_REGION, TransferKind.REGION_ONLY)

    @property
    def new_employer(self) -> str:
        """The employer after the change, as it will stand in the personal information."""
        if self.keeps_employer:
            return self.from_employer
        return self.to_institution.name if self.to_institution else self.to_employer

    @property
    def new_employer_type(self) -> str:
        if self.keeps_employer:
            return self.from_type
        return codes.EmployerType.SOCIAL_WORK_INSTITUTION if self.to_institution else self.to_type

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of the answers that this change asks for (§3.12)."""
        asked = [] if self.to_institution_id else ["to_region"]
        if self.changes_employer:
            asked += [] if self.to_institution_id else ["to_employer", "to_type"]
            asked.append("to_post")
        return (*asked, "effective_date", "reason", *self.proofs)

    @property
    def proofs(self) -> tuple[str, ...]:
        """Names of the files that this change needs; who had no work need not prove to have left it (§3.12)."""
        proofs = []
        if self.changes_employer:
            if self.from_employer and self.from_type != EmployerType.NOT_EMPLOYED:
                proofs.append("leave_proof")
            if self.new_employer_type != EmployerType.NOT_EMPLOYED:
                proofs.append("new_contract")
        if self.moves_region:
            proofs.append("region_evidence")
        return tuple(proofs)

    def missing(self) -> list[tuple[str, str]]:
        """Return ``(name, label)`` of everything that is still to be filled in or uploaded."""
        empty = [name for name in self.asked if getattr(self, f"{name}_id", getattr(self, name)) in (None, "")]
        return [(name, str(self._meta.get_field(name).verbose_name)) for name in empty]
