"""Making keys and the certificates that say what they are worth: nothing outside this installation."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

RSA_2048 = "rsa2048"
P_256 = "p256"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

ORGANISATION = "SWMS 开源演示"


class KeyUnusable(Exception):
    """The signing key cannot be used; the message names the file and says why."""


def new_key(algorithm: str) -> PrivateKey:
    """Return a new key. Raises `KeyUnusable` for an unknown algorithm."""
    if algorithm == RSA_2048:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if algorithm == P_256:
        return ec.generate_private_key(ec.SECP256R1())
    raise KeyUnusable(f"unknown signing algorithm {algorithm!r}: use {RSA_2048!r} or {P_256!r}")


def issue(key, name, years, issuer_key=None, issuer=None, *, is_root: bool = False) -> x509.Certificate:
    """Return a certificate for `key`, without an issuer a self-signed one (RFC 5280)."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    issuer_key = issuer_key or key
    # Clocks differ: what is signed a moment later on another machine must not be "not yet valid".
    start = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_root,
                content_commitment=not is_root,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_root,
                crl_sign=is_root,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    return builder.sign(issuer_key, hashes.SHA256())


def self_signed(key: PrivateKey, name: str, years: int) -> x509.Certificate:
    """Return a certificate that a key gives itself: what says from when and until when it signs."""
    return issue(key, name, years)


def pem_bundle(key: PrivateKey, *certificates: x509.Certificate) -> bytes:
    """Return a key and its certificates as they stand in one file."""
    return pem_key(key) + b"".join(map(pem, certificates))


def pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_key(key: PrivateKey) -> bytes:
    """Return a private key as PEM, unencrypted: for a file that is its owner's alone."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
