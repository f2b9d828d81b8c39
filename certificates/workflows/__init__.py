"""What may happen to documents, annotations and replacements: the tables are the law (rulebook §2.13, §2.14)."""

from certificates.workflows.annotation import ANNOTATION, COUNTED_STATES, AnnotationState
from certificates.workflows.documents import DOCUMENT, DocumentState
from certificates.workflows.replacement import (
    ENDED_STATES,
    OPEN_STATES,
    REPLACEMENT,
    REVIEW_WORKING_DAYS,
    UNDECIDED_STATES,
    ReplacementReason,
    ReplacementState,
    refused_now,
)

__all__ = [
    "ANNOTATION",
    "COUNTED_STATES",
    "DOCUMENT",
    "ENDED_STATES",
    "OPEN_STATES",
    "REPLACEMENT",
    "REVIEW_WORKING_DAYS",
    "UNDECIDED_STATES",
    "AnnotationState",
    "DocumentState",
    "ReplacementReason",
    "ReplacementState",
    "refused_now",
]
