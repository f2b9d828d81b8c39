"""Keys that change, and keys that nobody can take out: rotation and PKCS#11."""

import sys
import types

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import call_command
from django.core.management.base import CommandError

from certificates.pdf import certify, increment, keys, pkcs11, verify
from tests.pdf.samples import SIGNED_AT


def signed(qualification, signer) -> bytes:
    return increment.sign(qualification.base, qualification.sidecar, signer=signer, signed_at=SIGNED_AT)


# -- rotation ------------------------------------------------------------------------------------


def test_after_rotation_old_and_new_signatures_are_valid_and_the_old_certificate_is_kept(tmp_path, qualification):
    old = keys.load_signer(tmp_path, algorithm=keys.P_256, passphrase="")
    before = signed(qualification, old)
    new = keys.rotate(tmp_path, algorithm=keys.P_256)
    assert new.certificate != old.certificate
    # A process that runs already signs with the new key from now on.
    assert keys.load_signer(tmp_path, algorithm=keys.P_256, passphrase="").certificate == new.certificate
    after = signed(qualification, new)
    roots = keys.trust_roots(tmp_path)
    found = [verify.examine(data, roots) for data in (before, after)]
    assert all(one.is_intact for one in found)
    assert found[0].certificate_sha256 != found[1].certificate_sha256
    (retired,) = (tmp_path / "retired").glob("*.pem")
    kept, _ = keys.read_certificates(retired)
    assert kept == old.certificate
    assert kept.not_valid_after_utc == found[0].certificate_until
    assert b"PRIVATE" not in retired.read_bytes()


def test_from_one_kind_of_key_to_the_other(tmp_path, qualification):
    before = signed(qualification, keys.load_signer(tmp_path, algorithm=keys.P_256, passphrase=""))
    after = signed(qualification, keys.rotate(tmp_path, algorithm=keys.RSA_2048))
    assert all(verify.examine(data, keys.trust_roots(tmp_path)).is_intact for data in (before, after))


def test_a_key_that_was_given_is_not_replaced_by_one_that_was_not(tmp_path):
    key = certify.new_key(keys.P_256)
    (tmp_path / "signer.pem").write_bytes(certify.pem_bundle(key, certify.self_signed(key, "示例机构", 1)))
    with pytest.raises(keys.KeyUnusable, match="was given"):
        keys.rotate(tmp_path, algorithm=keys.P_256)


def test_the_command_rotates_what_it_is_told_to(tmp_path, settings, capsys):
    settings.SIGNING_KEY_DIR, settings.SIGNING_ALGORITHM = tmp_path, keys.P_256
    old = keys.load_signer()
    call_command("rotate_signing_key", "statements")
    assert keys.load_signer() is old
    call_command("rotate_signing_key", "both")
    assert keys.load_signer().certificate != old.certificate
    assert len(list((tmp_path / "statements").glob("*.pem"))) == 2
    (tmp_path / "root-key.pem").unlink()
    with pytest.raises(CommandError, match="was given"):
        call_command("rotate_signing_key", "documents")


# -- PKCS#11 -------------------------------------------------------------------------------------


class FakeToken:
    """A token as python-pkcs11 shows it: signs what it is given, with its raw mechanisms, and shows no key."""

    def __init__(self, key, label, pin):
        self._key, self._label, self._pin = key, label, pin
        self.sessions = 0

    def get_token(self, token_label):
        assert token_label == self._label
        return self

    def open(self, user_pin):
        if user_pin != self._pin:
            raise RuntimeError("PinIncorrect")
        self.sessions += 1
        return self

    def get_key(self, object_class, label):
        assert (object_class, label) == ("private", "certificates")
        return self

    def sign(self, data, mechanism):
        if mechanism == "RSA_PKCS":
            info, digest = data[:-32], data[-32:]
            assert info == bytes.fromhex("3031300d060960864801650304020105000420")
            return self._key.sign(digest, padding.PKCS1v15(), utils.Prehashed(certify.hashes.SHA256()))
        assert mechanism == "ECDSA"
        value = self._key.sign(data, ec.ECDSA(utils.Prehashed(certify.hashes.SHA256())))
        return b"".join(half.to_bytes(32) for half in utils.decode_dss_signature(value))


@pytest.fixture(params=[keys.P_256, keys.RSA_2048])
def token(request, tmp_path, monkeypatch, settings):
    key = certify.new_key(request.param)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    certificate = certify.self_signed(key, "示例机构", 1)
    (tmp_path / "signer-cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    fake = FakeToken(key, "swms", "1234")
    module = types.SimpleNamespace(
        lib=lambda path: fake,
        Mechanism=types.SimpleNamespace(RSA_PKCS="RSA_PKCS", ECDSA="ECDSA"),
        ObjectClass=types.SimpleNamespace(PRIVATE_KEY="private"),
    )
    monkeypatch.setitem(sys.modules, "pkcs11", module)
    settings.PKCS11_MODULE, settings.PKCS11_TOKEN = "/usr/lib/example.so", "swms"
    settings.PKCS11_KEY, settings.SIGNING_KEY_PASSPHRASE = "certificates", "1234"
    settings.SIGNING_KEY_DIR = tmp_path
    return fake


def test_a_key_in_a_token_signs_and_no_key_is_made_beside_it(token, tmp_path, qualification):
    signer = keys.load_signer()
    for _ in range(3):
        found = verify.examine(signed(qualification, signer), keys.trust_roots())
        assert found.is_intact
    assert token.sessions == 1
    assert not (tmp_path / "signer.pem").exists()
    assert isinstance(signer.key, pkcs11.Pkcs11Key)


def test_a_wrong_pin_is_told_when_the_first_file_is_signed(token, settings, qualification):
    settings.SIGNING_KEY_PASSPHRASE = "0000"
    with pytest.raises(RuntimeError, match="PinIncorrect"):
        signed(qualification, keys.load_signer())


def test_a_token_without_its_certificate_is_named(token, tmp_path):
    (tmp_path / "signer-cert.pem").unlink()
    with pytest.raises(keys.KeyUnusable, match="signer-cert"):
        keys.load_signer()
