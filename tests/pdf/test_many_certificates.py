"""Hundreds of certificates of every sort: each is intact for us, for pyHanko and for poppler, a sample for qpdf too.

Bases are laid out once and stamped many times, as the portal does it.
"""

import datetime as dt
import itertools
from dataclasses import dataclass

import pytest

from certificates.pdf import increment, keys, page, ready, statement, statement_keys
from certificates.pdf.stamp import Stamp
from certificates.pdf.verify import examine
from tests.pdf.samples import QUALIFICATION, REGISTRATION, SIGNED_AT
from tests.pdf.test_increment import status_of

PURPOSES = ("本人调用", "求职应聘", "职称评审", "䶮喆示例用途", "Visa 2026 (a/b) \\ 50%")
#: Short, long with dots and rare characters, Latin as in a passport.
NAMES = ("李雷", "买买提江·吐尔逊阿卜杜拉·䶮㛃示例", "MARÍA O'NEILL-ŠIMŮNKOVÁ")
DAYS = (0, 1, 7, 30, 60, 90)
COPIES = 40  # of each name
SAMPLED = 10  # every so many go to qpdf as well


@dataclass(frozen=True)
class Copy:
    """A signed file and what must be read out of it."""

    data: bytes
    certificate: str
    number: str
    token: str


@pytest.fixture(scope="module")
def bases():
    made = []
    for place, name in enumerate(NAMES):
        facts = QUALIFICATION | {"name": name, "management_number": f"20254400020000{place:04}"}
        laid_out = page.render(page.QUALIFICATION, facts)
        number = facts["management_number"]
        base = ready.make_ready(laid_out, kind=page.QUALIFICATION, certificate=number, extra="".join(PURPOSES))
        made.append((name, number, *base))
    return made


@pytest.fixture(scope="module")
def copies(bases, signer, tmp_path_factory) -> list[Copy]:
    """Return copies of each base: in turn every purpose, first and last days, and times of signing."""
    stating = statement_keys.load(tmp_path_factory.mktemp("statements"))
    purposes, days = itertools.cycle(PURPOSES), itertools.cycle(DAYS)
    made = []
    for (name, certificate, base, sidecar), place in itertools.product(bases, range(COPIES)):
        number, token = f"JZ-110105-2026-{len(made):05}", f"{len(made):022}"
        until = SIGNED_AT.date() + dt.timedelta(days=next(days))
        signed_at = SIGNED_AT + dt.timedelta(hours=7 * place)
        purpose = next(purposes)
        said = statement.Statement(
            statement.COPY, number, name, "110000********001X", "社会工作师", certificate, purpose, "", until
        )
        address = stating.state(f"https://swms.example.cn/v/{token}", token, said, signed_at)
        stamp = Stamp(purpose=purpose, valid_until=until, number=number, token=token, verify_url=address)
        data = increment.annotate(base, sidecar, stamp=stamp, signer=signer, signed_at=signed_at)
        made.append(Copy(data, certificate, number, token))
    return made


def test_each_of_hundreds_is_intact_and_says_which_it_is(copies, roots):
    for copy in copies:
        found = examine(copy.data, roots)
        assert found.is_intact, copy.number
        assert (found.certificate, found.annotation, found.token) == (copy.certificate, copy.number, copy.token)


def test_each_is_valid_for_pyhanko_and_poppler_too(copies, roots, run_tool):
    for copy in copies:
        assert status_of(copy.data, roots).bottom_line, copy.number
        report = run_tool(copy.data, "pdfsig", "-nocert")
        assert "Signature is Valid." in report, copy.number
        assert "Total document signed" in report, copy.number


def test_a_sample_is_clean_for_qpdf(copies, run_tool):
    for copy in copies[::SAMPLED]:
        checked = run_tool(copy.data, "qpdf", "--check")
        assert "No syntax or stream encoding errors found" in checked, copy.number
        assert "WARNING" not in checked, copy.number


def test_registration_certificates_of_every_name_are_too(signer, roots, run_tool):
    for place, name in enumerate(NAMES):
        facts = REGISTRATION | {"name": name, "registration_number": f"44030522026000{place:04}"}
        number = facts["registration_number"]
        laid_out = page.render(page.REGISTRATION, facts)
        base, sidecar = ready.make_ready(
            laid_out, kind=page.REGISTRATION, certificate=number, token="t", annotatable=False
        )
        data = increment.sign(base, sidecar, signer=signer, signed_at=SIGNED_AT)
        assert examine(data, roots).certificate == number
        assert status_of(data, roots).bottom_line
        assert "Signature is Valid." in run_tool(data, "pdfsig", "-nocert")
        assert "WARNING" not in run_tool(data, "qpdf", "--check")


def test_a_copy_of_one_key_is_not_intact_for_whoever_trusts_the_other(copies, algorithm, key_directory):
    other = keys.P_256 if algorithm == keys.RSA_2048 else keys.RSA_2048
    assert not examine(copies[0].data, keys.trust_roots(key_directory(other))).is_intact
