"""The calendar file of 登记时钟, read by the rules of RFC 5545, and the writer behind it."""

import re
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from certificates import actions as papers
from certificates.models import TERMS_VERSION
from registration import tasks
from swms import ics
from swms.ics import Event
from tests.certificates import makers
from tests.people import signed_in
from tests.registration.renewals import registered, send
from tests.registration.steps import at

NOW = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)
PROPERTY = re.compile(r"([A-Z-]+)((?:;[A-Z-]+=[^:;]+)*):(.*)", re.DOTALL)


def read(data: bytes) -> list[dict]:
    """Return the events of a calendar as mappings of their properties; whatever breaks the format fails here."""
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    lines = data[:-2].split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        line.decode()  # no character is cut in two
    unfolded = data.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]
    events, open_parts = [], []
    for line in unfolded:
        name, parameters, value = PROPERTY.fullmatch(line).groups()
        if name == "BEGIN":
            open_parts.append(value)
            if value == "VEVENT":
                events.append({"alarms": []})
            elif value == "VALARM":
                events[-1]["alarms"].append({})
        elif name == "END":
            assert open_parts.pop() == value
        elif open_parts[-1] == "VALARM":
            events[-1]["alarms"][-1][name] = value
        elif open_parts[-1] == "VEVENT":
            assert name not in events[-1], "a property of an event stands once"
            events[-1][name + parameters] = value
    assert open_parts == []
    assert unfolded[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{ics.PRODUCT}"]
    return events


def plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def made(**fields) -> dict:
    return read(ics.calendar([Event("a@b", date(2027, 3, 1), **{"summary": "x"} | fields)], name="n", now=NOW))[0]


@given(st.text(max_size=200))
def test_any_text_survives_folding_and_escaping(text):
    """§3.1, §3.3.11; control characters have no place in a calendar."""
    expected = "".join(
        char for char in text.replace("\r\n", "\n").replace("\r", "\n") if char in "\n\t" or char.isprintable()
    )
    assert plain(made(description=f"规则：{text}")["DESCRIPTION"]) == f"规则：{expected}"


def test_text_is_escaped_and_long_lines_of_chinese_are_folded_between_characters():
    words = "再登记在登记有效期满前3个月内申请；首尾两日都算在内, 最后一天; 反斜杠\\。" * 4
    event = made(summary=words)
    assert plain(event["SUMMARY"]) == words
    assert r"\," in event["SUMMARY"]
    assert r"\;" in event["SUMMARY"]
    assert r"\\" in event["SUMMARY"]


def test_an_event_is_a_whole_day_and_its_alarms_ring_at_nine():
    event = made(alarms=(30, 7, 1, 0))
    assert event["DTSTART;VALUE=DATE"] == "20270301"
    assert event["DTEND;VALUE=DATE"] == "20270302"
    assert event["DTSTAMP"] == "20261123T040506Z"
    assert [alarm["TRIGGER"] for alarm in event["alarms"]] == ["-P29DT15H", "-P6DT15H", "-PT15H", "PT9H"]
    assert all(alarm["ACTION"] == "DISPLAY" and alarm["DESCRIPTION"] for alarm in event["alarms"])


# --- the file of a worker -------------------------------------------------------------------------------


def calendar_of(worker):
    answer = signed_in(worker.user).get("/registration/clock.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="registration-clock.ics"'
    assert "no-store" in answer["Cache-Control"]
    return answer.content


def test_a_calendar_holds_the_days_to_come_with_the_alarms_of_the_ladder(people):
    """R-REREG-03, R-REREG-10."""
    record = registered(people, on="2024-02-29")
    with at("2026-11-01 10:00"):
        events = {event["DTSTART;VALUE=DATE"]: event for event in read(calendar_of(record.worker))}
        assert set(events) == {"20261128", "20270228", "20270301"}
    last = events["20270301"]
    assert plain(last["SUMMARY"]) == "再登记受理期限：最后一天（助理社会工作师）"
    assert "最后一天是休息日的，顺延到下一个工作日" in plain(last["DESCRIPTION"])
    assert [alarm["TRIGGER"] for alarm in last["alarms"]] == ["-P29DT15H", "-P6DT15H", "-PT15H"]


def test_the_same_day_keeps_its_uid_from_export_to_export_and_goes_once_the_renewal_is_sent(people):
    record = registered(people, on="2024-03-01")
    with at("2026-12-01 10:00"):
        first = {event["UID"] for event in read(calendar_of(record.worker))}
        tasks.open_renewals()
    with at("2026-12-20 10:00"):
        again = read(calendar_of(record.worker))
        assert {event["UID"] for event in again} == first
        assert len({event["UID"] for event in again}) == len(again)
        send(record.applications.get(kind="renew"))
        after = {plain(event["SUMMARY"]).partition("：")[0] for event in read(calendar_of(record.worker))}
    assert after == {"登记有效期", "再登记审核"}


def test_the_file_names_nobody(people, settings, tmp_path):
    """R-ACC-13: neither name nor identity number, mobile, 管理号 or 登记证书编号."""
    settings.CERTIFICATE_ROOT = tmp_path / "certificates"
    record = registered(people, on="2024-03-01")
    worker, qualification = record.worker, record.qualification
    with at("2026-11-01 10:00"):
        papers.agree_to_terms(worker.user, TERMS_VERSION)
        makers.ask(qualification)
        data = calendar_of(worker).replace(b"\r\n ", b"").decode()
        assert "加注次数恢复" in data
    user = worker.user
    for secret in (user.id_number, user.mobile, user.name, qualification.mgmt_no, record.number):
        assert secret not in data


# --- copies in the clock -----------------------------------------------------------------------------------


def test_a_spoke_adds_its_dates_an_open_copy_and_the_day_on_which_the_quota_recovers(people, settings, tmp_path):
    """R-ANN-07, R-ANN-08: applied on 2026-11-23 for 90 days; three of three used on that day."""
    from registration.queries.clock import entries

    settings.CERTIFICATE_ROOT = tmp_path / "certificates"
    qualification = makers.agreed_holder("陈晨", issue_date=date(2026, 3, 2))
    worker = qualification.worker
    with at("2026-11-23 10:00"):
        copies = []
        for _ in range(3):
            copies.append(makers.ask(qualification))
            in_hand = {each.name: each for each in entries(worker)}["annotation_quota"]
            assert (in_hand.action, "正在生成" in in_hand.why_not) == (None, True)
            papers.annotate([copies[-1].pk])
        found = [each for each in entries(worker) if each.name == "annotation"]
        assert [(each.last_day, each.left) for each in found] == [(date(2027, 2, 21), 90)] * 3
        assert found[0].link.url == copies[0].get_absolute_url()
        quota = {each.name: each for each in entries(worker)}["annotation_quota"]
        assert quota.opens == date(2027, 2, 21)
        assert quota.action is None
        assert "2027年2月21日起可以再次申请" in quota.why_not
    with at("2027-02-21 00:00"):
        quota = {each.name: each for each in entries(worker)}["annotation_quota"]
        assert quota.action.move == "annotate"
        assert signed_in(worker.user).get(quota.action.url).status_code == 200
        makers.ask(qualification)
    with at("2027-02-22 00:00"):
        assert "annotation" not in {each.name for each in entries(worker)}, "no job has closed them"
