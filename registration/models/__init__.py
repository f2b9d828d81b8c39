"""Who people and institutions are, and what reviewers decide about them."""

from registration.models.applications import Application, ApplicationForm, Decision
from registration.models.feedback import Feedback
from registration.models.institutions import Institution, InstitutionFeedback, InstitutionLink
from registration.models.people import Qualification, Worker
from registration.models.profile import Honour, PastProject, WorkExperience
from registration.models.records import Registration, RegistrationPeriod
from registration.models.roster import RosterImport

__all__ = [
    "Application",
    "ApplicationForm",
    "Decision",
    "Feedback",
    "Honour",
    "Institution",
    "InstitutionFeedback",
    "InstitutionLink",
    "PastProject",
    "Qualification",
    "Registration",
    "RegistrationPeriod",
    "RosterImport",
    "WorkExperience",
    "Worker",
]
