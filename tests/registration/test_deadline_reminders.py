"""The ladder of reminders, and its ledger (R-REREG-10): once, in time, only while needed, and seen by both sides."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from registration import actions, requirements, tasks
from registration.actions.reminders import CIVIL_HOURS
from registration.models import DeadlineReminder
from registration.requirements import Balance
from registration.workflows import ApplicationKind as K
from swms.notices import delivery
from swms.notices.models import Delivery, Notice
from tests import factories
from tests.people import signed_in
from tests.registration.renewals import registered, send
from tests.registration.steps import FIXABLE, at

END = date(2027, 3, 1)  # a Monday


@pytest.fixture
def record(people):
    return registered(people, on="2024-03-01")


def morning(day: date | str) -> None:
    """Let the job of nine o'clock run; no other job does."""
    with at(f"{day} 09:00"):
        actions.remind_workers(tasks.workers_to_remind().values_list("pk", flat=True))


def rungs(kind=None) -> list[tuple[str, int]]:
    rows = DeadlineReminder.objects.order_by("id")
    return [(each.kind, each.rung) for each in rows if kind is None or each.kind == kind]


def days(first: str, last: str):
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day
        day += timedelta(days=1)


# --- the ladder ------------------------------------------------------------------------------------------


def test_who_has_not_sent_a_renewal_is_reminded_30_7_and_1_day_before_and_never_twice(people, record):
    """R-REREG-10: with no case opened by any job, the job of nine o'clock run twice a day."""
    told = {}
    for day in days("2027-01-25", "2027-03-05"):
        before = len(rungs())
        morning(day)
        morning(day)
        if len(rungs()) > before:
            told[day] = rungs()[before:]
    assert told == {END - timedelta(days=rung): [("renewal", rung)] for rung in (30, 7, 1)}
    notice = Notice.objects.filter(kind="registration.deadline.renewal").latest("pk")
    assert notice.recipient == record.worker.user
    assert "2027年3月1日" in notice.title
    assert notice.url == f"/registration/renewals/{record.number}/"


@pytest.mark.parametrize(
    ("back", "sent"),
    [
        ("2027-02-05", [30]),  # a few days late
        ("2027-02-22", [7]),  # the 30 are long past: only what is due
        ("2027-02-27", [7]),
        ("2027-03-01", [1]),  # the last day itself
        ("2027-03-02", []),
    ],
)
def test_a_job_that_stood_still_sends_the_most_urgent_rung_and_nothing_stale(people, record, back, sent):
    morning(back)
    morning(back)
    assert [rung for _, rung in rungs()] == sent


def test_a_term_that_ends_on_a_sunday_is_counted_to_the_monday_on_which_filing_ends(people):
    """R-TIME-05: the last day to file, and not the one on the certificate."""
    registered(people, on="2024-02-28")
    morning("2027-01-29")
    assert rungs() == []
    morning("2027-01-30")
    assert rungs() == [("renewal", 30)]
    morning("2027-03-01")
    assert rungs() == [("renewal", 30), ("renewal", 1)]


def test_who_sends_it_in_between_hears_nothing_more(people, record):
    with at("2027-02-01 10:00"):
        tasks.open_renewals()
        send(record.applications.get(kind=K.RENEW))
    for day in ("2027-02-02", "2027-02-22", "2027-02-28"):
        morning(day)
    assert rungs() == []


def test_nobody_is_reminded_at_night_or_of_a_closed_account(people, record):
    with at("2027-02-22 03:00"):
        assert actions.remind_workers([record.worker.pk]) == 0
    user = record.worker.user
    user.is_active = False
    user.save()
    morning("2027-02-22")
    assert rungs() == []


def test_a_first_registration_that_was_opened_and_not_sent_is_reminded_of(people):
    """差一步卫士: 30, 7 and 1 day before the year is over; the one who has sent it hears nothing."""
    with at("2026-03-01 10:00"):
        case = factories.application("陈晨", issue_date=date(2025, 12, 1))
        factories.submitted("王芳", issue_date=date(2025, 12, 1))
    for day in days("2026-10-28", "2026-12-03"):
        morning(day)
    assert rungs() == [("first_registration", rung) for rung in (30, 7, 1)]
    assert {each.worker for each in DeadlineReminder.objects.all()} == {case.worker}
    assert [each.created_at.date() for each in DeadlineReminder.objects.order_by("id")] == [
        date(2026, 12, 1) - timedelta(days=rung) for rung in (30, 7, 1)
    ]


