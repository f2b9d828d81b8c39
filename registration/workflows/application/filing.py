"""When an application is accepted, and as what (R-REG-03…06, R-REREG-03, R-REREG-08).

Everything here is asked of the dates at the moment of asking; nothing is stored.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.apps import apps
from django.utils import timezone

from registration.workflows.application.states import FIRST_KINDS, MAKEUP_KINDS, RENEWAL_KINDS
from registration.workflows.application.states import ApplicationKind as K
from swms.dates import add_months, filing_last_day, last_day_of_period, today
from swms.ui import cn_date
from swms.workflow import Refused

FIX_DAYS = 30  # R-REG-04
RENEWAL_MONTHS = 3  # R-REREG-03


@dataclass(frozen=True)
class Window:
    """When applications are accepted; both days count. Without ``last_day`` there is no end (R-REG-06)."""

    opens: date
    last_day: date | None

    def holds(self, day: date) -> bool:
        """Whether an application sent on ``day`` is in time."""
        return self.opens <= day and (self.last_day is None or day <= self.last_day)

    @property
    def is_open(self) -> bool:
        return self.holds(today())

    @property
    def days_left(self) -> int | None:
        """Days after today; 0 on the last day, negative once it is past."""
        return None if self.last_day is None else (self.last_day - today()).days


def local_start(application) -> date | None:
    """Return when the certificate was first registered locally, ``None`` if it was not (R-PRO-05).

    A local registration older than the certificate itself was for another one (R-PRO-06).
    """
    worker = application.worker
    if not worker.has_local_cert or worker.local_first_reg_date is None:
        return None
    return worker.local_first_reg_date if worker.local_first_reg_date >= application.qualification.issue_date else None


def renewal_window(valid_until: date) -> Window:
    """Return the three months before the end of a term, both ends included (R-REREG-03, R-TIME-05)."""
    return Window(add_months(valid_until, -RENEWAL_MONTHS), filing_last_day(valid_until))


def filing_window(application) -> Window:
    """Return the regular window of an application, also of one that was accepted in the make-up channel.

    首次登记: from the day after the issue to one year after it (R-REG-03), without an end for holders of a
    local registration (R-REG-06). 再登记: the last three months of the term.
    """
    if application.kind in RENEWAL_KINDS:
        return renewal_window(application.term_end)
    issued = application.qualification.issue_date
    last_day = None if local_start(application) else filing_last_day(last_day_of_period(issued, years=1))
    return Window(issued + timedelta(days=1), last_day)


def fix_last_day(application) -> date | None:
    """Return the last day of the 30 in which a resubmission keeps the time of the first one (R-REG-04)."""
    if application.refused_at is None:
        return None
    return timezone.localdate(application.refused_at) + timedelta(days=FIX_DAYS)


def makeup_open(application, day: date) -> bool:
    """Whether the province takes late applications on ``day`` (补登记, off unless its policy says so)."""
    place = application.registration.region if application.kind in RENEWAL_KINDS else application.worker.region
    policy = apps.get_model("registration", "ProvincePolicy").of(place, day)
    return policy.makeup_renew_open(day) if application.kind in RENEWAL_KINDS else policy.makeup_first_open(day)


def filed_in_time(application) -> bool:
    """Tell whether the case was first submitted inside the window that it was accepted in (R-REG-04)."""
    if application.first_submitted_at is None:
        return False
    first = timezone.localdate(application.first_submitted_at)
    if application.kind in MAKEUP_KINDS:
        return makeup_open(application, first)
    return filing_window(application).holds(first)


def accepted_as(application) -> str:
    """Return the kind as which an application sent today is accepted.

    Raises ``Refused``: ``window_not_open``, ``window_closed``.
    """
    day, window = today(), filing_window(application)
    first = application.kind in FIRST_KINDS
    if day < window.opens:
        raise window_not_open(application, window.opens)
    # A record that has lapsed is only taken up again in the make-up channel, whatever else is open.
    if application.kind != K.MAKEUP_RENEW and window.holds(day):
        return K.FIRST if first else K.RENEW
    fix_by = fix_last_day(application)
    if fix_by and day <= fix_by and filed_in_time(application):
        return application.kind
    if application.kind != K.RENEW and makeup_open(application, day):
        return K.MAKEUP_FIRST if first else K.MAKEUP_RENEW
    raise window_closed(application)


def filing_refused(application) -> Refused | None:
    """Return why an application cannot be sent today, ``None`` if it can."""
    try:
        accepted_as(application)
    except Refused as refused:
        return refused
    return None


def window_not_open(application, opens: date) -> Refused:
    """Return the refusal of what comes too early (R-REREG-03)."""
    if application.kind in RENEWAL_KINDS:
        return Refused("window_not_open", f"未到再登记受理期限（{cn_date(opens)}起）", opens=opens.isoformat())
    return Refused("window_not_open", "首次登记自证书签发次日起受理", opens=opens.isoformat())


def window_closed(application) -> Refused:
    """Return the refusal of what comes too late (R-REG-05, R-REREG-07)."""
    if application.kind in RENEWAL_KINDS:
        return Refused("window_closed", "已超过再登记受理期限（登记有效期满前3个月）")
    return Refused("window_closed", "已超过首次登记受理期限（通过考试后1年内）")
