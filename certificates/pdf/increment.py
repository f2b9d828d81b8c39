"""One incremental update that stamps and signs (ISO 32000-1, 7.5.6 and 12.8).

The base stays as it is, byte for byte. Behind it come the stamp's content stream, the page and the
catalogue that refer to it, the signature field and, last, the signature dictionary with its reserved
/Contents, then a cross-reference section. Stamp and signature are one update because a signature made
before the page changes is reported as broken by every validator, whatever it permits.

The signature certifies the document and permits no change (DocMDP level 1, ISO 32000-1, 12.8.2.2).
"""

import datetime as dt
import hashlib
from collections.abc import Iterable

from certificates.pdf.cms import TOKEN_ROOM, Timestamper, container_for
from certificates.pdf.durable import write_durably
from certificates.pdf.keys import KeyUnusable, Signer
from certificates.pdf.sidecar import Sidecar
from certificates.pdf.stamp import Stamp, draw

__all__ = ["NotTheBase", "Stamp", "annotate", "sign", "write_durably"]


class NotTheBase(ValueError):
    """The bytes are not those that the sidecar was made for, or cannot be stamped."""


def annotate(
    base: bytes,
    sidecar: Sidecar,
    *,
    stamp: Stamp,
    signer: Signer,
    signed_at: dt.datetime,
    timestamper: Timestamper | None = None,
) -> bytes:
    """Return `base` stamped and signed, as a whole file (R-ANN-12).

    The same arguments give the same bytes with an RSA key. Raises `NotTheBase` when base and sidecar do
    not belong together or the base was not made annotatable, `GlyphsMissing` when the stamp needs
    a character that the base's font lacks (make it ready anew with `extra`), `KeyUnusable` when the
    signer's certificate is not valid at `signed_at`, ValueError when that has no time zone or the
    address does not fit a QR code.
    """
    if not sidecar.characters:
        raise NotTheBase("this base was not made to be annotated")
    content = draw(stamp, sidecar.lettering, sidecar.mcid)
    _check(signer, signed_at)
    facts = sidecar.facts | {"annotation": stamp.number, "token": stamp.token}
    reason = f"证书加注，使用场景：{stamp.purpose}"
    return _signed(base, sidecar, content, facts, reason, signer, signed_at, timestamper)


def sign(
    base: bytes,
    sidecar: Sidecar,
    *,
    signer: Signer,
    signed_at: dt.datetime,
    timestamper: Timestamper | None = None,
) -> bytes:
    """Return `base` signed without a stamp: a registration certificate. Raises as `annotate` does."""
    _check(signer, signed_at)
    return _signed(base, sidecar, b"", sidecar.facts, "证书签发", signer, signed_at, timestamper)


def _check(signer: Signer, signed_at: dt.datetime) -> None:
    if signed_at.tzinfo is None:
        raise ValueError("signed_at must have a time zone")
    if not signer.may_sign_at(signed_at):
        raise KeyUnusable(f"the certificate of {signer.name} is not valid at {signed_at:%Y-%m-%d %H:%M}")


