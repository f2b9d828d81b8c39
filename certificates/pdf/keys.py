"""The key that signs certificates: made by the installation for itself, or given to it.

A signing directory holds

    root.pem, root-key.pem   the installation's own certificate authority, when it made one
    signer.pem               the signing key with its certificate and chain, in one file, so that
                             an atomic rename brings all of them into being at once
    signer.p12               instead of signer.pem, when the operator was given a PKCS#12 file
    roots/*.pem              further certificates that verification trusts: that of a given key, put
                             there when it is first loaded, and those of earlier keys, whose
                             signatures stay valid

    signer-cert.pem          instead of both, when the key is in hardware (`pkcs11.py`)
    retired/*.pem            the certificates of the installation's own earlier keys, with their validity

To keep a key elsewhere, build a `Signer` whose `key` is a `pkcs11.SigningKey`; nothing else in this package
touches the key.
"""

import datetime as dt
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from asn1crypto import pkcs12 as asn1_pkcs12
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from certificates.pdf import pkcs11
from certificates.pdf.certify import P_256, RSA_2048, KeyUnusable, PrivateKey, issue, new_key, pem, pem_bundle, pem_key
from certificates.pdf.durable import write_durably

# The names say what the certificate is worth: nothing outside this installation.
ROOT_NAME = "SWMS 示例根证书·非官方"
SIGNER_NAME = "SWMS 示例签名证书·非官方"
ROOT_YEARS, SIGNER_YEARS = 20, 10

__all__ = [
    "P_256",
    "ROOT_NAME",
    "RSA_2048",
    "SIGNER_NAME",
    "KeyUnusable",
    "Signer",
    "load_signer",
    "signer_there",
    "trust_roots",
]

_PASSPHRASE = "SWMS_SIGNING_KEY_PASSPHRASE"
_PREHASHED = utils.Prehashed(hashes.SHA256())
_one_load_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Signer:
    """A private key with its certificate and the certificates that lead to the root."""

    key: PrivateKey | pkcs11.SigningKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def name(self) -> str:
        """The common name of the certificate."""
        return common_name(self.certificate)

    def may_sign_at(self, moment: dt.datetime) -> bool:
        """True when the certificate is valid at `moment`: a signature of another time is worthless."""
        return self.certificate.not_valid_before_utc <= moment <= self.certificate.not_valid_after_utc

    def sign(self, digest: bytes) -> bytes:
        """Return the signature of a SHA-256 `digest`: PKCS#1 v1.5 for RSA, DER (r, s) for ECDSA."""
        if isinstance(self.certificate.public_key(), rsa.RSAPublicKey):
            return self.key.sign(digest, padding.PKCS1v15(), _PREHASHED)
        return self.key.sign(digest, ec.ECDSA(_PREHASHED))


