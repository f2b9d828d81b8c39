"""Reads worth a name."""

from registration.queries.checks import AutomaticCheck, automatic_checks
from registration.queries.differences import FormChange, form_diff, previous_form
from registration.queries.employers import institution_chosen, institutions_named
from registration.queries.profile import PARTS, ProfileTask, editable_parts, moved_by_change, profile_tasks
from registration.queries.progress import (
    NextStep,
    ProgressStep,
    TimelineEntry,
    WhoseMove,
    Window,
    check_answers,
    first_registration_window,
    foremost,
    may_reapply_from,
    next_step,
    office,
    progress,
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
    "Window",
    "automatic_checks",
    "awaiting",
    "check_answers",
    "editable_parts",
    "first_registration_window",
    "foremost",
    "form_diff",
    "in_region",
    "institution_chosen",
    "institutions_named",
    "may_reapply_from",
    "moved_by_change",
    "next_step",
    "office",
    "previous_form",
    "profile_tasks",
    "progress",
    "timeline",
    "whose_move",
]
