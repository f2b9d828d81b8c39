"""Annotated and signed certificates per second on one core: our path beside the plain pipeline.

    python -m bench.certificates [seconds]

Four ways to the same certificate (photo, seal, QR code, annotation, PAdES signature, durable write),
measured in turns in one run, so that a busy machine slows all of them alike:

    plain   WeasyPrint lays out the whole page, pyHanko signs it, as their manuals show
    tuned   the same with the fonts cut, font configuration and signing key kept
    ours    one incremental update on the base that was laid out at issue
    floor   nothing but what no path can avoid: hash, signature, durable write

Ratios are comparable between machines, the absolute figures are not.
"""

import base64
import datetime as dt
import hashlib
import io
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import segno
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives import serialization
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore
from weasyprint import CSS, HTML

from certificates.pdf import increment, keys, layout, page, ready, stamp, statement, statement_keys, verify
from certificates.pdf.cms import as_asn1
from swms.idnumbers import mask_id

TARGET = 150  # times the plain pipeline
TARGET_OF_FLOOR = 0.5
ROUNDS = 5
UTC = dt.UTC


@dataclass(frozen=True)
class Result:
    """Medians over the rounds: seconds per certificate of each way."""

    plain: float
    tuned: float
    ours: float
    floor: float
    size: int  # bytes of one of our files

    @property
    def times_plain(self) -> float:
        """How many of our certificates are made while the plain pipeline makes one."""
        return self.plain / self.ours

    @property
    def part_of_floor(self) -> float:
        """Our speed as a part of what the floor would allow."""
        return self.floor / self.ours


def measure(directory: Path, *, algorithm: str = keys.RSA_2048, seconds: float = 20) -> Result:
    """Return the medians for signatures of `algorithm`, working in `directory` for about `seconds`."""
    bench = _Bench(directory, algorithm)
    ways = {"plain": bench.plain, "tuned": bench.tuned, "ours": bench.ours, "floor": bench.floor}
    for way in ways.values():
        way()  # fonts read, keys loaded, templates compiled
    if not verify.examine(bench.ours(), bench.roots).is_intact:
        raise RuntimeError("the measured certificates are not valid")
    share = seconds / ROUNDS / len(ways)
    rounds = [{name: seconds_of(way, share) for name, way in ways.items()} for _ in range(ROUNDS)]
    medians = {name: statistics.median(one[name] for one in rounds) for name in ways}
    return Result(**medians, size=len(bench.ours()))


def seconds_of(way: Callable[[], object], seconds: float) -> float:
    """Return the seconds that a call takes on average, calling for `seconds` and at least twice."""
    calls, start = 0, time.perf_counter()
    while calls < 2 or time.perf_counter() - start < seconds:
        way()
        calls += 1
    return (time.perf_counter() - start) / calls


def plain_bench(directory: Path, *, algorithm: str = keys.RSA_2048) -> Callable[[], object]:
    """Return the plain pipeline, warmed up, for a benchmark that compares itself with it."""
    bench = _Bench(directory, algorithm)
    bench.plain()
    return bench.plain


class _Bench:
    """One certificate, and the four ways to it."""

    def __init__(self, directory: Path, algorithm: str):
        self.directory = directory
        self.keys = directory / algorithm
        self.signer = keys.load_signer(self.keys, algorithm=algorithm, passphrase="")
        self.roots = keys.trust_roots(self.keys)
        self.statements = statement_keys.load(self.keys)
        self.base, self.sidecar = ready.make_ready(
            page.render(page.QUALIFICATION, CONTENT),
            kind="qualification",
            certificate=CONTENT["management_number"],
        )

    def plain(self) -> bytes:
        html = _annotated_html(_stamp())
        laid_out = HTML(string=html).write_pdf(stylesheets=[CSS(string=page.style(page.QUALIFICATION))], pdf_tags=True)
        signer = signers.SimpleSigner.load(*self._pem_files, ca_chain_files=(self.keys / "root.pem",))
        return self._signed_and_written(laid_out, signer)

    def tuned(self) -> bytes:
        # The stamp is left out of the page: a kindness to this way that costs the comparison nothing.
        return self._signed_and_written(page.render(page.QUALIFICATION, CONTENT), self._kept_signer)

    def ours(self) -> bytes:
        data = increment.annotate(
            self.base,
            self.sidecar,
            stamp=self._stated(),
            signer=self.signer,
            signed_at=dt.datetime.now(UTC),
        )
        increment.write_durably(self.directory / "ours.pdf", data)
        return data

    def _stated(self) -> stamp.Stamp:
        """What is stamped in earnest: the QR code holds a statement, signed anew for each copy."""
        plain = _stamp()
        said = statement.Statement(
            kind=statement.COPY,
            number=plain.number,
            name=CONTENT["name"],
            id_number=mask_id(CONTENT["id_number"]),
            level=CONTENT["level"],
            certificate=CONTENT["management_number"],
            purpose=plain.purpose,
            edition="",
            valid_until=plain.valid_until,
        )
        address = self.statements.state(plain.verify_url, plain.token, said, dt.datetime.now(UTC))
        return replace(plain, verify_url=address)

    def floor(self) -> None:
        self.signer.sign(hashlib.sha256(self._example).digest())
        increment.write_durably(self.directory / "floor.pdf", self._example)

    @cached_property
    def _pem_files(self) -> tuple[Path, Path]:
        """Key and certificate apart, as pyHanko's loader wants them."""
        bundle = (self.keys / "signer.pem").read_bytes()
        mark = b"-----BEGIN CERTIFICATE-----"
        files = self.keys / "key-alone.pem", self.keys / "certificate-alone.pem"
        files[0].write_bytes(bundle.partition(mark)[0])
        files[1].write_bytes(self.signer.certificate.public_bytes(serialization.Encoding.PEM))
        return files

    @cached_property
    def _example(self) -> bytes:
        return self.ours()

    @cached_property
    def _kept_signer(self) -> signers.SimpleSigner:
        registry = SimpleCertificateStore()
        registry.register_multiple([as_asn1(one) for one in self.signer.chain])
        key = self.signer.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return signers.SimpleSigner(
            signing_cert=as_asn1(self.signer.certificate),
            signing_key=PrivateKeyInfo.load(key),
            cert_registry=registry,
        )

    def _signed_and_written(self, laid_out: bytes, signer: signers.SimpleSigner) -> bytes:
        metadata = signers.PdfSignatureMetadata(
            field_name="Signature", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
        )
        written = io.BytesIO()
        signers.PdfSigner(metadata, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(laid_out)), output=written)
        increment.write_durably(self.directory / "plain.pdf", written.getvalue())
        return written.getvalue()


