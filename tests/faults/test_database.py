"""PostgreSQL restarted while transactions are open: they happen wholly or not at all, and everybody connects again."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction

from certificates.models import Annotation
from registration.models import Application
from registration.workflows import ApplicationState
from tests.processes import until


@contextmanager
def doomed_transaction():
    """A transaction of our own, in which to hold a lock, which the restart of the server ends as well."""
    with pytest.raises(DatabaseError), transaction.atomic():
        yield
    connection.close()


def restart(site) -> None:
    """Kill every backend in the middle of what it does, and start again on the same data."""
    site.servers.postgres.stop(at_once=True)
    site.servers.postgres.start()


def waits_for_a_lock() -> bool:
    """Whether some other session is in the middle of a transaction and waits for ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def test_a_submission_cut_off_in_its_transaction_is_told_so_and_can_be_sent_again(site):
    """No receipt for what was not kept: the person sees an error page, presses again, and it counts once."""
    application = site.applicant()
    visitor = site.visitor(application.worker.user)
    url, fields = site.application_form(application)
    with ThreadPoolExecutor(1) as pool:
        with doomed_transaction():
            Application.objects.select_for_update().get(pk=application.pk)
            pressed = pool.submit(visitor.post, url, **fields)
            until(waits_for_a_lock, within=20, what="in the middle of the transaction")
            restart(site)
        assert pressed.result().status in (500, 503)
    assert "请" in pressed.result().text
    application.refresh_from_db()
    assert application.state == ApplicationState.NOT_APPLIED
    assert application.forms.count() == 0
    assert visitor.post(url, **fields).status == 302
    assert len(site.receipts) == 1


def test_workers_that_lose_the_database_in_a_transaction_connect_again_and_finish(site):
    """The file is written and its row is not: the lease runs out and the sweep finds it."""
    site.crew.work()
    application = site.completed()
    rows = [site.asked() for _ in range(3)]
    with doomed_transaction():
        # The worker can claim (which takes its rows before we hold this one), but not record.
        until(lambda: Annotation.objects.get(pk=rows[0].pk).attempts, within=30, what="claimed", every=0.01)
        Annotation.objects.select_for_update().get(pk=rows[0].pk)
        until(waits_for_a_lock, within=30, what="about to record")
        restart(site)
    site.issued(application)
    site.annotated(*rows)


def test_every_page_answers_again_after_a_restart(site):
    """Connections that the restart broke are replaced before the next request uses one."""
    application = site.applicant()
    visitor = site.visitor(application.worker.user)
    url, _ = site.application_form(application)
    assert visitor.get(url).status == 200
    connection.close()
    restart(site)
    assert {visitor.get(url).status for _ in range(12)} == {200}
