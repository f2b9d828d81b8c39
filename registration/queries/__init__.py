"""Reads worth a name."""

from registration.queries.checks import AutomaticCheck, automatic_checks
from registration.queries.corrections import (
    LEFT,
    MENDED,
    TO_MEND,
    UNNAMED,
    Correction,
    CorrectionTask,
    Opening,
    correction_of,
    named_now,
    opening_of,
    present_content,
    refusal_of,
    standing_correction,
)
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
from registration.queries.profile import PARTS, ProfileTask, editable_parts, moved_by_change, parts_of, profile_tasks
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
from registration.queries.unsent import Unsent, unsent

__all__ = [
    "LEFT",
    "MENDED",
    "PARTS",
    "TO_MEND",
    "UNNAMED",
    "AutomaticCheck",
    "Correction",
    "CorrectionTask",
    "FormChange",
    "NextStep",
    "Opening",
    "ProfileTask",
    "ProgressStep",
    "TimelineEntry",
    "Unsent",
    "WhoseMove",
    "automatic_checks",
    "awaiting",
    "check_answers",
    "correction_of",
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
    "moved_by_change",
    "named_now",
    "next_step",
    "office",
    "opening_of",
    "parts_of",
    "policy_of",
    "present_content",
    "previous_form",
    "profile_tasks",
    "progress",
    "refusal_of",
    "reopen_refused",
    "standing_correction",
    "timeline",
    "unsent",
    "whose_move",
]
