"""Reads worth a name."""

from registration.queries.checks import AutomaticCheck, automatic_checks
from registration.queries.differences import FormChange, form_diff, previous_form
from registration.queries.employers import institution_chosen, institutions_named
from registration.queries.next_steps import (
    NextStep,
    foremost,
    goes_on,
    latest_applications,
    may_begin,
    next_step,
)
from registration.queries.policies import policy_of
from registration.queries.profile import PARTS, ProfileTask, editable_parts, profile_tasks
from registration.queries.progress import (
    ProgressStep,
    TimelineEntry,
    WhoseMove,
    check_answers,
    may_reapply_from,
    office,
    progress,
    reopen_refused,
    timeline,
    whose_move,
)
from registration.queries.reviews import awaiting, in_region

__all__ = [
    "PARTS",
    "AutomaticCheck",
    "FormChange",
    "NextStep",
    "ProfileTask",
    "ProgressStep",
    "TimelineEntry",
    "WhoseMove",
    "automatic_checks",
    "awaiting",
    "check_answers",
    "editable_parts",
    "foremost",
    "form_diff",
    "goes_on",
    "in_region",
    "institution_chosen",
    "institutions_named",
    "latest_applications",
    "may_begin",
    "may_reapply_from",
    "next_step",
    "office",
    "policy_of",
    "previous_form",
    "profile_tasks",
    "progress",
    "reopen_refused",
    "timeline",
    "whose_move",
]
