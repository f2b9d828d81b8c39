"""The screens of this module in the console; Django finds and registers them here."""

from certificates.admin.documents import AnnotationScreen, CertificateScreen
from certificates.admin.issued_log import LogScreen
from certificates.admin.paper import PaperAdmin
from certificates.admin.paper_batches import PaperBatchAdmin
from certificates.admin.replacements import ReplacementAdmin

__all__ = [
    "AnnotationScreen",
    "CertificateScreen",
    "LogScreen",
    "PaperAdmin",
    "PaperBatchAdmin",
    "ReplacementAdmin",
]
