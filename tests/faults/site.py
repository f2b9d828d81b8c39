"""What the fault tests do with the portal: make work, press buttons over HTTP, break things, and judge."""

from __future__ import annotations

import http.client
import itertools
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from urllib.parse import urlencode

import environ
from django.conf import settings
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils.crypto import get_random_string
from kombu import pools

from certificates import actions as certifying
from certificates.models import (
    TERMS_VERSION,
    Annotation,
    Certificate,
    EntryKind,
    LogEntry,
    Replacement,
    Scenario,
)
from certificates.workflows import AnnotationState
from registration import actions
from registration.models import Application, Qualification
from registration.promise import PROMISE_VERSION
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from swms.celery import app
from swms.embedded import Servers
from swms.invariants import judge
from tests import factories
from tests.certificates import makers
from tests.people import People, signed_in
from tests.processes import Child, Portal, until

#: How long work may take after the faults have stopped: leases run out, sweeps come by, the machine is shared.
RECOVERS_WITHIN = 60
#: What "the request still answers" means to somebody who waits for it.
A_FEW_SECONDS = 6

_birthdays = itertools.count()
_people = People()


@contextmanager
def on_the_servers(servers: Servers) -> Iterator[None]:
    """Point this process's database connections and its Celery client at ``servers``."""
    address = environ.Env.db_url_config(servers.postgres.url)
    before, broker = dict(connection.settings_dict), app.conf.broker_url
    connection.close()
    connection.settings_dict |= {name: address[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    _publish_to(servers.redis.url)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= before
        _publish_to(broker)


def _publish_to(url: str) -> None:
    app.conf.broker_url = url
    app.amqp._producer_pool = app._pool = None  # both remember the broker before
    pools.reset()


class Crew:
    """The worker and the beat that serve most tests; a test that needs them away sends them to rest, or away."""

    def __init__(self, portal: Portal):
        self.portal = portal
        self.worker: Child | None = None
        self.beat: Child | None = None
        self._resting = False

    def work(self) -> None:
        """Start what does not run, and wake up what rests."""
        if self.worker is None or self.worker.status is not None:
            self.worker = self.portal.worker()
        elif self._resting:
            self._tell(app.control.add_consumer)
        if self.beat is None or self.beat.status is not None:
            self.beat = self.portal.beat()
        elif self._resting:
            self.beat.send(signal.SIGCONT)
        self._resting = False

    def supervise(self) -> None:
        """Start again what ended by itself, as docker and ``make run`` do.

        A worker that acknowledges a task on the connection that Redis has just lost takes an AttributeError for
        its end (kombu 5.7).
        """
        if any(child and (child.status or 0) > 0 for child in (self.worker, self.beat)):
            self.work()

    def rest(self) -> None:
        """Finish what is in hand and take nothing more, which is to the portal as if nobody were there.

        Starting both anew takes seconds; ``work`` wakes them up at once.
        """
        if self._resting or self.worker is None or self.worker.status is not None:
            return
        if self.beat and self.beat.status is None:
            self.beat.send(signal.SIGSTOP)
        self._tell(app.control.cancel_consumer)
        self._resting = True
        until(self._is_idle, within=RECOVERS_WITHIN, what="idle")

    def go_away(self) -> None:
        """End both as ``kill -9`` does."""
        for child in (self.beat, self.worker):
            if child:
                child.kill()
        self._resting = False

    def _tell(self, order) -> None:
        until(
            lambda: order("celery", destination=[self.worker.node], reply=True, timeout=2, limit=1),
            within=20, what="obeyed",
        )  # fmt: skip

    def _is_idle(self) -> bool:
        asked = app.control.inspect(destination=[self.worker.node], timeout=2, limit=1)
        in_hand = [asked.active(), asked.reserved()]
        return all(answer is not None and not answer[self.worker.node] for answer in in_hand)


@dataclass(frozen=True)
class Answer:
    """What the web server said, and how long it took; status 0 when it hung up."""

    status: int
    seconds: float
    location: str = ""
    text: str = ""


class Visitor:
    """A signed-in person's browser; ``receipts`` gets what the portal acknowledged."""

    def __init__(self, portal: Portal, user, receipts: list[str]):
        self.portal = portal
        self.receipts = receipts
        self.csrf = get_random_string(32)
        session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        self.cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={self.csrf}"

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self._send("GET", path)

    def post(self, path: str, **fields) -> Answer:
        """Send a form; a redirect to a receipt or an annotation is an acknowledgement."""
        body = urlencode(fields | {"csrfmiddlewaretoken": self.csrf}, doseq=True)
        answer = self._send("POST", path, body.encode())
        if answer.status == 302 and ("/receipt/" in answer.location or "/certificates/a/" in answer.location):
            self.receipts.append(answer.location)
        return answer

    def upload(self, path: str, **fields) -> Answer:
        """Send a form with files."""
        body = encode_multipart(BOUNDARY, fields | {"csrfmiddlewaretoken": self.csrf})
        return self._send("POST", path, body, MULTIPART_CONTENT)

    def _send(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/x-www-form-urlencoded"
    ) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.portal.port, timeout=60)
        headers = {"Cookie": self.cookies, "Content-Type": kind}
        began = time.monotonic()
        try:
            line.request(method, path, body, headers)
            said = line.getresponse()
            text = said.read().decode(errors="replace")
            return Answer(said.status, time.monotonic() - began, said.getheader("Location", ""), text)
        except (OSError, http.client.HTTPException):
            return Answer(0, time.monotonic() - began)
        finally:
            line.close()


class Site:
    """One test's view of the portal."""

    def __init__(self, servers: Servers, portal: Portal, crew: Crew):
        self.servers = servers
        self.portal = portal
        self.crew = crew
        self.people = _people
        self.receipts: list[str] = []

    # -- people and their work -------------------------------------------------------------

    def applicant(self, name: str = "王芳") -> Application:
        """Return the application of a new person in 朝阳区 who has only to send it."""
        number = factories.id_number(date(1975, 1, 1) + timedelta(days=next(_birthdays)))
        row = factories.qualification(name, number=number)
        person = factories.fill_in(factories.worker(name, number=number))
        actions.attach_qualifications(person)
        return Application.objects.get(qualification=row)

    def submitted(self) -> Application:
        """Return an application in 待审核."""
        one = self.applicant()
        return actions.apply(one, by=one.worker.user, promise_version=PROMISE_VERSION)

    def completed(self) -> Application:
        """Return an application in 首次登记已完成: its certificate is yet to be made."""
        one = self.submitted()
        one.move("pass_first", actor=self.people.li_jing, seen=one.form_version)
        one.move("pass_final", actor=self.people.zhang_wei, seen=one.form_version)
        actions.complete(one.pk)
        one.refresh_from_db()
        return one

    def approved_replacement(self) -> Replacement:
        """Return a replacement whose new version is yet to be made; the first version is there."""
        one = self.completed()
        certifying.issue(one.pk)
        replacement = makers.replacement(one.registration)
        return replacement.move("approve", actor=self.people.li_jing)

    def holder(self, name: str = "陈晨") -> Qualification:
        """Return the certificate of a new person who has agreed to 服务须知."""
        number = factories.id_number(date(1975, 1, 1) + timedelta(days=next(_birthdays)))
        row = factories.qualification(name, number=number, worker=factories.worker(name, number=number))
        certifying.agree_to_terms(row.worker.user, TERMS_VERSION)
        return row

    def asked(self, holder: Qualification | None = None) -> Annotation:
        """Return an annotation that waits to be made."""
        holder = holder or self.holder()
        return certifying.request_annotation(
            holder, scenario=self.scenario, valid_days=90, info_confirmed=True, terms_version=TERMS_VERSION,
            idempotency_key=uuid.uuid4(), by=holder.worker.user,
        )  # fmt: skip

    @cached_property
    def scenario(self) -> Scenario:
        """本人调用."""
        return Scenario.objects.get(code="self")

    # -- what people press ------------------------------------------------------------------

    def visitor(self, user) -> Visitor:
        """Return the browser of ``user``."""
        return Visitor(self.portal, user, self.receipts)

    @staticmethod
    def application_form(application: Application) -> tuple[str, dict]:
        """Return address and fields of 提交申请."""
        url = reverse("registration:application_check", args=[application.ref])
        return url, {"promise": "on", "shown": PROMISE_VERSION}

    def annotation_form(self, holder: Qualification) -> tuple[str, dict]:
        """Return address and fields of 加注申请; each call is a page of its own."""
        fields = {"info_confirmed": "on", "scenario": self.scenario.pk, "days": "90", "key": uuid.uuid4()}
        return reverse("certificates:qualification", args=[holder.mgmt_no]), fields

    @staticmethod
    def decision_form(application: Application, move: str) -> tuple[str, dict]:
        """Return address and fields of a reviewer's button."""
        url = reverse("admin:registration_application_change", args=[application.ref])
        return url, {"move": move, "version": application.form_version}

    # -- waiting and judging ---------------------------------------------------------------

    def issued(self, *applications: Application, within: float = RECOVERS_WITHIN) -> list[Certificate]:
        """Wait until each has its certificate, and return them; one and no more, whole and readable."""
        rows = Application.objects.filter(pk__in=[one.pk for one in applications])
        left = rows.exclude(state=ApplicationState.CERT_ISSUED)
        self._until_none(left, within, f"issued all {len(applications)}")
        found = [Certificate.objects.get(registration__periods__application=one) for one in applications]
        self.entered(*found)
        return found

    def annotated(self, *annotations: Annotation, within: float = RECOVERS_WITHIN) -> list[Annotation]:
        """Wait until each is open, and return them fresh; whole and readable."""
        rows = Annotation.objects.filter(pk__in=[one.pk for one in annotations])
        left = rows.exclude(state=AnnotationState.ACTIVE)
        self._until_none(left, within, f"annotated all {len(annotations)}")
        self.entered(*rows)
        return list(rows.order_by("pk"))

    def _until_none(self, left, within: float, what: str) -> None:
        def done() -> bool:
            self.crew.supervise()
            return not left.exists()

        until(done, within=within, what=what)

    @staticmethod
    def entered(*documents: Certificate | Annotation) -> None:
        """Each is whole, and exactly once in 签发日志, with the file that is served and a place in the tree."""
        for each in documents:
            assert each.read().startswith(b"%PDF")
            entries = LogEntry.objects.filter(record=str(each.uid)).exclude(kind=EntryKind.WITHDRAWN)
            assert [entry.sha256 for entry in entries.exclude(leaf=None)] == [each.sha256], each

    def check(self) -> None:
        """Judge every promise, and look up every receipt that was ever shown."""
        broken = {verdict.promise: verdict.violations for verdict in judge() if verdict.violations}
        assert not broken, broken
        for receipt in self.receipts:
            number = next(part for part in receipt.split("/") if part.startswith(("DJ", "JZ")))
            verbs = ("registration.application.apply", "certificates.annotation.begin")
            assert AuditEvent.objects.filter(target_repr=number, verb__in=verbs).count() == 1, f"{number} is lost"
