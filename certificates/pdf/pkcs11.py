"""A signing key that stays in hardware, through PKCS#11.

`Signer.key` is anything with `sign(digest, padding, algorithm)` for RSA or `sign(digest, algorithm)` for P-256, as the
private keys of `cryptography` have it, over a SHA-256 that was computed already. `Pkcs11Key` is that over a token. The
package `python-pkcs11` is imported only when a module is configured, and is no dependency.

The signing directory then holds `signer-cert.pem`, the certificate of the key with its chain, and no private key.
"""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa, utils

# DigestInfo of a SHA-256 (RFC 8017, 9.2): the raw RSA mechanism of tokens does not add it.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class SigningKey(Protocol):
    """What a `Signer` needs of its key; `how` is padding and algorithm, as `cryptography` takes them."""

    def sign(self, digest: bytes, *how: Any) -> bytes:
        """Return the signature of a SHA-256: PKCS#1 v1.5 for RSA, DER (r, s) for ECDSA."""
        ...


@dataclass(frozen=True)
class Token:
    """Where a key is: the library of the token's maker, the token's label, the key's label, the PIN."""

    module: str
    token: str
    label: str
    pin: str


class Pkcs11Key:
    """A private key in a token, with one session per process, opened when first used."""

    def __init__(self, where: Token, certificate: x509.Certificate):
        self._where = where
        self._public = certificate.public_key()
        self._lock = Lock()
        self._key = None

    def public_key(self):
        """Return the public key, which is that of the certificate."""
        return self._public

    def sign(self, digest: bytes, *how: Any) -> bytes:
        """Return the signature of a SHA-256. Raises what the token raises; the work is then put off."""
        import pkcs11

        with self._lock:  # a session is for one at a time
            if self._key is None:
                self._key = self._opened(pkcs11)
            if isinstance(self._public, rsa.RSAPublicKey):
                return self._key.sign(_DIGEST_INFO + digest, mechanism=pkcs11.Mechanism.RSA_PKCS)
            value = self._key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
        half = len(value) // 2
        return utils.encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))

    def _opened(self, pkcs11):
        token = pkcs11.lib(self._where.module).get_token(token_label=self._where.token)
        session = token.open(user_pin=self._where.pin)
        return session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._where.label)


def signer(directory: Path, where: Token):
    """Return the signer whose certificate is in `directory` and whose key is in the token. Raises `KeyUnusable`."""
    from certificates.pdf import keys

    file = directory / "signer-cert.pem"
    certificate, *chain = keys.read_certificates(file)
    found = keys.Signer(Pkcs11Key(where, certificate), certificate, tuple(chain))
    keys.check_certificates(found, file)
    return found
