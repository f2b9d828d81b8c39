"""The register: numbers, periods of validity, and how a registration ends (R-REG-21…24, F8, F11)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from registration import actions, tasks
from registration.models import Registration, RegistrationPeriod
from registration.queries.due import completions_due
from registration.workflows import ApplicationState as A
from registration.workflows import RegistrationState as R
from registration.workflows.application import current_period
from swms.celery import app
from swms.references import Counter, has_check_digit
from swms.workflow import Refused
from tests import factories
from tests.registration.steps import passed, registered

REASON = "经核实提供虚假材料，予以撤销。"


@pytest.mark.parametrize(
    ("anchor", "ends"),
    [
        (date(2024, 3, 1), [date(2027, 3, 1), date(2030, 3, 1)]),
        (date(2024, 2, 29), [date(2027, 2, 28), date(2030, 2, 28), date(2033, 2, 28), date(2036, 2, 29)]),
    ],
)
def test_periods_of_three_years_are_counted_from_the_first_registration_without_drift(anchor, ends):
    """R-REG-21, R-REREG-05, R-TIME-03."""
    start = anchor
    for end in ends:
        assert current_period(anchor, start) == (start, end)
        assert current_period(anchor, end) == (start, end)
        start = end + timedelta(days=1)


def test_the_end_on_a_local_certificate_caps_the_period():
    """R-REG-21."""
    assert current_period(date(2020, 3, 1), date(2026, 11, 23), date(2028, 1, 1)) == (
        date(2026, 3, 2),
        date(2028, 1, 1),
    )
    assert current_period(date(2020, 3, 1), date(2026, 11, 23), date(2030, 1, 1))[1] == date(2029, 3, 1)


def test_completion_gives_a_number_a_record_and_its_first_period(people):
    """F8."""
    with time_machine.travel("2026-11-23T10:00+08:00", tick=False):
        registration = registered(people, level=2)
    assert registration.number.startswith("11010522026000001")
    assert has_check_digit(registration.number)
    assert (registration.anchor, registration.valid_until) == (date(2026, 11, 23), date(2029, 11, 23))
    period = registration.periods.get()
    assert (period.valid_from, period.valid_until) == (date(2026, 11, 23), date(2029, 11, 23))
    assert period.application.state == A.REGISTERED
    assert period.application.certificate_viewable


def test_the_certificate_is_not_viewable_before_the_registration_is_complete(people):
    """R-REG-20: not in 终审通过."""
    assert not passed(people).certificate_viewable


def test_the_period_starts_at_the_submission_however_long_the_review_takes(people):
    """R-PRO-05b, R-REG-21."""
    with time_machine.travel("2026-09-01T10:00+08:00", tick=False):
        application = factories.submitted("陈晨")
    with time_machine.travel("2026-10-15T10:00+08:00", tick=False):
        application.move("pass_first", actor=people.li_jing, seen=1)
        application.move("pass_final", actor=people.zhang_wei, seen=1)
        actions.complete(application.pk)
    assert Registration.objects.get().valid_until == date(2029, 9, 1)


def test_the_end_of_a_local_certificate_that_was_taken_back_caps_nothing(people):
    application = factories.application("陈晨")
    application.worker.local_valid_until = date(2027, 1, 1)
    application.worker.save()
    actions.apply(application, by=application.worker.user, promise_version="2026-11")
    application.move("pass_first", actor=people.li_jing, seen=1)
    application.move("pass_final", actor=people.zhang_wei, seen=1)
    actions.complete(application.pk)
    assert Registration.objects.get().valid_until > date(2028, 1, 1)


def test_completing_twice_gives_one_registration_and_one_number(people):
    application = passed(people)
    assert actions.complete(application.pk)
    assert not actions.complete(application.pk)
    tasks.complete(application.pk)
    assert Registration.objects.count() == 1
    assert Counter.objects.get(series__startswith="certificate-").value == 1


def test_a_failed_attempt_burns_no_number(people):
    """F8: the number is allocated in the transaction of the move."""
    application = passed(people)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registration_registrationperiod ADD CONSTRAINT never CHECK (id < 0) NOT VALID")
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.complete(application.pk)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registration_registrationperiod DROP CONSTRAINT never")
    assert not Counter.objects.filter(series__startswith="certificate-").exists()
    actions.complete(application.pk)
    assert Registration.objects.get().number[11:17] == "000001"
    assert RegistrationPeriod.objects.count() == 1


@pytest.fixture
def jobs_run_at_once():
    """Publishing a job runs it, after the commit as ever."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.mark.django_db(transaction=True)
