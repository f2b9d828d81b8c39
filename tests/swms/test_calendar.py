"""Announced working days: how a list is read, and how soon the whole portal counts by it (R-TIME-06)."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from hypothesis import given
from hypothesis import strategies as st

from swms import dates
from swms.audit.models import AuditEvent
from swms.calendar import actions, announcements, overrides, years
from swms.calendar.announcements import Announced
from swms.calendar.models import AnnouncedDay
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories

NOTICE = "国办发明电〔2026〕示例号"
#: A year as it might be announced; 2027 is not built in.
LIST = """2027-01-01 休
2027年2月6日　班
2027/2/8,休
2027.02.09\t放假

２０２７－０２－２０；上班
"""


@pytest.fixture
def keeper(db):
    """吴强, the system administrator."""
    return factories.staff("吴强", (Duty.SYSTEM, None), username="wuqiang")


@pytest.fixture
def installed(db):
    """Count by the table, as the portal does; every test begins with what it can see."""
    overrides.forget()
    overrides.install()
    yield
    dates.set_overrides(dict)
    overrides.forget()


def announce(day, keeper, *, is_working=False):
    return actions.announce_day(day, is_working=is_working, source=NOTICE, year=day.year, by=keeper)


# --- lists ------------------------------------------------------------------------------------------


def test_a_list_is_read_however_the_dates_are_written():
    days, problems = announcements.read(LIST, year=2027)
    assert problems == []
    assert [(str(day.date), day.is_working) for day in days] == [
        ("2027-01-01", False),
        ("2027-02-06", True),
        ("2027-02-08", False),
        ("2027-02-09", False),
        ("2027-02-20", True),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2027-01-01 休", "第2行：2027年1月1日与第1行重复"),
        ("2027-01-01 班", "第2行：2027年1月1日与第1行重复"),
        ("2027-01-02 休", "第2行：2027年1月2日是周六，本来就休息，不用列出"),
        ("2027-01-04 班", "第2行：2027年1月4日是周一，本来就是工作日，不用列出"),
        ("2027-02-29 休", "第2行：没有2027年2月29日这一天"),
        ("2027-13-01 休", "第2行：没有2027年13月1日这一天"),
        ("2028-01-03 休", "第2行：2028年1月3日不是2027年的日期"),
        ("2027-01-05", "第2行：看不懂“2027-01-05”"),
        ("2027-01-05 半天", "“半天”既不是“班”也不是“休”"),
        ("元旦放假三天", "第2行：看不懂“元旦放假三天”"),
        ("0000-01-01 休", "没有0年1月1日这一天"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named_with_its_number(line, message):
    _, problems = announcements.read(f"2027-01-01 休\n{line}", year=2027)
    assert len(problems) == 1
    assert message in problems[0]


def test_every_wrong_line_has_its_own_message_up_to_a_number_that_can_be_read():
    _, problems = announcements.read("\n".join(["不是日期"] * 30), year=2027)
    assert len(problems) == 21
    assert problems[-1] == "还有10行有误"


def test_a_list_that_says_nothing_is_no_list():
    assert announcements.read(" \n\n", year=2027) == ([], ["名单是空的"])


def test_a_correction_of_what_is_built_in_is_taken():
    """2026-02-14 is a Saturday on which the built-in schedule has people work."""
    assert dates.is_working_day_built_in(date(2026, 2, 14))
    assert announcements.read("2026-02-14 休", year=2026)[1] == []


@given(st.text(max_size=200), st.integers(2024, 2030))
def test_whatever_is_pasted_is_either_days_of_the_year_or_a_message(text, year):
    days, problems = announcements.read(text, year=year)
    assert days or problems
    assert {day.date.year for day in days} <= {year}


# --- counting by them ---------------------------------------------------------------------------


def test_the_portal_counts_by_what_was_announced(installed, keeper):
    saturday, monday = date(2027, 7, 10), date(2027, 7, 12)
    assert (dates.is_working_day(saturday), dates.is_working_day(monday)) == (False, True)
    announce(saturday, keeper, is_working=True)
    announce(monday, keeper)
    assert (dates.is_working_day(saturday), dates.is_working_day(monday)) == (True, False)
    assert dates.working_days_after(date(2027, 7, 9), 2) == date(2027, 7, 13)
    actions.take_back_day(saturday, by=keeper)
    assert not dates.is_working_day(saturday)


def test_due_dates_that_are_set_stay_and_open_windows_follow(installed, keeper):
    """R-REG-16 stays as it was promised; R-TIME-05 is worked out whenever somebody looks."""
    from registration.workflows.application import filing_window

    with time_machine.travel("2026-12-28T10:00+08:00", tick=False):
        submitted = factories.submitted("陈晨")
        due = submitted.due_on
        waiting = factories.application("王芳", issue_date=date(2026, 1, 18))
        last_day = filing_window(waiting).last_day
        assert last_day == date(2027, 1, 18)  # a Monday
        announce(last_day, keeper)
        announce(due, keeper)
        assert filing_window(waiting).last_day == date(2027, 1, 19)
        submitted.refresh_from_db()
        assert submitted.due_on == due
        assert factories.submitted("林悦").due_on > due


def test_another_process_counts_by_it_within_a_minute(installed, keeper, monkeypatch, django_assert_num_queries):
    clock = [1000.0]
    monkeypatch.setattr(overrides.time, "monotonic", lambda: clock[0])
    day = date(2027, 7, 12)
    assert dates.is_working_day(day)
    AnnouncedDay.objects.bulk_create([AnnouncedDay(date=day, is_working=False, source=NOTICE, by=keeper)])  # no signal
    with django_assert_num_queries(0):
        assert dates.is_working_day(day)
    clock[0] += 59
    with django_assert_num_queries(1):
        assert not dates.is_working_day(day)
        assert not dates.is_working_day(day)


def test_the_running_portal_counts_by_the_table():
    """What ``SwmsConfig.ready`` installs; the tests put the built-in calendar in its place."""
    from django.apps import apps

    try:
        apps.get_app_config("swms").ready()
        assert dates._load_overrides is overrides.current
    finally:
        dates.set_overrides(dict)


# --- entering them ----------------------------------------------------------------------------


def test_only_the_system_administrator_enters_and_removes_days(people, keeper):
    """Refused: 张伟, who decides by these dates, and the security administrator."""
    security = factories.staff("郑凯", (Duty.SECURITY, None), username="zhengkai")
    day = date(2027, 2, 8)
    for who in (people.zhang_wei, security):
        with pytest.raises(PermissionDenied):
            announce(day, who)
        with pytest.raises(PermissionDenied):
            actions.take_back_day(day, by=who)
        with pytest.raises(PermissionDenied):
            actions.announce_year(2027, [Announced(day, False)], source=NOTICE, by=who, looked_at=actions.seen([]))
    assert not AnnouncedDay.objects.exists()


def test_every_day_leaves_a_trail_with_the_notice_it_rests_on(keeper):
    day = date(2027, 2, 8)
    announce(day, keeper)
    actions.take_back_day(day, by=keeper)
    events = AuditEvent.objects.filter(target_type="swms.announcedday").order_by("id")
    assert [(e.verb, e.target_id, e.changes["kind"], e.reason, e.actor) for e in events] == [
        ("swms.announcedday.announce_day", "2027-02-08", [None, "休"], NOTICE, keeper),
        ("swms.announcedday.take_back_day", "2027-02-08", ["休", None], NOTICE, keeper),
    ]


def test_a_day_is_entered_once_and_removing_it_twice_is_no_error(keeper):
    day = date(2027, 2, 8)
    announce(day, keeper)
    with pytest.raises(Refused) as refused:
        announce(day, keeper)
    assert refused.value.code == "already_there"
    assert actions.take_back_day(day, by=keeper)
    assert actions.take_back_day(day, by=keeper) is None


def test_a_years_list_replaces_the_former_one_and_only_what_differs_is_written(keeper):
    announce(date(2027, 2, 8), keeper)
    announce(date(2027, 2, 9), keeper)
    days, _ = announcements.read("2027-02-08 休\n2027-02-20 班", year=2027)
    looked_at = actions.seen(actions.announced(2027))
    assert [(c.date.day, c.old, c.new) for c in actions.changes(days, year=2027)] == [
        (9, False, None),
        (20, None, True),
    ]
    for _ in range(2):  # pressed twice
        actions.announce_year(2027, days, source=NOTICE, by=keeper, looked_at=looked_at)
    assert [str(row) for row in actions.announced(2027)] == ["2027-02-08 休", "2027-02-20 班"]
    assert AuditEvent.objects.filter(target_type="swms.announcedday").count() == 4


def test_of_two_who_replace_a_years_list_the_second_looks_again(keeper):
    looked_at = actions.seen(actions.announced(2027))
    announce(date(2027, 2, 9), keeper)
    days, _ = announcements.read("2027-02-08 休", year=2027)
    with pytest.raises(Refused) as refused:
        actions.announce_year(2027, days, source=NOTICE, by=keeper, looked_at=looked_at)
    assert refused.value.code == "changed"
    assert [str(row) for row in actions.announced(2027)] == ["2027-02-09 休"]


# --- which years are known -----------------------------------------------------------------------


def test_the_built_in_calendar_says_which_schedules_it_knows():
    assert all(dates.has_schedule_built_in(year) for year in range(2020, 2027))
    assert not dates.has_schedule_built_in(2045)


def test_from_15_december_a_year_that_nobody_entered_is_missed(keeper, monkeypatch):
    monkeypatch.setattr(dates, "has_schedule_built_in", lambda year: year <= 2026)  # newer releases know more
    assert years.missing(date(2026, 12, 14)) == []
    assert years.missing(date(2026, 12, 15)) == [2027]
    assert years.missing(date(2027, 1, 1)) == [2027]
    announce(date(2027, 2, 8), keeper)
    assert years.missing(date(2026, 12, 31)) == []
    assert years.missing(date(2027, 12, 15)) == [2028]