def common_name(certificate: x509.Certificate) -> str:
    """Return the subject's common name, or the whole subject when it has none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def load_signer(
    directory: str | Path | None = None,
    *,
    algorithm: str | None = None,
    passphrase: str | None = None,
) -> Signer:
    """Return the signer of `directory`, making one there when there is none.

    The key is read once per process: parsing an RSA key validates it, which costs more than fifty
    signatures. `directory`, `algorithm` ("rsa2048" or "p256") and `passphrase` default to the settings
    SIGNING_KEY_DIR, SIGNING_ALGORITHM and SIGNING_KEY_PASSPHRASE. Raises `KeyUnusable`.
    """
    if directory is None:
        directory = _settings().SIGNING_KEY_DIR
    if algorithm is None:
        algorithm = getattr(_settings(), "SIGNING_ALGORITHM", RSA_2048)
    if passphrase is None:
        passphrase = getattr(_settings(), "SIGNING_KEY_PASSPHRASE", "")
    folder = Path(directory)
    with _one_load_at_a_time:
        if where := _token():
            return _load_from_token(folder, where)
        if not any(_changed(folder)):
            _make(folder, algorithm)
        return _load(folder, algorithm, passphrase, _changed(folder))


def _token() -> pkcs11.Token | None:
    """Return where the settings say that the key is, unless it is in a file."""
    from django.conf import settings

    module = getattr(settings, "PKCS11_MODULE", "") if settings.configured else ""
    if not module:
        return None
    return pkcs11.Token(module, settings.PKCS11_TOKEN, settings.PKCS11_KEY, settings.SIGNING_KEY_PASSPHRASE)


@lru_cache(maxsize=2)
def _load_from_token(folder: Path, where: pkcs11.Token) -> Signer:
    signer = pkcs11.signer(folder, where)
    _publish(folder, signer)
    return signer


def _changed(folder: Path) -> tuple[int, ...]:
    """Return when the key files were last written: a rotated key is read again without a restart."""
    try:
        return tuple(
            file.stat().st_mtime_ns if file.is_file() else 0 for file in (folder / "signer.p12", folder / "signer.pem")
        )
    except OSError as error:  # a folder that may not be looked into must not be taken for an empty one
        raise KeyUnusable(f"{folder} cannot be read: {error.strerror}") from error


def trust_roots(directory: str | Path | None = None) -> tuple[x509.Certificate, ...]:
    """Return the certificates that verification trusts.

    They are `root.pem` and everything in `roots/`; no private key is read. Of a key that was given only
    its own certificate is there: the authority that issued it signs for others too, and their files
    are not ours. Raises `KeyUnusable` when a file cannot be read or is not a certificate.
    """
    folder = directory_of(directory)
    files = [folder / "root.pem", *sorted((folder / "roots").glob("*.pem"))]
    return tuple(certificate for file in files if file.is_file() for certificate in read_certificates(file))


def directory_of(directory: str | Path | None = None) -> Path:
    """Return the signing directory: the one that is named, or that of the settings."""
    return Path(_settings().SIGNING_KEY_DIR if directory is None else directory)


def _settings():
    # Imported late: the package is usable, and tested, without a configured Django.
    from django.conf import settings

    return settings


@lru_cache(maxsize=8)
def _load(directory: Path, algorithm: str, passphrase: str, changed: tuple[int, ...]) -> Signer:
    signer = _read_signer(directory, passphrase)
    _publish(directory, signer)
    return signer


def signer_there(directory: str | Path | None = None, *, passphrase: str | None = None) -> Signer | None:
    """Return the signer whose files are in `directory`, `None` before there is one; nothing is made or written.

    Raises `KeyUnusable` as `load_signer` does: for whoever wants to know before the first signature.
    """
    folder = directory_of(directory)
    if where := _token():
        return pkcs11.signer(folder, where)
    if passphrase is None:
        passphrase = getattr(_settings(), "SIGNING_KEY_PASSPHRASE", "")
    return _read_signer(folder, passphrase) if any(_changed(folder)) else None


def _read_signer(directory: Path, passphrase: str) -> Signer:
    given, made = directory / "signer.p12", directory / "signer.pem"
    if given.is_file():
        return _checked(_from_pkcs12(given, passphrase), given)
    return _checked(_from_pem(made, passphrase), made)


def _publish(directory: Path, signer: Signer) -> None:
    """Put the certificate of a key that was not made here where `trust_roots` finds it."""
    trusted = trust_roots(directory)
    if signer.certificate in trusted or any(one in trusted for one in signer.chain):
        return
    fingerprint = signer.certificate.fingerprint(hashes.SHA256()).hex()
    try:
        write_durably(directory / "roots" / f"{fingerprint[:16]}.pem", pem(signer.certificate), mode=0o644)
    except OSError as error:
        raise KeyUnusable(f"{directory}/roots cannot be written: {error.strerror}") from error


# -- reading -------------------------------------------------------------------------------------


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise KeyUnusable(f"{file} cannot be read: {error.strerror}") from error


def read_certificates(file: Path) -> list[x509.Certificate]:
    """Return the certificates of a PEM file, in its order. Raises `KeyUnusable`."""
    try:
        return x509.load_pem_x509_certificates(_read(file))
    except ValueError as error:
        raise KeyUnusable(f"{file} holds no readable PEM certificate") from error


def _from_pem(file: Path, passphrase: str) -> Signer:
    try:
        key = serialization.load_pem_private_key(
            _read(file), passphrase.encode() if passphrase and _is_encrypted(file) else None
        )
    except TypeError as error:
        raise KeyUnusable(f"{file} is encrypted: set {_PASSPHRASE} to its passphrase") from error
    except UnsupportedAlgorithm as error:
        raise KeyUnusable(f"{file}: only RSA and P-256 keys can sign certificates") from error
    except ValueError as error:
        if _is_encrypted(file):
            raise KeyUnusable(f"{file} does not open with the passphrase in {_PASSPHRASE}") from error
        raise KeyUnusable(f"{file} holds no readable private key") from error
    certificate, *chain = read_certificates(file)
    return Signer(key, certificate, tuple(chain))


def _is_encrypted(file: Path) -> bool:
    return b"ENCRYPTED" in _read(file)


def _from_pkcs12(file: Path, passphrase: str) -> Signer:
    data = _read(file)
    try:
        bundle = pkcs12.load_pkcs12(data, passphrase.encode() or None)
    except UnsupportedAlgorithm as error:
        raise KeyUnusable(f"{file}: only RSA and P-256 keys can sign certificates") from error
    except ValueError as error:
        if _has_form_of_pkcs12(data):
            raise KeyUnusable(f"{file} does not open with the passphrase in {_PASSPHRASE}") from error
        raise KeyUnusable(f"{file} is not a PKCS#12 file") from error
    if bundle.key is None or bundle.cert is None:
        raise KeyUnusable(f"{file} must hold a private key and its certificate")
    others = [extra.certificate for extra in bundle.additional_certs]
    return Signer(bundle.key, bundle.cert.certificate, _chain(bundle.cert.certificate, others))


def _has_form_of_pkcs12(data: bytes) -> bool:
    try:
        return asn1_pkcs12.Pfx.load(data)["version"].native == "v3"
    except (ValueError, TypeError):
        return False


def _chain(certificate: x509.Certificate, others: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the certificates that lead to the root: in PKCS#12 they stand in any order, and among strangers."""
    chain = []
    while issuer := next((one for one in others if one not in chain and issued_by(certificate, one)), None):
        chain.append(issuer)
        certificate = issuer
    return tuple(chain)


