"""What may happen to the hub's records: the tables are the law (rulebook §2)."""

from registration.workflows.application import (
    APPLICATION,
    DONE_STATES,
    EDITABLE_STATES,
    IN_REVIEW_STATES,
    LOCKED_STATES,
    OPEN_STATES,
    REFUSED_STATES,
    ApplicationState,
)
from registration.workflows.feedback import FEEDBACK, FeedbackState
from registration.workflows.qualification import QUALIFICATION, QualificationState
from registration.workflows.registration import REGISTERED_STATES, REGISTRATION, RegistrationState
from registration.workflows.transfer import (
    ENDED_UNMOVED_STATES,
    OPEN_TRANSFER_STATES,
    PENDING_STATES,
    TRANSFER,
    TransferKind,
    TransferState,
)

__all__ = [
    "APPLICATION",
    "DONE_STATES",
    "EDITABLE_STATES",
    "ENDED_UNMOVED_STATES",
    "FEEDBACK",
    "IN_REVIEW_STATES",
    "LOCKED_STATES",
    "OPEN_STATES",
    "OPEN_TRANSFER_STATES",
    "PENDING_STATES",
    "QUALIFICATION",
    "REFUSED_STATES",
    "REGISTERED_STATES",
    "REGISTRATION",
    "TRANSFER",
    "ApplicationState",
    "FeedbackState",
    "QualificationState",
    "RegistrationState",
    "TransferKind",
    "TransferState",
]
