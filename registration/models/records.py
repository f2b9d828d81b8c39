"""The registration of a certificate, and the periods for which it is valid."""

import uuid

from django.db import models
from django.db.models import F, Q

from registration.models.applications import Application
from registration.models.people import Qualification, Worker
from registration.workflows import REGISTRATION, CancelCause, QualificationState, RegistrationState
from swms.dates import today
from swms.regions.models import Region, Scope, ScopedModel
from swms.workflow import Reviewed


class Registration(Reviewed, ScopedModel):
    """The registration record (登记): one per qualification certificate (R-REG-22).

    ``anchor`` is the day from which every term is computed without drift (R-REREG-05): 首次登记时间, until a
    make-up registration after a gap sets a new one (R-REREG-08). ``correct_by`` is the last day on which a
    returned renewal can be sent again; without it the renewal is with the reviewers.
    """

    workflow = REGISTRATION
    scope = Scope(regions="region", owners=("worker__user",))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField("登记证书编号", max_length=18, unique=True)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="registrations")
    qualification = models.OneToOneField(Qualification, models.PROTECT, related_name="registration")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="登记区域")
    first_registered_on = models.DateField("首次登记时间")
    anchor = models.DateField("有效期起算日")
    valid_from = models.DateField("有效期起")
    valid_until = models.DateField("有效期至")
    state = models.CharField("状态", max_length=12, choices=RegistrationState, default=RegistrationState.VALID)
    correct_by = models.DateField("再登记补正期限", null=True, blank=True)
    cancel_cause = models.CharField(
        "注销原因", max_length=12, choices=CancelCause, blank=True, default="", db_default=""
    )
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记"
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="valid_in_order"),
            models.CheckConstraint(
                condition=Q(cancel_cause="") | Q(state=RegistrationState.CANCELLED),
                name="only_cancellations_have_causes",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "valid_until"], name="registration_expiries"),
            models.Index(
                fields=["region", "valid_until"],
                include=["state", "correct_by", "qualification"],
                condition=Q(state__in=(RegistrationState.VALID, RegistrationState.IN_REREG)),
                name="registration_statistics",
            ),
        ]

    def __str__(self):
        return self.number

    def people_to_tell(self):
        return [self.worker.user]

    @property
    def standing(self) -> RegistrationState:
        """Where the record stands today, by its dates: a job that is late must not leave it in force.

        A qualification that was revoked or cancelled takes its registration with it, whatever had become of that;
        only what was decided about the registration itself goes before.
        """
        state = RegistrationState(self.state)
        undone = state in (RegistrationState.REVOKED, RegistrationState.CANCELLED)
        if not undone and self.qualification.state != QualificationState.VALID:
            return RegistrationState(self.qualification.state)
        if state in (RegistrationState.VALID, RegistrationState.IN_REREG):
            renewing = state == RegistrationState.IN_REREG and (self.correct_by is None or self.correct_by >= today())
            if renewing:
                return RegistrationState.IN_REREG
            return RegistrationState.EXPIRED if self.valid_until < today() else RegistrationState.VALID
        return state

    def end_renewal(self) -> "Registration":
        """Let the record fall back on its own dates: the renewal came to nothing."""
        return self.move("run_out" if self.valid_until < today() else "end_renewal")


class RegistrationPeriod(models.Model):
    """Three years of validity, and the application that earned them (R-REG-21)."""

    registration = models.ForeignKey(Registration, models.PROTECT, related_name="periods")
    application = models.OneToOneField(Application, models.PROTECT, related_name="period")
    valid_from = models.DateField("有效期起")
    valid_until = models.DateField("有效期至")

    class Meta:
        verbose_name = verbose_name_plural = "登记有效期"
        ordering = ["valid_from"]
        constraints = [
            models.UniqueConstraint("registration", "valid_from", name="one_period_per_start"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="period_in_order"),
        ]

    def __str__(self):
        return f"{self.valid_from} – {self.valid_until}"