def _signed(
    base: bytes,
    sidecar: Sidecar,
    content: bytes,
    facts: dict[str, str],
    reason: str,
    signer: Signer,
    signed_at: dt.datetime,
    timestamper: Timestamper | None,
) -> bytes:
    digest = hashlib.sha256(base)
    if digest.hexdigest() != sidecar.sha256:
        raise NotTheBase("the base is not the one that the sidecar was made for")
    moment = _moment(signed_at)
    number, field, signature = sidecar.size, sidecar.size + 1, sidecar.size + 2
    contents = sidecar.contents
    objects: list[tuple[int, bytes]] = []
    if content:
        # Not compressed: deflating six kilobytes costs more than writing and hashing them.
        objects.append((number, b"<</Length %d>>\nstream\n%bendstream" % (len(content), content)))
        contents += f" {number} 0 R"
    objects += [
        (
            sidecar.page_number,
            f"{sidecar.page}/Contents [{contents}] /Annots [{sidecar.annotations} {field} 0 R]>>".encode("latin-1"),
        ),
        (
            sidecar.root_number,
            f"{sidecar.catalog}/AcroForm <</Fields [{field} 0 R] /SigFlags 3>> "
            f"/Perms <</DocMDP {signature} 0 R>> "
            f"/PieceInfo <</SWMS <</LastModified ({moment}) /Private <<{_facts(facts)}>>>>>>>>".encode("latin-1"),
        ),
        (
            # An invisible field: what the signature says is printed on the page itself.
            field,
            b"<</Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /F 132 /Rect [0 0 0 0] "
            b"/P %d 0 R /V %d 0 R>>" % (sidecar.page_number, signature),
        ),
    ]
    body, offsets = _placed(objects, len(base))

    container = container_for(signer.certificate, signer.chain)
    offsets[signature] = len(base) + len(body)
    before_range = (
        f"{signature} 0 obj\n<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
        f"/M ({moment}) /Name {_text(signer.name)} /Reason {_text(reason)} "
        "/Reference [<</Type /SigRef /TransformMethod /DocMDP "
        "/TransformParams <</Type /TransformParams /P 1 /V /1.2>>>>] /ByteRange ["
    ).encode("ascii")
    start = offsets[signature] + len(before_range) + _RANGE_SIZE + len(_CONTENTS)
    room = container.size + (TOKEN_ROOM if timestamper else 0)
    end = start + 2 * room + 2
    closing = b">>\nendobj\n"
    after = closing + _table(sidecar, offsets, end + len(closing))
    signed_range = f"0 {start} {end} {len(after)}".ljust(_RANGE_SIZE).encode("ascii")
    increment = body + before_range + signed_range + _CONTENTS

    digest.update(increment)
    digest.update(after)
    der = container.sign(digest.digest(), signer, timestamper)
    hexadecimal = der.hex().ljust(2 * room, "0").encode("ascii")
    return b"".join((base, increment, b"<", hexadecimal, b">", after))


_RANGE_SIZE = 34  # "0" and three numbers of up to ten digits
_CONTENTS = b"] /Contents "


def _placed(objects: Iterable[tuple[int, bytes]], at: int) -> tuple[bytes, dict[int, int]]:
    """Return the objects as they follow a file of `at` bytes, and where each begins."""
    parts, offsets = [b"\n"], {}
    at += 1
    for number, body in objects:
        part = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        offsets[number] = at
        at += len(part)
        parts.append(part)
    return b"".join(parts), offsets


def _table(sidecar: Sidecar, offsets: dict[int, int], at: int) -> bytes:
    """Return the cross-reference section, trailer and end of a file whose objects end at `at`."""
    sections = "".join(f"{number} 1\n{offsets[number]:010d} 00000 n \n" for number in sorted(offsets))
    # The second identifier belongs to this version of the file; the increment itself tells it apart.
    version = hashlib.sha256(sections.encode() + str(at).encode()).hexdigest()[:32]
    info = f"/Info {sidecar.info} " if sidecar.info else ""
    return (
        f"xref\n{sections}trailer\n<</Size {sidecar.size + 3} /Root {sidecar.root_number} 0 R {info}"
        f"/Prev {sidecar.startxref} /ID [<{sidecar.document_id}> <{version}>]>>\n"
        f"startxref\n{at}\n%%EOF\n"
    ).encode("ascii")


def _moment(signed_at: dt.datetime) -> str:
    """Return a PDF date (ISO 32000-1, 7.9.4), with its offset from UTC."""
    offset = signed_at.strftime("%z")
    return f"D:{signed_at:%Y%m%d%H%M%S}{offset[:3]}'{offset[3:5]}'"


def _facts(facts: dict[str, str]) -> str:
    return " ".join(f"/{key.capitalize()} {_text(value)}" for key, value in facts.items())


def _text(value: str) -> str:
    """Return a text string (ISO 32000-1, 7.9.2.2) in hexadecimal, so that nothing needs escaping."""
    return f"<feff{value.encode('utf-16-be').hex()}>"
