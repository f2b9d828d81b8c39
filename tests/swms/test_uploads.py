"""Uploads: stored encrypted, served to those who may see them (S5, S6)."""

from __future__ import annotations

import os
import re
from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice

from registration.models import Feedback
from swms.accounts.models import User
from swms.audit.models import AuditEvent
from swms.crypto import CannotOpen
from swms.regions.models import Duty, Jurisdiction, Region
from swms.uploads import storage
from swms.uploads.examine import EVIDENCE, ID_CARD, PHOTO, examine
from swms.uploads.models import Purpose, StoredFile
from swms.uploads.refusal import UploadRefused
from tests.hostile import documents, images
from tests.swms.examining import look, named


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def wang_fang(db):
    return person("王芳")


def person(name: str, kind: str = User.Kind.WORKER) -> User:
    return User.objects.create(username=name, name=name, kind=kind, password="!")


def reviewer(name: str, region: Region) -> User:
    user = person(name, User.Kind.STAFF)
    Jurisdiction.objects.create(user=user, region=region, duty=Duty.FIRST_REVIEW)
    return user


def county(code: str, name: str) -> Region:
    path = f"/{code[:2]}0000/{code}/"
    return Region.objects.get_or_create(code=code, defaults={"name": name, "level": 3, "path": path, "is_leaf": True})[
        0
    ]


def keep(owner, purpose=Purpose.PHOTO, holder=None, data=None, name="照片.jpg") -> StoredFile:
    rule = {Purpose.PHOTO: PHOTO, Purpose.EVIDENCE: EVIDENCE, Purpose.ID_CARD: ID_CARD}[purpose]
    data = data or images.photo((600, 380) if purpose == Purpose.ID_CARD else (295, 413))
    return storage.store(look(data, rule, name), owner=owner, purpose=purpose, holder=holder)


# --- storage -------------------------------------------------------------------------------------


def test_bytes_are_encrypted_on_disk_and_come_back_whole(wang_fang, media):
    examined = look(images.photo())
    stored = storage.store(examined, owner=wang_fang, purpose=Purpose.PHOTO)
    path = media / stored.uid.hex[:2] / stored.uid.hex
    assert b"JFIF" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert storage.open_file(stored) == examined.data
    assert [file for file in media.rglob("*") if file.is_file()] == [path]


def test_a_disk_that_takes_nothing_is_a_refusal_and_leaves_no_row(wang_fang, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "in the way"
    settings.MEDIA_ROOT.touch()
    with pytest.raises(UploadRefused, match="请稍后再试"):
        keep(wang_fang)
    assert not StoredFile.objects.exists()


def test_a_file_put_in_another_files_place_does_not_open(wang_fang):
    first, second = keep(wang_fang), keep(wang_fang)
    os.replace(storage.path_of(first.uid), storage.path_of(second.uid))
    with pytest.raises(CannotOpen):
        storage.open_file(second)
    with pytest.raises(storage.FileMissing):
        storage.open_file(first)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("毕业证书.JPG", "毕业证书.jpg"),
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\me\\扫描.jpeg", "扫描.jpg"),
        ("身份证11000019900307001X.jpg", "身份证***.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie: x.jpg"),
        ("", "照片.jpg"),
        ("长" * 300 + ".jpg", "长" * 96 + ".jpg"),
    ],
    ids=["extension", "path", "windows path", "identity number", "header", "none", "long"],
)
def test_a_name_is_kept_for_the_eye_only(wang_fang, given, kept):
    examined = examine(named(images.photo(), given), PHOTO)
    assert storage.store(examined, owner=wang_fang, purpose=Purpose.PHOTO).name == kept


def test_a_users_files_have_a_quota_and_purging_makes_room(wang_fang, settings):
    first = keep(wang_fang)
    settings.UPLOAD_QUOTA = first.size
    with pytest.raises(UploadRefused, match="合计不能超过"):
        keep(wang_fang)
    keep(person("李静"))
    keep(None)
    storage.purge(first)
    keep(wang_fang)


@pytest.mark.django_db(transaction=True)
def test_purging_removes_the_bytes_keeps_the_hash_and_waits_for_the_commit_r_apl_05():
    stored = keep(person("王芳"))
    with transaction.atomic():
        storage.purge(stored)
        transaction.set_rollback(True)
    stored.refresh_from_db()
    assert storage.open_file(stored)
    storage.purge(stored)
    stored.refresh_from_db()
    assert (stored.purged_at is not None, len(stored.sha256)) == (True, 64)
    assert not storage.path_of(stored.uid).exists()


