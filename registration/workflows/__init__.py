"""What may happen to the hub's records: the tables are the law (rulebook §2)."""

from registration.workflows.appeal import APPEAL, AppealState
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
from registration.workflows.institution import INSTITUTION, InstitutionState
from registration.workflows.institution_feedback import INSTITUTION_FEEDBACK, InstitutionFeedbackState
from registration.workflows.qualification import QUALIFICATION, QualificationState
from registration.workflows.registration import REGISTERED_STATES, REGISTRATION, CancelCause, RegistrationState
from registration.workflows.roster import ROSTER_CONFLICT, ROSTER_MERGE, RosterConflictState, RosterMergeState
from registration.workflows.sampling import (
    CAMPAIGN,
    ENDED_SAMPLE_STATES,
    FAILED_SAMPLE_STATES,
    OPEN_SAMPLE_STATES,
    SAMPLED_CASE,
    CampaignBasis,
    CampaignState,
    Finding,
    SampleState,
    StratifyBy,
)
from registration.workflows.transfer import (
    ENDED_UNMOVED_STATES,
    OPEN_TRANSFER_STATES,
    PENDING_STATES,
    TRANSFER,
    TransferKind,
    TransferState,
)

__all__ = [
    "APPEAL",
    "APPLICATION",
    "CAMPAIGN",
    "DONE_STATES",
    "EDITABLE_STATES",
    "ENDED_SAMPLE_STATES",
    "ENDED_STATES",
    "ENDED_UNMOVED_STATES",
    "FAILED_SAMPLE_STATES",
    "FEEDBACK",
    "FIRST_KINDS",
    "INSTITUTION",
    "INSTITUTION_FEEDBACK",
    "IN_REVIEW_STATES",
    "LOCKED_STATES",
    "MAKEUP_KINDS",
    "OPEN_SAMPLE_STATES",
    "OPEN_STATES",
    "OPEN_TRANSFER_STATES",
    "PENDING_STATES",
    "QUALIFICATION",
    "REFUSED_STATES",
    "REGISTERED_STATES",
    "REGISTRATION",
    "RENEWAL_KINDS",
    "ROSTER_CONFLICT",
    "ROSTER_MERGE",
    "SAMPLED_CASE",
    "TRANSFER",
    "AppealState",
    "ApplicationKind",
    "ApplicationState",
    "CampaignBasis",
    "CampaignState",
    "CancelCause",
    "FeedbackState",
    "Finding",
    "InstitutionFeedbackState",
    "InstitutionState",
    "QualificationState",
    "RegistrationState",
    "RosterConflictState",
    "RosterMergeState",
    "SampleState",
    "StratifyBy",
    "TransferKind",
    "TransferState",
]
