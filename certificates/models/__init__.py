"""The documents that people carry away."""

from certificates.models.annotations import MAX_DAYS, Annotation, Scenario
from certificates.models.documents import LAYOUT, BaseCopy, Certificate, new_token
from certificates.models.files import FileDamaged, keep
from certificates.models.paper import CARRIER, PaperBatch, PaperCertificate, PaperExport, PaperPlace
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
    "FileDamaged",
    "PaperBatch",
    "PaperCertificate",
    "PaperExport",
    "PaperPlace",
    "Replacement",
    "Scenario",
    "TermsAgreement",
    "keep",
    "new_token",
]
