"""The hub's screens of the console; Django finds and registers them here."""

from registration.admin.applications import ApplicationAdmin
from registration.admin.feedback import FeedbackAdmin
from registration.admin.imports import RosterImportScreen
from registration.admin.records import InstitutionAdmin, RegistrationAdmin
from registration.admin.reminders import DeadlineReminderAdmin
from registration.admin.roster import QualificationAdmin

__all__ = [
    "ApplicationAdmin",
    "DeadlineReminderAdmin",
    "FeedbackAdmin",
    "InstitutionAdmin",
    "QualificationAdmin",
    "RegistrationAdmin",
    "RosterImportScreen",
]
