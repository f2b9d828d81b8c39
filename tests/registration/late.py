"""A case whose time is over, and whom that was told."""

from datetime import date

import time_machine

from registration import actions
from registration.actions.escalations import KIND
from registration.models import Escalation
from registration.queries.escalations import ADMINISTRATORS
from tests import factories
from tests.registration.steps import at

#: 2026-09-21 and thirty working days, over 国庆节 and the Saturday that is worked for it.
SENT, DUE = "2026-09-21 10:00", date(2026, 11, 9)


def morning(day: date):
    return time_machine.travel(f"{day:%Y-%m-%d}T08:40+08:00", tick=False)


def accepted(code="440305", name="陈晨"):
    """Return an application whose 30 working days end on 2026-11-09."""
    one = factories.application(name, code=code, issue_date=date(2026, 9, 1))
    with at(SENT):
        return actions.apply(one, by=one.worker.user, promise_version="2026-11")


def told(user) -> int:
    return user.notices.filter(kind=KIND).count()


def raised(case) -> list[tuple]:
    """Return level and office of everything a case was raised to, open or not."""
    rows = Escalation.objects.filter(kind=case._meta.label_lower, case_id=case.pk).order_by("id")
    return [(row.level, ADMINISTRATORS if row.to_administrators else row.office_id) for row in rows]
