"""Every answer about a registration, after every order of events, at once (R-VER-01, R-REG-22, R-REG-24, R-REP-03).

What is expected is worked out from the events alone, by a table that is written down here a second time.
"""

import datetime as dt
import itertools

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from certificates import actions, queries
from certificates.models import TERMS_VERSION, Certificate
from certificates.pdf.verify import Examination, Verdict
from certificates.workflows import AnnotationState
from registration.models import Registration
from swms.dates import today
from swms.workflow import Refused
from tests.certificates import makers
from tests.people import signed_in

pytestmark = pytest.mark.django_db
WORDS = "经核实，依规定处理这份登记。"
EVENTS = ("renew", "replace", "expire", "supersede", "cancel", "revoke", "lose")

#: What a registration answers once this has happened, the strongest first; nothing later makes it weaker.
STRONGEST = (
    ("revoke", "revoked", "登记已撤销", "已撤销"),
    ("cancel", "cancelled", "登记已注销", "已注销"),
    ("lose", "revoked", "登记已撤销", "已撤销"),
    ("supersede", "superseded", "登记已由更高级别替代", "已被高级别替代"),
)
#: What each event cannot follow; everything else may happen in any order.
NOT_AFTER = {
    "renew": {"expire", "supersede", "cancel", "revoke", "lose"},
    "replace": {"expire", "supersede", "cancel", "revoke", "lose"},
    "expire": {"supersede", "cancel", "revoke"},
    "supersede": {"expire", "cancel", "revoke"},
    "cancel": {"revoke"},
    "revoke": {"cancel"},
    "lose": set(),
}


def orders(length: int):
    """Yield every order of at most ``length`` different events that can happen."""
    for count in range(length + 1):
        for order in itertools.permutations(EVENTS, count):
            if all(not NOT_AFTER[event] & set(order[:place]) for place, event in enumerate(order)):
                yield order


def expected(order: tuple[str, ...], version: int, newest: int) -> tuple[str, str, str]:
    """Return (code, title, status) of one version of the certificate after these events."""
    for event, code, title, status in STRONGEST:
        if event in order:
            return code, title, status
    if version < newest:
        return "replaced", "证书已换发", "已换发"
    if "expire" in order:
        return "registration_expired", "登记已过期", "已过期"
    return "valid", "登记有效", "有效"


class Case:
    """One registration with an annotated copy of its qualification, and the events that befall it."""

    def __init__(self, people):
        self.people = people
        record = makers.registered(valid_until=today() + dt.timedelta(days=60))
        self.pk, self.tokens = record.pk, []
        self.keep(makers.new_version(record))
        actions.agree_to_terms(record.worker.user, TERMS_VERSION)
        self.annotation = makers.ask(record.qualification)
        said = {"path": "-", "sha256": "1" * 64, "signer": "-", "printed": ""}
        self.annotation.move("generate", **said, signed_at=timezone.now())

    @property
    def record(self) -> Registration:
        return Registration.objects.get(pk=self.pk)

    def keep(self, certificate: Certificate) -> None:
        Certificate.objects.filter(pk=certificate.pk).update(sha256=f"{certificate.version:064}")
        self.tokens.append(certificate.verify_token)

    def renew(self):
        record = self.record
        record.move("start_renewal")
        term = (record.valid_until + dt.timedelta(days=1), record.valid_until + dt.timedelta(days=1000))
        record.move("renew", term=term, anchor=record.anchor)
        self.keep(makers.new_version(record))

    def replace(self):
        one = makers.replacement(self.record, "layout")
        one.move("approve", actor=self.people.li_jing)
        self.keep(makers.new_version(self.record, replacement=one))
        one.move("issue")

    def expire(self):
        ended = today() - dt.timedelta(days=1)
        Registration.objects.filter(pk=self.pk).update(valid_from=ended, valid_until=ended)
        self.record.move("expire")

    def supersede(self):
        self.record.move("supersede")

    def cancel(self):
        self.record.move("cancel", actor=self.people.zhang_wei, reason=WORDS, cause="own_request")

    def revoke(self):
        self.record.move("revoke", actor=self.people.zhang_wei, reason=WORDS)

    def lose(self):
        self.record.qualification.move("revoke", actor=self.people.zhou_yan, reason=WORDS)

    # -- the answers -----------------------------------------------------------------------

    def check(self, order: tuple[str, ...], monkeypatch):
        record, newest = self.record, len(self.tokens)
        for version, token in enumerate(self.tokens, start=1):
            code, title, status = expected(order, version, newest)
            by_token = queries.verify_token(token)
            assert (by_token.code, by_token.title) == (code, title), (order, version)
            assert by_token.facts[0].value == status, (order, version)
            assert by_token.as_json()["valid"] == (code == "valid"), (order, version)
            found = Examination(Verdict.INTACT, sha256=f"{version:064}", token=token, signed_at=timezone.now())
            monkeypatch.setattr("certificates.queries.verification.examined", lambda *a, found=found, **k: found)
            assert queries.verify_file(b"").code == code, (order, version)
        code, title, status = expected(order, newest, newest)
        assert queries.verify_number(record.number, "王芳").code == code, order
        copy = queries.verify_token(self.annotation.verify_token).code
        lost = "revoked" if "lose" in order else "annotation_revoked" if "revoke" in order else "valid"
        assert copy == lost, order
        self.annotation.refresh_from_db()
        assert self.annotation.is_open == (lost == "valid"), order
        assert (self.annotation.state == AnnotationState.ACTIVE) == (lost == "valid"), order
        if len(order) > 1:  # the page asks the same question; once for each event is enough
            return
        page = signed_in(record.worker.user).get(f"/certificates/r/{record.number}").content.decode()
        assert status in page, order
        assert ("/replace" in page) == (code == "valid"), order


@pytest.fixture
def case(people, scenario):
    assert people.li_jing
    assert people.zhang_wei
    assert people.zhou_yan
    with time_machine.travel(timezone.now() - dt.timedelta(days=10), tick=False):
        return Case(people)


def test_every_answer_holds_after_every_order_of_events(case, people, monkeypatch):
    """Issue, renew, replace, expire, supersede, cancel, revoke, and the loss of the qualification itself."""
    seen = 0
    for order in orders(3):
        tokens = list(case.tokens)
        with transaction.atomic():
            for event in order:
                getattr(case, event)()
            case.check(order, monkeypatch)
            transaction.set_rollback(True)
        case.tokens = tokens
        seen += 1
    assert seen > 50


def test_what_cannot_follow_is_refused(case, people):
    """The other half of the table: an event that cannot happen changes nothing."""
    for event, before in NOT_AFTER.items():
        for earlier in before if event != "renew" else ():  # a case of its own, with guards of its own
            tokens = list(case.tokens)
            with transaction.atomic():
                getattr(case, earlier)()
                state = case.record.state
                with pytest.raises(Refused), transaction.atomic():
                    getattr(case, event)()
                assert case.record.state == state, (earlier, event)
                transaction.set_rollback(True)
            case.tokens = tokens
