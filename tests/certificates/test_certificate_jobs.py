"""What follows a move, and what the sweeps find when nothing followed (R-ANN-02, F9)."""

import datetime as dt
import hashlib

import pytest
import time_machine

from certificates import actions, queries, tasks
from certificates.models import Annotation, Certificate, EntryKind, LogEntry
from certificates.pdf import keys
from certificates.workflows import AnnotationState
from registration.models import Application
from registration.workflows import ApplicationState
from swms.dates import today
from swms.notices.models import Notice
from swms.ui import cn_date
from tests.certificates.makers import agreed_holder, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(monkeypatch):
    """Return the list of messages that are sent; nothing reaches a broker."""
    sent = []
    for name in ("issue", "annotate", "drain"):
        monkeypatch.setattr(getattr(tasks, name), "delay", lambda *args, name=name: sent.append((name, *args)))
    return sent


def test_a_request_is_announced_once_it_is_committed(
    qualification, published, django_capture_on_commit_callbacks
):  # R-ANN-02
    with django_capture_on_commit_callbacks(execute=True):
        row = ask(qualification)
        assert published == []
    assert published == [("annotate", [row.pk])]


def test_a_completed_registration_is_announced_once_it_is_committed(
    people, published, django_capture_on_commit_callbacks, request
):
    with django_capture_on_commit_callbacks(execute=True):
        completed = request.getfixturevalue("completed")
    assert ("issue", completed.pk) in published


def test_the_sweep_wakes_a_drain_for_each_batch_and_sends_what_was_tried_alone(scenario, published, monkeypatch):
    monkeypatch.setattr("certificates.actions.annotating.BATCH", 2)
    rows = [ask(agreed_holder(name)).pk for name in ("甲某", "乙某", "丙某", "丁某")]
    Annotation.objects.filter(pk=rows[3]).update(attempts=1)
    tasks.sweep_annotations()
    assert published == [("annotate", [rows[3]]), ("drain",), ("drain",)]


def test_a_drain_that_has_not_finished_sends_the_next_and_lets_other_jobs_pass(published, monkeypatch):
    left = iter([True, False])
    monkeypatch.setattr(actions, "drain", lambda: next(left))
    tasks.drain()
    assert published == [("drain",)]
    tasks.drain()
    assert published == [("drain",)]


@pytest.mark.django_db(transaction=True)
def test_with_many_in_hand_no_message_is_sent_for_one_more(qualification, published, monkeypatch):
    monkeypatch.setattr("certificates.queries.annotations.BUSY", 2)
    ask(agreed_holder("陈晨"))
    ask(qualification)
    assert len(published) == 1
    assert actions.drains_needed() == 1


def test_with_an_unusable_key_nothing_is_half_made_and_nothing_is_lost(completed, qualification, settings, tmp_path):
    """Its own fault, not that of an order: no certificate is called impossible, and none is refused."""
    row, settings.SIGNING_KEY_DIR = ask(qualification), tmp_path / "given"
    settings.SIGNING_KEY_DIR.mkdir()
    (settings.SIGNING_KEY_DIR / "signer.pem").write_bytes(b"not a key")
    for work in (lambda: actions.annotate([row.pk]), lambda: actions.issue(completed.pk)):
        with pytest.raises(keys.KeyUnusable, match=r"signer\.pem holds no readable private key"):
            work()
    row.refresh_from_db()
    assert (row.state, row.path) == (AnnotationState.SUBMITTED, "")
    assert not Certificate.objects.exists()
    assert not LogEntry.objects.exists()
    assert not settings.CERTIFICATE_ROOT.exists()
    assert queries.impossible(Application.objects.all()) == []
    (settings.SIGNING_KEY_DIR / "signer.pem").unlink()
    Annotation.objects.update(lease_until=None)  # it runs out
    assert actions.annotate([row.pk]) == 1
    assert actions.issue(completed.pk)


def test_the_sweep_of_certificates_finds_what_no_message_announced(completed, published):
    tasks.sweep_certificates()
    assert published == [("issue", completed.pk)]
    tasks.issue(completed.pk)
    tasks.sweep_certificates()
    assert len(published) == 1
    assert Application.objects.get(pk=completed.pk).state == ApplicationState.CERT_ISSUED


def test_the_daily_job_closes_and_deletes(annotation):  # R-ANN-07, R-ANN-13
    Annotation.objects.update(valid_until=today() - dt.timedelta(days=1))
    tasks.expire_annotations()
    annotation.refresh_from_db()
    assert annotation.state == AnnotationState.EXPIRED
    assert not annotation.file.exists()


@pytest.mark.parametrize("how", ["end", "revoke", "expire"])
def test_however_a_copy_was_closed_its_file_goes_and_row_hash_and_log_stay(annotation, people, how):  # R-ANN-13
    if how == "end":
        actions.end(annotation, by=annotation.qualification.worker.user)
    elif how == "revoke":
        annotation.qualification.move("revoke", actor=people.zhou_yan, reason="经核实证书信息有误，予以撤销")
    else:
        Annotation.objects.update(valid_until=today() - dt.timedelta(days=1))
    data = annotation.read()
    tasks.expire_annotations()
    kept = Annotation.objects.get()
    assert not kept.file.exists()
    assert kept.purged_at
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    assert LogEntry.objects.get(record=str(kept.uid), kind=EntryKind.COPY).sha256 == kept.sha256
    answer = {"end": "annotation_ended", "revoke": "revoked", "expire": "annotation_expired"}[how]
    assert queries.verify_file(data).code == answer, "whoever kept the file is still answered"


def test_a_deletion_that_was_cut_short_is_taken_up_again(annotation):  # R-ANN-13
    actions.end(annotation, by=annotation.qualification.worker.user)
    annotation.file.unlink()  # deleted, and the worker died before it could say so
    assert actions.purge() == 1
    assert Annotation.objects.get().purged_at


def test_three_days_before_its_end_the_holder_is_reminded_once(annotation):  # §2.13
    soon = Notice.objects.filter(kind="certificates.annotation.ends_soon")
    noon = dt.datetime.combine(annotation.valid_until, dt.time(12), dt.UTC)
    with time_machine.travel(noon - dt.timedelta(days=4), tick=False):
        assert actions.remind_before_end() == 0
    with time_machine.travel(noon - dt.timedelta(days=3), tick=False):
        assert actions.remind_before_end() == 1
        assert actions.remind_before_end() == 0
    told = soon.get()
    assert told.recipient == annotation.qualification.worker.user
    assert told.title == f"证书加注将于{cn_date(annotation.valid_until)}到期"
    assert told.url == annotation.get_absolute_url()


def test_who_asked_for_three_days_needs_no_reminder_of_them_and_is_told_when_they_are_over(qualification):  # §2.13
    row = ask(qualification, valid_days=3)
    actions.annotate([row.pk])
    assert actions.remind_before_end() == 0
    with time_machine.travel(dt.datetime.combine(row.valid_until + dt.timedelta(days=1), dt.time(1), dt.UTC)):
        tasks.expire_annotations()
    over = Notice.objects.get(kind="certificates.annotation.expire")
    assert (over.recipient, over.url) == (qualification.worker.user, row.get_absolute_url())


def test_nobody_is_reminded_of_an_annotation_that_was_ended(annotation):
    actions.end(annotation, by=annotation.qualification.worker.user)
    with time_machine.travel(dt.datetime.combine(annotation.valid_until, dt.time(1), dt.UTC), tick=False):
        assert actions.remind_before_end() == 0
