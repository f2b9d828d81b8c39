"""The incremental update that stamps and signs: what it writes, and that others agree with it."""

import dataclasses
import io
import os
import re
import resource
import signal
import threading

import pikepdf
import pytest
from PIL import Image, ImageChops
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from certificates.pdf import increment, keys, layout, lettering, qr, ready
from certificates.pdf.cms import as_asn1
from certificates.pdf.sidecar import Sidecar
from tests.pdf.samples import SIGNED_AT, STAMP, TOKEN
from tests.scanning import scanned


def status_of(data, roots):
    """Return what pyHanko, reading strictly, says about the one signature of a file."""
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    (signature,) = reader.embedded_signatures
    context = ValidationContext(trust_roots=[as_asn1(root) for root in roots], allow_fetching=False)
    return validate_pdf_signature(signature, context)


def _pixels(data, run_tool, tmp_path, resolution=100):
    run_tool(data, "pdftoppm", "-r", str(resolution), "-png", after=(str(tmp_path / "page"),))
    (picture,) = tmp_path.glob("page*.png")
    with Image.open(picture) as image:
        return image.convert("RGB")


def test_an_annotated_certificate_is_valid_for_pyhanko_and_covers_the_whole_file(annotated, roots):
    status = status_of(annotated, roots)
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.docmdp_ok
    assert status.signer_reported_dt == SIGNED_AT


def test_an_annotated_certificate_is_valid_for_poppler(annotated, run_tool):
    report = run_tool(annotated, "pdfsig", "-nocert")
    assert "Signature is Valid." in report
    assert "Total document signed" in report
    assert "ETSI.CAdES.detached" in report


def test_the_qr_code_of_an_annotated_certificate_is_that_of_the_annotation(annotated):
    """R-ANN-12: the stamp's own code, not the general address that the base was laid out with."""
    assert scanned(annotated) == [STAMP.verify_url]


def test_an_annotated_certificate_is_clean_for_qpdf(annotated, run_tool):
    report = run_tool(annotated, "qpdf", "--check")
    assert "No syntax or stream encoding errors found" in report
    assert "WARNING" not in report


def test_a_registration_certificate_is_signed_without_a_stamp(registration, signer, roots, run_tool):
    data = increment.sign(registration.base, registration.sidecar, signer=signer, signed_at=SIGNED_AT)
    assert status_of(data, roots).bottom_line
    assert "Signature is Valid." in run_tool(data, "pdfsig", "-nocert")
    assert "WARNING" not in run_tool(data, "qpdf", "--check")
    assert "证书加注" not in run_tool(data, "pdftotext", after=("-",))


def test_the_stamp_says_purpose_last_day_and_number_and_the_facts_stay_r_ann_12(annotated, run_tool):
    text = run_tool(annotated, "pdftotext", "-layout", after=("-",))
    assert re.search(r"使用场景\s+本人调用", text)
    assert re.search(r"有效期至\s+2027年2月20日", text)
    assert re.search(r"加注编号\s+JZ-110105-2026-00042", text)
    assert "仅限本人调用 有效期至 2027年2月20日" in text
    assert "示例甲·䶮㛃" in text
    assert "11000019900307001X" in text


def test_the_stamp_is_part_of_the_reading_order(annotated, run_tool):
    structure = run_tool(annotated, "pdfinfo", "-struct-text")
    said = "使用场景本人调用有效期至2027年2月20日加注编号JZ-110105-2026-00042"
    assert said in structure.replace("\n", "")


def test_every_font_is_embedded_and_maps_to_unicode(annotated, run_tool):
    rows = run_tool(annotated, "pdffonts").splitlines()[2:]
    assert len(rows) >= 2
    for row in rows:
        assert re.search(r"\byes\s+yes\s+yes\b", row), row


