"""Reads worth a name. Nothing here writes."""

from certificates.queries.alarms import Alarm, alarms, impossible
from certificates.queries.annotations import (
    CertificateCard,
    Quota,
    due_annotations,
    has_agreed,
    has_e_certificate,
    is_busy,
    my_certificates,
    quota,
)
from certificates.queries.issuing import (
    current_certificate,
    due_applications,
    due_certificates,
    due_replacements,
    is_withdrawn,
    served_certificate,
    versions,
)
from certificates.queries.printed import qualification_facts, registration_facts
from certificates.queries.replacements import open_replacement
from certificates.queries.verification import Verification, verify_file, verify_number, verify_token

__all__ = [
    "Alarm",
    "CertificateCard",
    "Quota",
    "Verification",
    "alarms",
    "current_certificate",
    "due_annotations",
    "due_applications",
    "due_certificates",
    "due_replacements",
    "has_agreed",
    "has_e_certificate",
    "impossible",
    "is_busy",
    "is_withdrawn",
    "my_certificates",
    "open_replacement",
    "qualification_facts",
    "quota",
    "registration_facts",
    "served_certificate",
    "verify_file",
    "verify_number",
    "verify_token",
    "versions",
]
