"""Who people and institutions are, and what reviewers decide about them."""

from registration.models.applications import Application, ApplicationForm, Decision
from registration.models.feedback import Feedback
from registration.models.institutions import Institution
from registration.models.people import Qualification, Worker
from registration.models.profile import Honour, PastProject, WorkExperience
from registration.models.records import Registration, RegistrationPeriod
from registration.models.roster import RosterImport
from registration.models.transfers import Transfer

__all__ = [
    "Application",
    "ApplicationForm",
    "Decision",
    "Feedback",
    "Honour",
    "Institution",
    "PastProject",
    "Qualification",
    "Registration",
    "RegistrationPeriod",
    "RosterImport",
    "Transfer",
    "WorkExperience",
    "Worker",
]
