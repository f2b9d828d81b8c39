"""A replacement as its pages show it: old beside new, whose move it is, and its steps."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from certificates.models import Replacement
from certificates.workflows import ReplacementState as S
from registration.queries import office_of
from swms.idnumbers import mask_id

_LABELS = {"name": "姓名", "id_number": "证件号码"}
_WHOSE = {
    S.DRAFT: "等待本人提交",
    S.PENDING: "等待审核",
    S.INITIAL_APPROVED: "等待终审",
    S.APPROVED: "系统正在生成新版证书",
}


@dataclass(frozen=True)
class Step:
    """One step of 进度, as ``ui/steps.html`` takes it."""

    label: str
    state: str
    office: str = ""
    date: dt.date | None = None
    expected: dt.date | None = None


def whose_move(replacement: Replacement) -> str:
    """Tell who has to act next."""
    return _WHOSE.get(replacement.state, "已办结")


def beside(replacement: Replacement) -> list[dict]:
    """Return what a correction changes, old beside new, for ``ui/diff.html``; numbers are masked (R-ACC-13).

    Two numbers that look alike behind their masks are said to be different.
    """
    rows = []
    for key, new in replacement.asked.items():
        old = replacement.before[key]
        if key == "id_number":
            old, new = mask_id(old), mask_id(new)
            new = f"{new}（已更换）" if old == new else new
        rows.append({"label": _LABELS[key], "old": old, "new": new})
    return rows


def steps(replacement: Replacement) -> list[Step]:
    """Return who has done what, and by when the rest will be done."""
    one = replacement
    first, final = office_of(one), office_of(one, final=True)
    plan = [
        ("提交申请", "本人", one.submitted_at),
        ("初审" if one.is_correction else "审核", first, one.first_decided_at),
    ]
    if one.is_correction:
        plan.append(("终审", final, one.decided_at))
    certificate = getattr(one, "certificate", None)
    plan.append(("换发证书", "系统", certificate and certificate.issued_at))
    place = _place(one, len(plan))
    failed = one.state in (S.REJECTED, S.WITHDRAWN)
    shown = []
    for number, (label, who, at) in enumerate(plan):
        state = "done" if number < place else "next"
        if number == place:
            state = "failed" if failed else "current"
        shown.append(
            Step(
                label,
                state,
                who,
                date=timezone.localdate(at) if at and state in ("done", "failed") else None,
                expected=one.due_on if who in (first, final) and state in ("current", "next") else None,
            )
        )
    return shown


def _place(one: Replacement, length: int) -> int:
    """Return the number of the step that the case has come to."""
    if one.state in (S.REJECTED, S.WITHDRAWN):
        if one.submitted_at is None:
            return 0
        passed_first = one.is_correction and one.first_decided_at and one.first_decided_at != one.decided_at
        return 2 if passed_first else 1
    return {S.DRAFT: 0, S.PENDING: 1, S.INITIAL_APPROVED: 2, S.APPROVED: length - 1, S.ISSUED: length}[one.state]
