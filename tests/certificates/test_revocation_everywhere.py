"""Revocation from all sides (R-REG-24, R-ANN-10, R-VER-01): in the request after the move they all say the same.

Page, API, QR link, dropped file, bulk and command line are asked about every document, after every order of
events; no job runs here, so nothing waits for one. What has been undone is not served to anybody any more.
"""

import datetime as dt
import itertools

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates import actions
from certificates.actions import annotating, issuing
from certificates.models import TERMS_VERSION, Annotation, Certificate
from certificates.pdf import page
from certificates.queries.offline import CAVEAT, judge_file, judge_text
from certificates.queries.statements import copy_address
from certificates.workflows import AnnotationState
from registration.models import Registration
from swms.workflow import Refused
from tests import factories
from tests.certificates import makers
from tests.certificates.test_many_and_counted import csv_of, send
from tests.certificates.test_verification import answered, ask_api, upload
from tests.pdf.samples import QUALIFICATION, REGISTRATION
from tests.people import signed_in

pytestmark = pytest.mark.django_db
WORDS = "经核实，申请材料虚假，依规定处理。"
_addresses = itertools.count(1)


@pytest.fixture(scope="module")
def laid_out():
    """One page of each kind for all: what is asked here is signed behind the page, and laying out takes a second."""
    return {kind: page.render(kind, facts) for kind, facts in ((page.QUALIFICATION, QUALIFICATION),
                                                               (page.REGISTRATION, REGISTRATION))}  # fmt: skip


@pytest.fixture(autouse=True)
def quick_pages(laid_out, monkeypatch):
    monkeypatch.setattr(page, "render", lambda kind, facts: laid_out[kind])


@pytest.fixture
def qualification(completed, scenario):
    """王芳's certificate, whose registration is completed; she has agreed to 服务须知."""
    actions.agree_to_terms(completed.worker.user, TERMS_VERSION)
    return completed.qualification


class Document:
    """One file that left the portal, and everything that somebody who holds it can ask."""

    def __init__(self, row: Certificate | Annotation, *, number: str = "", stated: str = ""):
        self.row, self.number, self.stated = row, number, stated
        self.file = row.read()

    def answers(self) -> dict[str, str]:
        """Return the verdict of each side."""
        found = by_number(self.number) if self.number else {}
        link = f"/v/{self.row.verify_token}"
        page = stranger().get(link)
        result = page.context["result"]
        # What was undone must not be said to be valid all the same further down.
        assert ("效力不受" in page.content.decode()) == (result.tone != "bad"), result.code
        return found | {
            "link": result.code,
            "link for programs": stranger().get(link, headers={"accept": "application/json"}).json()["code"],
            "file": upload(stranger(), self.file).context["result"].code,
            "command line": judge_file(self.file, offline=False).code,
        }

    def offline_notes(self) -> list[str]:
        """Return what is left open where there is no network, by the QR code and by the file."""
        return [*judge_text(self.stated).notes, *judge_file(self.file, offline=True).notes]


def stranger() -> Client:
    """Return the browser of somebody who has asked nothing before."""
    return Client(REMOTE_ADDR=f"192.0.2.{next(_addresses) % 250}")


def by_number(number: str, name: str = "王芳") -> dict[str, str]:
    """Return the verdict on a number of each side that asks by number."""
    asking = stranger()
    institution = signed_in(factories.user_of_institution("春风社会工作服务中心"))
    bulk = send(institution, csv_of(f"{number},{name}"), "csv").content.decode("utf-8-sig")
    return {
        "page": asking.post(reverse("certificates:verify"), answered(asking, number, name)).context["result"].code,
        "API": ask_api(stranger(), number, name).json()["code"],
        "bulk": bulk.splitlines()[1].split(",")[-2],
    }


