"""Workers that die, at every crash point and in mid-batch: nothing is lost, nothing made twice (promises 2, 4)."""

import signal

import pytest
from django.utils import timezone

from certificates import actions as certifying
from certificates import tasks as certificates
from certificates.actions import collecting
from certificates.models import Annotation, Certificate, EntryKind, FileCheck, FileFault, LogEntry, PaperCertificate
from certificates.queries import issued_log
from certificates.workflows import PaperState
from swms import anchors
from swms.crashpoints import declared
from swms.notices import tasks as notices
from swms.notices.models import Delivery, Notice, OutboxMessage
from swms.notices.send import sms
from tests import factories
from tests.certificates import papers
from tests.faults.site import RECOVERS_WITHIN
from tests.processes import BASE_DIR, until

POINTS = [point for name in ("certificates", "registration", "swms") for point in declared(BASE_DIR / name)]


def of(kind: str) -> list[str]:
    return [point for point in POINTS if point.startswith(f"{kind}.")]


@pytest.fixture(scope="module")
def die(portal):
    """Give a task to a worker that dies at a crash point: each has one, listening to a queue of the point's name."""
    mortals = portal.mortals(POINTS)

    def die(point: str, task, *arguments) -> None:
        task.apply_async(arguments, queue=point)
        until(lambda: mortals.says(f"{point} ended with"), within=60, what=f"killed at {point}")
        assert mortals.says(f"{point} ended with {-signal.SIGKILL}"), mortals.output[-2000:]

    yield die
    mortals.kill()


def test_there_are_crash_points_of_every_kind_of_job():
    assert {point.partition(".")[0] for point in POINTS} == {
        "issue", "replace", "annotate", "anchor", "recheck", "collect", "deliver"
    }  # fmt: skip


def test_a_certificate_whose_worker_was_killed_at_any_point_is_finished_with_the_same_number(site, die):
    """F9, issue ≠ render: what is printed was stored before the first drawing and stays."""
    site.crew.rest()
    cases = {point: site.completed() for point in of("issue")}
    for point, application in cases.items():
        die(point, certificates.issue, application.pk)
    before = {
        point: Certificate.objects.get(registration__periods__application=application)
        for point, application in cases.items()
    }
    site.crew.work()
    for point, after in zip(cases, site.issued(*cases.values()), strict=True):
        assert (after.pk, after.verify_token) == (before[point].pk, before[point].verify_token), point
        assert after.content == before[point].content, point


def test_a_replacement_whose_worker_was_killed_at_any_point_is_finished_and_the_old_version_gives_way_once(site, die):
    """R-REP-03: in the middle of the last transaction, too, the old version stays in force until the new one is."""
    site.crew.go_away()
    cases = [site.approved_replacement() for _ in of("replace")]
    for point, one in zip(of("replace"), cases, strict=True):
        die(point, certificates.replace, one.pk)
        states = one.registration.certificates.order_by("version").values_list("state", flat=True)
        assert list(states) == ["ISSUED", "QUEUED"], point
    before = [one.registration.certificates.get(version=2) for one in cases]
    site.crew.work()
    for one, queued in zip(cases, before, strict=True):
        done = type(one).objects.filter(pk=one.pk, state="ISSUED")
        until(done.exists, within=RECOVERS_WITHIN, what="replaced")
        first, second = one.registration.certificates.order_by("version")
        assert (first.state, second.state) == ("SUPERSEDED", "ISSUED")
        assert (second.pk, second.verify_token, second.content) == (queued.pk, queued.verify_token, queued.content)
        site.entered(first, second)
        assert LogEntry.objects.filter(record=str(first.uid), kind=EntryKind.WITHDRAWN).count() == 1


def test_an_annotation_whose_worker_was_killed_at_any_point_is_finished_under_the_same_number(site, die):
    site.crew.rest()
    rows = {point: site.asked() for point in of("annotate")}
    for point, row in rows.items():
        die(point, certificates.annotate, [row.pk])
    site.crew.work()
    for before, after in zip(rows.values(), site.annotated(*rows.values()), strict=True):
        assert (after.number, after.verify_token) == (before.number, before.verify_token)


