"""Uploads: examined by decoding, stored encrypted, served to those who may see them (S5, S6)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils.datastructures import MultiValueDict
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image

from registration.models import Feedback
from swms.accounts.models import User
from swms.audit.models import AuditEvent
from swms.crypto import CannotOpen
from swms.regions.models import Duty, Jurisdiction, Region
from swms.uploads import images as unpacking
from swms.uploads import storage
from swms.uploads.examine import EVIDENCE, ID_CARD, PHOTO, examine
from swms.uploads.fields import UploadField, UploadsField
from swms.uploads.models import Purpose, StoredFile
from swms.uploads.refusal import UploadRefused
from tests.hostile import documents, images

SECRET = b"SECRET-COMMENT"
CHECKOUT = Path(__file__).resolve().parents[2]


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


def look(data: bytes, rule=PHOTO, name="上传.bin"):
    return examine(SimpleUploadedFile(name, data), rule)


def refusal(data: bytes, rule=PHOTO) -> UploadRefused:
    with pytest.raises(UploadRefused) as refused:
        look(data, rule)
    assert refused.value.message
    return refused.value


def keep(owner, purpose=Purpose.PHOTO, holder=None, data=None, name="照片.jpg") -> StoredFile:
    rule = {Purpose.PHOTO: PHOTO, Purpose.EVIDENCE: EVIDENCE, Purpose.ID_CARD: ID_CARD}[purpose]
    data = data or images.photo((600, 380) if purpose == Purpose.ID_CARD else (295, 413))
    return storage.store(look(data, rule, name), owner=owner, purpose=purpose, holder=holder)


# --- images --------------------------------------------------------------------------------------


def test_a_photo_of_exactly_512000_bytes_is_accepted_and_one_byte_more_is_not_r_pro_03():
    assert look(images.padded(images.photo(), 512_000)).media_type == "image/jpeg"
    refused = refusal(images.padded(images.photo(), 512_001))
    assert (refused.code, refused.message) == (
        "too_large",
        "照片不能超过500KB，这个文件是501KB，请压缩后重新上传",
    )


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((295, 413), None),
        ((413, 579), None),
        ((413, 626), None),
        ((260, 370), None),
        ((2000, 3000), None),
        ((259, 370), "too_small"),
        ((260, 369), "too_small"),
        ((2001, 3000), "too_big"),
        ((2000, 3001), "too_big"),
        ((300, 400), "ratio"),
        ((413, 295), "too_small"),
        ((300, 480), "ratio"),
        ((320, 500), None),
        ((370, 500), None),
        ((371, 500), "ratio"),
    ],
)
def test_only_the_shapes_of_identity_photos_pass_r_pro_04(size, code):
    data = images.photo(size)
    if code is None:
        examined = look(data)
        assert (examined.width, examined.height) == size
    else:
        assert refusal(data).code == code


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_every_kind_of_png_becomes_a_plain_jpeg_portrait_r_pro_04(mode):
    with Image.open(BytesIO(look(images.photo(image_format="PNG", mode=mode)).data)) as image:
        assert (image.format, image.size, image.mode in ("RGB", "L")) == ("JPEG", (295, 413), True)


def test_sixteen_bit_grey_keeps_its_brightness():
    with Image.open(BytesIO(look(images.photo(image_format="PNG", mode="I;16")).data)) as image:
        assert abs(image.getpixel((10, 10)) - 30_000 / 256) < 3


def test_what_is_transparent_becomes_white_and_not_black():
    data = BytesIO()
    Image.new("RGBA", (295, 413), (0, 0, 0, 0)).save(data, "PNG")
    with Image.open(BytesIO(look(data.getvalue()).data)) as image:
        assert image.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("make", [images.with_position, images.with_text, images.with_archive])
def test_nothing_of_an_image_survives_but_its_pixels_r_pro_04(make):
    data = make()
    assert SECRET in data
    for rule in (PHOTO, EVIDENCE):
        clean = look(data, rule).data
        assert SECRET not in clean
        assert b"PK\x03\x04" not in clean
        with Image.open(BytesIO(clean)) as image:
            assert not image.getexif()
            assert not {"comment", "exif", "Comment", "Place"} & image.info.keys()


def test_a_photo_taken_sideways_is_stored_upright():
    examined = look(images.with_position((413, 295), orientation=6))
    assert (examined.width, examined.height) == (295, 413)


def test_a_scan_in_png_stays_sharp():
    assert look(images.photo((1000, 1000), "PNG"), EVIDENCE).media_type == "image/png"


def test_a_very_large_jpeg_is_unpacked_small_and_stays_upright_and_readable_s5():
    """The decoder never holds 49 million pixels: what it needs stays below a fraction of them."""
    stored = look(images.with_position((7000, 7000), orientation=6), EVIDENCE)
    assert (stored.width, stored.height) == (3500, 3500)
    assert SECRET not in stored.data
    wide = look(images.photo((6000, 3000)), EVIDENCE)
    assert wide.width * wide.height <= 16_000_000
    assert look(images.photo((4000, 4000)), EVIDENCE).width == 4000, "up to there nothing is lost"


def test_the_memory_of_unpacking_has_a_bound_s5(tmp_path):
    """In a process of its own, so that its high-water mark is that of one picture."""
    (tmp_path / "large.jpg").write_bytes(images.photo((7000, 7000)))
    measure = (
        "import django, resource; django.setup(); from pathlib import Path; from swms.uploads.examine import EVIDENCE;"
        "from swms.uploads.images import reencode_image; data = Path('large.jpg').read_bytes();"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; before = peak();"
        "reencode_image(data, EVIDENCE, 'JPEG'); print(peak() - before)"
    )
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    said = subprocess.run(
        [sys.executable, "-c", measure], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert int(said.stdout) < 130_000, "kilobytes; unpacked whole it is 147,000, and as much for each copy"


def test_only_so_many_pictures_are_unpacked_at_once_and_of_large_ones_one_s5(monkeypatch):
    now, most = Counter(), Counter()
    lock = threading.Lock()

    def slowly(data, rule):
        kind = "large" if data is large else "small"
        with lock:
            now[kind] += 1
            most[kind] = max(most[kind], now[kind])
            most["all"] = max(most["all"], now.total())
        time.sleep(0.05)
        with lock:
            now[kind] -= 1
        return Image.new("RGB", (10, 10))

    monkeypatch.setattr(unpacking, "_decode", slowly)
    large, small = images.photo((4001, 4000)), images.photo()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: look(data, EVIDENCE), [large, small, large, small, small, large, small, small]))
    assert most["large"] == unpacking.LARGE_AT_ONCE
    assert 1 < most["all"] <= unpacking.AT_ONCE


def test_who_waits_too_long_for_a_turn_is_asked_to_come_back(monkeypatch):
    monkeypatch.setattr(unpacking, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(unpacking, "PATIENCE", 0.01)
    with unpacking._turn(unpacking._turns, PHOTO):
        assert refusal(images.photo()).code == "busy"
    look(images.photo())


def test_an_identity_card_must_be_wide_enough_to_read_3_10():
    assert look(images.photo((600, 380)), ID_CARD).width == 600
    assert refusal(images.photo((599, 380)), ID_CARD).code == "too_small"
    assert refusal(documents.plain(), ID_CARD).code == "type"


@pytest.mark.parametrize("name", images.hostile())
def test_a_hostile_image_is_refused_with_what_to_do_s5(name):
    data = images.hostile()[name]
    for disguise in ("照片.jpg", "photo.png", "x.pdf", "../../etc/passwd", ""):
        with pytest.raises(UploadRefused) as refused:
            examine(named(data, disguise), PHOTO)
        assert refused.value.message.startswith("照片")
        assert "，" in refused.value.message


def named(data: bytes, name: str) -> BytesIO:
    file = BytesIO(data)
    file.name = name
    return file


# --- documents -----------------------------------------------------------------------------------


def test_a_passive_pdf_is_written_again_without_its_metadata():
    before = documents.plain(3)
    examined = look(before, EVIDENCE)
    assert (examined.media_type, examined.pages) == ("application/pdf", 3)
    assert SECRET in before
    assert SECRET not in examined.data
    assert look(examined.data, EVIDENCE).pages == 3


@pytest.mark.parametrize("name", documents.active())
def test_a_pdf_that_does_something_is_refused_s5(name):
    assert refusal(documents.active()[name], EVIDENCE).code == "active"


@pytest.mark.parametrize("name", documents.locked())
def test_an_encrypted_pdf_is_refused_s5(name):
    assert refusal(documents.locked()[name], EVIDENCE).code == "encrypted"


@pytest.mark.parametrize(("pages", "accepted"), [(0, False), (1, True), (50, True), (51, False)])
def test_a_pdf_has_1_to_50_pages(pages, accepted):
    data = documents.plain(pages) if pages else documents.make(lambda pdf: None, pages=0)
    if accepted:
        assert look(data, EVIDENCE).pages == pages
    else:
        assert refusal(data, EVIDENCE).code == "pages"


@pytest.mark.parametrize(
    "data", [b"%PDF-", b"%PDF-1.7\nnothing", documents.plain()[:300], documents.nested(), documents.bomb(64)]
)
def test_a_broken_or_exploding_pdf_is_refused_s5(data):
    assert refusal(data, EVIDENCE).code == "unreadable"


GOOD = {"jpeg": images.with_position(), "png": images.with_text(), "pdf": documents.plain()}


@examples(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_damaged_file_is_accepted_or_refused_and_nothing_else_happens_s5(kind, data):
    damaged = bytearray(GOOD[kind])
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    with suppress(UploadRefused):
        examined = look(bytes(damaged), EVIDENCE)
        assert look(examined.data, EVIDENCE).media_type == examined.media_type


# --- form fields ---------------------------------------------------------------------------------


class PhotoForm(forms.Form):
    photo = UploadField(rule=PHOTO)
    evidence = UploadsField(rule=EVIDENCE, required=False)


def submitted(photo: bytes | None, *evidence: bytes) -> PhotoForm:
    files = MultiValueDict({"evidence": [SimpleUploadedFile(f"材料{n}.pdf", data) for n, data in enumerate(evidence)]})
    if photo is not None:
        files["photo"] = SimpleUploadedFile("照片.jpg", photo)
    return PhotoForm({}, files)


def test_a_form_cleans_uploads_into_examined_files():
    form = submitted(images.photo(), documents.plain(), images.photo())
    assert form.is_valid(), form.errors
    assert form.cleaned_data["photo"].width == 295
    assert [file.media_type for file in form.cleaned_data["evidence"]] == ["application/pdf", "image/jpeg"]


def test_a_form_says_beside_the_field_and_by_name_what_is_wrong():
    form = submitted(b"", documents.plain(), documents.locked()["password"])
    assert form.errors["photo"] == ["选择的是空文件，请重新选择"]
    assert form.errors["evidence"] == ["材料1.pdf：材料设有密码或权限限制，请取消加密后重新上传"]
    assert submitted(None).errors["photo"] == ["请选择要上传的文件"]


def test_six_files_are_one_too_many_r_pro_14():
    form = submitted(images.photo(), *[documents.plain()] * 6)
    assert form.errors["evidence"] == ["最多上传5个文件，您选了6个"]


def test_the_browser_offers_only_files_that_have_a_chance():
    html = str(PhotoForm()["photo"])
    assert 'accept="image/jpeg,image/png"' in html
    assert PhotoForm()["photo"].help_text == "JPG、PNG格式，不超过500KB"
    assert " multiple" in str(PhotoForm()["evidence"])


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