def test_the_stamp_changes_the_page_only_inside_its_boxes(qualification, annotated, run_tool, tmp_path):
    pictures = []
    for name, data in (("before", qualification.base), ("after", annotated)):
        (tmp_path / name).mkdir()
        pictures.append(_pixels(data, run_tool, tmp_path / name, resolution=144))
    changed = ImageChops.difference(*pictures)
    assert changed.crop(_on_picture(layout.STAMP)).getbbox()
    assert changed.crop(_on_picture(layout.DIAGONAL)).getbbox()
    for box in (layout.STAMP, layout.DIAGONAL):
        changed.paste((0, 0, 0), _on_picture(box))
    assert changed.getbbox() is None


def _on_picture(box, scale=2):
    """Return a box as pixels of a picture with `scale` pixels to the point."""
    top = layout.PAGE.height - box.y - box.height
    left, right = box.x * scale, (box.x + box.width) * scale
    return int(left), int(top * scale), int(right) + 1, int((top + box.height) * scale) + 1


def test_the_qr_code_on_the_rendered_page_is_the_symbol_of_the_address(annotated, run_tool, tmp_path):
    image = _pixels(annotated, run_tool, tmp_path, resolution=216)
    side, runs = qr.runs(STAMP.verify_url)
    dark = {(column + k, row) for column, row, length in runs for k in range(length)}
    module = layout.QR.width / (side + 2 * qr.QUIET_ZONE)
    for row in range(side):
        for column in range(side):
            x = layout.QR.x + (qr.QUIET_ZONE + column + 0.5) * module
            y = layout.QR.y + layout.QR.height - (qr.QUIET_ZONE + row + 0.5) * module
            red, _, _ = image.getpixel((round(x * 3), round((layout.PAGE.height - y) * 3)))
            assert (red < 128) == ((column, row) in dark), (column, row)


def test_the_base_stays_in_the_file_byte_for_byte(qualification, annotated):
    assert annotated.startswith(qualification.base)


def test_the_same_base_comes_from_the_same_page(qualification):
    again, sidecar = ready.make_ready(
        qualification.laid_out,
        kind="qualification",
        certificate=qualification.sidecar.facts["certificate"],
    )
    assert again == qualification.base
    assert sidecar == qualification.sidecar


def test_a_sidecar_comes_back_whole_from_json(qualification):
    assert Sidecar.from_json(qualification.sidecar.to_json()) == qualification.sidecar


@pytest.mark.parametrize("text", ["[]", "{}", '{"sha256": "0"}'])
def test_what_is_not_a_sidecar_is_refused(text):
    with pytest.raises(ValueError, match="not a sidecar"):
        Sidecar.from_json(text)


def test_a_base_that_is_not_the_sidecars_is_refused(qualification, registration, signer):
    for wrong in (registration.base, qualification.base + b"\n", b""):
        with pytest.raises(increment.NotTheBase):
            increment.annotate(wrong, qualification.sidecar, stamp=STAMP, signer=signer, signed_at=SIGNED_AT)


def test_a_base_not_made_for_annotation_is_refused(registration, signer):
    with pytest.raises(increment.NotTheBase):
        increment.annotate(
            registration.base,
            registration.sidecar,
            stamp=STAMP,
            signer=signer,
            signed_at=SIGNED_AT,
        )


def test_a_time_without_a_zone_is_refused(qualification, signer):
    with pytest.raises(ValueError, match="time zone"):
        increment.annotate(
            qualification.base,
            qualification.sidecar,
            stamp=STAMP,
            signer=signer,
            signed_at=SIGNED_AT.replace(tzinfo=None),
        )


def test_a_signer_whose_certificate_is_not_valid_at_the_time_is_refused(qualification, signer):
    for year in (2020, 2050):
        with pytest.raises(keys.KeyUnusable, match="not valid"):
            increment.sign(
                qualification.base,
                qualification.sidecar,
                signer=signer,
                signed_at=SIGNED_AT.replace(year=year),
            )