def test_files_left_by_rollbacks_and_crashes_are_removed_after_a_day(wang_fang, media):
    kept = keep(wang_fang)
    fresh = storage.path_of(keep(wang_fang).uid)
    StoredFile.objects.filter(uid=fresh.name).delete()
    old = storage.path_of(keep(wang_fang).uid)
    StoredFile.objects.filter(uid=old.name).delete()
    half_written = old.with_name(old.name + ".tmp")
    half_written.touch()
    for path in (storage.path_of(kept.uid), old, half_written):
        os.utime(path, (0, 0))
    assert storage.remove_orphans() == 2
    assert storage.open_file(kept)
    assert (fresh.exists(), old.exists(), half_written.exists()) == (True, False, False)


def test_files_follow_the_rotation_of_keys(wang_fang, settings):
    stored = keep(wang_fang)
    old_key = settings.FIELD_KEYS[0]
    settings.FIELD_KEYS = ["new:" + "A" * 43 + "=", old_key]
    assert [storage.reseal(stored), storage.reseal(stored)] == [True, False]
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert storage.open_file(stored).startswith(b"\xff\xd8")


# --- serving -------------------------------------------------------------------------------------


def answer(user: User | None, stored: StoredFile, query: str = ""):
    client = Client()
    if user is not None:
        client.force_login(user, "swms.accounts.backends.IdentityBackend")
    if user is not None and user.is_staff:
        device = StaticDevice.objects.get_or_create(user=user, name="恢复码")[0]
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
    return client.get(stored.get_absolute_url() + query)


def body(response, stored: StoredFile) -> bytes:
    """Return an answer's text without what differs from one request to the next anyway."""
    text = response.content.replace(str(stored.uid).encode(), b"")
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", text)


def test_the_owner_gets_the_file_with_every_protecting_header_s6(wang_fang):
    stored = keep(wang_fang, name="我的照片.jpg")
    response = answer(wang_fang, stored)
    assert response.status_code == 200
    assert response.content == storage.open_file(stored)
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "no-store, private"


def test_images_are_shown_inside_pages_on_request_and_documents_never(wang_fang):
    assert answer(wang_fang, keep(wang_fang), "?inline=1")["Content-Disposition"].startswith("inline")
    proof = keep(wang_fang, Purpose.EVIDENCE, data=documents.plain())
    assert answer(wang_fang, proof, "?inline=1")["Content-Disposition"].startswith("attachment")


def test_strangers_and_other_workers_get_what_a_missing_file_gets_s1(wang_fang):
    stored = keep(wang_fang)
    missing = StoredFile(uid="00000000-0000-4000-8000-000000000000")
    for user in (None, person("李静")):
        theirs, nothing = answer(user, stored), answer(user, missing)
        assert (theirs.status_code, nothing.status_code) == (404, 404)
        assert body(theirs, stored) == body(nothing, missing)


def test_a_purged_or_lost_file_is_not_found(wang_fang):
    purged, lost = keep(wang_fang), keep(wang_fang)
    storage.purge(purged)
    storage.path_of(lost.uid).unlink()
    assert [answer(wang_fang, stored).status_code for stored in (purged, lost)] == [404, 404]


def test_a_reviewer_of_the_records_region_sees_its_files_and_one_of_another_region_does_not(wang_fang):
    chaoyang, pudong = county("110105", "朝阳区"), county("310115", "浦东新区")
    feedback = Feedback.objects.create(
        ref="FK20261123ABCDEF",
        name="王芳",
        id_number="11000019900307001X",
        mobile="19900001234",
        level=1,
        exam_year=2025,
        issue_date=date(2025, 9, 15),
        mgmt_no="202511000100000017",
        region=chaoyang,
    )
    stored = keep(None, Purpose.ID_CARD)
    li_jing, zhao_min = reviewer("李静", chaoyang), reviewer("赵敏", pudong)

    assert answer(li_jing, stored).status_code == 404
    storage.attach(stored, feedback)

    assert answer(zhao_min, stored).status_code == 404
    assert answer(wang_fang, stored).status_code == 404
    assert not AuditEvent.objects.filter(verb="read_file").exists()
    assert answer(li_jing, stored).status_code == 200
    assert AuditEvent.objects.get(verb="read_file").actor == li_jing


def test_reading_an_ordinary_photo_is_not_an_audited_event(wang_fang):
    answer(wang_fang, keep(wang_fang))
    assert not AuditEvent.objects.filter(verb="read_file").exists()


def test_only_reading_is_possible(wang_fang):
    stored = keep(wang_fang)
    client = Client()
    client.force_login(wang_fang, "swms.accounts.backends.IdentityBackend")
    assert client.post(stored.get_absolute_url()).status_code == 405
