"""服务须知 of the certificate module, by version, and who agreed to which (R-CERT-03)."""

from django.conf import settings
from django.db import models

#: Raise when the text in ``templates/certificates/terms_text.html`` changes: everybody is asked again.
TERMS_VERSION = "2026-11"


class TermsAgreement(models.Model):
    """That a person agreed to one version of 服务须知 (R-CERT-03)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    version = models.CharField("版本", max_length=16)
    at = models.DateTimeField("同意时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "服务须知同意"
        constraints = [models.UniqueConstraint("user", "version", name="one_agreement_per_version")]

    def __str__(self):
        return f"{self.user} {self.version}"
