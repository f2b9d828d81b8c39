"""The hub's screens of the console; Django finds and registers them here."""

from registration.admin.applications import ApplicationAdmin
from registration.admin.feedback import FeedbackAdmin
from registration.admin.imports import RosterImportScreen
from registration.admin.institutions import InstitutionAdmin, InstitutionFeedbackAdmin
from registration.admin.records import RegistrationAdmin
from registration.admin.roster import QualificationAdmin

__all__ = [
    "ApplicationAdmin",
    "FeedbackAdmin",
    "InstitutionAdmin",
    "InstitutionFeedbackAdmin",
    "QualificationAdmin",
    "RegistrationAdmin",
    "RosterImportScreen",
]
