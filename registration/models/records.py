"""The registration of a certificate, and the periods for which it is valid."""

import uuid

from django.db import models
from django.db.models import F, Q

from registration.models.applications import Application
from registration.models.people import Qualification, Worker
from registration.workflows import REGISTRATION, RegistrationState
from swms.regions.models import Region, Scope, ScopedModel
from swms.workflow import Reviewed


class Registration(Reviewed, ScopedModel):
    """The registration record (登记): one per qualification certificate (R-REG-22).

    ``anchor`` is 首次登记时间, from which every period is computed without drift (R-REREG-05).
    """

    workflow = REGISTRATION
    scope = Scope(regions="region", owners=("worker__user",))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField("登记证书编号", max_length=18, unique=True)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="registrations")
    qualification = models.OneToOneField(Qualification, models.PROTECT, related_name="registration")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="登记区域")
    anchor = models.DateField("首次登记时间")
    valid_from = models.DateField("有效期起")
    valid_until = models.DateField("有效期至")
    state = models.CharField("状态", max_length=12, choices=RegistrationState, default=RegistrationState.VALID)
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记"
        constraints = [models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="valid_in_order")]
        indexes = [models.Index(fields=["state", "valid_until"], name="registration_expiries")]

    def __str__(self):
        return self.number

    def people_to_tell(self):
        return [self.worker.user]


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
