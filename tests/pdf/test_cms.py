"""The signature container: DER encoded once, digest and signature put in (RFC 5652, EN 319 142-1)."""

import hashlib
import os

import pytest
from asn1crypto import cms as asn1
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.pdf.cms import Container, NotAContainer, container_for, read_container


@pytest.fixture
def container(signer):
    return container_for(signer.certificate, signer.chain)


def _attributes(der):
    signed = asn1.ContentInfo.load(der, strict=True)["content"]
    (info,) = signed["signer_infos"]
    return {one["type"].native: one["values"][0] for one in info["signed_attrs"]}


def test_a_container_is_der_that_encodes_again_to_itself(container, signer):
    der = container.sign(os.urandom(32), signer)
    assert asn1.ContentInfo.load(der, strict=True).dump(force=True) == der


def test_the_attributes_are_those_of_pades_b_b_and_no_signing_time(container, signer):
    digest = os.urandom(32)
    attributes = _attributes(container.sign(digest, signer))
    assert set(attributes) == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
        "cms_algorithm_protection",
    }
    assert attributes["message_digest"].native == digest
    reference = attributes["signing_certificate_v2"]["certs"][0]["cert_hash"].native
    assert reference == hashlib.sha256(signer.certificate.public_bytes(Encoding.DER)).digest()


def test_the_signature_is_over_the_attributes_as_a_set(container, signer):
    digest = os.urandom(32)
    der = container.sign(digest, signer)
    signed = asn1.ContentInfo.load(der)["content"]
    attributes = signed["signer_infos"][0]["signed_attrs"].untag().dump()
    assert attributes[0] == 0x31
    assert hashlib.sha256(attributes).digest() == container.attributes_digest(digest)


def test_every_signature_length_fits_the_reserved_size(container, signer):
    for _ in range(40):  # P-256 signatures are 70 to 72 bytes long
        assert len(container.sign(os.urandom(32), signer)) <= container.size


def test_a_container_reads_back_as_certificates_and_signature(container, signer):
    digest = os.urandom(32)
    der = container.sign(digest, signer)
    certificates, value, token = read_container(der.hex().encode() + b"0" * 40)
    assert (certificates, token) == ((signer.certificate, *signer.chain), b"")
    again = Container(certificates[0], certificates[1:])
    assert again.build(digest, value) == der


@pytest.mark.parametrize(
    "data",
    [b"", b"00", b"zz", b"3080", b"30820100", b"ff" * 500, "证书".encode(), b"30" * 4000],
)
def test_anything_else_is_not_a_container(data):
    with pytest.raises(NotAContainer):
        read_container(data)


def test_a_container_cut_anywhere_is_not_a_container(container, signer):
    whole = container.sign(os.urandom(32), signer).hex().encode()
    for length in range(0, len(whole) - 1, 97):
        with pytest.raises(NotAContainer):
            read_container(whole[:length])
