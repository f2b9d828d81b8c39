"""Telling files apart: ours, altered, others', hostile. No input may pass wrongly, raise, or take long."""

import asyncio
import hashlib
import io
import random
import re
import time
import zlib

import pikepdf
import pytest
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.general import SigningError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certificates.pdf import increment, keys, verify
from certificates.pdf.cms import as_asn1
from certificates.pdf.verify import Change, Verdict, examine
from tests.pdf.samples import SIGNED_AT, STAMP


@pytest.fixture
def stranger(tmp_path):
    """Somebody with an installation of their own, who calls the certificate by the same names."""
    return keys.load_signer(tmp_path / "stranger", algorithm=keys.P_256, passphrase="")


def encrypted(data):
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(written, encryption=pikepdf.Encryption(owner="1", user=""))
    return written.getvalue()


def resaved(data):
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(written)
    return written.getvalue()


def appended(data):
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.root["/Altered"] = writer.root["/Type"]
    writer.update_root()
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


# -- ours ----------------------------------------------------------------------------------------


def test_an_intact_annotated_certificate_says_who_what_and_when(annotated, roots):
    answer = examine(annotated, roots)
    assert answer.verdict is Verdict.INTACT
    assert answer.is_intact
    assert answer.change is None
    assert answer.sha256 == hashlib.sha256(annotated).hexdigest()
    assert answer.signer == keys.SIGNER_NAME
    assert answer.chain == (keys.SIGNER_NAME, keys.ROOT_NAME)
    assert answer.signed_at == SIGNED_AT
    assert answer.kind == "qualification"
    assert answer.certificate == "202544000200001236"
    assert answer.annotation == STAMP.number
    assert answer.token == STAMP.token


def test_an_intact_registration_certificate_has_no_annotation(registration, signer, roots):
    data = increment.sign(registration.base, registration.sidecar, signer=signer, signed_at=SIGNED_AT)
    answer = examine(data, roots)
    assert answer.is_intact
    assert (answer.kind, answer.certificate) == ("registration", "440305220260001232")
    assert (answer.annotation, answer.token) == ("", "abcdef")


# -- altered -------------------------------------------------------------------------------------


def _flipped(data, at, bit=0):
    copy = bytearray(data)
    copy[at] ^= 1 << bit
    return bytes(copy)


def test_one_flipped_bit_anywhere_in_the_file_is_detected(annotated, roots):
    chosen = random.Random(1)
    for at in chosen.sample(range(len(annotated)), 500):
        answer = examine(_flipped(annotated, at, chosen.randrange(8)), roots)
        assert answer.verdict in {Verdict.ALTERED, Verdict.NOT_PDF}, at
        assert answer.verdict is Verdict.ALTERED or at < 8
        assert not answer.certificate


def test_one_changed_digit_anywhere_in_the_signature_dictionary_is_detected(annotated, roots):
    """Also where no signature protects it: the container's certificates, padding, upper and lower case."""
    start = annotated.rindex(b"/Type /Sig ")
    for at in range(start, len(annotated)):
        answer = examine(_flipped(annotated, at, 5 if at % 2 else 0), roots)
        assert answer.verdict is Verdict.ALTERED, at


@pytest.mark.parametrize("addition", [b"\n", b"%%EOF\n", b"\0" * 100, b"<script>", b"%PDF-1.7 another"])
def test_anything_appended_is_detected_and_the_signed_part_still_read(annotated, roots, addition):
    answer = examine(annotated + addition, roots)
    assert (answer.verdict, answer.change) == (Verdict.ALTERED, Change.APPENDED)
    assert answer.annotation == STAMP.number


def test_an_update_appended_by_a_pdf_editor_is_detected(annotated, roots):
    answer = examine(appended(annotated), roots)
    assert (answer.verdict, answer.change) == (Verdict.ALTERED, Change.APPENDED)


def test_the_certification_forbids_a_second_signature_by_somebody_else(annotated, stranger):
    with pytest.raises(SigningError, match="forbids all changes"):
        _signed_by_pyhanko(annotated, stranger)


def _signed_by_pyhanko(data, signer):
    registry = SimpleCertificateStore()
    registry.register_multiple([as_asn1(one) for one in signer.chain])
    written = io.BytesIO()
    signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name="Second"),
        signers.SimpleSigner(
            signing_cert=as_asn1(signer.certificate),
            signing_key=_key_info(signer),
            cert_registry=registry,
        ),
    ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), output=written)
    return written.getvalue()


