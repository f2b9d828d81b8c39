"""登记时钟 of a case on its way: its review, its correction, its hours, and the page that shows it (product 1)."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from registration import actions, requirements, tasks
from registration.models import Qualification
from registration.queries.clock import by_certificate, entries
from registration.requirements import Balance
from registration.workflows import ApplicationKind as K
from tests import factories
from tests.architecture.counting import queries_of
from tests.people import signed_in
from tests.registration.clock_rules import DAY, Fact, agree, fresh, says, walk, window_of_renewal
from tests.registration.renewals import registered, send
from tests.registration.steps import FIXABLE, REFUSED, at

# --- a case on its way ------------------------------------------------------------------------------------


def test_a_renewal_on_its_way_shows_its_review_its_correction_and_their_buttons(people):
    """R-REG-04, R-REG-16, R-REG-19, R-REREG-06: also after the end of validity, and with no job run."""
    record = registered(people, on="2024-03-01")
    worker, end = record.worker, date(2027, 3, 1)
    with at("2027-02-20 10:00"):
        tasks.open_renewals()
        case = record.applications.get(kind=K.RENEW)
        found = says(entries(worker), record.qualification)
        assert found["renewal"] == window_of_renewal(end, date(2027, 2, 20), "apply")
        send(case)
        assert agree(worker, "review", "withdraw", case=case) == "withdraw"
        found = {each.name: each for each in entries(worker)}
        assert set(found) == {"term", "review"}
        assert not found["review"].unsent
        case.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
    fix_by = date(2027, 2, 20) + timedelta(days=30)
    for today in walk(date(2027, 2, 21), fix_by + 10 * DAY):
        found = says(entries(worker), record.qualification)
        assert found["term"].last == end
        if today <= fix_by:
            assert found["correction"] == Fact(None, fix_by, (fix_by - today).days, "reopen"), today
        else:
            assert found == {"term": found["term"], "makeup": Fact(None, None, None, "")}, today
        if today <= end:
            assert found["renewal"] == window_of_renewal(end, today, "reopen"), today
    for day, move in ((end, "reopen"), (fix_by, "reopen")):
        with at(f"{day} 23:00"):
            assert agree(worker, "correction", "reopen", case=fresh(case)) == move
    with at(f"{fix_by + DAY} 00:00"):
        assert agree(worker, "makeup", "reopen", case=fresh(case)) == ""
        assert "登记已过期" in next(each.text for each in entries(worker) if each.name == "term")
    with at(f"{fix_by} 12:00"):
        text = next(each.text for each in entries(worker) if each.name == "term")
        assert "视为连续有效" in text
        actions.reopen(case, by=worker.user)
        assert agree(worker, "correction", "apply", case=fresh(case)) == "apply"


def test_after_不予登记_the_button_comes_back_on_the_thirtieth_day(people):
    """F10, R-REG-14."""
    with at("2026-09-01 10:00"):
        case = factories.submitted("陈晨", issue_date=date(2026, 3, 2))
        case.move("fail_first", actor=people.li_jing, seen=1, **REFUSED)
    for day, move in (("2026-09-30 23:59", ""), ("2026-10-01 00:00", "reopen")):
        with at(day):
            assert agree(case.worker, "correction", "reopen", case=fresh(case)) == move
    with at("2026-09-30 12:00"):
        entry = next(each for each in entries(case.worker) if each.name == "correction")
        assert entry.opens == date(2026, 10, 1)
        assert "2026年10月1日" in entry.why_not


def test_after_the_first_review_nothing_can_be_taken_back(people):
    """R-REG-19."""
    with at("2026-11-23 10:00"):
        case = factories.submitted("陈晨")
        assert agree(case.worker, "review", "withdraw", case=case) == "withdraw"
        entry = next(each for each in entries(case.worker) if each.name == "review")
        # 30 working days from 2026-11-23: 元旦 is the only holiday among them, announced as one day.
        assert (entry.left, entry.unit) == (30, "个工作日")
        case.move("pass_first", actor=people.li_jing, seen=1)
        assert agree(case.worker, "review", "withdraw", case=fresh(case)) == ""


def test_what_is_still_missing_is_why_the_button_is_not_there(people):
    """R-REG-08: 陈晨 has filled in nothing."""
    worker = people.chen_chen
    factories.qualification("陈晨", number=worker.user.id_number)
    actions.attach_qualifications(worker)
    case = worker.applications.get()
    assert agree(worker, "first_registration", "apply", case=case) == ""
    entry = entries(worker)[0]
    assert entry.unsent
    assert "项没有填写" in entry.why_not
    assert "照片" in entry.why_not


# --- hours -------------------------------------------------------------------------------------------------


@pytest.fixture
def ledger():
    """A ledger of hours as ``education`` will register one."""
    kept = {"obtained": Decimal(60)}

    def source(application):
        return Balance("hours", "继续教育学时", Decimal(72), kept["obtained"], Decimal(6), "小时", "每个有效期72小时。")

    requirements.require(source)
    yield kept
    requirements.withdraw(source)


def test_hours_are_shown_with_numbers_in_words_and_hold_the_button_back_while_they_are_short(people, ledger):
    """R-REREG-04, R-CE-01."""
    record = registered(people, on="2024-03-01")
    with at("2026-12-10 10:00"):
        tasks.open_renewals()
        case = record.applications.get(kind=K.RENEW)
        assert agree(record.worker, "renewal", "apply", case=case) == ""
        page = signed_in(record.worker.user).get("/registration/clock/").content.decode()
        assert "还差12小时。" in page
        assert "需72小时，已获60小时，还差12小时（另有6小时审核中）" in page, "also why the button is not there"
        assert "已有 60 小时，共需 72 小时，另有 6 小时审核中" in page
        assert "规则：每个有效期72小时。" in page
        ledger["obtained"] = Decimal(72)
        assert agree(record.worker, "renewal", "apply", case=case) == "apply"
        assert "继续教育学时已满足" in next(each.text for each in entries(record.worker) if each.name == "hours")


# --- the page ------------------------------------------------------------------------------------------------


def test_the_certificate_with_the_next_date_stands_first_and_inside_it_the_next_date(people):
    record = registered(people, on="2024-03-01")
    with at("2026-12-10 10:00"):
        number = record.worker.user.id_number
        factories.qualification("陈晨", number=number, level=2, issue_date=date(2026, 11, 1))
        actions.attach_qualifications(record.worker)
        groups = by_certificate(record.worker)
        upcoming = [entry.next_day for entry in groups[0].entries if entry.next_day]
    assert [group.qualification.level for group in groups] == [1, 2]
    assert upcoming == sorted(upcoming)


def test_the_dashboard_and_the_clock_nudge_who_is_one_step_away(people):
    """差一步卫士: opened and not sent; silent once it is sent."""
    record = registered(people, on="2024-03-01")
    with at("2027-02-20 10:00"):
        tasks.open_renewals()
        browser = signed_in(record.worker.user)
        page = browser.get("/registration/").content.decode()
        assert "再登记申请尚未提交" in page
        assert re.search(r"还有\s*9\s*天", page)
        assert "再登记申请还没有提交" in browser.get("/registration/clock/").content.decode()
        assert "/registration/clock/" in page
        send(record.applications.get(kind=K.RENEW))
        assert "尚未提交" not in browser.get("/registration/").content.decode()
        assert "还没有提交" not in browser.get("/registration/clock/").content.decode()


def test_nobody_sees_the_dates_of_another(people):
    """王芳's certificates are on no other clock."""
    number = people.application.qualification.mgmt_no
    assert number in signed_in(people.wang_fang.user).get("/registration/clock/").content.decode()
    stranger = signed_in(people.chen_chen.user)
    assert number not in stranger.get("/registration/clock/").content.decode()
    assert stranger.get("/registration/api/clock/").json() == []
    assert "还没有期限" in stranger.get("/registration/clock/").content.decode()


def test_the_page_asks_as_many_queries_for_four_certificates_as_for_one(people):
    worker = people.wang_fang
    browser = signed_in(worker.user)
    browser.get("/registration/clock/")
    one = len(queries_of(browser, "/registration/clock/"))
    for year in (2022, 2023, 2024):
        factories.qualification("王芳", number=worker.user.id_number, level=2, exam_year=year)
    actions.attach_qualifications(worker)
    assert worker.applications.count() == 4
    assert len(queries_of(browser, "/registration/clock/")) == one
    assert Qualification.objects.filter(worker=worker).count() == 4
