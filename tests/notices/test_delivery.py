"""Messages on their way out: at least one try each, at most one message, and a ledger that tells how it went."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from swms.notices import delivery, tasks
from swms.notices.models import Delivery, OutboxMessage
from swms.notices.send import notify, sms
from tests import factories
from tests.notices.gateway import Gateway, running

pytestmark = pytest.mark.django_db

MOBILE = "19900001234"
Status = Delivery.Status


@pytest.fixture
def gateway(settings):
    """A gateway that takes everything, until a test says otherwise."""
    settings.SMS_BACKEND = "swms.notices.backends.HttpBackend"
    settings.SMS_TOKEN = "token-of-a-test"
    with running(Gateway()) as gateway:
        settings.SMS_URL = gateway.url
        yield gateway


def try_now(message: Delivery, *, after: timedelta = timedelta()) -> Delivery:
    """Try a delivery as the worker does, ``after`` from now; return the row as it is then.

    The queue goes by the database's clock, so it is the row that is moved back, and not the clock forward.
    """
    row = Delivery.objects.filter(pk=message.pk)
    row.update(next_attempt_at=F("next_attempt_at") - after, expires_at=F("expires_at") - after)
    delivery.deliver(message.pk)
    message.refresh_from_db()
    return message


def test_a_message_that_the_gateway_takes_is_sent_with_its_receipt_and_time(gateway):
    message = try_now(sms(MOBILE, "您好", kind="test"))
    assert (message.status, message.receipt, message.attempts) == (Status.SENT, "G-1", 1)
    assert message.sent_at is not None
    assert gateway.taken == {str(message.uid): {"to": MOBILE, "text": "您好", "key": str(message.uid)}}
    assert gateway.authorization == "Bearer token-of-a-test"


def test_an_answer_without_an_id_still_means_that_the_message_was_taken(gateway):
    gateway.answer = "好".encode()
    message = try_now(sms(MOBILE, "您好", kind="test"))
    assert (message.status, message.receipt) == (Status.SENT, "")


def test_a_gateway_that_fails_thrice_gets_the_message_at_the_fourth_try(gateway):
    gateway.failures = 3
    message = sms(MOBILE, "您好", kind="test")
    for attempt in (1, 2, 3):
        try_now(message, after=timedelta(hours=attempt))
        assert (message.status, message.attempts, message.error) == (Status.QUEUED, attempt, "HTTPError")
    try_now(message, after=timedelta(hours=4))
    assert (message.status, message.attempts, message.error) == (Status.SENT, 4, "")
    assert list(gateway.taken) == [str(message.uid)]


def test_tries_are_further_and_further_apart(gateway):
    gateway.failures = 10
    message = sms(MOBILE, "您好", kind="test")
    waits = []
    for _ in range(5):
        try_now(message, after=timedelta(days=1))
        waits.append(round((message.next_attempt_at - timezone.now()).total_seconds(), -1))
    assert waits == [30, 120, 480, 1920, 7680]


def test_a_worker_whose_clock_is_two_hours_ahead_still_sends_a_code_that_is_alive():
    message = sms(MOBILE, "验证码 123456", kind="code", lifetime=timedelta(minutes=5))
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        delivery.deliver(message.pk)
    assert OutboxMessage.objects.get().body == "验证码 123456"


def test_a_message_that_waits_for_its_next_try_is_left_alone(gateway):
    gateway.failures = 1
    message = try_now(sms(MOBILE, "您好", kind="test"))
    try_now(message)
    assert gateway.calls == 1


def test_after_six_failures_the_message_is_given_up_and_the_log_raises_the_alarm(gateway, caplog):
    gateway.failures = 100
    message = sms(MOBILE, "您好", kind="test")
    for day in range(1, 9):
        try_now(message, after=timedelta(days=day))
    assert (message.status, message.attempts) == (Status.FAILED, delivery.MAX_ATTEMPTS)
    assert gateway.calls == delivery.MAX_ATTEMPTS
    assert "delivery_failed" in caplog.text


def test_an_answer_lost_on_the_way_back_leads_to_a_second_try_but_not_to_a_second_message(gateway):
    gateway.lose_answers = 1
    message = try_now(sms(MOBILE, "您好", kind="test"))
    assert message.status == Status.QUEUED
    try_now(message, after=timedelta(hours=1))
    assert message.status == Status.SENT
    assert gateway.calls == 2
    assert len(gateway.taken) == 1


def test_a_backend_with_a_mistake_in_it_holds_up_nothing_and_repeats_nothing_in_the_log(settings, caplog):
    settings.SMS_BACKEND = "tests.notices.gateway.Broken"
    first = sms(MOBILE, "验证码 123456", kind="test")
    second = notify(factories.worker().user, kind="test", title="您好", body="", outside=True).deliveries.get()
    tasks.sweep()
    for message in (first, second):
        message.refresh_from_db()
        assert (message.status, message.attempts, message.error) == (Status.QUEUED, 1, "ZeroDivisionError")
    assert "123456" not in caplog.text
    assert MOBILE not in caplog.text


def test_the_same_key_twice_is_one_message_in_the_outbox():
    backend = delivery.backend("sms")
    receipts = {backend.send(MOBILE, "您好", subject="", key="one-key") for _ in range(2)}
    assert len(receipts) == 1
    assert OutboxMessage.objects.count() == 1


def test_a_code_that_is_too_late_is_not_sent():
    message = sms(MOBILE, "验证码 123456", kind="code", lifetime=timedelta(minutes=5))
    try_now(message, after=timedelta(minutes=6))
    assert message.status == Status.SKIPPED
    assert not OutboxMessage.objects.exists()


def test_a_mobile_changed_after_the_notice_is_the_one_that_is_used():
    user = factories.worker().user
    message = notify(user, kind="test", title="您好", body="正文", outside=True).deliveries.get()
    user.mobile = "19900009876"
    user.save()
    try_now(message)
    assert OutboxMessage.objects.get().address == "19900009876"


def test_nothing_is_sent_to_an_account_that_was_closed_meanwhile():
    user = factories.worker().user
    message = notify(user, kind="test", title="您好", body="", outside=True).deliveries.get()
    user.is_active = False
    user.save()
    assert try_now(message).status == Status.SKIPPED
    assert not OutboxMessage.objects.exists()


def test_who_has_an_address_gets_the_notice_by_email_with_its_whole_text():
    user = factories.worker().user
    user.email = "wangfang@example.com"
    user.save()
    notice = notify(user, kind="test", title="标题", body="第一行\n第二行", outside=True)
    for message in notice.deliveries.all():
        delivery.deliver(message.pk)
    sent = {message.channel: message for message in OutboxMessage.objects.all()}
    assert sent["sms"].body == "标题。第一行"
    assert (sent["email"].subject, sent["email"].body) == ("标题", "第一行\n第二行")


def test_a_notice_for_the_inbox_only_does_not_leave_the_portal():
    notify(factories.worker().user, kind="test", title="您好", body="正文")
    assert not Delivery.objects.exists()


def test_the_sweep_delivers_what_no_job_announced():
    message = sms(MOBILE, "您好", kind="test")
    tasks.sweep()
    message.refresh_from_db()
    assert message.status == Status.SENT


def test_a_message_that_killed_every_worker_is_given_up_instead_of_killing_more():
    message = sms(MOBILE, "您好", kind="test")
    Delivery.objects.filter(pk=message.pk).update(attempts=delivery.MAX_ATTEMPTS)
    try_now(message)
    assert message.status == Status.FAILED
    assert not OutboxMessage.objects.exists()


def test_no_mobile_and_no_text_of_a_message_stands_in_a_plain_column():
    """S11: what the tables hold, byte by byte, without our keys."""
    user = factories.worker().user
    user.email = "wangfang@example.com"
    user.save()
    notify(user, kind="test", title="您好", body="正文", outside=True)
    sms(MOBILE, "验证码 654321", kind="code")
    tasks.sweep()
    with connection.cursor() as cursor:
        for table in (Delivery._meta.db_table, OutboxMessage._meta.db_table):
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows = cursor.fetchall()
            assert rows
            for (row,) in rows:
                assert not any(secret in row for secret in (MOBILE, user.mobile, "654321", "wangfang@"))


def test_old_messages_of_the_outbox_are_deleted_and_new_ones_stay():
    delivery.backend("sms").send(MOBILE, "旧", subject="", key="old")
    OutboxMessage.objects.update(at=timezone.now() - timedelta(days=31))
    delivery.backend("sms").send(MOBILE, "新", subject="", key="new")
    assert delivery.purge() == 1
    assert OutboxMessage.objects.get().key == "new"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["deliver.claimed", "deliver.sent"])
def test_a_worker_killed_around_the_sending_leads_to_exactly_one_message(point):
    message = sms(MOBILE, "您好", kind="test")
    code = f"import django; django.setup(); from swms.notices import delivery; delivery.deliver({message.pk})"
    environment = os.environ | {"SWMS_CRASHPOINT": point, "DATABASE_URL": _url_of_the_test_database()}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.QUEUED, 1)

    try_now(message)
    assert message.status == Status.QUEUED, "the dead worker's claim holds for a while"
    try_now(message, after=delivery.LEASE + timedelta(seconds=1))
    assert (message.status, message.attempts) == (Status.SENT, 2)
    assert OutboxMessage.objects.count() == 1


def _url_of_the_test_database() -> str:
    """Return the run's DATABASE_URL with the name of the database that the tests use."""
    base, _, rest = os.environ["DATABASE_URL"].rpartition("/")
    _, _, options = rest.partition("?")
    return f"{base}/{connection.settings_dict['NAME']}" + (f"?{options}" if options else "")
