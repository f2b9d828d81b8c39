"""Names and identity numbers that were corrected on proof of the police (R-REP-03)."""

import json
import uuid

import pgtrigger
from django.conf import settings
from django.db import models

from registration.models.people import Worker
from swms.crypto import SealedField
from swms.regions.models import Scope, ScopedModel


class IdentityCorrection(ScopedModel):
    """One correction: what was known before, what is known since, who decided it, and on what proof.

    Both identities are sealed as a whole. ``basis`` is the reference of the case, ``proof`` the files that it
    rested on, by uid and hash. Written once.
    """

    scope = Scope(regions="worker__region", owners=("worker__user",))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="corrections")
    sealed = SealedField("更正前后的姓名和证件号码")
    changed = models.JSONField("更正的项目")
    basis = models.CharField("依据", max_length=40)
    proof = models.JSONField("证明材料", default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="决定人")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "身份信息更正"
        ordering = ["id"]
        # ``sealed`` may be sealed again under a new key; the seal itself keeps it from being altered.
        triggers = [
            pgtrigger.Protect(name="correction_stays", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="correction_unchanged", exclude=["sealed"]),
        ]

    def __str__(self):
        return self.basis

    @property
    def old(self) -> dict[str, str]:
        """``name`` and ``id_number`` as they were before."""
        return json.loads(self.sealed)["old"]

    @property
    def new(self) -> dict[str, str]:
        """``name`` and ``id_number`` as they have been since."""
        return json.loads(self.sealed)["new"]
