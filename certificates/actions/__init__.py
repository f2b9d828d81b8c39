"""Writes that are not one move; each step is one transaction, and slow work is outside of all of them."""

from certificates.actions import collecting, replacing
from certificates.actions.annotating import annotate, claim_retries, drain, drains_needed
from certificates.actions.issued_log import anchor, log_issued, log_withdrawn
from certificates.actions.issuing import issue, make, replace
from certificates.actions.looking_up import look_up, look_up_code, look_up_file
from certificates.actions.rechecking import recheck, recheck_log
from certificates.actions.requesting import agree_to_terms, end, request_annotation, revoke_annotations
from certificates.actions.upkeep import expire, give_up_overdue, purge, raise_alarms, remind_before_end, remove_orphans

__all__ = [
    "agree_to_terms",
    "anchor",
    "annotate",
    "claim_retries",
    "collecting",
    "drain",
    "drains_needed",
    "end",
    "expire",
    "give_up_overdue",
    "issue",
    "log_issued",
    "log_withdrawn",
    "look_up",
    "look_up_code",
    "look_up_file",
    "make",
    "purge",
    "raise_alarms",
    "recheck",
    "recheck_log",
    "remind_before_end",
    "remove_orphans",
    "replace",
    "replacing",
    "request_annotation",
    "revoke_annotations",
]