def test_a_head_whose_worker_was_killed_at_any_point_is_in_its_file_once(site, die):
    """The log's head is outside the database: not at all before it is written, and not again afterwards."""
    site.crew.rest()
    for point, grows in (("anchor.signed", 0), ("anchor.written", 1)):
        certifying.annotate([site.asked().pk])
        before = anchors.read(issued_log.heads_path())
        die(point, certificates.anchor_issued_log)
        assert len(anchors.read(issued_log.heads_path())) == len(before) + grows, point
        certifying.anchor()  # an hour later
        after = anchors.read(issued_log.heads_path())
        assert (len(after), after[-1]["size"]) == (len(before) + 1, issued_log.size()), point
        assert certifying.anchor() is None
    assert list(issued_log.tree_faults()) == []


def test_files_whose_reader_was_killed_in_the_middle_are_read_again_by_the_next(site, die):
    site.crew.rest()
    certifying.annotate([site.asked().pk])
    places = FileCheck.objects.order_by("name").values("name", "last", "read")
    before = list(places)
    die("recheck.noted", certificates.recheck_files)
    assert list(places) == before, "nothing counts as read that was not read to the end"
    assert certifying.recheck(10_000) >= 1
    assert not FileFault.objects.filter(cleared_at=None).exists()


def test_paper_certificates_whose_worker_was_killed_between_two_of_them_lie_ready_once_each(site, die):
    """§2.15: what was moved stays moved, and each holder is told once."""
    site.crew.rest()
    holders = [site.holder() for _ in range(2)]
    keeper = site.people.zhou_yan
    batch = papers.published(keeper, holders[0])
    collecting.arrive(batch, by=keeper)
    die("collect.moved", certificates.move_paper_on)
    mine = PaperCertificate.objects.filter(qualification__in=holders)
    assert mine.filter(state=PaperState.PRODUCING).exists(), "killed before all were moved"
    site.crew.work()
    ready = mine.filter(state=PaperState.AVAILABLE)
    until(lambda: ready.count() == len(holders), within=RECOVERS_WITHIN, what="ready")
    for holder in holders:
        told = Notice.objects.filter(kind="certificates.papercertificate.make_available", recipient=holder.worker.user)
        assert told.count() == 1


def test_a_message_whose_sender_was_killed_at_any_point_arrives_once(site, die):
    """The gateway's key stops the second copy of a message that went out just before the worker died."""
    site.crew.rest()
    messages = {point: sms(factories.mobile(), "正文", kind="test.fault") for point in of("deliver")}
    for point, message in messages.items():
        die(point, notices.deliver, message.pk)
    mine = Delivery.objects.filter(kind="test.fault")
    mine.update(next_attempt_at=timezone.now())  # two minutes pass
    site.crew.work()
    until(lambda: not mine.exclude(status=Delivery.Status.SENT).exists(), within=30, what="sent")
    keys = [str(message.uid) for message in messages.values()]
    assert OutboxMessage.objects.filter(key__in=keys).count() == len(messages)


def test_a_batch_whose_worker_was_killed_in_the_middle_is_finished_by_the_next(site):
    """R-ANN-02: the lease runs out, the sweep finds the rows, and what was done stays done."""
    site.crew.rest()
    rows = [site.asked() for _ in range(6)]
    bases = site.portal.folder / "certificates" / "base"
    seen = len(list(bases.glob("*/*")))
    site.crew.work()
    until(lambda: len(list(bases.glob("*/*"))) > seen, within=30, what="in the middle of the batch", every=0.02)
    site.crew.worker.kill()
    assert Annotation.objects.filter(pk__in=[row.pk for row in rows], sha256="").exists()
    site.crew.work()
    after = site.annotated(*rows)
    assert [row.number for row in after] == [row.number for row in rows]
