"""Uploads are examined by decoding: pictures, documents, and what a form makes of them (S5)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image

from swms.uploads import images as unpacking
from swms.uploads.examine import EVIDENCE, ID_CARD, PHOTO, examine
from swms.uploads.fields import UploadField, UploadsField
from swms.uploads.refusal import UploadRefused
from tests.hostile import documents, images
from tests.swms.examining import look, named

SECRET = b"SECRET-COMMENT"
CHECKOUT = Path(__file__).resolve().parents[2]


def refusal(data: bytes, rule=PHOTO) -> UploadRefused:
    with pytest.raises(UploadRefused) as refused:
        look(data, rule)
    assert refused.value.message
    return refused.value


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
