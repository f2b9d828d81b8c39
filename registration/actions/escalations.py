"""A case whose time is over is raised to the office above: told and recorded, never decided (R-REG-16, R-CHG-10)."""

import logging

from django.db import DatabaseError, InterfaceError, transaction
from django.urls import reverse
from django.utils import timezone

from registration.models import Escalation
from registration.queries.escalations import ADMINISTRATORS, COUNTRY, Late, escalations_due, listeners, office_name
from registration.queries.reminding import clocks
from swms.audit.trail import record
from swms.dates import is_working_day, today
from swms.notices.receivers import announced
from swms.notices.send import notify

log = logging.getLogger(__name__)

KIND = "registration.escalation"
NAMED = 3  # cases that a message names one by one


def escalate() -> int:
    """Raise what ran out of time, on working days; return how many escalations were written.

    Safe to run twice, at once and late: what was raised stands in the ledger, and days without a run are made up for.
    """
    if not is_working_day(today()):
        return 0
    written = 0
    for late in escalations_due():
        try:
            written += _raise(late)
        except (DatabaseError, InterfaceError):
            raise  # not this case's fault; tomorrow finds everything that was left out
        except Exception:  # one case that cannot be read must not silence the others
            log.exception("escalation_broke", extra={"kind": late.clock.kind, "case": late.pk})
    _tell()
    return written


@transaction.atomic
def _raise(late: Late) -> int:
    """Raise one case to every office that it ought to have reached by today; the row is locked as a move locks it."""
    waiting = late.clock.model._base_manager.select_for_update(of=("self",))
    case = waiting.filter(pk=late.pk, state=late.clock.state, due_on=late.due_on).first()
    if case is None:  # decided, withdrawn or returned meanwhile
        return 0
    of_this = {"kind": late.clock.kind, "case_id": case.pk, "state": case.state, "due_on": case.due_on}
    before = list(Escalation.objects.filter(**of_this).select_related("office").order_by("level"))
    known = {_path(each) for each in before}
    ahead = [office for office in late.offices if office not in known][: max(0, late.levels - len(before))]
    for level, office in enumerate(ahead, start=len(before) + 1):
        raised = Escalation.objects.create(
            **of_this,
            ref=case.ref,
            duty=late.duty,
            late_id=_code(late.late),
            level=level,
            office_id=_code(office),
            to_administrators=office == ADMINISTRATORS,
        )
        changes = {"due_on": f"{case.due_on:%Y-%m-%d}", "level": level}
        record(
            f"{late.clock.kind}.escalate", case, reason=f"超过办理时限，升级到{office_name(raised)}", changes=changes
        )
    return len(ahead)


def _path(escalation: Escalation) -> str:
    if escalation.to_administrators:
        return ADMINISTRATORS
    return escalation.office.path if escalation.office else COUNTRY


def _code(path: str) -> str | None:
    return path.strip("/").rpartition("/")[2] or None


def close(case, state: str) -> None:
    """The case has left ``state``: nobody has to hurry with it there any more."""
    rows = Escalation.objects.filter(kind=case._meta.label_lower, case_id=case.pk, state=state, closed_at=None)
    rows.update(closed_at=timezone.now())


def runs_out(model: type, state: str) -> bool:
    """Tell whether a case of ``model`` can be escalated in ``state``."""
    return any(each.model is model and each.state == state for each in clocks())


# --- telling --------------------------------------------------------------------------------------------


def _tell() -> None:
    """Tell every office what was raised to it and not told yet, in one message to each of its people."""
    untold = Escalation.objects.filter(told_at=None, closed_at=None).order_by("office")
    for office, administrators in untold.values_list("office", "to_administrators").distinct():
        _tell_office(office_id=office, to_administrators=administrators)


@transaction.atomic
def _tell_office(**office) -> None:
    untold = Escalation.objects.filter(told_at=None, closed_at=None, **office).order_by("due_on", "pk")
    rows = list(untold.select_for_update(of=("self",), skip_locked=True).select_related("office"))
    if not rows:  # another run is at it
        return
    for person, told in listeners(rows).items():
        said = announced(
            "notices/reminders/escalation.txt",
            count=len(told),
            refs=[each.ref for each in told[:NAMED]],
            more=len(told) > NAMED,
            office=office_name(told[0]),
            to_administrators=told[0].to_administrators,
        )
        url = reverse("admin:registration_escalation_changelist")
        notify(person, kind=KIND, title=said.title, body=said.body, url=url, outside=said.sms)
    Escalation.objects.filter(pk__in=[each.pk for each in rows]).update(told_at=timezone.now())