class World:
    """王芳's registration in its second version, and two annotated copies: one ended by her, one open."""

    def __init__(self, completed, people):
        self.people, self.qualification = people, completed.qualification
        self.user = completed.worker.user
        actions.issue(completed.pk)
        self.registration = Registration.objects.get()
        replacing = makers.replacement(self.registration, "layout").move("approve", actor=people.li_jing)
        actions.replace(replacing.pk)
        first, second = self.registration.certificates.order_by("version")
        ended, copy = self.copy(), None
        actions.end(ended, by=self.user)
        copy = self.copy()
        self.documents = {
            "first version": Document(first, stated=first.content["verify_url"]),
            "second version": Document(second, number=self.registration.number, stated=second.content["verify_url"]),
            "ended copy": Document(ended, number=ended.number, stated=copy_address(ended, timezone.now())),
            "open copy": Document(copy, number=copy.number, stated=copy_address(copy, timezone.now())),
        }

    def copy(self) -> Annotation:
        row = makers.ask(self.qualification)
        actions.annotate([row.pk])
        return Annotation.objects.get(pk=row.pk)

    def move(self, what: str) -> None:
        """Do what an office does: to the certificate (管理号) or to its registration."""
        record, name = what.split()
        if record == "certificate":
            self.qualification.refresh_from_db()
            self.qualification.move(name, actor=self.people.zhou_yan, reason=WORDS)
        else:
            Registration.objects.get().move(name, actor=self.people.zhang_wei, reason=WORDS, cause="own_request")

    def answers(self) -> dict[str, set[str]]:
        """Return for each document, and for the certificate itself, what all sides say about it."""
        found = {name: set(each.answers().values()) for name, each in self.documents.items()}
        return found | {"certificate": set(by_number(self.qualification.mgmt_no).values())}

    def served(self) -> set[str]:
        """Return what somebody can still read; owner and reviewer, page and file must agree about it."""
        owner, reviewer = signed_in(self.user), signed_in(self.people.li_jing)
        found = set()
        for name, url in self.pages().items():
            asked = [who.get(f"{url}/{way}") for who in (owner, reviewer) for way in ("view", "download")]
            statuses = {answer.status_code for answer in asked if answer.status_code not in (302, 404)}  # not hers
            assert len(statuses) == 1, (name, statuses)
            offered = f"{url}/download" in owner.get(url).content.decode()
            assert offered == (statuses == {200}), name
            found |= {name} if offered else set()
            assert statuses <= {200, 409}, name
        return found

    def pages(self) -> dict[str, str]:
        rows = {name: self.documents[name].row for name in ("second version", "ended copy", "open copy")}
        return {name: row.get_absolute_url() for name, row in rows.items()}


@pytest.fixture
def world(qualification, completed, people):
    return World(completed, people)


def all_say(code: str, **others: str) -> dict[str, set[str]]:
    """Return the answers expected: ``code`` of everything but of what is named."""
    names = ("certificate", "first version", "second version", "ended copy", "open copy")
    return {name: {others.get(name.replace(" ", "_"), code)} for name in names}


#: What the office does, what all sides say about each document in the next request, and what is still served.
AFTER = {
    "certificate revoke": (all_say("revoked"), set()),
    "certificate cancel": (all_say("cancelled"), set()),
    "registration revoke": (
        all_say("revoked", certificate="valid", ended_copy="annotation_ended", open_copy="annotation_revoked"), set()
    ),
    # A registration that was given up was no fraud: the certificate, and the copies of it, are good.
    "registration cancel": (
        all_say("cancelled", certificate="valid", ended_copy="annotation_ended", open_copy="valid"), {"open copy"}
    ),
}  # fmt: skip
BEFORE = all_say("valid", first_version="replaced", ended_copy="annotation_ended")


def test_before_anything_is_undone_all_sides_say_the_same_too(world):
    assert world.answers() == BEFORE
    assert world.served() == {"second version", "open copy"}


@pytest.mark.parametrize("what", AFTER)
def test_in_the_next_request_all_sides_say_the_same_and_nothing_undone_is_served(world, what):
    """After annotation, after replacement, after the holder ended a copy: the strongest end goes first."""
    expected, served = AFTER[what]
    world.move(what)
    assert world.answers() == expected
    assert world.served() == served
    for each in world.documents.values():
        assert each.offline_notes().count(CAVEAT) == 2, "who has no network is told what cannot be known"
    for way in ("撤销", "注销", "换发", "终止"):
        assert way in CAVEAT


