"""再登记 that is refused, taken back or not sent; lapse, and the make-up channel (R-REREG-07, R-REREG-08, §2.4)."""

from datetime import date, timedelta

import pytest

from certificates import queries as certificates
from registration import actions, queries, tasks
from registration.models import Application, ProvincePolicy, Registration
from registration.workflows import ApplicationState as A
from registration.workflows import RegistrationState as R
from swms.dates import today
from tests import factories
from tests.people import signed_in
from tests.registration.corrections import SCHOOL, refuse
from tests.registration.renewals import night, registered, renewal, send, through
from tests.registration.steps import FIXABLE, REFUSED, at, refusal

# --- refusals and lapse --------------------------------------------------------------------------


def test_a_renewal_returned_before_the_end_can_be_mended_for_thirty_days_beyond_it(people, registration):
    """§2.4: the record stays 再登记审核中 for the thirty days, then it is 已过期 and the case closed."""
    with at("2027-02-20 10:00"):
        application = send(renewal(registration))
    with at("2027-02-25 10:00"):
        application.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
        registration.refresh_from_db()
        assert registration.correct_by == date(2027, 3, 27)
    night("2027-03-27")
    with at("2027-03-27 23:00"):
        registration.refresh_from_db()
        assert registration.standing == R.IN_REREG
        actions.reopen(application, by=application.worker.user)
    with at("2027-03-28 00:00"):
        assert registration.standing == R.EXPIRED, "by the date, before any job"
        refusal("window_closed", send, application)
    night("2027-03-28")
    registration.refresh_from_db()
    application.refresh_from_db()
    assert (registration.state, application.state) == (R.EXPIRED, A.LAPSED)


def test_a_mended_renewal_in_its_thirty_days_is_continuous(people, registration):
    with at("2027-02-20 10:00"):
        application = send(renewal(registration))
        application.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
    with at("2027-03-20 10:00"):
        actions.reopen(application, by=application.worker.user)
        send(application)
        through(application, people)
    registration.refresh_from_db()
    assert registration.valid_from == date(2027, 3, 2)


def test_不予登记_gives_the_record_back_to_its_own_dates(people, registration):
    with at("2027-01-10 10:00"):
        application = send(renewal(registration))
        application.move("fail_first", actor=people.li_jing, seen=1, **REFUSED)
        registration.refresh_from_db()
        assert (registration.state, registration.standing) == (R.VALID, R.VALID)
    night("2027-03-02")
    registration.refresh_from_db()
    application.refresh_from_db()
    assert (registration.state, application.state) == (R.EXPIRED, A.LAPSED)


def test_a_withdrawn_renewal_is_no_renewal(people, registration):
    """差一步: taken back and not sent again, the registration ends."""
    with at("2027-01-10 10:00"):
        application = send(renewal(registration))
        actions.withdraw(application, by=application.worker.user)
        registration.refresh_from_db()
        assert registration.state == R.VALID
        assert not queries.next_step(application.worker).submitted
    night("2027-03-02")
    registration.refresh_from_db()
    assert registration.state == R.EXPIRED


def test_what_nobody_sent_lapses_and_the_qualification_stays_valid(people, registration):
    """R-REREG-07."""
    with at("2026-12-01 00:30"):
        application = renewal(registration)
    night("2027-03-02")
    registration.refresh_from_db()
    application.refresh_from_db()
    assert (registration.state, application.get_state_display()) == (R.EXPIRED, "逾期未申请")
    with at("2027-03-02 10:00"):
        assert certificates.verify_number(registration.number, "陈晨").code == "registration_expired"
        assert certificates.verify_number(registration.qualification.mgmt_no, "陈晨").code == "valid"
        assert queries.next_step(application.worker).title == "登记已过期"
        assert queries.editable_parts(application.worker) >= {"basic", "photo", "honours"}


def test_a_record_that_is_revoked_takes_its_renewal_with_it(people, registration):
    """R-REG-24; a lost message is found by the sweep."""
    with at("2027-01-10 10:00"):
        application = send(renewal(registration))
        application.move("pass_first", actor=people.li_jing, seen=1)
        registration.refresh_from_db()
        registration.move("revoke", actor=people.zhang_wei, reason="经核实材料虚假，予以撤销。")
        refusal("record_closed", application.move, "pass_final", actor=people.zhang_wei, seen=1)
        tasks.sweep()
        application.refresh_from_db()
        assert (application.state, application.get_state_display()) == (A.VOID, "已失效")
        assert certificates.verify_number(registration.number, "陈晨").code == "revoked"


@pytest.mark.parametrize("end", ["withdraw", "fail_first"])
def test_the_renewal_of_a_record_that_was_cancelled_can_still_be_ended(people, registration, end):
    """R-REG-24: before the sweep was there, 陈晨 takes it back, or 李静 refuses it; the record stays cancelled."""
    with at("2027-01-10 10:00"):
        application = send(renewal(registration))
        registration.refresh_from_db()
        registration.move(
            "cancel", actor=people.zhang_wei, reason="本人申请注销，经核实予以注销。", cause="own_request"
        )
        if end == "withdraw":
            application.move("withdraw", actor=application.worker.user, seen=1)
        else:
            refuse(application, people.li_jing, SCHOOL)
        registration.refresh_from_db()
        assert registration.state == R.CANCELLED


