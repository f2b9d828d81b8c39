"""What the certificate tests share: a laid-out certificate made ready, and a signer of each kind.

Everything is made once per run and never changed; a test that alters a file alters its own copy.
"""

import shutil
import subprocess
from dataclasses import dataclass

import pytest

from certificates.pdf import increment, keys, page, ready
from certificates.pdf.sidecar import Sidecar
from tests.pdf.samples import QUALIFICATION, REGISTRATION, SIGNED_AT, STAMP


@dataclass(frozen=True)
class Base:
    """An annotation-ready certificate."""

    laid_out: bytes
    base: bytes
    sidecar: Sidecar


@pytest.fixture(scope="session")
def qualification() -> Base:
    laid_out = page.render(page.QUALIFICATION, QUALIFICATION)
    base, sidecar = ready.make_ready(laid_out, kind="qualification", certificate=QUALIFICATION["management_number"])
    return Base(laid_out, base, sidecar)


@pytest.fixture(scope="session")
def registration() -> Base:
    laid_out = page.render(page.REGISTRATION, REGISTRATION)
    base, sidecar = ready.make_ready(
        laid_out,
        kind="registration",
        certificate=REGISTRATION["registration_number"],
        token="abcdef",
        annotatable=False,
    )
    return Base(laid_out, base, sidecar)


@pytest.fixture(scope="session")
def key_directory(tmp_path_factory):
    """Return a function from an algorithm to a directory that holds a signer of it."""
    folder = tmp_path_factory.mktemp("keys")

    def directory(algorithm):
        keys.load_signer(folder / algorithm, algorithm=algorithm, passphrase="")
        return folder / algorithm

    return directory


@pytest.fixture(scope="session", params=[keys.RSA_2048, keys.P_256])
def algorithm(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def signer(algorithm, key_directory) -> keys.Signer:
    return keys.load_signer(key_directory(algorithm), algorithm=algorithm, passphrase="")


@pytest.fixture(scope="session")
def roots(algorithm, key_directory):
    return keys.trust_roots(key_directory(algorithm))


@pytest.fixture(scope="session")
def annotated(qualification, signer) -> bytes:
    return increment.annotate(
        qualification.base,
        qualification.sidecar,
        stamp=STAMP,
        signer=signer,
        signed_at=SIGNED_AT,
    )


@pytest.fixture
def run_tool(tmp_path):
    """Return a function that runs a command-line PDF tool over bytes and returns its output."""

    def run(data: bytes, tool: str, *options: str, after: tuple[str, ...] = ()) -> str:
        if shutil.which(tool) is None:
            pytest.fail(f"{tool} is not installed; `make test` says what to install")
        file = tmp_path / "file.pdf"
        file.write_bytes(data)
        done = subprocess.run(
            [tool, *options, str(file), *after],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run
