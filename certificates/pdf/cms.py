"""The signature container: CMS SignedData (RFC 5652) as PAdES-B-B asks for it (EN 319 142-1, 6.3).

Everything except the document's digest and the signature value is the same for every document that
a signer signs, so the DER is encoded once and the two values are put in. The signed attributes are
content-type, message-digest, signing-certificate-v2 (RFC 5035) and algorithm protection (RFC 6211).
There is no signing-time attribute: in PAdES the time is /M in the signature dictionary.
"""

import hashlib
from functools import cached_property, lru_cache
from typing import NamedTuple, Protocol

from asn1crypto import algos, parser, tsp
from asn1crypto import cms as asn1
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.pdf.keys import Signer

TOKEN_ROOM = 8 * 1024  # bytes kept free for a time stamp; with a chain it takes three to six kilobytes
_DIGEST_SIZE = 32
_MARK = bytes(range(_DIGEST_SIZE))  # stands where the digest goes, while the template is encoded
_SET, _IMPLICIT_0 = b"\x31", b"\xa0"


class Timestamper(Protocol):
    """What puts a time on a signature."""

    def token(self, signature: bytes) -> bytes:
        """Return the time stamp over a signature value as DER; empty to go on without."""
        ...


class NotAContainer(ValueError):
    """The bytes are no signature container that we could have made."""


class Container:
    """The DER of one signer's containers, ready for a digest and a signature."""

    def __init__(self, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]):
        self._certificates = [as_asn1(certificate), *map(as_asn1, chain)]
        key = certificate.public_key()
        self._is_rsa = isinstance(key, rsa.RSAPublicKey)
        # (r, s) of P-256 in DER: two integers of at most 33 bytes, each with two bytes of header.
        self._largest_signature = key.key_size // 8 if self._is_rsa else 72
        self._attributes = self._signed_attributes()
        encoded = self._attributes.dump(force=True)
        at = encoded.index(_MARK)
        # Signed as SET OF, carried as [0] IMPLICIT (RFC 5652, 5.4).
        self._before = _SET + encoded[1:at]
        self._after = encoded[at + _DIGEST_SIZE :]
        self._frame = lru_cache(maxsize=16)(self._encode_frame)

    @cached_property
    def size(self) -> int:
        """The bytes that the largest container of this signer takes."""
        return len(self.build(_MARK, bytes(self._largest_signature)))

    def attributes_digest(self, document_digest: bytes) -> bytes:
        """Return the SHA-256 of the signed attributes for a document: what the key signs."""
        return hashlib.sha256(self._before + document_digest + self._after).digest()

    def build(self, document_digest: bytes, signature: bytes, token: bytes = b"") -> bytes:
        """Return the container's DER for a document's SHA-256, the signature over the attributes, and a time stamp."""
        frame = self._encode_frame(len(signature), token) if token else self._frame(len(signature))
        before_digest, before_signature, after = frame
        return b"".join((before_digest, document_digest, before_signature, signature, after))

    def sign(self, document_digest: bytes, signer: Signer, timestamper: Timestamper | None = None) -> bytes:
        """Return the container in which `signer` signs the document of this digest, with its time stamp if wanted."""
        signature = signer.sign(self.attributes_digest(document_digest))
        return self.build(document_digest, signature, timestamper.token(signature) if timestamper else b"")

    def _signed_attributes(self) -> asn1.CMSAttributes:
        certificate = self._certificates[0]
        reference = tsp.SigningCertificateV2(
            {
                "certs": [
                    tsp.ESSCertIDv2(
                        {
                            "hash_algorithm": {"algorithm": "sha256"},
                            "cert_hash": hashlib.sha256(certificate.dump()).digest(),
                        }
                    )
                ]
            }
        )
        protection = asn1.CMSAlgorithmProtection(
            {
                "digest_algorithm": self._digest_algorithm(),
                "signature_algorithm": self._signature_algorithm(),
            }
        )
        return asn1.CMSAttributes(
            [
                asn1.CMSAttribute({"type": kind, "values": [value]})
                for kind, value in (
                    ("content_type", "data"),
                    ("message_digest", _MARK),
                    ("signing_certificate_v2", reference),
                    ("cms_algorithm_protection", protection),
                )
            ]
        )

    def _digest_algorithm(self) -> algos.DigestAlgorithm:
        return algos.DigestAlgorithm({"algorithm": "sha256"})

    def _signature_algorithm(self) -> algos.SignedDigestAlgorithm:
        return algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa" if self._is_rsa else "sha256_ecdsa"})

    def _encode_frame(self, signature_size: int, token: bytes = b"") -> tuple[bytes, bytes, bytes]:
        """Return the DER around digest and signature; its lengths depend on the signature's size and the token."""
        certificate = self._certificates[0]
        placeholder = b"\xff" * signature_size
        signed = asn1.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [self._digest_algorithm()],
                "encap_content_info": {"content_type": "data"},
                "certificates": [asn1.CertificateChoices("certificate", one) for one in self._certificates],
                "signer_infos": [
                    asn1.SignerInfo(
                        {
                            "version": "v1",
                            "sid": asn1.SignerIdentifier(
                                "issuer_and_serial_number",
                                asn1.IssuerAndSerialNumber(
                                    {
                                        "issuer": certificate.issuer,
                                        "serial_number": certificate.serial_number,
                                    }
                                ),
                            ),
                            "digest_algorithm": self._digest_algorithm(),
                            "signed_attrs": self._attributes,
                            "signature_algorithm": self._signature_algorithm(),
                            "signature": placeholder,
                            **_unsigned(token),
                        }
                    )
                ],
            }
        )
        der = asn1.ContentInfo({"content_type": "signed_data", "content": signed}).dump(force=True)
        digest_at = der.index(_MARK)
        signature_at = der.rindex(placeholder)
        return (
            der[:digest_at],
            der[digest_at + _DIGEST_SIZE : signature_at],
            der[signature_at + signature_size :],
        )


