"""What may happen to the hub's records: the tables are the law (rulebook §2)."""

from registration.workflows.application import (
    APPLICATION,
    DONE_STATES,
    EDITABLE_STATES,
    ENDED_STATES,
    FIRST_KINDS,
    IN_REVIEW_STATES,
    LOCKED_STATES,
    MAKEUP_KINDS,
    OPEN_STATES,
    REFUSED_STATES,
    RENEWAL_KINDS,
    ApplicationKind,
    ApplicationState,
)
from registration.workflows.feedback import FEEDBACK, FeedbackState
from registration.workflows.qualification import QUALIFICATION, QualificationState
from registration.workflows.registration import REGISTRATION, CancelCause, RegistrationState

__all__ = [
    "APPLICATION",
    "DONE_STATES",
    "EDITABLE_STATES",
    "ENDED_STATES",
    "FEEDBACK",
    "FIRST_KINDS",
    "IN_REVIEW_STATES",
    "LOCKED_STATES",
    "MAKEUP_KINDS",
    "OPEN_STATES",
    "QUALIFICATION",
    "REFUSED_STATES",
    "REGISTRATION",
    "RENEWAL_KINDS",
    "ApplicationKind",
    "ApplicationState",
    "CancelCause",
    "FeedbackState",
    "QualificationState",
    "RegistrationState",
]
