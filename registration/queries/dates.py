"""The personal dates of a worker, each with the rule that it comes from; computed when asked."""

import datetime as dt
from dataclasses import dataclass

from registration.models import Application, Registration
from registration.workflows import ApplicationState
from registration.workflows.application import filing_window, fix_last_day
from swms.dates import today, working_days_left

CALENDAR_DAYS, WORKING_DAYS = "天", "个工作日"


@dataclass(frozen=True)
class PersonalDate:
    """One last day: what it is for, how long it still is, and where that is written."""

    label: str
    due: dt.date
    left: int
    unit: str
    source: str


def personal_dates(application: Application | None, registrations: list[Registration]) -> list[PersonalDate]:
    """Return what a worker's calendar would hold: of one application, and of the registrations in force."""
    found = []
    if application and application.state == ApplicationState.NOT_APPLIED:
        last_day, again = filing_window(application).last_day, fix_last_day(application)
        if last_day and (again is None or again <= last_day):
            if application.is_renewal:
                found.append(_days("再登记受理期限", last_day, "上次登记有效期满前3个月内申请"))
            else:
                found.append(_days("首次登记受理期限", last_day, "通过考试后1年内申请"))
        elif last_day:
            found.append(_days("补正后重新申请", again, "未通过之日起30日内重新申请的，按首次提交的时间受理"))
    elif application and under_review(application):
        left = working_days_left(today(), application.due_on)
        found.append(PersonalDate("审核期限", application.due_on, left, WORKING_DAYS, "初审、终审合计30个工作日"))
    for each in registrations:
        found.append(_days("登记有效期", each.valid_until, "登记有效期3年，期满前3个月内办理再登记"))
    return found


def under_review(application: Application) -> bool:
    """Whether a reviewer's decision is being waited for, and the clock of R-REG-16 runs."""
    return application.state in (ApplicationState.PENDING_REVIEW, ApplicationState.INITIAL_APPROVED)


def _days(label: str, due: dt.date, source: str) -> PersonalDate:
    return PersonalDate(label, due, (due - today()).days, CALENDAR_DAYS, source)
