"""Redis emptied, away, or hung: a message only makes things fast, the row is the queue (promises 1, 9)."""

import os
import signal

import pytest
import redis

from certificates.models import Annotation
from registration.models import Application
from tests.faults.site import A_FEW_SECONDS


@pytest.fixture
def server(breakable):
    """The Redis, put back into service whatever the test did to it."""
    yield breakable.redis
    if breakable.redis.pid:
        os.kill(breakable.redis.pid, signal.SIGCONT)
    breakable.redis.start()


def press_every_button(site) -> tuple[Application, Annotation]:
    """Send an application, pass it twice, and ask for an annotation, all over HTTP, each within a few seconds."""
    application, holder = site.applicant(), site.holder()
    url, fields = site.application_form(application)
    answers = [site.visitor(application.worker.user).post(url, **fields)]
    application.refresh_from_db()
    for reviewer, move in ((site.people.li_jing, "pass_first"), (site.people.zhang_wei, "pass_final")):
        url, fields = site.decision_form(application, move)
        answers.append(site.visitor(reviewer).post(url, **fields))
    url, fields = site.annotation_form(holder)
    answers.append(site.visitor(holder.worker.user).post(url, **fields))
    assert [answer.status for answer in answers] == [302] * 4, answers
    assert max(answer.seconds for answer in answers) < A_FEW_SECONDS, answers
    assert len(site.receipts) == 2
    return application, Annotation.objects.get(qualification=holder)


def test_work_goes_from_button_to_certificate_without_any_fault(site):
    site.crew.work()
    application, annotation = press_every_button(site)
    site.issued(application)
    site.annotated(annotation)


def test_work_whose_messages_were_flushed_is_found_by_the_sweep(site):
    site.crew.go_away()
    application, annotation = press_every_button(site)
    client = redis.Redis.from_url(site.servers.redis.url)
    assert client.llen("celery") >= 2
    client.flushall()
    client.close()
    site.crew.work()
    site.issued(application)
    site.annotated(annotation)


def test_what_is_submitted_while_redis_is_down_is_acknowledged_and_finished_after_it_returns(site, server):
    """Worker and beat connect again, or end and are started again by their supervisor; nobody else has to help."""
    site.crew.work()
    server.stop(at_once=True)
    application, annotation = press_every_button(site)
    server.start()
    site.issued(application)
    site.annotated(annotation)


def test_what_is_submitted_while_redis_hangs_is_acknowledged_within_a_few_seconds(site, server):
    site.crew.work()
    os.kill(server.pid, signal.SIGSTOP)
    application, annotation = press_every_button(site)
    os.kill(server.pid, signal.SIGCONT)
    site.issued(application)
    site.annotated(annotation)
