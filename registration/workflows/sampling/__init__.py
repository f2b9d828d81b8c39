"""抽查: a campaign draws registrations by a seed nobody could choose, and each drawn case is heard (decision 0029)."""

from registration.workflows.sampling.campaign import (
    CAMPAIGN,
    CampaignBasis,
    CampaignState,
    StratifyBy,
)
from registration.workflows.sampling.case import (
    ENDED_SAMPLE_STATES,
    FAILED_SAMPLE_STATES,
    OPEN_SAMPLE_STATES,
    SAMPLED_CASE,
    Finding,
    SampleState,
)

__all__ = [
    "CAMPAIGN",
    "ENDED_SAMPLE_STATES",
    "FAILED_SAMPLE_STATES",
    "OPEN_SAMPLE_STATES",
    "SAMPLED_CASE",
    "CampaignBasis",
    "CampaignState",
    "Finding",
    "SampleState",
    "StratifyBy",
]