def test_final_approval_is_followed_by_completion_at_once(people, jobs_run_at_once):
    """F6, F8: the message goes out after the commit."""
    application = passed(people)
    application.refresh_from_db()
    assert application.certificate_viewable


@pytest.mark.django_db(transaction=True)
def test_the_sweep_finds_what_no_message_announced(people, jobs_run_at_once):
    """Promise 9: the row is the queue."""
    with transaction.atomic():
        application = passed(people)
        transaction.get_connection().run_on_commit.clear()  # the message is lost
    assert list(completions_due()) == [application.pk]
    tasks.sweep()
    application.refresh_from_db()
    assert application.certificate_viewable
    assert not completions_due().exists()


# --- how it ends ----------------------------------------------------------------------------------------


def test_the_last_day_is_valid_to_its_end_and_the_daily_job_catches_up_on_missed_days(people):
    """R-TIME-04, R-REREG-07."""
    registration = registered(people)
    with time_machine.travel(registration.valid_until, tick=False):
        tasks.expire()
        registration.refresh_from_db()
        assert registration.state == R.VALID
    with time_machine.travel(registration.valid_until + timedelta(days=10), tick=False):
        tasks.expire()
        tasks.expire()
        registration.refresh_from_db()
        assert registration.state == R.EXPIRED
        assert registration.qualification.is_valid


def test_a_registration_does_not_expire_before_its_end(people):
    with pytest.raises(Refused, match="有效期内"):
        registered(people).move("expire")


def test_the_final_reviewer_of_the_region_revokes_with_a_reason_and_nobody_else_does(people):
    """R-REG-24, F11."""
    registration = registered(people)
    for user in (people.li_jing, people.zhao_min, registration.worker.user):
        with pytest.raises(PermissionDenied):
            registration.move("revoke", actor=user, reason=REASON)
    with pytest.raises(Refused, match="请填写原因"):
        registration.move("revoke", actor=people.zhang_wei)
    assert registration.move("revoke", actor=people.zhang_wei, reason=REASON).state == R.REVOKED
    assert registration.periods.get().application.state == A.REGISTERED


def test_false_material_undoes_an_expired_registration_too(people):
    registration = registered(people)
    with time_machine.travel(registration.valid_until + timedelta(days=1), tick=False):
        tasks.expire()
        registration.move("revoke", actor=people.zhang_wei, reason=REASON)
    assert registration.state == R.REVOKED


def test_the_higher_level_takes_the_place_of_the_lower_when_its_certificate_is_issued(people):
    """R-REG-22."""
    lower = registered(people, level=1)
    worker = lower.worker
    row = factories.qualification("陈晨", number=worker.user.id_number, level=2)
    actions.attach_qualifications(worker)
    application = worker.applications.get(qualification=row)
    actions.apply(application, by=worker.user, promise_version="2026-11")
    application.move("pass_first", actor=people.li_jing, seen=1)
    application.move("pass_final", actor=people.zhang_wei, seen=1)
    actions.complete(application.pk)
    lower.refresh_from_db()
    assert lower.state == R.VALID
    application.refresh_from_db()
    application.move("issue")
    lower.refresh_from_db()
    assert (lower.state, application.state) == (R.SUPERSEDED, A.CERT_ISSUED)
    assert Registration.objects.get(qualification=row).state == R.VALID
