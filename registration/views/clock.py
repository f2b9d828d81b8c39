"""登记时钟: every personal date on one page, and as a calendar file (product 1)."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from registration.queries.clock import ClockEntry, by_certificate, entries, nudges
from registration.views.page import WorkerPage
from swms import ics
from swms.dates import today
from swms.ui import cn_date

#: How many days before its last day a calendar reminds of an entry (R-REREG-10); of others it does not.
ALARMS = {
    "first_registration": (30, 7, 1),
    "renewal": (30, 7, 1),
    "makeup": (7, 1),
    "correction": (7, 1),
    "term": (),
    "review": (),
    "hours": (180, 30),
    "annotation": (3,),
    "inspection": (3, 1),
}
ON_OPENING = (0,)


class ClockPage(WorkerPage):
    """The dates of the reader's certificates, the next one first; each with its rule and the button that is open."""

    def get(self, request):
        groups = by_certificate(self.worker)
        found = [each for group in groups for each in group.entries]
        return render(request, "registration/clock.html", {"groups": groups, "nudges": nudges(found)})


class CalendarFile(WorkerPage):
    """The days to come as an iCalendar file. It names no person, and no number but what a calendar needs."""

    def get(self, request):
        days = [event for entry in entries(self.worker) for event in _events(entry)]
        data = ics.calendar(days, name="登记时钟", now=timezone.now())
        answer = HttpResponse(data, content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="registration-clock.ics"'
        return answer


def _events(entry: ClockEntry):
    """Yield the days of an entry that are still to come: when it opens, and its last day."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    level = entry.qualification.get_level_display()
    about = {"url": f"{settings.SITE_URL}{reverse('registration:clock')}"}
    if entry.opens and entry.opens > today():
        what = f"{entry.label}：开始" if entry.name != "annotation_quota" else "加注次数恢复"
        yield ics.Event(
            f"{entry.uid}-opens@{host}",
            entry.opens,
            f"{what}（{level}）",
            _description(entry),
            alarms=ON_OPENING,
            **about,
        )
    met = entry.balance is not None and not entry.needs_more
    if entry.last_day and entry.last_day >= today() and not met:
        yield ics.Event(
            f"{entry.uid}@{host}",
            entry.last_day,
            f"{entry.label}：最后一天（{level}）",
            _description(entry),
            alarms=ALARMS.get(entry.name, ()),
            **about,
        )


def _description(entry: ClockEntry) -> str:
    until = f"{cn_date(entry.last_day)}为止。\n" if entry.last_day else ""
    return f"{until}规则：{entry.rule.words}\n以登录系统后登记时钟页面显示的为准。"
