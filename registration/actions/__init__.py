"""Writes that are not one move; each is one transaction."""

from registration.actions import appeals, escalations, feedback, institutions, merging, sampling, transfers
from registration.actions.account import register_account
from registration.actions.applications import (
    apply,
    attach_qualifications,
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
from registration.actions.employers import report_institution
from registration.actions.escalations import escalate
from registration.actions.identity import correct_identity
from registration.actions.policies import set_policy
from registration.actions.profile import (
    delete_row,
    link_institution,
    save_answers,
    save_experience,
    save_honour,
    save_project,
    state_region,
)
from registration.actions.reminders import remind, remind_workers

__all__ = [
    "appeals",
    "apply",
    "attach_qualifications",
    "close_renewal",
    "complete",
    "correct_identity",
    "delete_row",
    "end_stale_renewal",
    "escalate",
    "escalations",
    "expire",
    "feedback",
    "institutions",
    "lapse",
    "link_institution",
    "merging",
    "open_applications",
    "open_makeup",
    "open_renewal",
    "profile_changed",
    "register_account",
    "remind",
    "remind_workers",
    "reopen",
    "report_institution",
    "sampling",
    "save_answers",
    "save_experience",
    "save_honour",
    "save_project",
    "set_policy",
    "state_region",
    "transfers",
    "void_renewal",
    "withdraw",
]
