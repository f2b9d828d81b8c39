"""Registration certificates: one per application, whatever goes wrong on the way (F9, promises 2 and 4)."""

import base64
import datetime as dt
import os
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from certificates import actions, queries
from certificates.models import Certificate, FileDamaged
from certificates.pdf import keys
from certificates.pdf.verify import examine
from certificates.queries.alarms import IMPOSSIBLE
from certificates.workflows import DocumentState
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from swms.uploads import storage
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def test_a_completed_registration_gets_its_signed_certificate(completed):
    assert actions.issue(completed.pk)
    completed.refresh_from_db()
    assert completed.state == ApplicationState.CERT_ISSUED
    certificate = queries.current_certificate(completed.period.registration)
    found = examine(certificate.read(), keys.trust_roots())
    assert found.is_intact
    assert found.sha256 == certificate.sha256
    assert (found.kind, found.token) == ("registration", certificate.verify_token)
    assert found.certificate == completed.period.registration.number


def test_issuing_twice_makes_one_certificate(completed):
    assert actions.issue(completed.pk)
    assert not actions.issue(completed.pk)
    assert Certificate.objects.count() == 1


def test_what_is_printed_is_stored_before_anything_is_drawn(completed, monkeypatch):
    monkeypatch.setattr("certificates.actions.issuing._signed", _disk_full)
    assert not actions.issue(completed.pk)
    certificate = Certificate.objects.get()
    assert certificate.state == DocumentState.QUEUED
    assert certificate.content["name"] == "王芳"
    assert certificate.content["registration_number"] == completed.period.registration.number
    completed.refresh_from_db()
    assert completed.state == ApplicationState.REGISTERED


def test_a_failed_attempt_is_put_off_and_finishes_the_same_certificate_later(completed, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("certificates.actions.issuing.keep", _disk_full)
        assert not actions.issue(completed.pk)
    before = Certificate.objects.get()
    assert not actions.issue(completed.pk), "it waits for its next turn"
    assert not queries.due_certificates().exists()
    Certificate.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert [one.pk for one in queries.due_certificates()] == [before.pk]
    assert actions.make(before.pk)
    after = Certificate.objects.get()
    assert (after.pk, after.verify_token, after.content) == (before.pk, before.verify_token, before.content)
    assert after.attempts == 2


def test_a_certificate_that_cannot_even_be_begun_stands_on_the_console_until_it_is_there(completed, people):
    """Promise 3: the photo is gone from the disk. 赵敏 in 上海市 hears nothing of it, the keeper does."""
    photo = storage.path_of(completed.worker.photo.uid)
    aside = photo.rename(photo.with_suffix(".aside"))
    for _ in range(3):
        assert not actions.issue(completed.pk)
    assert not Certificate.objects.exists()
    assert AuditEvent.objects.filter(verb=IMPOSSIBLE, target_repr=completed.ref).count() == 1, "once, not every minute"

    def said_to(person) -> str:
        return signed_in(person).get(reverse("admin:index")).content.decode()

    words = f"登记证书无法生成：{completed.ref}"
    for person in (people.li_jing, people.zhang_wei, people.zhou_yan):
        assert words in said_to(person)
    assert words not in said_to(people.zhao_min)
    assert [one.pk for one in queries.due_applications()] == [completed.pk], "every sweep tries again"
    aside.rename(photo)
    assert actions.issue(completed.pk)
    assert words not in said_to(people.li_jing)


def test_the_sweep_finds_a_completed_registration_that_no_message_announced(completed):
    assert [one.pk for one in queries.due_applications()] == [completed.pk]


def test_a_worker_that_was_overtaken_records_nothing(completed, monkeypatch):
    from certificates.actions import issuing

    record = issuing._record

    def overtaken(document, **facts):
        record(document, **facts)  # another worker was quicker
        return record(document, **facts | {"path": "registration/00/other"})

    monkeypatch.setattr(issuing, "_record", overtaken)
    assert not actions.issue(completed.pk)
    assert Certificate.objects.get().read()


def test_a_file_that_was_changed_on_disk_is_never_given_out(issued):
    certificate = Certificate.objects.get()
    data = bytearray(certificate.file.read_bytes())
    data[len(data) // 2] ^= 1
    certificate.file.write_bytes(data)
    with pytest.raises(FileDamaged):
        certificate.read()


def test_the_file_on_disk_does_not_show_the_identity_number_or_any_pdf(issued):
    assert b"%PDF" not in Certificate.objects.get().file.read_bytes()


def test_files_are_brought_under_a_new_key_and_open_without_the_old_one(issued, annotation, settings):  # S11
    new = "new:" + base64.b64encode(bytes(range(32))).decode()
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = [new, *old]
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert "certificates.Certificate: 1 files, 1 changed" in out.getvalue()
    settings.FIELD_KEYS = [new]
    assert Certificate.objects.get().read()
    assert type(annotation).objects.get().read()


def test_orphans_older_than_a_day_are_removed_and_recorded_files_stay(issued):
    certificate = Certificate.objects.get()
    orphan = certificate.file.with_name("0" * 32 + "-" + "0" * 16)
    orphan.write_bytes(b"left behind")
    for file in (orphan, certificate.file):
        os.utime(file, (0, 0))
    assert actions.remove_orphans() == 1
    assert not orphan.exists()
    assert certificate.read()


def _disk_full(*args, **kwargs):
    raise OSError(28, "No space left on device")