def _unsigned(token: bytes) -> dict:
    """Return the unsigned attributes: the time stamp over the signature (RFC 3161, appendix A), or none."""
    if not token:
        return {}
    attribute = asn1.CMSAttribute({"type": "signature_time_stamp_token", "values": [asn1.ContentInfo.load(token)]})
    return {"unsigned_attrs": asn1.CMSAttributes([attribute])}


class Contained(NamedTuple):
    """What a container holds that does not follow from the document."""

    certificates: tuple[x509.Certificate, ...]
    value: bytes
    token: bytes


def read_container(hexadecimal: bytes) -> Contained:
    """Return certificates, signature value and time stamp of a container in hexadecimal, padded or not.

    The signer's certificate comes first, then each one's issuer. Nothing is verified. Raises
    `NotAContainer` for anything that is not a container with one signer.
    """
    try:
        padded = bytes.fromhex(hexadecimal.decode("ascii"))
        signed = asn1.ContentInfo.load(padded[: parser.peek(padded)])["content"]
        (signer,) = signed["signer_infos"]
        certificates = [x509.load_der_x509_certificate(choice.chosen.dump()) for choice in signed["certificates"]]
        serial = signer["sid"].chosen["serial_number"].native
        return Contained(_in_order(certificates, serial), signer["signature"].native, _token_of(signer))
    # The parser meets hostile bytes here and has no single kind of error for them.
    except Exception as error:
        raise NotAContainer(str(error)) from error


def _token_of(signer: asn1.SignerInfo) -> bytes:
    attributes = signer["unsigned_attrs"]
    if attributes.native is None:
        return b""
    (attribute,) = attributes
    if attribute["type"].native != "signature_time_stamp_token":
        raise NotAContainer("an unsigned attribute that is no time stamp")
    (token,) = attribute["values"]
    return token.dump()


def _in_order(certificates: list[x509.Certificate], serial: int) -> tuple[x509.Certificate, ...]:
    """Return the certificates from the one with `serial` towards its root, leaving out strays."""
    (signer,) = [one for one in certificates if one.serial_number == serial]
    path, rest = [signer], [one for one in certificates if one is not signer]
    while issuer := next((one for one in rest if one.subject == path[-1].issuer), None):
        path.append(issuer)
        rest.remove(issuer)
    return tuple(path)


@lru_cache(maxsize=16)
def container_for(certificate: x509.Certificate, chain: tuple[x509.Certificate, ...] = ()) -> Container:
    """Return the encoded container of a signer's certificate, made once per process."""
    return Container(certificate, chain)


def as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """Return a certificate as the object that asn1crypto and pyHanko work with."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
