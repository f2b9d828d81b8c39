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
from registration.workflows.institution import INSTITUTION, InstitutionState
from registration.workflows.institution_feedback import INSTITUTION_FEEDBACK, InstitutionFeedbackState
from registration.workflows.qualification import QUALIFICATION, QualificationState
from registration.workflows.registration import REGISTRATION, RegistrationState

__all__ = [
    "APPLICATION",
    "DONE_STATES",
    "EDITABLE_STATES",
    "FEEDBACK",
    "INSTITUTION",
    "INSTITUTION_FEEDBACK",
    "IN_REVIEW_STATES",
    "LOCKED_STATES",
    "OPEN_STATES",
    "QUALIFICATION",
    "REFUSED_STATES",
    "REGISTRATION",
    "ApplicationState",
    "FeedbackState",
    "InstitutionFeedbackState",
    "InstitutionState",
    "QualificationState",
    "RegistrationState",
]
