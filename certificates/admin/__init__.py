"""The screens of this module in the console; Django finds and registers them here."""

from django.contrib import admin

from certificates.admin.documents import AnnotationScreen, CertificateScreen
from certificates.admin.issued_log import LogScreen
from certificates.admin.paper import PaperAdmin
from certificates.admin.paper_batches import PaperBatchAdmin
from certificates.admin.replacements import ReplacementAdmin
from certificates.rules import may_check_many
from swms.console.site import Link

__all__ = [
    "AnnotationScreen",
    "CertificateScreen",
    "LogScreen",
    "PaperAdmin",
    "PaperBatchAdmin",
    "ReplacementAdmin",
]

admin.site.offer(Link("证书", "批量查验", "certificates:bulk", may_check_many))
