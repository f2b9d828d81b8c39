"""Jobs are published after the commit, and a broker that is away fails nothing."""

import pytest
from celery import Celery
from django.db import transaction

from swms.jobs import enqueue

pytestmark = pytest.mark.django_db(transaction=True)

DONE = []


def work(pk):
    DONE.append(pk)


def a_task(broker: str, **settings):
    """Return a task of a Celery that shares nothing with the portal's."""
    app = Celery("elsewhere", broker=broker, set_as_current=False)
    app.conf.update(task_publish_retry=False, broker_transport_options={"max_retries": 0}, **settings)
    DONE.clear()
    return app.task(work, name="elsewhere.work")


def test_a_broker_that_is_away_is_logged_and_otherwise_ignored(caplog):
    enqueue(a_task("redis://127.0.0.1:1/0"), 1)
    assert "job_not_published" in caplog.text


def test_the_job_is_published_only_once_the_transaction_has_committed():
    task = a_task("memory://", task_always_eager=True)
    with transaction.atomic():
        enqueue(task, 7)
        assert DONE == []
    assert DONE == [7]


def test_a_transaction_that_is_undone_publishes_nothing():
    task = a_task("memory://", task_always_eager=True)
    with transaction.atomic():
        enqueue(task, 7)
        transaction.set_rollback(True)
    assert DONE == []
