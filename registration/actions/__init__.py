"""Writes that are not one move; each is one transaction."""

from registration.actions import feedback, institutions
from registration.actions.account import register_account
from registration.actions.applications import (
    apply,
    attach_qualifications,
    claim,
    complete,
    expire,
    lapse,
    open_applications,
    profile_changed,
    reopen,
    withdraw,
)
from registration.actions.employers import report_institution
from registration.actions.profile import (
    delete_row,
    link_institution,
    save_answers,
    save_experience,
    save_honour,
    save_project,
    state_region,
)
from registration.actions.reminders import remind

__all__ = [
    "apply",
    "attach_qualifications",
    "claim",
    "complete",
    "delete_row",
    "expire",
    "feedback",
    "institutions",
    "lapse",
    "link_institution",
    "open_applications",
    "profile_changed",
    "register_account",
    "remind",
    "reopen",
    "report_institution",
    "save_answers",
    "save_experience",
    "save_honour",
    "save_project",
    "state_region",
    "withdraw",
]
