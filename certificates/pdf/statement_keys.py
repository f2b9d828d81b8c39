"""The key that signs statements: small, because its signatures stand in QR codes, and made by the installation.

Beside what `keys.py` describes, a signing directory holds

    statement.pem       the P-256 key with a certificate of its own, which says from when and until when it signs
    statements/*.pem    the certificates of this key and of all before it: what is published (offline page)
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certificates.pdf import certify, keys
from certificates.pdf.durable import write_durably
from certificates.pdf.statement import PublishedKey, Statement, key_name, signed_address

NAME = "SWMS 示例声明密钥·非官方"
YEARS = 10


@dataclass(frozen=True, slots=True, eq=False)
class StatementSigner:
    """The key for statements, with the name by which they say which key it was."""

    key: ec.EllipticCurvePrivateKey
    name: bytes

    def state(self, address: str, token: str, statement: Statement, signed_at: dt.datetime) -> str:
        """Return the address with the signed statement behind it."""
        return signed_address(address, token, statement, self.key, signed_at, name=self.name)


def load(directory: str | Path | None = None) -> StatementSigner:
    """Return the signer of `directory` (SIGNING_KEY_DIR), making one there when there is none. Raises KeyUnusable."""
    folder = keys.directory_of(directory)
    file = folder / "statement.pem"
    if not file.is_file():
        make(folder)
    return _load(file, file.stat().st_mtime_ns)


def signer_there(directory: str | Path | None = None) -> StatementSigner | None:
    """Return the signer of `directory`, `None` before there is one; nothing is made. Raises KeyUnusable."""
    file = keys.directory_of(directory) / "statement.pem"
    return _load(file, file.stat().st_mtime_ns) if file.is_file() else None


@lru_cache(maxsize=8)
def _load(file: Path, changed: int) -> StatementSigner:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError, OSError) as error:
        raise keys.KeyUnusable(f"{file} holds no readable private key") from error
    if not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)):
        raise keys.KeyUnusable(f"{file}: statements are signed with P-256 keys only")
    return StatementSigner(key, key_name(key.public_key()))


def make(folder: Path, *, again: bool = False) -> None:
    """Make a key; with ``again`` in place of the one that is there, whose statements stay valid."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with keys.locked(folder / ".lock"):
            file = folder / "statement.pem"
            if file.is_file() and not again:
                return
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = certify.self_signed(key, NAME, YEARS)
            # Published before it signs: nobody must meet a statement whose key is not known.
            published = folder / "statements" / f"{key_name(key.public_key()).hex()}.pem"
            write_durably(published, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
            write_durably(file, certify.pem_bundle(key, certificate), mode=0o600)
    except OSError as error:
        raise keys.KeyUnusable(f"no key for statements can be made in {folder}: {error.strerror}") from error


def published(directory: str | Path | None = None) -> Mapping[bytes, PublishedKey]:
    """Return the keys that offline verification knows, by name; no private key is read."""
    found = {}
    for file in sorted((keys.directory_of(directory) / "statements").glob("*.pem")):
        try:
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
        except (ValueError, OSError) as error:
            raise keys.KeyUnusable(f"{file} holds no readable PEM certificate") from error
        key = certificate.public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            one = PublishedKey(key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
            found[one.name] = one
    return found