def issued_by(child: x509.Certificate, parent: x509.Certificate) -> bool:
    """Tell whether `parent` signed `child`."""
    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _checked(signer: Signer, file: Path) -> Signer:
    """Return `signer` when its key is of a kind we sign with, belongs to its certificate, and is in date."""
    key, certificate = signer.key, signer.certificate
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < 2048:
            raise KeyUnusable(f"{file}: an RSA key of {key.key_size} bits is too short, use 2048")
    elif not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)):
        raise KeyUnusable(f"{file}: only RSA and P-256 keys can sign certificates")
    if key.public_key() != certificate.public_key():
        raise KeyUnusable(f"{file}: the private key does not belong to the first certificate")
    return check_certificates(signer, file)


def check_certificates(signer: Signer, file: Path) -> Signer:
    """Return `signer` when its certificate is in date and its chain in order. Raises `KeyUnusable`."""
    certificate = signer.certificate
    now = dt.datetime.now(dt.UTC)
    if now < certificate.not_valid_before_utc:
        raise KeyUnusable(
            f"{file}: the certificate is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC, "
            f"and the clock of this machine says {now:%Y-%m-%d %H:%M} UTC: is it right?"
        )
    if now > certificate.not_valid_after_utc:
        raise KeyUnusable(
            f"{file}: the certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, "
            f"and the clock of this machine says {now:%Y-%m-%d %H:%M} UTC"
        )
    for child, parent in zip((certificate, *signer.chain), signer.chain, strict=False):
        if not issued_by(child, parent):
            raise KeyUnusable(
                f"{file}: the chain is broken or out of order: {common_name(child)} "
                f"was not issued by {common_name(parent)}"
            )
    return signer


# -- making --------------------------------------------------------------------------------------


def _make(directory: Path, algorithm: str) -> None:
    """Make root and signer in `directory`; of several processes starting at once, one does it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(directory / ".lock"):
            if (directory / "signer.pem").is_file():
                return
            root_key, root = _root(directory, algorithm)
            key = new_key(algorithm)
            certificate = issue(key, SIGNER_NAME, SIGNER_YEARS, root_key, root)
            write_durably(
                directory / "signer.pem",
                pem_key(key) + pem(certificate) + pem(root),
                mode=0o600,
            )
    except OSError as error:
        raise KeyUnusable(f"no signing key can be made in {directory}: {error.strerror}") from error


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock of a signing directory: of several processes, one makes a key."""
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _root(directory: Path, algorithm: str) -> tuple[PrivateKey, x509.Certificate]:
    """Return the authority of `directory`, made now unless a complete one is there."""
    key_file, file = directory / "root-key.pem", directory / "root.pem"
    if key_file.is_file() and file.is_file():
        root = _checked(
            Signer(serialization.load_pem_private_key(_read(key_file), None), read_certificates(file)[0]),
            key_file,
        )
        return root.key, root.certificate
    key = new_key(algorithm)
    root = issue(key, ROOT_NAME, ROOT_YEARS, is_root=True)
    # A certificate without its key is of no use to anyone, so the key is written first.
    write_durably(key_file, pem_key(key), mode=0o600)
    write_durably(file, pem(root), mode=0o644)
    return key, root


def rotate(directory: str | Path | None = None, *, algorithm: str | None = None) -> Signer:
    """Make another signing key in place of the installation's own, and return its signer.

    The certificate of the old key goes to `retired/`, with its validity; its private key is overwritten and gone.
    What it signed stays valid, because its root is still trusted. Processes that run read the new key at their next
    signature. Raises `KeyUnusable`, also for a key that was given: whoever gave it gives the next.
    """
    folder = directory_of(directory)
    if (folder / "signer.p12").is_file() or not (folder / "root-key.pem").is_file():
        raise KeyUnusable(f"{folder} holds a key that was given: put the next one there instead")
    algorithm = algorithm or getattr(_settings(), "SIGNING_ALGORITHM", RSA_2048)
    try:
        with locked(folder / ".lock"):
            file = folder / "signer.pem"
            old, *chain = read_certificates(file)
            retired = folder / "retired" / f"{old.fingerprint(hashes.SHA256()).hex()[:16]}.pem"
            write_durably(retired, b"".join(map(pem, (old, *chain))), mode=0o644)
            root_key, root = _root(folder, algorithm)
            key = new_key(algorithm)
            certificate = issue(key, SIGNER_NAME, SIGNER_YEARS, root_key, root)
            write_durably(file, pem_bundle(key, certificate, root), mode=0o600)
    except OSError as error:
        raise KeyUnusable(f"the signing key in {folder} cannot be replaced: {error.strerror}") from error
    return load_signer(folder, algorithm=algorithm)
