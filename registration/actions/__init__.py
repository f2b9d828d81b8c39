"""Writes that are not one move; each is one transaction."""

from registration.actions import feedback
from registration.actions.account import register_account
from registration.actions.applications import (
    apply,
    attach_qualifications,
    claim,
    close_renewal,
    complete,
    end_stale_renewal,
    expire,
    lapse,
    open_applications,
    open_makeup,
    open_renewal,
    profile_changed,
    reopen,
    void_renewal,
    withdraw,
)
from registration.actions.profile import (
    delete_row,
    save_answers,
    save_experience,
    save_honour,
    save_project,
    state_region,
)
from registration.actions.reminders import remind, remind_workers

__all__ = [
    "apply",
    "attach_qualifications",
    "claim",
    "close_renewal",
    "complete",
    "delete_row",
    "end_stale_renewal",
    "expire",
    "feedback",
    "lapse",
    "open_applications",
    "open_makeup",
    "open_renewal",
    "profile_changed",
    "register_account",
    "remind",
    "remind_workers",
    "reopen",
    "save_answers",
    "save_experience",
    "save_honour",
    "save_project",
    "state_region",
    "void_renewal",
    "withdraw",
]
