"""What may happen to documents, annotations, replacements and paper: the tables are the law (rulebook §2.13…§2.15)."""

from certificates.workflows.annotation import ANNOTATION, COUNTED_STATES, AnnotationState
from certificates.workflows.documents import DOCUMENT, DocumentState
from certificates.workflows.paper import (
    ENDED_PAPERS,
    OPEN_BATCHES,
    PAPER,
    PAPER_BATCH,
    UNDECIDED_PAPERS,
    BatchState,
    PaperState,
    PaperWay,
    courier_refused,
)
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
    "ENDED_PAPERS",
    "ENDED_STATES",
    "OPEN_BATCHES",
    "OPEN_STATES",
    "PAPER",
    "PAPER_BATCH",
    "REPLACEMENT",
    "REVIEW_WORKING_DAYS",
    "UNDECIDED_PAPERS",
    "UNDECIDED_STATES",
    "AnnotationState",
    "BatchState",
    "DocumentState",
    "PaperState",
    "PaperWay",
    "ReplacementReason",
    "ReplacementState",
    "courier_refused",
    "refused_now",
]
