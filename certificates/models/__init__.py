"""The documents that people carry away."""

from certificates.models.annotations import MAX_DAYS, Annotation, Scenario
from certificates.models.counts import VerificationCount
from certificates.models.documents import LAYOUT, BaseCopy, Certificate, new_token
from certificates.models.files import FileDamaged, keep
from certificates.models.issued_log import EntryKind, LogEntry, LogNode
from certificates.models.paper import CARRIER, PaperBatch, PaperCertificate, PaperExport, PaperPlace
from certificates.models.rechecks import FileCheck, FileFault
from certificates.models.replacements import PROOFS, Replacement
from certificates.models.terms import TERMS_VERSION, TermsAgreement

__all__ = [
    "CARRIER",
    "LAYOUT",
    "MAX_DAYS",
    "PROOFS",
    "TERMS_VERSION",
    "Annotation",
    "BaseCopy",
    "Certificate",
    "EntryKind",
    "FileCheck",
    "FileDamaged",
    "FileFault",
    "LogEntry",
    "LogNode",
    "PaperBatch",
    "PaperCertificate",
    "PaperExport",
    "PaperPlace",
    "Replacement",
    "Scenario",
    "TermsAgreement",
    "VerificationCount",
    "keep",
    "new_token",
]
