"""The signed statement in a QR code: who, what, until when, for whoever has no network (docs/decisions/0031).

An address is `https://…/v/<token>#<digits>`. A browser sends no fragment to the server, so online the address is
what it always was. The digits are

    1          the version of this form
    ddd        how many digits follow
    d…         the bytes below as one decimal number, with a byte 01 before them: digits take less room in
               a QR code than any text that an address may hold

and the bytes are

    4          the key: the beginning of the SHA-256 of its SubjectPublicKeyInfo
    64         ECDSA P-256 with SHA-256, r and s (IEEE P1363, as WebCrypto takes it)
    4          when it was signed, in seconds since 1970
    …          the fields of `Statement`, in UTF-8, one a line

The signature is over `swms-statement-1`, the token, then time and fields, each after a line feed. What is signed is on
the certificate too, with the identity number masked: a photograph of the code tells no more than the paper.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VERSION = "1"
COPY, CERTIFICATE = "A", "R"

_DOMAIN = b"swms-statement-1"
_ALGORITHM = ec.ECDSA(hashes.SHA256())
_KEY, _HALF, _TIME = 4, 32, 4
_HEAD = _KEY + 2 * _HALF + _TIME
_ADDRESS = re.compile(r"(?:https?://[^\s/]{1,253})?/v/([\w-]{1,64})#(.*)", re.ASCII)
_MOST_DIGITS = 4000


class Reading(StrEnum):
    """What became of reading a text."""

    NONE = "no_statement"
    UNKNOWN_VERSION = "unknown_version"
    CUT = "cut"
    ALTERED = "altered"
    UNKNOWN_KEY = "unknown_key"
    WRONG_TIME = "wrong_time"
    EXPIRED = "expired"
    VALID = "valid"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a code states; ``purpose`` only of an annotated copy, ``edition`` only of a registration certificate."""

    kind: str
    number: str
    name: str
    id_number: str  # masked
    level: str
    certificate: str  # the management number
    purpose: str
    edition: str
    valid_until: dt.date

    @property
    def text(self) -> str:
        """The fields one a line, as they are signed."""
        fields = (
            self.kind,
            self.number,
            self.name,
            self.id_number,
            self.level,
            self.certificate,
            self.purpose,
            self.edition,
            f"{self.valid_until:%Y%m%d}",
        )
        if any("\n" in field for field in fields):
            raise ValueError("a field of a statement is one line")
        return "\n".join(fields)

    @classmethod
    def from_text(cls, text: str) -> "Statement":
        """Return the statement of these lines. Raises ValueError."""
        *fields, last = text.split("\n")
        if len(fields) != 8:
            raise ValueError(f"a statement has nine fields, not {len(fields) + 1}")
        day = dt.datetime.strptime(last, "%Y%m%d").replace(tzinfo=dt.UTC).date()
        return cls(*fields, valid_until=day)


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key that offline verification knows, and when it may sign."""

    key: ec.EllipticCurvePublicKey
    since: dt.datetime
    until: dt.datetime

    @property
    def spki(self) -> bytes:
        return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def name(self) -> bytes:
        return key_name(self.key)


@dataclass(frozen=True, slots=True)
class Read:
    """The answer to a text. Statement and time are there only when the signature is good."""

    reading: Reading
    statement: Statement | None = None
    signed_at: dt.datetime | None = None


def key_name(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the four bytes by which a statement names its key."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()[:_KEY]


def signed_address(
    address: str,
    token: str,
    statement: Statement,
    key: ec.EllipticCurvePrivateKey,
    signed_at: dt.datetime,
    *,
    name: bytes,
) -> str:
    """Return `address`, which ends with `token`, with the statement behind it; `name` is that of the key."""
    body = int(signed_at.timestamp()).to_bytes(_TIME) + statement.text.encode()
    r, s = utils.decode_dss_signature(key.sign(_signed(token, body), _ALGORITHM))
    whole = b"".join((b"\x01", name, r.to_bytes(_HALF), s.to_bytes(_HALF), body))
    digits = str(int.from_bytes(whole))
    if len(digits) > 999:
        raise ValueError("a statement of this length does not fit its form")
    return f"{address}#{VERSION}{len(digits):03}{digits}"


def read(text: str, keys: Mapping[bytes, PublishedKey], today: dt.date) -> Read:
    """Return what the text of a code says. Never raises, whatever the text."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or not match[2]:
        return Read(Reading.NONE)
    token, fragment = match[1], match[2]
    if not fragment.isascii() or not fragment.isdigit() or len(fragment) > _MOST_DIGITS:
        return Read(Reading.ALTERED)
    if fragment[0] != VERSION:
        return Read(Reading.UNKNOWN_VERSION)
    said, digits = fragment[1:4], fragment[4:]
    if len(said) < 3 or len(digits) < int(said):
        return Read(Reading.CUT)
    if len(digits) > int(said):
        return Read(Reading.ALTERED)
    number = int(digits or "0")
    whole = number.to_bytes((number.bit_length() + 7) // 8)
    if whole[:1] != b"\x01" or len(whole) <= 1 + _HEAD:
        return Read(Reading.ALTERED)
    return _judged(whole[1:], token, keys, today)


def _judged(whole: bytes, token: str, keys: Mapping[bytes, PublishedKey], today: dt.date) -> Read:
    published = keys.get(whole[:_KEY])
    if published is None:
        return Read(Reading.UNKNOWN_KEY)
    r, s = (int.from_bytes(whole[at : at + _HALF]) for at in (_KEY, _KEY + _HALF))
    body = whole[_KEY + 2 * _HALF :]
    try:
        published.key.verify(utils.encode_dss_signature(r, s), _signed(token, body), _ALGORITHM)
        statement = Statement.from_text(body[_TIME:].decode())
    except (InvalidSignature, ValueError):
        return Read(Reading.ALTERED)
    signed_at = dt.datetime.fromtimestamp(int.from_bytes(body[:_TIME]), dt.UTC)
    if not published.since <= signed_at <= published.until:
        return Read(Reading.WRONG_TIME, statement, signed_at)
    reading = Reading.EXPIRED if statement.valid_until < today else Reading.VALID
    return Read(reading, statement, signed_at)


def _signed(token: str, body: bytes) -> bytes:
    return b"\n".join((_DOMAIN, token.encode(), body))
