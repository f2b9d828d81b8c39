"""A disk that takes no files, and rows that cannot succeed: told, not half made, and nobody else waits for them."""

import re
import resource
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from certificates.models import Annotation, Certificate
from certificates.queries import quota
from certificates.workflows import AnnotationState
from registration.models import Qualification
from registration.workflows import ApplicationState
from swms.notices.models import Notice
from swms.uploads import storage
from swms.uploads.models import StoredFile
from tests import factories
from tests.mounting import may_mount, mounted
from tests.processes import until

FEW_BYTES = 40_000  # less than the smallest document, more than a worker says


@contextmanager
def unwritable(folder: Path):
    """Put a file where ``folder`` is: nobody can write into it, root neither."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder.with_name(f"{folder.name}.aside")
    folder.rename(aside)
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


@contextmanager
def full_disk(site):
    """Lay a small disk without a free byte over the certificates; room is made by taking it away. Needs to be root."""
    with mounted(site.portal.folder / "certificates", size="64k") as disk:
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(b"0" * 4096):
                pass
        yield


@contextmanager
def no_growth(site):
    """Let no process of the worker write a file beyond a few kilobytes, as a quota does. Works for everybody.

    The kernel takes the beginning of the file and refuses the rest, root's too.
    """
    site.crew.worker.kill()  # a new one has a log of its own, which stays below the limit
    site.crew.work()
    master = psutil.Process(site.crew.worker.process.pid)
    limits = resource.prlimit(master.pid, resource.RLIMIT_FSIZE)
    _limit_files(master, (FEW_BYTES, limits[1]))
    try:
        yield
    finally:
        _limit_files(master, limits)


def _limit_files(master: psutil.Process, limits: tuple[int, int]) -> None:
    """Set how long a file may become for a worker and those that it has forked by now; they come and go."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        for process in (master, *master.children(recursive=True)):
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("without_room", [no_growth, full_disk] if may_mount() else [no_growth])
def test_work_that_finds_no_room_waits_and_is_finished_once_there_is(site, without_room):
    """Promise 4: without a durable file nothing counts as done; each failure is in the log."""
    site.crew.work()
    certificates = site.portal.folder / "certificates"
    with without_room(site):
        application, row = site.completed(), site.asked()
        document = Certificate.objects.filter(registration__periods__application=application, attempts__gt=0)
        mine = Annotation.objects.filter(pk=row.pk, attempts__gt=0, lease_until=None)
        until(lambda: document.exists() and mine.exists(), within=40, what="tried")
        until(lambda: site.crew.worker.says("certificate_failed"), within=10, what="told of the certificate")
        until(lambda: site.crew.worker.says("annotation_failed"), within=10, what="told of the annotation")
        application.refresh_from_db()
        assert application.state == ApplicationState.REGISTERED
        assert not document.exclude(sha256="").exists()
        assert Annotation.objects.get(pk=row.pk).state == AnnotationState.SUBMITTED
        uids = {document.get().uid.hex, row.uid.hex}
        assert not [path for path in certificates.rglob("*") if any(uid in path.name for uid in uids)], "half a file"
    # The half minute until the next attempt passes.
    document.update(lease_until=timezone.now())
    Annotation.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now())
    site.issued(application)
    site.annotated(row)
    site.check()


def test_a_photo_that_cannot_be_kept_is_told_beside_its_field(site):
    """The person reads what to do, and no row without a file is left."""
    person = site.applicant().worker
    visitor = site.visitor(person.user)
    before = StoredFile.objects.count()
    url = reverse("registration:profile_photo")
    version = re.search(r'name="version" value="([^"]*)"', visitor.get(url).text)[1]
    picture = storage.open_file(person.photo)
    with unwritable(site.portal.folder / "media"):
        answer = visitor.upload(url, photo=SimpleUploadedFile("photo.jpg", picture), version=version)
        assert answer.status == 200
        assert "系统暂时无法保存文件" in answer.text
    assert StoredFile.objects.count() == before
    assert visitor.upload(url, photo=SimpleUploadedFile("photo.jpg", picture), version=version).status == 302
    assert StoredFile.objects.count() == before + 1


def test_a_row_that_can_never_be_printed_is_given_up_and_holds_up_nobody(site):
    """§2.13: it fails with a word to its holder and costs no quota; the others of its batch are done."""
    site.crew.rest()
    bad, good = site.holder(), [site.holder() for _ in range(3)]
    Qualification.objects.filter(pk=bad.pk).update(name="王\ue000")  # a letter that no font has
    poisoned, rows = site.asked(bad), [site.asked(each) for each in good]
    site.crew.work()
    site.annotated(*rows)
    until(lambda: Annotation.objects.get(pk=poisoned.pk).state == AnnotationState.FAILED, within=30, what="given up")
    assert quota(bad).used == 0
    assert Notice.objects.filter(url=poisoned.get_absolute_url()).count() == 1


def test_a_row_that_fails_again_and_again_waits_by_itself_and_is_done_once_mended(site):
    """Its photo cannot be read for a while: no certificate without it, and nobody behind it waits."""
    site.crew.rest()
    bad, good = site.holder(), [site.holder() for _ in range(3)]
    bad.worker.photo = factories.photo(bad.worker.user)
    bad.worker.save()
    file = storage.path_of(bad.worker.photo.uid)
    aside = file.rename(file.with_suffix(".aside"))
    poisoned, rows = site.asked(bad), [site.asked(each) for each in good]
    site.crew.work()
    site.annotated(*rows)
    mine = Annotation.objects.filter(pk=poisoned.pk)
    until(lambda: mine.filter(attempts__gt=0, lease_until=None).exists(), within=30, what="tried")
    assert mine.get().state == AnnotationState.SUBMITTED
    aside.rename(file)
    mine.update(next_attempt_at=timezone.now())  # the half minute until the next attempt passes
    site.annotated(poisoned)
