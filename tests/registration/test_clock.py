"""登记时钟: text, button, page, API and server say the same on every day of four years (product 1).

The rules are written down here a second time, with arithmetic and a list of rest days of their own.
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from dateutil.relativedelta import relativedelta
from django.db import transaction

from registration import actions, requirements, tasks
from registration.models import Application, ProvincePolicy, Qualification
from registration.promise import PROMISE_VERSION
from registration.queries.clock import RULES, by_certificate, entries
from registration.requirements import Balance
from registration.workflows import ApplicationKind as K
from registration.workflows import ApplicationState as A
from swms.current import RequestFacts, reset_current, set_current
from tests import factories
from tests.architecture.counting import queries_of
from tests.people import signed_in
from tests.registration.steps import FIXABLE, REFUSED, at
from tests.registration.test_renewal import registered, send, through

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


# --- four years, day by day -------------------------------------------------------------------------------


def test_every_day_of_four_years_says_what_the_rules_say_with_no_job_ever_run(people):
    """R-REG-03, R-REG-21, R-REREG-03, R-REREG-07, R-REREG-08: two certificates of different levels, side by side.

    The lower one is registered from a leap day, so its term ends on a Sunday; nobody renews it. The higher one was
    issued so that its year ends inside the holidays of October; nobody applies for it. In the fourth year the
    province takes late renewals for a month.
    """
    record = registered(people, on="2024-02-29")
    worker = record.worker
    issued, end = date(2024, 10, 1), date(2027, 2, 28)
    late = (date(2027, 9, 1), date(2027, 9, 30))
    ProvincePolicy.objects.create(
        province_id="110000",
        version=1,
        effective_from=date(2024, 1, 1),
        makeup_renew_from=late[0],
        makeup_renew_until=late[1],
        by=people.zhang_wei,
    )
    with at("2024-10-08 10:00"):
        higher = factories.qualification("陈晨", number=worker.user.id_number, level=2, issue_date=issued)
        actions.attach_qualifications(worker)
    assert (a_year_after(issued), last_filing(end)) == (date(2025, 10, 9), date(2027, 3, 1))

    seen = set()
    for today in walk(date(2024, 10, 8), date(2028, 10, 8)):
        found = entries(worker)
        assert says(found, higher) == {"first_registration": window_of_first(issued, today)}, today
        expected = {"term": Fact(None, end, (end - today).days, "")}
        if today <= last_filing(end):
            expected["renewal"] = window_of_renewal(end, today)
        else:
            coming = Fact(*late, (late[1] - today).days, "makeup" if late[0] <= today else "")
            expected["makeup"] = coming if today <= late[1] else Fact(None, None, None, "")
        lower = says(found, record.qualification)
        assert lower == expected, today
        seen |= {fact.move for fact in lower.values()}
        for entry in found:
            assert bool(entry.action) != bool(entry.why_not), (today, entry.name)
            assert entry.rule.id in RULES
        texts = {each.name: each.text for each in found if each.qualification.pk == record.qualification_id}
        assert ("登记已过期" in texts["term"]) == (today > end), today
    assert seen == {"", "renew", "makeup"}


@pytest.mark.parametrize(
    ("day", "move"),
    [
        ("2026-11-27", ""),
        ("2026-11-28", "renew"),
        ("2027-02-28", "renew"),
        ("2027-03-01", "renew"),  # the Monday after the Sunday on which it ended
        ("2027-03-02", ""),
        ("2027-08-31", ""),
        ("2027-09-01", "makeup"),
        ("2027-09-30", "makeup"),
        ("2027-10-01", ""),
    ],
)
def test_on_its_boundaries_page_api_and_server_agree_about_a_renewal_that_no_job_has_opened(people, day, move):
    """R-REREG-03, R-TIME-04, R-TIME-05, R-REREG-08; the first minute and the last of each day."""
    record = registered(people, on="2024-02-29")
    ProvincePolicy.objects.create(
        province_id="110000",
        version=1,
        effective_from=date(2024, 1, 1),
        makeup_renew_from=date(2027, 9, 1),
        makeup_renew_until=date(2027, 9, 30),
        by=people.zhang_wei,
    )
    name = "renewal" if day < "2027-03-02" else "makeup"
    for minute in ("00:00:00", "23:59:59"):
        with at(f"{day} {minute}"):
            asked = "renew" if name == "renewal" else "makeup"
            assert agree(record.worker, name, asked, record=fresh(record)) == move


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        ("2024-10-01", "2025-10-09"),  # 国庆 and 中秋
        ("2024-02-29", "2025-02-28"),
        ("2023-02-28", "2024-02-28"),
        ("2027-05-01", "2028-05-03"),  # the schedule of 2028 is not published: the statutory days alone
    ],
)
def test_on_its_boundaries_page_api_and_server_agree_about_a_first_registration(people, issued, last):
    """R-REG-03, R-TIME-03, R-TIME-05."""
    issued, last = date.fromisoformat(issued), date.fromisoformat(last)
    assert a_year_after(issued) == last
    with at(f"{issued} 10:00"):
        case = factories.application("陈晨", issue_date=issued)
    for day, move in ((issued, ""), (issued + DAY, "apply"), (last, "apply"), (last + DAY, "")):
        with at(f"{day} 23:59:59"):
            assert agree(case.worker, "first_registration", "apply", case=case) == move, day
    for today in walk(last - 9 * DAY, last + 3 * DAY):
        found = entries(case.worker)
        assert says(found, case.qualification)["first_registration"] == window_of_first(issued, today), today


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


# --- records that are gone ---------------------------------------------------------------------------------


def test_a_record_that_was_superseded_or_revoked_offers_no_renewal_on_any_day(people):
    """R-REG-22, R-REG-24."""
    record = registered(people, on="2024-03-01")
    worker = record.worker
    with at("2026-12-10 10:00"):
        number = worker.user.id_number
        higher = factories.qualification("陈晨", number=number, level=2, issue_date=date(2026, 11, 1))
        actions.attach_qualifications(worker)
        through(send(worker.applications.get(qualification=higher)), people)
    for today in walk(date(2027, 2, 20), date(2027, 3, 10)):
        lower = says(entries(worker), record.qualification)
        assert lower == {"term": Fact(None, date(2027, 3, 1), (date(2027, 3, 1) - today).days, "")}, today
    with at("2027-01-10 10:00"):
        assert agree(worker, "term", "renew", record=fresh(record)) == ""
        entry = next(each for each in entries(worker) if each.rule.id == "R-REG-22")
        assert "不需要再登记" in entry.why_not
        kept = fresh(higher.registration)
        kept.move("revoke", actor=people.zhang_wei, reason="经核实材料虚假，予以撤销。")
        upper = next(each for each in entries(worker) if each.qualification.pk == higher.pk)
        assert (upper.name, upper.last_day, upper.action, upper.rule.id) == ("term", None, None, "R-REG-24")


def test_a_revoked_qualification_takes_every_button_with_it(people):
    """R-REG-01: 不能申请登记, and no registration goes on without its certificate."""
    with at("2026-12-10 10:00"):
        case = factories.application("陈晨")
        case.qualification.move("revoke", actor=people.zhou_yan, reason="考试中有违纪违规行为，依法撤销。")
        assert agree(case.worker, "first_registration", "apply", case=case) == ""


# --- 补登记 ------------------------------------------------------------------------------------------------


def test_a_lapsed_registration_is_made_up_for_although_no_job_has_let_it_lapse(people):
    """R-REREG-08: the case that was opened and never sent is still there, and the record still says 有效."""
    record = registered(people, on="2024-03-01")
    with at("2026-12-01 10:00"):
        actions.open_renewal(record)
    ProvincePolicy.objects.create(
        province_id="110000",
        version=1,
        effective_from=date(2026, 1, 1),
        makeup_renew_from=date(2027, 3, 2),
        makeup_renew_until=date(2027, 3, 31),
        by=people.zhang_wei,
    )
    with at("2027-03-11 10:00"):
        assert agree(record.worker, "makeup", "makeup", record=fresh(record)) == "makeup"
        case = actions.open_makeup(record, by=record.worker.user)
        assert record.applications.get(kind=K.RENEW).state == A.LAPSED
        assert agree(record.worker, "makeup", "apply", case=case) == "apply"
    with at("2027-04-01 00:00"):
        assert agree(record.worker, "makeup", "apply", case=case) == ""


def test_a_late_first_registration_is_offered_as_a_makeup_while_the_province_takes_them(people):
    """R-REG-05."""
    with at("2026-01-12 10:00"):
        case = factories.application("陈晨", issue_date=date(2025, 1, 10))
    ProvincePolicy.objects.create(
        province_id="110000",
        version=1,
        effective_from=date(2026, 1, 1),
        makeup_first_from=date(2026, 11, 1),
        makeup_first_until=date(2026, 11, 30),
        by=people.zhang_wei,
    )
    for day, name, move in (
        ("2026-01-12 23:59", "first_registration", "apply"),  # the Monday after a Saturday
        ("2026-10-31 23:59", "first_registration", ""),
        ("2026-11-01 00:00", "makeup", "apply"),
        ("2026-11-30 23:59", "makeup", "apply"),
        ("2026-12-01 00:00", "first_registration", ""),
    ):
        with at(day):
            assert agree(case.worker, name, "apply", case=case) == move, day


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
