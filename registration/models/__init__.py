"""Who people and institutions are, and what reviewers decide about them."""

from registration.models.appeals import Appeal
from registration.models.applications import Application, ApplicationForm, Decision
from registration.models.corrections import IdentityCorrection
from registration.models.escalations import Escalation
from registration.models.feedback import Feedback
from registration.models.institutions import Institution, InstitutionFeedback, InstitutionLink
from registration.models.people import Qualification, Worker
from registration.models.policies import DEFAULT_POLICY, FinalReview, FirstReview, Policy, ProvincePolicy, Span
from registration.models.profile import Honour, PastProject, WorkExperience
from registration.models.records import Registration, RegistrationPeriod
from registration.models.reminders import DeadlineReminder
from registration.models.roster import RosterChange, RosterConflict, RosterImport, RosterKept, RosterMerge
from registration.models.sampling import PopulationRow, SampleAnswer, SampledCase, SamplingCampaign
from registration.models.transfers import Transfer

__all__ = [
    "DEFAULT_POLICY",
    "Appeal",
    "Application",
    "ApplicationForm",
    "DeadlineReminder",
    "Decision",
    "Escalation",
    "Feedback",
    "FinalReview",
    "FirstReview",
    "Honour",
    "IdentityCorrection",
    "Institution",
    "InstitutionFeedback",
    "InstitutionLink",
    "PastProject",
    "Policy",
    "PopulationRow",
    "ProvincePolicy",
    "Qualification",
    "Registration",
    "RegistrationPeriod",
    "RosterChange",
    "RosterConflict",
    "RosterImport",
    "RosterKept",
    "RosterMerge",
    "SampleAnswer",
    "SampledCase",
    "SamplingCampaign",
    "Span",
    "Transfer",
    "WorkExperience",
    "Worker",
]