def test_a_correction_is_reminded_of_7_and_1_day_before_its_thirty_days_end(people):
    """R-REG-04: also after the next round was begun; not once it is sent again."""
    with at("2026-09-01 10:00"):
        case = factories.submitted("陈晨", issue_date=date(2026, 3, 2))
        case.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
    told = []
    for day in days("2026-09-02", "2026-10-03"):
        before = len(rungs())
        morning(day)
        told += [(day, *each) for each in rungs()[before:]]
        if day == date(2026, 9, 25):
            with at(f"{day} 10:00"):
                actions.reopen(case, by=case.worker.user)
    assert told == [(date(2026, 9, 24), "correction", 7), (date(2026, 9, 30), "correction", 1)]


@pytest.fixture
def hours():
    """A ledger of hours as ``education`` will register one."""
    kept = {"obtained": Decimal(60)}

    def source(application):
        return Balance("hours", "继续教育学时", Decimal(72), kept["obtained"], Decimal(0), "小时", "每个有效期72小时")

    requirements.require(source)
    yield kept
    requirements.withdraw(source)


def test_missing_hours_are_reminded_of_half_a_year_before_the_end(people, record, hours):
    """R-REREG-10: once, and only while they are short."""
    morning("2026-08-31")
    assert rungs() == []
    morning("2026-09-01")
    morning("2026-09-02")
    assert rungs() == [("hours", 180)]
    assert "还差12小时" in Notice.objects.get(kind="registration.deadline.hours").body


def test_who_has_the_hours_is_not_reminded_of_them_and_a_job_late_by_two_months_is_silent(people, record, hours):
    hours["obtained"] = Decimal(72)
    morning("2026-09-11")
    hours["obtained"] = Decimal(60)
    morning("2026-11-05")
    assert rungs() == []


def test_of_two_certificates_each_has_its_own_ladder(people, record):
    """R-REG-22: only the most urgent thing of each."""
    with at("2026-12-10 10:00"):
        worker = record.worker
        factories.qualification("陈晨", number=worker.user.id_number, level=2, issue_date=date(2026, 2, 22))
        actions.attach_qualifications(worker)
    morning("2027-02-22")  # the higher one's year ended on that Monday
    assert sorted(rungs()) == [("first_registration", 1), ("renewal", 7)]


# --- as the message leaves ----------------------------------------------------------------------------------


def deliveries():
    return Delivery.objects.filter(kind="registration.deadline.renewal")


def test_a_message_whose_reason_is_gone_as_it_leaves_is_not_sent(people, record):
    """The conditions are asked again when the short message really goes out."""
    morning("2027-02-22")
    row = deliveries().get()
    with at("2027-02-22 09:05"):
        tasks.open_renewals()
        send(record.applications.get(kind=K.RENEW))
        delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == (Delivery.Status.SKIPPED, "事项已经办理或期限已过")
    page = signed_in(record.worker.user).get("/notices/").content.decode()
    assert "不再需要" in page


def test_a_message_that_waited_until_the_next_rung_is_not_sent(people, record):
    morning("2027-02-22")
    row = deliveries().get()
    with at("2027-02-28 09:00"):
        delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == Delivery.Status.SKIPPED


def test_a_message_that_is_still_true_goes_out_to_the_own_mobile(people, record):
    morning("2027-02-22")
    row = deliveries().get()
    with at("2027-02-22 09:01"):
        delivery.deliver(row.pk)
    row.refresh_from_db()
    mobile = record.worker.user.mobile
    assert (row.status, row.sent_to) == (Delivery.Status.SENT, f"{mobile[:3]}****{mobile[-4:]}")
    assert "2027年3月1日" in row.text


def test_the_news_that_a_renewal_can_be_sent_is_not_sent_to_who_has_sent_it(people, record):
    with at("2026-12-05 00:15"):
        tasks.open_renewals()
        row = Delivery.objects.get(kind="registration.application.begin")
        send(record.applications.get(kind=K.RENEW))
        delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == Delivery.Status.SKIPPED


