"""The hub's screens of the console; Django finds and registers them here."""

from registration.admin.appeals import AppealAdmin
from registration.admin.applications import ApplicationAdmin
from registration.admin.conflicts import RosterConflictAdmin
from registration.admin.escalations import EscalationAdmin
from registration.admin.feedback import FeedbackAdmin
from registration.admin.imports import RosterImportScreen
from registration.admin.institutions import InstitutionAdmin, InstitutionFeedbackAdmin
from registration.admin.merges import RosterMergeAdmin
from registration.admin.policies import PolicyScreen
from registration.admin.records import RegistrationAdmin
from registration.admin.reminders import DeadlineReminderAdmin
from registration.admin.roster import QualificationAdmin
from registration.admin.sampling import SampledCaseAdmin, SamplingCampaignAdmin
from registration.admin.statistics import StatisticsScreen
from registration.admin.transfers import TransferAdmin

__all__ = [
    "AppealAdmin",
    "ApplicationAdmin",
    "DeadlineReminderAdmin",
    "EscalationAdmin",
    "FeedbackAdmin",
    "InstitutionAdmin",
    "InstitutionFeedbackAdmin",
    "PolicyScreen",
    "QualificationAdmin",
    "RegistrationAdmin",
    "RosterConflictAdmin",
    "RosterImportScreen",
    "RosterMergeAdmin",
    "SampledCaseAdmin",
    "SamplingCampaignAdmin",
    "StatisticsScreen",
    "TransferAdmin",
]