def _key_info(signer):
    return PrivateKeyInfo.load(
        signer.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def test_a_file_cut_anywhere_is_detected(annotated, roots, qualification):
    lengths = {len(annotated) - 1, len(annotated) - 6, len(annotated) - 3000, len(annotated) // 2}
    lengths |= {len(qualification.base), len(qualification.base) + 500}
    for length in lengths:
        answer = examine(annotated[:length], roots)
        assert answer.verdict in {Verdict.ALTERED, Verdict.NOT_OURS}, length
        assert not answer.certificate
    assert examine(annotated[:-1], roots).verdict is Verdict.ALTERED


def test_bytes_put_in_before_or_inside_are_detected(annotated, roots):
    for at in (0, 5, 1000, len(annotated) - 400):
        data = annotated[:at] + b" " + annotated[at:]
        assert examine(data, roots).verdict is Verdict.ALTERED, at


def test_a_certificate_saved_again_by_another_program_is_altered(annotated, roots):
    assert examine(resaved(annotated), roots).verdict is Verdict.ALTERED


def test_the_unsigned_base_does_not_pass(qualification, roots):
    answer = examine(qualification.base, roots)
    assert (answer.verdict, answer.change) == (Verdict.ALTERED, Change.UNSIGNED)


def test_a_signature_moved_to_another_certificate_does_not_pass(annotated, registration, signer, roots):
    other = increment.sign(registration.base, registration.sidecar, signer=signer, signed_at=SIGNED_AT)
    contents = re.compile(rb"/Contents <([0-9a-f]{1000,})>")
    mine, theirs = contents.search(annotated), contents.search(other)
    moved = other[: theirs.start(1)] + mine[1] + other[theirs.end(1) :]
    assert examine(moved, roots).change is Change.CONTENT


def test_a_forger_with_the_same_names_does_not_pass(qualification, roots, stranger):
    forged = increment.annotate(
        qualification.base,
        qualification.sidecar,
        stamp=STAMP,
        signer=stranger,
        signed_at=SIGNED_AT,
    )
    answer = examine(forged, roots)
    assert (answer.verdict, answer.change) == (Verdict.ALTERED, Change.UNSIGNED)
    assert not answer.signer


def test_a_forger_who_adds_our_certificates_to_his_own_does_not_pass(qualification, roots, signer, stranger):
    for impostor in (
        keys.Signer(stranger.key, signer.certificate, signer.chain),
        keys.Signer(stranger.key, stranger.certificate, signer.chain),
        keys.Signer(stranger.key, stranger.certificate, (signer.certificate, *signer.chain)),
    ):
        if type(impostor.key) is not type(signer.key) and impostor.certificate is signer.certificate:
            continue  # an ECDSA key cannot even produce the form of an RSA signature
        forged = increment.annotate(
            qualification.base,
            qualification.sidecar,
            stamp=STAMP,
            signer=impostor,
            signed_at=SIGNED_AT,
        )
        assert examine(forged, roots).verdict is Verdict.ALTERED


# -- not ours ------------------------------------------------------------------------------------


def test_what_is_no_pdf_is_said_to_be_none(roots):
    for data in (b"", b"\x89PNG\r\n\x1a\n", "证书".encode(), b"PK\x03\x04" * 100, b"\0" * 2000):
        assert examine(data, roots).verdict is Verdict.NOT_PDF


def test_somebody_elses_pdf_signed_or_not_is_not_ours(roots, stranger):
    document = pikepdf.new()
    document.add_blank_page()
    written = io.BytesIO()
    document.save(written)
    for data in (written.getvalue(), _signed_by_pyhanko(written.getvalue(), stranger)):
        answer = examine(data, roots)
        assert answer.verdict is Verdict.NOT_OURS
        assert not answer.signer


def test_an_encrypted_pdf_is_said_to_beencrypted(roots):
    document = pikepdf.new()
    document.add_blank_page()
    written = io.BytesIO()
    document.save(written)
    assert examine(encrypted(written.getvalue()), roots).verdict is Verdict.ENCRYPTED


def test_ours_with_a_password_put_on_afterwards_is_said_to_be_encrypted(annotated, roots):
    assert examine(encrypted(annotated), roots).verdict is Verdict.ENCRYPTED


def test_without_trusted_roots_nothing_passes(annotated):
    assert examine(annotated, ()).verdict is Verdict.ALTERED


# -- hostile -------------------------------------------------------------------------------------


def test_a_file_of_200_mb_is_refused_at_once(roots):
    data = b"%PDF-1.7\n" + bytes(200 * 1024 * 1024)
    start = time.perf_counter()
    assert examine(data, roots).verdict is Verdict.TOO_LARGE
    assert time.perf_counter() - start < 0.1


def test_the_limit_is_inclusive(annotated, roots):
    assert examine(annotated, roots, largest=len(annotated)).is_intact
    assert examine(annotated, roots, largest=len(annotated) - 1).verdict is Verdict.TOO_LARGE


def bomb():
    stream = zlib.compress(zlib.compress(bytes(50_000_000)))
    return (
        b"%PDF-1.7\n1 0 obj<</Filter[/FlateDecode/FlateDecode]/Length "
        + str(len(stream)).encode()
        + b">>stream\n"
        + stream
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>"
    )


@pytest.mark.parametrize(
    "data",
    [
        bomb(),
        b"%PDF-1.7\n" + b"[" * 5_000_000,
        b"%PDF-1.7\n" + b"<<" * 5_000_000,
        b"%PDF-1.7\n" + b"/ByteRange [0 1 2 3" * 500_000,
        b"%PDF-1.7\n" + b"/ByteRange [0 9 90 3] /Contents <" * 500_000,
        b"%PDF-1.7\n" + b"/ByteRange [0 9 65000 3] /Contents <" + b"30" * 5_000_000,
        b"%PDF-1.7\n" + b"/ByteRange [0 42 60042 0] /Contents <" + b"3080" * 40_000 + b">",
        b"%PDF-1.7\n/SWMS" + b" " * 10_000_000,
        b"%PDF-1.7\n/Encrypt" + b"\n" * 10_000_000,
    ],
    ids=lambda data: f"{data[9:40]!r}",
)
def test_hostile_files_get_a_quick_answer(data, roots):
    start = time.perf_counter()
    answer = examine(data, roots)
    assert not answer.is_intact
    assert time.perf_counter() - start < 2


def test_fuzzed_files_never_raise_and_never_pass(annotated, roots):
    chosen = random.Random(2)
    start = annotated.rindex(b"/Type /Sig ")
    for _ in range(400):
        data = bytearray(annotated)
        for _ in range(chosen.randrange(1, 12)):
            at = chosen.choice((chosen.randrange(len(data)), chosen.randrange(start, len(data))))
            action = chosen.randrange(3)
            if action == 0:
                data[at] ^= chosen.randrange(1, 256)
            elif action == 1:
                del data[at : at + chosen.randrange(1, 50)]
            else:
                data[at:at] = chosen.randbytes(chosen.randrange(1, 50))
            start = min(start, len(data) - 60)
        if bytes(data) != annotated:
            assert not examine(bytes(data), roots).is_intact


def test_pyhanko_has_the_last_word(annotated, roots, monkeypatch, caplog):
    """A file that the second validator cannot read is not intact, and the operator hears of it."""

    def broken(*_arguments, **_options):
        raise RecursionError

    monkeypatch.setattr(verify, "async_validate_pdf_signature", broken)
    answer = examine(annotated, roots)
    assert (answer.verdict, answer.change) == (Verdict.ALTERED, Change.INVALID)
    assert "could not be validated" in caplog.text


def test_a_time_of_signing_outside_the_certificates_validity_is_refused(qualification, signer, roots, monkeypatch):
    """As a writer without our check, or another program with our key, would make it."""
    monkeypatch.setattr(increment, "_check", lambda *_: None)
    data = increment.sign(
        qualification.base,
        qualification.sidecar,
        signer=signer,
        signed_at=SIGNED_AT.replace(year=2020),
    )
    answer = examine(data, roots)
    assert (answer.verdict, answer.change) == (Verdict.ALTERED, Change.INVALID)
    assert len(PdfFileReader(io.BytesIO(data)).embedded_signatures) == 1


def test_inside_a_running_event_loop_the_answers_are_the_same(annotated, roots):
    """An ASGI server has one in every thread that serves."""

    async def asked() -> list[Verdict]:
        return [examine(data, roots).verdict for data in (annotated, annotated + b"%", b"")]

    assert asyncio.run(asked()) == [Verdict.INTACT, Verdict.ALTERED, Verdict.NOT_PDF]