def _stamp() -> stamp.Stamp:
    token = secrets.token_urlsafe(16)
    return stamp.Stamp(
        purpose="本人调用",
        valid_until=dt.date(2027, 2, 20),
        number="JZ-110105-2026-00042",
        token=token,
        verify_url=f"https://swms.example.cn/v/{token}",
    )


def _annotated_html(annotation: stamp.Stamp) -> str:
    """Return the page with the annotation laid out by HTML, as one would without an engine."""
    day = stamp.cn(annotation.valid_until)
    symbol = segno.make(annotation.verify_url, error="m").svg_inline(scale=2)
    box = layout.STAMP
    block = (
        f'<div style="position: fixed; left: {box.x}pt; bottom: {box.y}pt; width: {box.width}pt">'
        f"{symbol}<p>证书加注</p><p>使用场景 {annotation.purpose}</p><p>有效期至 {day}</p>"
        f"<p>加注编号 {annotation.number}</p><p>扫码或输入加注编号查验</p></div>"
        '<p style="position: fixed; right: 60pt; top: 200pt; opacity: 0.45; transform: rotate(-42deg)">'
        f"仅限{annotation.purpose} 有效期至 {day}</p>"
    )
    head, body_end, tail = page.source(page.QUALIFICATION, CONTENT).rpartition("</body>")
    return head + block + body_end + tail


def _photo() -> str:
    """Return a data: URL of a JPEG of some 40 kB, as photos of people have."""
    grain = random.Random(1).randbytes(413 * 579)
    image = Image.linear_gradient("L").resize((413, 579))
    image = Image.blend(image, Image.frombytes("L", (413, 579), grain), 0.2).convert("RGB")
    written = io.BytesIO()
    image.save(written, "JPEG", quality=60)
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode("ascii")


# A fictitious person.
CONTENT = {
    "management_number": "202544000200001236",
    "name": "示例甲",
    "sex": "女",
    "birth_date": "1990-03-07",
    "id_number": "11000019900307001X",
    "level": "社会工作师",
    "exam_year": "2025",
    "region": "北京市",
    "issue_date": "2025-09-15",
    "office": "证书发放机构（演示）",
    "verify_url": "https://swms.example.cn/v/abc",
    "signer": keys.SIGNER_NAME,
    "photo": _photo(),
}


def report(name: str, result: Result) -> str:
    """Return the lines that `main` prints for one kind of key."""
    lines = [f"{name}: one annotated, signed and stored certificate of {result.size // 1024} kB, one core"]
    for way, note in (
        ("plain", "WeasyPrint lays out, pyHanko signs"),
        ("tuned", "the same with fonts and key kept"),
        ("ours", "one incremental update"),
        ("floor", "hash, signature, durable write"),
    ):
        took = getattr(result, way)
        lines.append(f"  {way:6} {took * 1000:9.2f} ms {1 / took:9.1f} /s {result.plain / took:8.1f} × plain   {note}")
    lines.append(
        f"  ours is {result.times_plain:.0f} × plain (aim {TARGET}), "
        f"{result.part_of_floor:.0%} of the floor (aim {TARGET_OF_FLOOR:.0%})"
    )
    return "\n".join(lines)


def main(seconds: float = 40) -> None:
    """Measure both kinds of key for about `seconds` in all, and print the ratios."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "swms.settings")
    from django.conf import settings

    # Beside the real files, because a temporary folder may be in memory, where fsync costs nothing.
    var = Path(settings.VAR_DIR)
    var.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=var) as folder:
        for algorithm, name in ((keys.RSA_2048, "RSA-2048"), (keys.P_256, "ECDSA P-256")):
            result = measure(Path(folder), algorithm=algorithm, seconds=seconds / 2)
            sys.stdout.write(report(name, result) + "\n\n")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
