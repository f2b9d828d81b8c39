"""The signing key: made once by the installation, or given; never usable in part or by mistake."""

import datetime as dt
import io
import multiprocessing
import os
import stat
from pathlib import Path

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.management import call_command, load_command_class
from django.core.management.base import SystemCheckError

from certificates.checks import signing_keys
from certificates.pdf import increment, keys, statement_keys, verify
from tests.pdf.samples import SIGNED_AT

PEM = serialization.Encoding.PEM


def _load(directory, algorithm=keys.P_256, passphrase=""):
    return keys.load_signer(directory, algorithm=algorithm, passphrase=passphrase)


def _certificate(key, *, name="示例机构", issuer_key=None, issuer=None, days=(-1, 365)):
    """Return a certificate as an authority might give one; self-signed without an issuer."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    signing_key = issuer_key or key
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(signing_key, None if isinstance(signing_key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )


def _private(key, encryption=None):
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption or serialization.NoEncryption())


def _authority():
    key = ec.generate_private_key(ec.SECP256R1())
    return key, _certificate(key, name="示例颁发机构")


def test_an_installation_makes_its_own_authority_and_signer(algorithm, tmp_path):
    signer = _load(tmp_path / "keys", algorithm)
    root = x509.load_pem_x509_certificate((tmp_path / "keys" / "root.pem").read_bytes())
    signer.certificate.verify_directly_issued_by(root)
    assert signer.chain == (root,)
    assert keys.trust_roots(tmp_path / "keys") == (root,)
    expected = rsa.RSAPrivateKey if algorithm == keys.RSA_2048 else ec.EllipticCurvePrivateKey
    assert isinstance(signer.key, expected)


def test_the_names_say_that_the_certificate_is_a_demonstration(tmp_path):
    signer = _load(tmp_path)
    for certificate in (signer.certificate, *signer.chain):
        assert "示例" in keys.common_name(certificate)
        assert "非官方" in keys.common_name(certificate)


def test_only_the_authority_may_issue_and_only_the_signer_may_sign(tmp_path):
    signer = _load(tmp_path)
    (root,) = signer.chain
    for certificate, is_authority in ((signer.certificate, False), (root, True)):
        extensions = certificate.extensions
        assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is is_authority
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.key_cert_sign is is_authority
        assert usage.digital_signature is not is_authority


def test_private_files_are_for_their_owner_alone(tmp_path):
    _load(tmp_path / "keys")
    assert stat.S_IMODE(os.stat(tmp_path / "keys").st_mode) == 0o700
    for name in ("signer.pem", "root-key.pem"):
        assert stat.S_IMODE(os.stat(tmp_path / "keys" / name).st_mode) == 0o600


def test_a_process_reads_its_key_once(tmp_path):
    assert _load(tmp_path) is _load(tmp_path)


def test_a_later_start_finds_the_same_key(tmp_path):
    first = _load(tmp_path)
    keys._load.cache_clear()
    second = _load(tmp_path)
    assert second is not first
    assert second.certificate == first.certificate


def _serial_number(directory, queue):
    queue.put(_load(directory).certificate.serial_number)


def test_processes_that_start_at_once_agree_on_one_key(tmp_path):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=_serial_number, args=(tmp_path / "keys", queue)) for _ in range(6)]
    for process in processes:
        process.start()
    serial_numbers = {queue.get(timeout=30) for _ in processes}
    for process in processes:
        process.join(30)
    assert len(serial_numbers) == 1


def test_a_start_that_died_between_authority_and_signer_is_completed(tmp_path):
    first = _load(tmp_path)
    (tmp_path / "signer.pem").unlink()
    keys._load.cache_clear()
    second = _load(tmp_path)
    assert second.chain == first.chain
    assert second.certificate != first.certificate


@pytest.mark.parametrize("passphrase", ["", "示例口令"])
def test_a_pkcs12_file_is_used_when_given(tmp_path, passphrase, qualification):
    authority_key, authority = _authority()
    key = rsa.generate_private_key(65537, 2048)
    certificate = _certificate(key, issuer_key=authority_key, issuer=authority)
    encryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    (tmp_path / "signer.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(b"", key, certificate, [authority], encryption)
    )
    signer = _load(tmp_path, passphrase=passphrase)
    assert signer.certificate == certificate

    data = increment.sign(qualification.base, qualification.sidecar, signer=signer, signed_at=dt.datetime.now(dt.UTC))
    assert verify.examine(data, keys.trust_roots(tmp_path)).is_intact


def test_others_whom_the_same_public_authority_certifies_are_not_trusted(tmp_path, qualification):
    authority_key, authority = _authority()
    ours, theirs = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    certificate = _certificate(ours, issuer_key=authority_key, issuer=authority)
    (tmp_path / "signer.pem").write_bytes(_private(ours) + certificate.public_bytes(PEM) + authority.public_bytes(PEM))
    _load(tmp_path)
    assert keys.trust_roots(tmp_path) == (certificate,)

    stranger = keys.Signer(theirs, _certificate(theirs, issuer_key=authority_key, issuer=authority), (authority,))
    forged = increment.sign(
        qualification.base,
        qualification.sidecar,
        signer=stranger,
        signed_at=dt.datetime.now(dt.UTC),
    )
    assert not verify.examine(forged, keys.trust_roots(tmp_path)).is_intact


def test_signatures_of_an_earlier_key_stay_valid_while_its_root_is_kept(tmp_path, qualification):
    earlier = _load(tmp_path / "earlier")
    data = increment.sign(qualification.base, qualification.sidecar, signer=earlier, signed_at=SIGNED_AT)
    _load(tmp_path / "later")
    assert not verify.examine(data, keys.trust_roots(tmp_path / "later")).is_intact
    (tmp_path / "later" / "roots").mkdir()
    (tmp_path / "later" / "roots" / "2026.pem").write_bytes((tmp_path / "earlier" / "root.pem").read_bytes())
    signed_now = increment.sign(
        qualification.base,
        qualification.sidecar,
        signer=earlier,
        signed_at=dt.datetime.now(dt.UTC),
    )
    assert verify.examine(signed_now, keys.trust_roots(tmp_path / "later")).is_intact


def test_an_encrypted_pem_key_opens_with_the_passphrase_only(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    bundle = _private(key, serialization.BestAvailableEncryption("口令".encode())) + _certificate(key).public_bytes(PEM)
    (tmp_path / "signer.pem").write_bytes(bundle)
    with pytest.raises(keys.KeyUnusable, match="does not open with the passphrase in SWMS_SIGNING_KEY_PASSPHRASE"):
        _load(tmp_path, passphrase="另一个")
    with pytest.raises(keys.KeyUnusable, match="is encrypted: set SWMS_SIGNING_KEY_PASSPHRASE"):
        _load(tmp_path)
    assert _load(tmp_path, passphrase="口令").key.public_key() == key.public_key()


def _bundle(key, certificate):
    return _private(key) + certificate.public_bytes(PEM)


def _wrong_files():
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    short = rsa.generate_private_key(65537, 1024)
    edwards = ed25519.Ed25519PrivateKey.generate()
    other_curve = ec.generate_private_key(ec.SECP384R1())
    return {
        "no readable private key": b"not a key",
        "no readable PEM certificate": _private(key),
        "does not belong": _bundle(key, _certificate(other)),
        "too short": _bundle(short, _certificate(short)),
        "only RSA and P-256": _bundle(edwards, _certificate(edwards)),
        "only RSA and P-256 ": _bundle(other_curve, _certificate(other_curve)),
        "expired on": _bundle(key, _certificate(key, days=(-10, -1))),
        "clock of this machine": _bundle(key, _certificate(key, days=(0.1, 365))),  # two hours and a half fast
        "chain is broken": _bundle(key, _certificate(key)) + _certificate(other).public_bytes(PEM),
    }


@pytest.mark.parametrize(("reason", "content"), _wrong_files().items())
def test_an_unusable_key_is_named_with_its_reason(tmp_path, reason, content):
    (tmp_path / "signer.pem").write_bytes(content)
    with pytest.raises(keys.KeyUnusable, match=reason.strip()) as caught:
        _load(tmp_path)
    assert "signer.pem" in str(caught.value)


def _wrong_bundles():
    key, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    secret = serialization.BestAvailableEncryption("口令".encode())

    def p12(*held, encryption=secret):
        return pkcs12.serialize_key_and_certificates(b"", *held, encryption)

    return {
        "is not a PKCS#12 file": b"\x30\x80 not PKCS#12",
        "is not a PKCS#12 file ": _bundle(key, _certificate(key)),
        "does not open with the passphrase in SWMS_SIGNING_KEY_PASSPHRASE": p12(
            key, _certificate(key), None, encryption=serialization.BestAvailableEncryption(b"another")
        ),
        "must hold a private key and its certificate": p12(None, None, [_certificate(key)]),
        "only RSA and P-256": p12(edwards, _certificate(edwards), None),
        "expired on": p12(key, _certificate(key, days=(-10, -1)), None),
        "not valid before": p12(key, _certificate(key, days=(0.1, 365)), None),
    }


@pytest.mark.parametrize(("reason", "content"), _wrong_bundles().items())
def test_an_unusable_pkcs12_file_is_named_with_its_reason(tmp_path, reason, content):
    (tmp_path / "signer.p12").write_bytes(content)
    with pytest.raises(keys.KeyUnusable, match=reason.strip()) as caught:
        _load(tmp_path, passphrase="口令")
    assert "signer.p12" in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["signer.p12"], "nothing is made beside it"


def test_the_chain_of_a_pkcs12_file_may_stand_in_any_order_and_among_strangers(tmp_path):
    root_key, root = _authority()
    middle_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    middle = _certificate(middle_key, name="示例中间机构", issuer_key=root_key, issuer=root)
    certificate = _certificate(key, issuer_key=middle_key, issuer=middle)
    stranger = _certificate(ec.generate_private_key(ec.SECP256R1()), name="无关的证书")
    bundle = pkcs12.serialize_key_and_certificates(
        b"", key, certificate, [root, stranger, middle], serialization.NoEncryption()
    )
    (tmp_path / "signer.p12").write_bytes(bundle)
    assert _load(tmp_path).chain == (middle, root)


@pytest.mark.parametrize("name", ["signer.pem", "signer.p12"])
def test_a_key_that_cannot_be_read_is_not_replaced_by_another(tmp_path, monkeypatch, name):
    (tmp_path / name).write_bytes(b"secret")
    read = Path.read_bytes

    def refused(file):
        if file.name == name:
            raise PermissionError(13, "Permission denied")
        return read(file)

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(keys.KeyUnusable, match=f"{name} cannot be read: Permission denied"):
        _load(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_folder_that_may_not_be_looked_into_is_not_taken_for_an_empty_one(tmp_path, monkeypatch):
    def refused(file):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(keys.KeyUnusable, match="cannot be read: Permission denied"):
        _load(tmp_path)
    assert list(tmp_path.iterdir()) == []


# -- before the first signature ---------------------------------------------------------------------


@pytest.fixture
def folder(settings, tmp_path):
    settings.SIGNING_KEY_DIR = tmp_path / "given"
    settings.SIGNING_KEY_DIR.mkdir()
    return settings.SIGNING_KEY_DIR


def test_check_finds_nothing_wrong_with_no_key_and_makes_none(folder):
    assert signing_keys() == []
    assert list(folder.iterdir()) == []


def test_check_finds_nothing_wrong_with_the_installations_own_key(folder):
    _load(folder)
    statement_keys.load(folder)
    assert signing_keys() == []


@pytest.mark.parametrize(("reason", "content"), _wrong_files().items())
def test_manage_py_check_names_an_unusable_key_with_its_reason_and_makes_nothing(folder, reason, content):
    (folder / "signer.pem").write_bytes(content)
    with pytest.raises(SystemCheckError, match=reason.strip()) as caught:
        call_command("check")
    assert "signer.pem" in str(caught.value)
    assert [file.name for file in folder.iterdir()] == ["signer.pem"]


def test_check_names_an_unusable_key_for_statements(folder):
    (folder / "statement.pem").write_bytes(b"not a key")
    (found,) = signing_keys()
    assert "statement.pem holds no readable private key" in found.msg


@pytest.mark.parametrize(("days", "warned"), [(29, True), (31, False)])
def test_check_warns_a_month_before_the_key_expires(folder, days, warned):
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "signer.pem").write_bytes(_bundle(key, _certificate(key, days=(-1, days))))
    assert [found.id for found in signing_keys()] == (["certificates.W001"] if warned else [])


def test_an_expired_key_does_not_stop_the_command_that_replaces_it(folder):
    _load(folder)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=11 * 365)):
        keys._load.cache_clear()
        assert "expired on" in signing_keys()[0].msg
        assert load_command_class("certificates", "rotate_signing_key").requires_system_checks == []
        call_command("rotate_signing_key", "documents", stdout=io.StringIO())
        assert signing_keys() == []


def test_an_unknown_algorithm_is_refused_and_leaves_no_key(tmp_path):
    with pytest.raises(keys.KeyUnusable, match="sm2"):
        _load(tmp_path, "sm2")
    assert not (tmp_path / "signer.pem").exists()


def test_a_place_where_no_key_can_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(keys.KeyUnusable, match="no signing key can be made"):
        _load(tmp_path / "file" / "keys")
