"""Writes that are not one move; each is one transaction."""

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

__all__ = [
    "apply",
    "attach_qualifications",
    "claim",
    "complete",
    "expire",
    "lapse",
    "open_applications",
    "profile_changed",
    "register_account",
    "reopen",
    "withdraw",
]
