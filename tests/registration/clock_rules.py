"""What 登记时钟 has to say, and how its tests look at query, page, API and server.

The rules are written down here a second time, with arithmetic and a list of rest days of their own.
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import time_machine
from dateutil.relativedelta import relativedelta
from django.db import transaction

from registration.models import Application
from registration.promise import PROMISE_VERSION
from registration.queries.clock import entries
from swms.current import RequestFacts, reset_current, set_current
from tests.people import signed_in

DAY = timedelta(days=1)
TICKED = {"promise": "on", "shown": PROMISE_VERSION, "late_reason": "出差在外，没有及时办理。"}

# --- the rules, a second time ------------------------------------------------------------------------

#: Rest days that are no weekends, and weekends that are worked, around the days that are looked at: as the State
#: Council announced them for 2024 to 2026, and the statutory days alone for later years (R-TIME-06).
RESTS = {date(2025, 10, day) for day in range(1, 9)} | {date(2025, 1, 1)}
RESTS |= {date(2028, 5, 1), date(2028, 5, 2), date(2027, 1, 1)}
WORKED = {date(2025, 9, 28), date(2025, 10, 11), date(2024, 9, 29), date(2024, 10, 12)}


def last_filing(day: date) -> date:
    """R-TIME-05."""
    while day in RESTS or (day.isoweekday() > 5 and day not in WORKED):
        day += DAY
    return day


def a_year_after(issued: date) -> date:
    """R-REG-03, R-TIME-03."""
    return last_filing(issued + relativedelta(years=1))


@dataclass(frozen=True)
class Fact:
    """What one entry has to say: when it opens, its last day, how many days are left, and which move is open."""

    opens: date | None
    last: date | None
    left: int | None
    move: str


def window_of_first(issued: date, today: date, move="apply") -> Fact:
    opens, last = issued + DAY, a_year_after(issued)
    return Fact(opens, last, (last - today).days, move if opens <= today <= last else "")


def window_of_renewal(end: date, today: date, move="renew") -> Fact:
    opens, last = end - relativedelta(months=3), last_filing(end)
    return Fact(opens, last, (last - today).days, move if opens <= today <= last else "")


# --- looking -----------------------------------------------------------------------------------------


def says(found, qualification) -> dict[str, Fact]:
    return {
        each.name: Fact(each.opens, each.last_day, each.left, each.action.move if each.action else "")
        for each in found
        if each.qualification.pk == qualification.pk
    }


@contextmanager
def one_request():
    """Read the clock as a request does, in which a province's policy is read once."""
    token = set_current(RequestFacts("test", None))
    try:
        yield
    finally:
        reset_current(token)


def days(first: date, last: date):
    while first <= last:
        yield first
        first += DAY


def walk(first: date, last: date):
    """Stand at noon of every day from the first to the last."""
    with one_request(), time_machine.travel(datetime.fromisoformat(f"{first}T12:00+08:00"), tick=False) as clock:
        for day in days(first, last):
            clock.move_to(datetime.fromisoformat(f"{day}T12:00+08:00"))
            yield day


def on_the_page(browser) -> dict[str, str]:
    """Return the move behind the button of every entry of the page, nothing where it says why there is none."""
    page = browser.get("/registration/clock/").content.decode()
    found = {}
    for article in re.findall(r"<article class=\"panel\" data-entry=.*?</article>", page, re.DOTALL):
        assert "规则：" in article
        assert ("data-move" in article) != ("data-why-not" in article)
        move = re.search(r'data-move="(\w+)"', article)
        found[re.search(r'data-entry="(\w+)"', article)[1]] = move[1] if move else ""
    return found


def in_the_api(browser) -> dict[str, str]:
    answer = browser.get("/registration/api/clock/").json()
    assert all(bool(each["action"]) != bool(each["why_not"]) for each in answer)
    assert all(each["rule"]["words"] and each["rule"]["id"].startswith("R-") for each in answer)
    return {each["name"]: each["action"]["move"] if each["action"] else "" for each in answer}


def accepts(browser, move: str, *, case=None, record=None) -> bool:
    """Press the button that would make a move, and undo what it did."""
    with transaction.atomic():
        there = Application.objects.count()
        if move in ("renew", "makeup"):
            browser.post(f"/registration/renewals/{record.number}/")
            done = Application.objects.count() > there
        else:
            page = {"apply": "check", "withdraw": "withdraw", "reopen": "reopen"}[move]
            browser.post(f"{case.get_absolute_url()}{page}/", TICKED)
            done = Application.objects.get(pk=case.pk).state != case.state
        transaction.set_rollback(True)
    return done


def agree(worker, name: str, move: str, *, case=None, record=None) -> str:
    """Return the move that query, page and API offer for an entry; the server must accept it, and only then."""
    browser = signed_in(worker.user)
    query = {each.name: each.action.move if each.action else "" for each in entries(worker)}
    assert query == on_the_page(browser) == in_the_api(browser)
    offered = query[name]
    assert accepts(browser, move, case=case, record=record) == (offered == move)
    return offered


def fresh(record):
    return type(record).objects.get(pk=record.pk)