def test_a_revocation_after_the_final_review_is_not_undone_by_the_completion(people, registration):
    with at("2027-01-10 10:00"):
        application = send(renewal(registration))
        application.move("pass_first", actor=people.li_jing, seen=1)
        application.move("pass_final", actor=people.zhang_wei, seen=1)
        registration.refresh_from_db()
        registration.move("revoke", actor=people.zhang_wei, reason="经核实材料虚假，予以撤销。")
        assert not actions.complete(application.pk)
        registration.refresh_from_db()
        assert registration.state == R.REVOKED


def test_a_higher_level_ends_the_lower_one_in_the_middle_of_its_renewal(people, registration):
    """R-REG-22: a worker with certificates of two levels; no re-registration of the lower one is needed."""
    worker = registration.worker
    with at("2027-01-10 10:00"):
        lower = send(renewal(registration))
        factories.qualification("陈晨", number=worker.user.id_number, level=2, issue_date=today() - timedelta(days=30))
        actions.attach_qualifications(worker)
        higher = Application.objects.get(worker=worker, qualification__level=2)
        through(send(higher), people)
        registration.refresh_from_db()
        assert registration.state == R.SUPERSEDED
        tasks.sweep()
        lower.refresh_from_db()
        assert lower.state == A.VOID
    night("2026-12-02")
    assert not Application.objects.filter(registration=registration, state=A.NOT_APPLIED).exists()


def test_revoking_the_qualification_closes_the_registration_at_verification_at_once(people, registration):
    with at("2026-11-25 10:00"):
        registration.qualification.move("revoke", actor=people.zhou_yan, reason="考试中有违纪违规行为，依法撤销。")
        assert certificates.verify_number(registration.number, "陈晨").code == "revoked"


# --- 补登记 --------------------------------------------------------------------------------------


def open_makeup(people, *, first=None, renew=None):
    ProvincePolicy.objects.create(
        province_id="110000",
        version=1,
        effective_from=date(2026, 1, 1),
        makeup_first_from=first and first[0],
        makeup_first_until=first and first[1],
        makeup_renew_from=renew and renew[0],
        makeup_renew_until=renew and renew[1],
        by=people.zhang_wei,
    )


def lapsed(people) -> Registration:
    registration = registered(people)
    night("2027-03-02")
    registration.refresh_from_db()
    return registration


def test_without_the_provinces_switch_a_lapsed_registration_stays_lapsed(people):
    """R-REREG-08, Q6."""
    registration = lapsed(people)
    with at("2027-06-01 10:00"):
        refusal("makeup_closed", actions.open_makeup, registration, by=registration.worker.user)
        page = signed_in(registration.worker.user).get(f"/registration/renewals/{registration.number}/")
        assert "现在不能办理再登记" in page.content.decode()


def test_a_make_up_renewal_begins_on_the_day_of_approval_with_a_new_anchor(people):
    """R-REREG-08: the gap stays visible, the number stays, the reason for being late is asked for."""
    registration = lapsed(people)
    open_makeup(people, renew=(date(2027, 6, 1), date(2027, 6, 30)))
    with at("2027-06-30 10:00"):
        assert queries.next_step(registration.worker).title == "登记已过期，可以补登记"
        application = actions.open_makeup(registration, by=registration.worker.user)
        assert actions.open_makeup(registration, by=registration.worker.user) == application
        refusal("late_reason_required", send, application)
        send(application, late_reason="工作调动期间没有收到提醒。")
        assert (application.late, application.get_kind_display()) == (True, "再登记补登记")
    with at("2027-07-20 10:00"):
        application.move("pass_first", actor=people.li_jing, seen=1)
        application.move("pass_final", actor=people.zhang_wei, seen=1)
    with at("2027-07-30 10:00"):  # the job comes ten days late
        actions.complete(application.pk)
    registration.refresh_from_db()
    assert (registration.state, registration.anchor) == (R.VALID, date(2027, 7, 20))
    assert (registration.valid_from, registration.valid_until) == (date(2027, 7, 20), date(2030, 7, 20))
    assert registration.first_registered_on == date(2024, 3, 1)


def test_a_make_up_that_is_not_sent_before_the_switch_closes_lapses(people):
    registration = lapsed(people)
    open_makeup(people, renew=(date(2027, 6, 1), date(2027, 6, 30)))
    with at("2027-06-30 10:00"):
        application = actions.open_makeup(registration, by=registration.worker.user)
    with at("2027-07-01 09:00"):
        refusal("window_closed", send, application, late_reason="工作调动")
    night("2027-07-01")
    application.refresh_from_db()
    assert application.state == A.LAPSED


def test_a_late_first_registration_is_taken_only_while_the_province_takes_late_ones(people):
    """R-REG-05: strict otherwise; with the switch it carries the reason, and the same two reviews."""
    application = factories.application("陈晨", issue_date=date(2025, 1, 10))
    open_makeup(people, first=(date(2026, 11, 1), date(2026, 11, 30)))
    with at("2026-10-31 10:00"):
        refusal("window_closed", send, application)
    with at("2026-11-30 10:00"):
        page = signed_in(application.worker.user).get(f"{application.get_absolute_url()}check/").content.decode()
        assert "逾期的原因" in page
        refusal("late_reason_required", send, application)
        send(application, late_reason="当时不在国内，没有及时办理。")
        assert application.get_kind_display() == "首次补登记"
        assert application.first_registered_on == date(2026, 11, 30)
    with at("2026-12-10 10:00"):
        through(application, people)
        assert application.registration.valid_until == date(2029, 11, 30)
