"""登记时钟: text, button, page, API and server say the same on every day of four years (product 1).

Also once a record is gone, and while a province lets people make up for what they missed.
"""

from datetime import date

import pytest

from registration import actions
from registration.models import ProvincePolicy
from registration.queries.clock import RULES, entries
from registration.workflows import ApplicationKind as K
from registration.workflows import ApplicationState as A
from tests import factories
from tests.registration.clock_rules import (
    DAY,
    Fact,
    a_year_after,
    agree,
    fresh,
    last_filing,
    says,
    walk,
    window_of_first,
    window_of_renewal,
)
from tests.registration.renewals import registered, send, through
from tests.registration.steps import at

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
