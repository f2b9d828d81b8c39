"""The console's screens of 抽查 (decision 0029)."""

from registration.admin.sampling.campaigns import SamplingCampaignAdmin
from registration.admin.sampling.cases import SampledCaseAdmin

__all__ = ["SampledCaseAdmin", "SamplingCampaignAdmin"]
