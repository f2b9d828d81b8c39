"""Writes that are not one move; each step is one transaction, and slow work is outside of all of them."""

from certificates.actions import collecting, replacing
from certificates.actions.annotating import annotate, claim_retries, drain, drains_needed
from certificates.actions.issuing import issue, make, replace
from certificates.actions.looking_up import look_up
from certificates.actions.requesting import agree_to_terms, end, request_annotation, revoke_annotations
from certificates.actions.upkeep import expire, give_up_overdue, purge, raise_alarms, remind_before_end, remove_orphans

__all__ = [
    "agree_to_terms",
    "annotate",
    "claim_retries",
    "collecting",
    "drain",
    "drains_needed",
    "end",
    "expire",
    "give_up_overdue",
    "issue",
    "look_up",
    "make",
    "purge",
    "raise_alarms",
    "remind_before_end",
    "remove_orphans",
    "replace",
    "replacing",
    "request_annotation",
    "revoke_annotations",
]
