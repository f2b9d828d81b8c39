"""The documents that people carry away."""

from certificates.models.annotations import Annotation, Scenario, TermsAgreement
from certificates.models.documents import BaseCopy, Certificate

__all__ = ["Annotation", "BaseCopy", "Certificate", "Scenario", "TermsAgreement"]