def test_a_purpose_outside_the_annotation_font_is_refused_until_the_base_has_it(qualification, signer, run_tool):
    stamp = dataclasses.replace(STAMP, purpose="鲲鹏专用")
    with pytest.raises(lettering.GlyphsMissing, match="鲲鹏"):
        increment.annotate(
            qualification.base,
            qualification.sidecar,
            stamp=stamp,
            signer=signer,
            signed_at=SIGNED_AT,
        )
    base, sidecar = ready.make_ready(qualification.laid_out, kind="qualification", certificate="1", extra="鲲鹏")
    data = increment.annotate(base, sidecar, stamp=stamp, signer=signer, signed_at=SIGNED_AT)
    assert "鲲鹏专用" in run_tool(data, "pdftotext", after=("-",))


def test_a_long_purpose_and_number_stay_inside_the_frame(qualification, signer, run_tool, tmp_path):
    stamp = dataclasses.replace(STAMP, purpose="职称评审材料" * 5, number="JZ-" + "0123456789" * 4)
    data = increment.annotate(
        qualification.base, qualification.sidecar, stamp=stamp, signer=signer, signed_at=SIGNED_AT
    )
    words = run_tool(data, "pdftotext", "-bbox", after=("-",))
    number = re.search(r'xMax="([\d.]+)"[^>]*>JZ-', words)
    assert float(number[1]) <= layout.STAMP_TEXT_RIGHT + 0.5


def test_a_page_that_leaves_its_coordinates_turned_does_not_mirror_the_stamp(signer, run_tool, tmp_path):
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(layout.PAGE.width, layout.PAGE.height))
    page.contents_add(b"1 0 0 -1 0 595.28 cm 0.5 0 0 0.5 0 0 cm")
    written = io.BytesIO()
    document.save(written)
    base, sidecar = ready.make_ready(written.getvalue(), kind="qualification", certificate="1")
    data = increment.annotate(base, sidecar, stamp=STAMP, signer=signer, signed_at=SIGNED_AT)
    image = _pixels(data, run_tool, tmp_path, resolution=72)
    box = layout.QR
    centre = image.crop((int(box.x), int(595 - box.y - box.height), int(box.x + box.width), int(595 - box.y)))
    assert centre.convert("L").getextrema()[0] < 80


def test_several_pages_are_refused(qualification):
    document = pikepdf.new()
    document.add_blank_page()
    document.add_blank_page()
    written = io.BytesIO()
    document.save(written)
    with pytest.raises(ValueError, match="one page"):
        ready.make_ready(written.getvalue(), kind="qualification", certificate="1")


def test_a_file_is_written_whole_into_folders_that_are_made(tmp_path):
    target = tmp_path / "a" / "b" / "certificate.pdf"
    increment.write_durably(target, b"one")
    increment.write_durably(target, b"two" * 1_000_000)
    assert target.read_bytes() == b"two" * 1_000_000
    assert os.listdir(target.parent) == ["certificate.pdf"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_half_made(tmp_path):
    target = tmp_path / "certificate.pdf"
    increment.write_durably(target, b"old")
    with pytest.raises(TypeError):
        increment.write_durably(target, "text is not bytes")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["certificate.pdf"]


def test_writing_below_something_that_is_no_folder_raises(tmp_path):
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(NotADirectoryError):
        increment.write_durably(tmp_path / "file" / "certificate.pdf", b"data")


def test_a_full_disk_raises_and_leaves_nothing_behind(tmp_path):
    """The limit on the size of files stands for the disk's: both end a write half-way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            increment.write_durably(tmp_path / "certificate.pdf", bytes(200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert os.listdir(tmp_path) == []


def test_threads_may_annotate_one_base_at_once(qualification, signer, roots):
    results = {}

    def work(index):
        token = f"{index:022d}"
        stamp = dataclasses.replace(STAMP, token=token, verify_url=f"https://swms.example.cn/v/{token}")
        results[token] = increment.annotate(
            qualification.base,
            qualification.sidecar,
            stamp=stamp,
            signer=signer,
            signed_at=SIGNED_AT,
        )

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    for token, data in results.items():
        assert status_of(data, roots).bottom_line
        assert f"feff{token.encode('utf-16-be').hex()}".encode() in data
    assert TOKEN not in results