# --- the ledger, from both sides -----------------------------------------------------------------------------


@pytest.fixture
def sent(people, record):
    """陈晨 was reminded, the message went out, and 陈晨 applied after all."""
    with at("2027-02-22 00:15"):
        tasks.open_renewals()
    morning("2027-02-22")
    with at("2027-02-22 09:01"):
        delivery.deliver(deliveries().get().pk)
    with at("2027-02-23 10:00"):
        return send(record.applications.get(kind=K.RENEW))


def test_the_worker_reads_beside_each_notice_how_it_went_out(people, sent):
    mobile = sent.worker.user.mobile
    page = signed_in(sent.worker.user).get("/notices/").content.decode()
    assert "已发送" in page
    assert f"{mobile[:3]}****{mobile[-4:]}" in page
    assert "2027年2月22日 " in page
    assert mobile not in page


def test_a_message_keeps_where_it_went_after_the_mobile_was_changed(people, sent):
    user = sent.worker.user
    old, user.mobile = user.mobile, "19900009999"
    user.save()
    page = signed_in(user).get("/notices/").content.decode()
    assert f"{old[:3]}****{old[-4:]}" in page
    assert "199****9999" not in page


def test_the_office_sees_on_the_case_what_was_sent_about_it(people, sent):
    """李静 of 朝阳区 does, 赵敏 of 上海市 finds neither the case nor the reminder."""
    mobile = sent.worker.user.mobile
    with at("2027-02-23 11:00"):
        case = f"/console/registration/application/{sent.ref}/"
        page = signed_in(people.li_jing).get(case).content.decode()
        assert "发送记录" in page
        assert "再登记还没有提交，2027年3月1日截止" in page
        assert f"{mobile[:3]}****{mobile[-4:]}" in page
        assert mobile not in page
        ledger = "/console/registration/deadlinereminder/"
        mine = signed_in(people.li_jing).get(ledger).content.decode()
        assert "短信已发送" in mine
        assert sent.ref in mine
        stranger = signed_in(people.zhao_min)
        assert sent.ref not in stranger.get(ledger).content.decode()
        assert stranger.get(case).status_code == 404
        found = signed_in(people.li_jing).post(ledger, {"text": sent.ref}).content.decode()
        assert "找到 1 条" in found


def test_who_has_no_account_is_in_the_ledger_of_the_feedback(people, feedback_case):
    page = signed_in(people.li_jing).get(f"/console/registration/feedback/{feedback_case.ref}/").content.decode()
    assert "发送记录（1）" in page


@pytest.fixture
def feedback_case(people):
    return factories.feedback(due_on=date(2026, 12, 14))


def test_the_daily_job_hands_on_only_those_whose_clock_has_to_be_read(people, record, monkeypatch):
    """By keys alone, and nobody who was reminded of this rung already."""
    handed = []
    monkeypatch.setattr(tasks, "enqueue", lambda task, *args: handed.append((task.name, *args)))
    factories.application("王芳")
    with at("2027-02-22 09:00"):
        tasks.remind_of_deadlines()
        assert handed == [("registration.tasks.remind_workers", [record.worker.pk])]
        tasks.remind_workers([record.worker.pk])
        tasks.remind_of_deadlines()
    assert rungs() == [("renewal", 7)]
    assert len(handed) == 1


def test_the_morning_job_is_in_the_timetable_at_a_civil_hour(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["remind-of-deadlines"]
    assert entry["task"] == tasks.remind_of_deadlines.name
    assert entry["schedule"].hour <= set(CIVIL_HOURS)


def test_one_clock_that_cannot_be_read_silences_nobody_else(people, record, monkeypatch):
    with at("2026-03-01 10:00"):
        other = factories.application("王芳", issue_date=date(2026, 2, 22)).worker
    read = actions.reminders.reminders_for

    def broken(worker):
        if worker == other:
            raise ValueError("unreadable")
        return read(worker)

    monkeypatch.setattr(actions.reminders, "reminders_for", broken)
    with at("2027-02-22 09:00"):
        assert actions.remind_workers([other.pk, record.worker.pk]) == 1
