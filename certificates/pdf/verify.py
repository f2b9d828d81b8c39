"""Telling what a file is: one of ours and intact, one of ours and altered, or something else.

A file given by a stranger meets no PDF parser. Our own files have one known form, so a search for the
signature dictionary as `increment` writes it, a hash and one signature check decide. Only bytes that
our key has signed, which are therefore bytes that we wrote, go on to pyHanko, whose independent
validation (ISO 32000-1, 12.8; EN 319 102-1) must agree. Nothing is fetched.
"""

import datetime as dt
import hashlib
import io
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice, pairwise

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import KeyUsageConstraints, async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from certificates.pdf.cms import NotAContainer, as_asn1, container_for, read_container
from certificates.pdf.coroutines import run
from certificates.pdf.keys import common_name, issued_by

logger = logging.getLogger(__name__)

LARGEST = 20 * 1024 * 1024  # bytes; ours are a few hundred kilobytes

# As `increment` writes it. Earlier forms must stay here for as long as such files are about.
_SIGNATURE = re.compile(rb"/ByteRange \[0 (\d{1,10}) (\d{1,10}) (\d{1,10}) {0,30}\] /Contents <")
_MARK = re.compile(rb"/SWMS\s*<<")
_END = re.compile(rb"%%EOF\s*$")
_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d{1,10}\s+\d{1,5}\s+R|<<)")
_LARGEST_CONTAINER = 64 * 1024
_MOST_CANDIDATES = 32  # a file of a million false signatures must not cost a million checks


class Verdict(StrEnum):
    """What a file is."""

    NOT_PDF = "not_pdf"
    TOO_LARGE = "too_large"
    ENCRYPTED = "encrypted"
    NOT_OURS = "not_ours"
    ALTERED = "altered"
    INTACT = "intact"


class Change(StrEnum):
    """How an altered file differs from what we signed."""

    CONTENT = "content"  # some bytes under the signature, or the signature itself
    APPENDED = "appended"  # the signed part is whole, but more follows
    CUT = "cut"  # the end is missing
    UNSIGNED = "unsigned"  # it bears our mark, but no signature of ours
    INVALID = "invalid"  # the signature is ours, but the independent validator refuses it


@dataclass(frozen=True, slots=True)
class Examination:
    """The answer about a file. What it says comes from signed bytes only, otherwise it is empty."""

    verdict: Verdict
    sha256: str = ""  # of the whole file; empty for one that is too large
    change: Change | None = None
    signer: str = ""
    certificate_sha256: str = ""  # of the signer's certificate
    certificate_until: dt.datetime | None = None
    chain: tuple[str, ...] = ()  # common names, from the signer to the root
    signed_at: dt.datetime | None = None
    stamped_at: dt.datetime | None = None  # by a time stamp authority, where there is one
    stamped_by: str = ""
    kind: str = ""
    certificate: str = ""
    annotation: str = ""
    token: str = ""

    @property
    def is_intact(self) -> bool:
        """True when the file is, byte for byte, one that we signed."""
        return self.verdict is Verdict.INTACT


def examine(
    data: bytes,
    trust_roots: Iterable[x509.Certificate],
    *,
    tsa_roots: Iterable[x509.Certificate] = (),
    largest: int = LARGEST,
) -> Examination:
    """Return what `data` is. Never raises, whatever the bytes; the work is bounded by `largest` bytes.

    `trust_roots` are the certificates from `keys.trust_roots`, `tsa_roots` those from
    `timestamps.roots`. Whether the certificate is still in force, and whether its recorded hash is this
    one, is for the caller to look up.
    """
    if len(data) > largest:
        return Examination(Verdict.TOO_LARGE)
    answer = Examination(Verdict.NOT_PDF, sha256=hashlib.sha256(data).hexdigest())
    if b"%PDF-" not in data[:1024]:
        return answer
    roots = tuple(trust_roots)
    ours = next((found for found in _signatures(data) if _is_ours(found.certificates, roots)), None)
    if ours is None:
        if _ENCRYPTED.search(data):  # also ours, to which somebody gave a password: there is nothing to be read
            return replace(answer, verdict=Verdict.ENCRYPTED)
        if _MARK.search(data):
            change = Change.UNSIGNED if _END.search(data, max(len(data) - 64, 0)) else Change.CUT
            return replace(answer, verdict=Verdict.ALTERED, change=change)
        return replace(answer, verdict=Verdict.NOT_OURS)
    answer = replace(answer, verdict=Verdict.ALTERED)
    if not _holds(ours, data):
        is_cut = ours.start == ours.opening and ours.end > len(data)
        return replace(answer, change=Change.CUT if is_cut else Change.CONTENT)
    answer = _read(answer, data[: ours.end], roots, tuple(tsa_roots))
    if answer.change is None and ours.end < len(data):
        return replace(answer, change=Change.APPENDED)
    return answer if answer.change else replace(answer, verdict=Verdict.INTACT)


