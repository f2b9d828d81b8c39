"""Rate limits are exact, hold under load, and live in PostgreSQL (S3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from swms import throttle
from swms.throttle import Throttled, Window

MINUTE, QUARTER, DAY = timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


def refused(*args) -> int:
    with pytest.raises(Throttled) as throttled:
        throttle.hit(*args)
    return throttled.value.retry_after


@pytest.mark.django_db
def test_the_sixth_failure_in_a_quarter_of_an_hour_has_to_wait(clock):
    assert [throttle.hit("sign_in", "王芳", 5, QUARTER) for _ in range(5)] == [4, 3, 2, 1, 0]
    assert refused("sign_in", "王芳", 5, QUARTER) == 900
    assert throttle.hit("sign_in", "李静", 5, QUARTER) == 4


@pytest.mark.django_db
def test_no_period_of_the_limits_length_ever_holds_more_than_the_limit(clock):
    throttle.hit("sms", "19900001234", 2, MINUTE)
    clock.shift(59)
    throttle.hit("sms", "19900001234", 2, MINUTE)
    clock.shift(1)
    throttle.hit("sms", "19900001234", 2, MINUTE)  # the first has just left
    assert refused("sms", "19900001234", 2, MINUTE) == 59


@pytest.mark.django_db
def test_waiting_as_long_as_told_always_helps_and_asking_meanwhile_costs_nothing(clock):
    throttle.hit("sms", "19900001234", 1, MINUTE)
    clock.shift(30)
    for _ in range(10):
        assert refused("sms", "19900001234", 1, MINUTE) == 30
    clock.shift(30)
    assert throttle.hit("sms", "19900001234", 1, MINUTE) == 0


@pytest.mark.django_db
def test_a_success_clears_the_failures_before_it(clock):
    for _ in range(3):
        throttle.hit("identity", "11000019900307001X", 3, DAY)
    with pytest.raises(Throttled):
        throttle.check("identity", "11000019900307001X", 3, DAY)
    throttle.clear("identity", "11000019900307001X")
    throttle.check("identity", "11000019900307001X", 3, DAY)
    assert throttle.hit("identity", "11000019900307001X", 3, DAY) == 2


@pytest.mark.django_db
def test_checking_does_not_count(clock):
    throttle.hit("identity", "k", 2, DAY)
    for _ in range(5):
        throttle.check("identity", "k", 2, DAY)
    assert throttle.hit("identity", "k", 2, DAY) == 0


@pytest.mark.django_db
def test_keys_are_not_readable_in_the_table_s11(clock):
    throttle.hit("identity", "11000019900307001X", 3, DAY)
    row = Window.objects.get()
    assert "11000019900307001X" not in f"{row.key}{row.scope}{row}"
    throttle.hit("sms", "11000019900307001X", 3, DAY)
    assert len(set(Window.objects.values_list("key", flat=True))) == 2


@pytest.mark.django_db
def test_only_windows_that_are_over_are_purged(clock):
    throttle.hit("sms", "a", 1, MINUTE)
    throttle.hit("identity", "a", 1, DAY)
    clock.shift(61)
    assert throttle.purge() == 1
    assert refused("identity", "a", 1, DAY) == 86_400 - 61


@pytest.mark.django_db(transaction=True)
def test_a_thousand_clicks_at_once_do_not_slip_through():
    def click(_):
        try:
            throttle.hit("sms", "19900001234", 3, DAY)
        except Throttled:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(click, range(60))) == 3


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1秒"), (59, "59秒"), (60, "1分钟"), (61, "2分钟"), (3599, "60分钟"), (86_400, "24小时")]
)
def test_the_refusal_says_in_words_how_long_to_wait(seconds, words):
    assert str(Throttled(seconds)) == f"操作过于频繁，请在{words}后再试"
