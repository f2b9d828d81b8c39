"""再登记: the window, the hours, and continuity (R-REREG-01…06, R-REREG-09…11, rulebook §2.4)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from certificates import queries as certificates
from registration import actions, queries, requirements, tasks
from registration.actions import transfers
from registration.models import ProvincePolicy, Worker
from registration.requirements import Balance
from registration.workflows import ApplicationKind as K
from registration.workflows import ApplicationState as A
from registration.workflows import RegistrationState as R
from swms.codes import CertificateLevel
from swms.notices.models import Notice
from tests import factories
from tests.people import signed_in
from tests.registration.changes import CHAOYANG, sent, to
from tests.registration.corrections import SCHOOL, edit, reopened
from tests.registration.renewals import night, registered, renewal, send, through
from tests.registration.steps import FIXABLE, at, refusal

END = date(2027, 3, 1)  # of a term that began on 2024-03-01


@pytest.fixture
def hours():
    """A ledger of hours as ``education`` will register one: what stands in it decides (R-REREG-04)."""
    ledger = {"obtained": Decimal("72"), "pending": Decimal(0)}

    def source(application):
        needed = Decimal(72 if application.qualification.level == CertificateLevel.ASSISTANT else 90)
        return Balance("hours", "继续教育学时", needed, ledger["obtained"], ledger["pending"], "小时", "R-CE-01")

    requirements.require(source)
    yield ledger
    requirements.withdraw(source)


# --- the window ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "opens", "last"),
    [
        ("2027-03-01", "2026-12-01", "2027-03-01"),
        ("2027-05-31", "2027-02-28", "2027-05-31"),
        ("2028-05-31", "2028-02-29", "2028-05-31"),
        ("2027-02-28", "2026-11-28", "2027-03-01"),  # a Sunday: filing until Monday, validity until Sunday
    ],
)
def test_a_renewal_opens_three_months_before_the_end_and_closes_on_the_last_filing_day(people, end, opens, last):
    """R-REREG-03, R-TIME-05; both ends count."""
    began = date.fromisoformat(end).replace(year=int(end[:4]) - 3)
    registration = registered(people, on=began.isoformat())
    assert registration.valid_until == date.fromisoformat(end)
    with at(f"{opens} 00:00") as clock:
        clock.shift(timedelta(seconds=-1))
        tasks.open_renewals()
        assert not registration.applications.filter(kind=K.RENEW).exists()
        assert queries.may_begin(registration) == ""
        clock.shift(timedelta(seconds=1))
        assert queries.may_begin(registration) == "renew"
        application = renewal(registration)
        assert (application.state, application.get_state_display()) == (A.NOT_APPLIED, "未申请再登记")
    with at(f"{last} 23:59:59"):
        send(application)
        assert application.get_state_display() == "待审核"


def test_the_day_before_the_window_is_refused_with_the_day_on_which_it_opens(people, registration):
    """R-REREG-03, also for a case that was opened by a clock that ran ahead."""
    with at("2026-12-01 00:00"):
        application = renewal(registration)
    with at("2026-11-30 23:59"):
        refused = refusal("window_not_open", send, application)
        assert refused.message == "未到再登记受理期限（2026年12月1日起）"


def test_the_worker_is_told_when_the_window_opens_and_nobody_is_told_of_a_first_application(people, registration):
    """R-REREG-10."""
    kind = "registration.application.begin"
    assert not Notice.objects.filter(kind=kind).exists()
    night("2026-12-01")
    notice = Notice.objects.get(kind=kind)
    assert notice.recipient == registration.worker.user
    assert "2027年3月1日" in notice.body
    night("2026-12-02")
    assert Notice.objects.filter(kind=kind).count() == 1


def test_a_job_that_missed_ten_days_opens_what_was_due_and_a_worker_need_not_wait_for_it(people, registration):
    with at("2026-12-05 09:00"):
        browser = signed_in(registration.worker.user)
        page = browser.get(f"/registration/renewals/{registration.number}/")
        assert "开始再登记" in page.content.decode()
        answer = browser.post(f"/registration/renewals/{registration.number}/")
        application = registration.applications.get(kind=K.RENEW)
        assert answer["Location"] == application.get_absolute_url()
    with at("2026-12-11 00:15"):
        tasks.open_renewals()
    assert registration.applications.filter(kind=K.RENEW).count() == 1


def test_another_worker_cannot_find_the_renewal(people, registration):
    with at("2026-12-05 09:00"):
        stranger = signed_in(people.wang_fang.user)
        address = f"/registration/renewals/{registration.number}/"
        assert (stranger.get(address).status_code, stranger.post(address).status_code) == (404, 404)
        assert not registration.applications.filter(kind=K.RENEW).exists()


# --- completion ----------------------------------------------------------------------------------


def test_a_renewal_keeps_the_number_and_adds_three_years_from_the_anchor(people, registration):
    """R-REREG-05: no gap, no drift; the certificate is a new version, the old one 已换发."""
    number = registration.number
    with at("2026-12-20 10:00"):
        application = send(renewal(registration))
        registration.refresh_from_db()
        assert (registration.state, registration.standing) == (R.IN_REREG, R.IN_REREG)
        through(application, people)
    registration.refresh_from_db()
    assert application.get_state_display() == "已出证"
    assert (registration.number, registration.state) == (number, R.VALID)
    assert (registration.valid_from, registration.valid_until) == (date(2027, 3, 2), date(2030, 3, 1))
    periods = registration.periods.values_list("valid_from", "valid_until")
    assert list(periods) == [(date(2024, 3, 1), END), (date(2027, 3, 2), date(2030, 3, 1))]
    versions = list(registration.certificates.order_by("version").values_list("version", "state"))
    assert versions == [(1, "SUPERSEDED"), (2, "ISSUED")]
    with at("2027-01-01 10:00"):
        old, new = registration.certificates.order_by("version")
        assert certificates.verify_token(old.verify_token).code == "replaced"
        assert certificates.verify_token(new.verify_token).code == "valid"
        assert certificates.verify_number(number, "陈晨").as_json()["valid"]


def test_a_leap_day_finds_its_day_again_after_four_terms(people):
    """R-REREG-05, R-TIME-03: 2024-02-29 → 2027-02-28 → 2030-02-28 → 2033-02-28 → 2036-02-29."""
    registration = registered(people, on="2024-02-29")
    ends = [registration.valid_until]
    for year in (2027, 2030, 2033):
        with at(f"{year}-02-10 10:00"):
            application = actions.open_renewal(registration)
            through(send(application), people)
        registration.refresh_from_db()
        ends.append(registration.valid_until)
    assert ends == [date(2027, 2, 28), date(2030, 2, 28), date(2033, 2, 28), date(2036, 2, 29)]


def test_a_renewal_sent_in_time_and_decided_after_the_end_leaves_no_gap(people, registration):
    """R-REREG-06: 再登记审核中, also at verification; then continuous."""
    with at("2027-03-01 20:00"):
        application = send(renewal(registration))
    night("2027-03-02")
    with at("2027-04-20 10:00"):
        registration.refresh_from_db()
        assert registration.standing == R.IN_REREG
        answer = certificates.verify_number(registration.number, "陈晨")
        assert (answer.code, answer.as_json()["valid"]) == ("in_renewal", True)
        through(application, people)
        registration.refresh_from_db()
        assert (registration.valid_from, registration.valid_until) == (date(2027, 3, 2), date(2030, 3, 1))


def test_filing_on_the_working_day_after_a_sunday_revives_what_ended_on_the_sunday(people):
    """R-TIME-05, R-REREG-06: the printed validity is not extended, the filing is."""
    registration = registered(people, on="2024-02-28")
    with at("2027-02-20 10:00"):
        application = renewal(registration)
    night("2027-03-01")
    with at("2027-03-01 10:00"):
        registration.refresh_from_db()
        assert registration.standing == R.EXPIRED
        assert certificates.verify_number(registration.number, "陈晨").code == "registration_expired"
        send(application)
        registration.refresh_from_db()
        assert registration.standing == R.IN_REREG
    night("2027-03-02")
    application.refresh_from_db()
    assert application.state == A.PENDING_REVIEW


# --- hours ---------------------------------------------------------------------------------------


def test_a_renewal_is_refused_while_hours_are_short_and_says_how_many(people, registration, hours):
    """R-REREG-04: at submission; 71.9 fails, 72.0 passes."""
    hours["obtained"], hours["pending"] = Decimal("71.9"), Decimal("6")
    with at("2026-12-20 10:00"):
        application = renewal(registration)
        refused = refusal("requirement_short", send, application)
        assert refused.message == "继续教育学时不足：需72小时，已获71.9小时，还差0.1小时（另有6小时审核中）"
        page = signed_in(registration.worker.user).get(f"{application.get_absolute_url()}check/").content.decode()
        assert "还差0.1小时" in page
        hours["obtained"] = Decimal("72.0")
        send(application)
        form = application.form.content
        assert "需72小时，已获72.0小时" in str([s["entries"] for s in form["sections"] if s["name"] == "renewal"])


def test_hours_that_were_taken_away_during_the_review_stop_the_final_one(people, registration, hours):
    """R-REREG-04: again at the final review."""
    with at("2026-12-20 10:00"):
        application = send(renewal(registration))
        application.move("pass_first", actor=people.li_jing, seen=1)
        hours["obtained"] = Decimal("60")
        refusal("requirement_short", application.move, "pass_final", actor=people.zhang_wei, seen=1)
        application.move("fail_final", actor=people.zhang_wei, seen=1, **FIXABLE)
    assert application.get_state_display() == "终审未通过"


def test_a_renewal_is_mended_like_a_first_registration_and_its_conditions_can_be_named(people, registration, hours):
    """R-REREG-04, R-REREG-09: the same table, the same round."""
    with at("2026-12-20 10:00"):
        case = send(renewal(registration))
        case.move("pass_first", actor=people.li_jing, seen=1)
        hours["obtained"] = Decimal(60)
        one = reopened(case, people.zhang_wei, SCHOOL, codes=["condition_short"], stage="final")

        def named(one):
            return {each.label: each.mended for each in queries.named_now(one)}

        assert named(one) == {"毕业院校": False, "再登记": False}
        refusal("not_named", edit, one.worker, ethnicity="02")
        one.worker.refresh_from_db()
        edit(one.worker, school="更正后的大学")
        hours["obtained"] = Decimal(72)
        assert named(one) == {"毕业院校": True, "再登记": True}
        assert send(one).state == "PENDING_REVIEW"


def test_a_change_of_employer_meanwhile_does_not_stand_in_the_way_of_mending(people, registration):
    """R-REG-14, R-CHG-01: the office moved the employment, 陈晨 only mends the school that was named."""
    with at("2026-12-20 10:00"):
        one = reopened(send(renewal(registration)), people.li_jing, SCHOOL)
        change = sent(one.worker, to(CHAOYANG))
        transfers.decide(change, "approve", by=people.li_jing, seen=change.form_version)
        worker = Worker.objects.get(pk=one.worker_id)
        edit(worker, school="更正后的大学")
        refusal("not_named", edit, worker, ethnicity="02")


def test_a_province_may_waive_the_hours_for_what_is_sent_in_a_span(people, registration, hours):
    """R-REREG-11: the day of submission decides, also when the final review comes later."""
    hours["obtained"] = Decimal(0)
    ProvincePolicy.objects.create(
        province_id="110000",
        version=1,
        effective_from=date(2026, 1, 1),
        ce_waived_from=date(2026, 12, 10),
        ce_waived_until=date(2026, 12, 20),
        ce_waived_notice="示例通知",
        by=people.zhang_wei,
    )
    with at("2026-12-09 10:00"):
        application = renewal(registration)
        refusal("requirement_short", send, application)
    with at("2026-12-20 10:00"):
        send(application)
    with at("2027-01-15 10:00"):
        through(application, people)
    assert application.state == A.CERT_ISSUED


def test_a_first_registration_asks_for_no_hours(people, hours):
    hours["obtained"] = Decimal(0)
    assert factories.submitted("陈晨").state == A.PENDING_REVIEW