@pytest.mark.parametrize("what", ["certificate revoke", "registration revoke"])
def test_what_is_revoked_after_it_has_expired_is_revoked_and_no_longer_merely_expired(world, what):
    with time_machine.travel(timezone.now() + dt.timedelta(days=4 * 365), tick=False):
        assert world.answers() == all_say(
            "registration_expired", certificate="valid", first_version="replaced",
            ended_copy="annotation_ended", open_copy="annotation_expired",
        )  # fmt: skip
        assert world.served() == {"second version"}, "what has only expired was true once"
        if what.startswith("certificate"):
            actions.expire()  # the order in which the night's job comes is no matter
        expected, served = AFTER[what]
        world.move(what)
        assert world.answers() == expected
        assert world.served() == served


def test_a_certificate_that_was_revoked_before_is_not_annotated_and_its_page_says_why(qualification, people):
    qualification.move("revoke", actor=people.zhou_yan, reason=WORDS)
    with pytest.raises(Refused) as refused:
        makers.ask(qualification)
    assert refused.value.code == "certificate_not_valid"
    assert set(by_number(qualification.mgmt_no).values()) == {"revoked"}
    text = signed_in(qualification.worker.user).get(qualification.get_absolute_url()).content.decode()
    assert "证书不是有效状态" in text
    assert "提交加注申请" not in text


def test_what_a_worker_holds_in_its_hands_at_the_revocation_never_counts(qualification, people, monkeypatch):
    """R-ANN-10: signed and written a moment ago, but not recorded."""
    row, record = makers.ask(qualification), annotating._record
    files = []

    def revoked_first(made, signed_at):
        files.extend(made)
        qualification.move("revoke", actor=people.zhou_yan, reason=WORDS)
        return record(made, signed_at)

    monkeypatch.setattr(annotating, "_record", revoked_first)
    assert actions.annotate([row.pk]) == 0
    orphan = Annotation(uid=row.uid, path=files[0].path, sha256=files[0].sha256).read()
    assert upload(stranger(), orphan).context["result"].code == "unrecorded", "signed, and yet not issued"
    assert stranger().get(f"/v/{row.verify_token}").context["result"].code == "revoked"
    assert set(by_number(row.number).values()) == {"revoked"}
    owner, url = signed_in(qualification.worker.user), row.get_absolute_url()
    assert "证书已撤销" in owner.get(url).content.decode()
    assert {owner.get(f"{url}/{way}").status_code for way in ("view", "download")} == {409}


def test_a_registration_that_is_revoked_while_its_certificate_is_drawn_is_revoked_on_all_sides(
    completed, people, monkeypatch
):
    record = issuing._record

    def revoked_first(document, **facts):
        Registration.objects.get().move("revoke", actor=people.zhang_wei, reason=WORDS)
        return record(document, **facts)

    monkeypatch.setattr(issuing, "_record", revoked_first)
    actions.issue(completed.pk)
    certificate = Certificate.objects.get()
    document = Document(certificate, number=certificate.registration.number)
    assert set(document.answers().values()) == {"revoked"}
    owner, url = signed_in(completed.worker.user), certificate.get_absolute_url()
    assert {owner.get(f"{url}/{way}").status_code for way in ("view", "download")} == {409}


@pytest.mark.parametrize(("move", "title"), [("revoke", "证书已撤销"), ("cancel", "证书已注销")])
def test_the_holder_reads_on_a_closed_copy_what_everybody_reads(world, move, title):
    """Also on the one that was ended before: asking for another would be refused."""
    world.move(f"certificate {move}")
    owner = signed_in(world.user)
    for name, url in world.pages().items():
        if "copy" not in name:
            continue
        text = owner.get(url).content.decode()
        assert title in text, name
        assert "重新申请" not in text, name
        as_program = owner.get(f"{url}/view", headers={"accept": "application/json"})
        assert as_program.json()["code"] == {"revoke": "revoked", "cancel": "cancelled"}[move]
    assert Annotation.objects.filter(state=AnnotationState.ACTIVE).count() == 0
