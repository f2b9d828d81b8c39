"""The signed registration certificate, and the unsigned base of a qualification certificate."""

import json
import secrets
import uuid

from django.db import models
from django.urls import reverse

from certificates.models.files import KeptFile
from certificates.workflows import DOCUMENT, DocumentState
from registration.models import Application, Qualification, Registration
from swms.crypto import SealedField
from swms.regions.models import Scope, ScopedModel
from swms.workflow import Reviewed

#: Raise when the page itself changes, so that every base is laid out again before its next annotation.
LAYOUT = "1"


def new_token() -> str:
    """Return 128 random bits as text, for a verification link that cannot be guessed."""
    return secrets.token_urlsafe(16)


class Certificate(KeptFile, Reviewed, ScopedModel):
    """One version of a 登记证书: content stored first, then rendered and signed (issue ≠ render).

    The row is the queue: a QUEUED row is work to do, ``lease_until`` says who is at it. It was ordered by an
    ``application`` that is completed or by a ``replacement`` that is approved, which it finishes (``order``).
    """

    workflow = DOCUMENT
    scope = Scope(regions="registration__region", owners=("registration__worker__user",))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    registration = models.ForeignKey(Registration, models.PROTECT, related_name="certificates")
    version = models.PositiveSmallIntegerField("版本", default=1)
    application = models.OneToOneField(
        Application, models.PROTECT, null=True, blank=True, related_name="certificate", verbose_name="登记申请"
    )
    replacement = models.OneToOneField(
        "certificates.Replacement",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="certificate",
        verbose_name="换发申请",
    )
    sealed = SealedField("内容")
    state = models.CharField("状态", max_length=12, choices=DocumentState, default=DocumentState.QUEUED)
    verify_token = models.CharField(max_length=32, unique=True, default=new_token)
    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField("文件指纹", max_length=64, blank=True)
    signer = models.CharField("签名证书指纹", max_length=64, blank=True)
    issued_at = models.DateTimeField("签发时间", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记证书"
        constraints = [
            models.UniqueConstraint("registration", "version", name="one_certificate_per_version"),
            models.CheckConstraint(
                condition=models.Q(application=None) | models.Q(replacement=None), name="ordered_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state=DocumentState.QUEUED) | ~models.Q(sha256=""), name="issued_has_hash"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=models.Q(state=DocumentState.QUEUED), name="certificate_queue"
            )
        ]

    def __str__(self):
        return f"{self.registration.number} v{self.version}"

    def get_absolute_url(self):
        return reverse("certificates:registration", args=[self.registration.number])

    @property
    def order(self):
        """What this version finishes: an application or a replacement."""
        return self.replacement or self.application

    @property
    def why(self) -> str:
        """Why there is this version, in words."""
        if self.replacement:
            return f"换发：{self.replacement.get_reason_display()}"
        return self.application.get_kind_display() if self.application else "登记"

    @property
    def content(self) -> dict:
        """What is printed, as ``certificates.pdf.page.render`` takes it."""
        return json.loads(self.sealed)


class BaseCopy(KeptFile, models.Model):
    """A qualification certificate laid out once, ready to be annotated, never served.

    ``sidecar`` holds the offsets that an incremental update needs; ``sealed`` what was printed, with the
    photo by its uid. When any of that changes, the certificate is laid out anew.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    qualification = models.OneToOneField(Qualification, models.PROTECT, related_name="base_copy")
    sealed = SealedField("内容")
    layout = models.CharField("版式", max_length=16)
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    sidecar = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "职业水平证书底本"

    def __str__(self):
        return self.qualification.mgmt_no