@dataclass(frozen=True, slots=True)
class _Signature:
    """A signature as it stands in a file: [0, start) and [resume, end) are said to be signed."""

    opening: int  # where the container's "<" really is
    start: int
    resume: int
    end: int
    hexadecimal: bytes
    certificates: tuple[x509.Certificate, ...]
    value: bytes
    token: bytes  # a time stamp, or empty


def _signatures(data: bytes) -> Iterator[_Signature]:
    """Yield the signatures of `data` that have the form of ours; nothing is proven about them yet."""
    for match in islice(_SIGNATURE.finditer(data), _MOST_CANDIDATES):
        start, resume, rest = map(int, match.groups())
        opening = match.end() - 1
        # The gap is looked for where it is, so that a signature moved by an insertion is recognised.
        size = resume - start
        if not 2 < size <= _LARGEST_CONTAINER:
            continue
        hexadecimal = data[opening + 1 : opening + size - 1]
        try:
            certificates, value, token = read_container(hexadecimal)
        except NotAContainer:
            continue
        yield _Signature(opening, start, resume, resume + rest, hexadecimal, certificates, value, token)


def _is_ours(certificates: tuple[x509.Certificate, ...], roots: tuple[x509.Certificate, ...]) -> bool:
    """True when the signer's certificate is trusted, or leads to one that is."""
    if certificates[0] in roots:
        return True
    # From the root down, so that no key is used before it is known to be good.
    top = certificates[-1]
    return (top in roots or any(issued_by(top, root) for root in roots)) and all(
        issued_by(child, parent) for child, parent in reversed(list(pairwise(certificates)))
    )


def _holds(signature: _Signature, data: bytes) -> bool:
    """True when every byte up to the signature's end is one that was signed or that follows from it.

    The container is built again from the file's digest: a changed byte anywhere in it, signed or not,
    shows as a difference.
    """
    if signature.start != signature.opening or data[signature.resume - 1 : signature.resume] != b">":
        return False
    digest = hashlib.sha256(memoryview(data)[: signature.start])
    digest.update(memoryview(data)[signature.resume : signature.end])
    certificate, *chain = signature.certificates
    container = container_for(certificate, tuple(chain))
    again = container.build(digest.digest(), signature.value, signature.token).hex().encode()
    if again.ljust(len(signature.hexadecimal), b"0") != signature.hexadecimal:
        return False
    return _verifies(certificate, signature.value, container.attributes_digest(digest.digest()))


def _verifies(certificate: x509.Certificate, value: bytes, digest: bytes) -> bool:
    key, prehashed = certificate.public_key(), utils.Prehashed(hashes.SHA256())
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, digest, padding.PKCS1v15(), prehashed)
        else:
            key.verify(value, digest, ec.ECDSA(prehashed))
    except InvalidSignature:
        return False
    return True


def _read(
    answer: Examination,
    document: bytes,
    roots: tuple[x509.Certificate, ...],
    tsa_roots: tuple[x509.Certificate, ...],
) -> Examination:
    """Return `answer` with what a document signed by us says, once pyHanko has validated it."""
    try:
        reader = PdfFileReader(io.BytesIO(document))
        signature = reader.embedded_signatures[-1]
        signed_at = signature.self_reported_timestamp
        trust = [as_asn1(root) for root in roots]
        context = ValidationContext(trust_roots=trust, moment=signed_at, allow_fetching=False)
        stamps = ValidationContext(
            trust_roots=[as_asn1(root) for root in tsa_roots], moment=signed_at, allow_fetching=False
        )
        status = run(
            async_validate_pdf_signature(
                signature, context, ts_validation_context=stamps, key_usage_settings=_KEY_USAGE
            )
        )
        facts = reader.root["/PieceInfo"]["/SWMS"]["/Private"]
        answer = replace(
            answer,
            signer=common_name(certificate := _certificate(status.signing_cert)),
            certificate_sha256=certificate.fingerprint(hashes.SHA256()).hex(),
            certificate_until=certificate.not_valid_after_utc,
            chain=tuple(common_name(_certificate(one)) for one in reversed(list(status.validation_path))),
            signed_at=signed_at,
            stamped_at=stamp.timestamp if (stamp := status.timestamp_validity) else None,
            stamped_by=common_name(_certificate(stamp.signing_cert)) if stamp else "",
            **{name: str(facts.get(f"/{name.capitalize()}", "")) for name in _FACTS},
        )
    # We wrote these bytes, so nothing is expected here; but a stranger is waiting for an answer, and
    # a file that the validator cannot read must not pass.
    except Exception:
        logger.exception("a file with our signature could not be validated")
        return replace(answer, change=Change.INVALID)
    covered = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    return answer if status.bottom_line and covered else replace(answer, change=Change.INVALID)


_FACTS = ("kind", "certificate", "annotation", "token")
_KEY_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


def _certificate(certificate: asn1_x509.Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.dump())
