"""The statement in a QR code: it verifies with the published key alone, and nothing else passes for it."""

import dataclasses
import datetime as dt
import random

import pytest

from certificates.pdf import increment, keys, page, statement, statement_keys
from certificates.pdf.statement import Reading
from tests.pdf.samples import REGISTRATION, SIGNED_AT, STAMP, TOKEN
from tests.scanning import scanned

SAID = statement.Statement(
    kind=statement.COPY,
    number=STAMP.number,
    name="示例甲·䶮㛃",
    id_number="110000********001X",
    level="社会工作师",
    certificate="202544000200001236",
    purpose="本人调用",
    edition="",
    valid_until=STAMP.valid_until,
)
TODAY = SIGNED_AT.date()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    statement_keys.load(folder)
    return folder


@pytest.fixture(scope="module")
def published(folder):
    return statement_keys.published(folder)


@pytest.fixture(scope="module")
def text(folder):
    return statement_keys.load(folder).state(STAMP.verify_url, TOKEN, SAID, SIGNED_AT)


def reading(text, keys, today=TODAY):
    return statement.read(text, keys, today).reading


def test_a_statement_reads_back_with_the_published_key_alone(text, published):
    found = statement.read(text, published, TODAY)
    assert (found.reading, found.statement, found.signed_at) == (Reading.VALID, SAID, SIGNED_AT)
    assert text.startswith(STAMP.verify_url + "#")
    assert reading(f" {text}\n", published) is Reading.VALID
    assert reading(text.removeprefix("https://swms.example.cn"), published) is Reading.VALID


def test_its_last_day_runs_to_the_end_and_the_day_after_it_is_expired(text, published):  # R-ANN-07
    assert reading(text, published, STAMP.valid_until) is Reading.VALID
    assert reading(text, published, STAMP.valid_until + dt.timedelta(days=1)) is Reading.EXPIRED


def test_cut_anywhere_it_is_incomplete_and_never_passes(text, published):
    start = text.index("#") + 1
    for length in range(start + 1, len(text)):
        assert reading(text[:length], published) is Reading.CUT, length
    for length in range(start + 1):
        assert reading(text[:length], published) is Reading.NONE, length


def test_one_changed_digit_anywhere_is_detected(text, published):
    for at in range(text.index("#") + 5, len(text)):
        changed = text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]
        assert reading(changed, published) in {Reading.ALTERED, Reading.UNKNOWN_KEY}, at


@pytest.mark.parametrize("addition", ["0", "00", "x", "#1", "٣", "９", "\u0000"])
def test_anything_behind_it_is_detected(text, published, addition):
    assert reading(text + addition, published) in {Reading.ALTERED, Reading.NONE}


def test_a_statement_moved_to_the_token_of_another_certificate_does_not_pass(text, published):
    assert reading(text.replace(TOKEN, TOKEN[::-1]), published) is Reading.ALTERED


def test_a_form_of_the_future_is_not_called_a_forgery(text, published):
    head, _, digits = text.partition("#")
    assert reading(f"{head}#2{digits[1:]}", published) is Reading.UNKNOWN_VERSION


def test_a_strangers_key_is_not_known_even_when_he_calls_it_by_our_name(text, published, folder, tmp_path):
    stranger = statement_keys.load(tmp_path)
    assert reading(stranger.state(STAMP.verify_url, TOKEN, SAID, SIGNED_AT), published) is Reading.UNKNOWN_KEY
    impostor = dataclasses.replace(stranger, name=statement_keys.load(folder).name)
    assert reading(impostor.state(STAMP.verify_url, TOKEN, SAID, SIGNED_AT), published) is Reading.ALTERED


def test_after_rotation_old_and_new_statements_verify(tmp_path):
    old = statement_keys.load(tmp_path)
    before = old.state(STAMP.verify_url, TOKEN, SAID, SIGNED_AT)
    statement_keys.make(tmp_path, again=True)
    new = statement_keys.load(tmp_path)
    assert new.name != old.name
    after = new.state(STAMP.verify_url, TOKEN, SAID, SIGNED_AT)
    known = statement_keys.published(tmp_path)
    assert set(known) == {old.name, new.name}
    assert reading(before, known) is reading(after, known) is Reading.VALID


def test_a_statement_from_outside_the_life_of_its_key_is_told_apart(folder, published):
    long_ago = SIGNED_AT - dt.timedelta(days=400)
    text = statement_keys.load(folder).state(STAMP.verify_url, TOKEN, SAID, long_ago)
    assert reading(text, published) is Reading.WRONG_TIME


def test_a_field_of_two_lines_is_never_signed(folder):
    with pytest.raises(ValueError, match="one line"):
        statement_keys.load(folder).state(STAMP.verify_url, TOKEN, dataclasses.replace(SAID, name="甲\n乙"), SIGNED_AT)


def test_noise_never_passes_and_never_raises(published):
    chosen = random.Random(1)
    for _ in range(300):
        length = chosen.randrange(0, 900)
        digits = "".join(chosen.choices("0123456789", k=length))
        assert statement.read(f"/v/{TOKEN}#1{length:03}{digits}", published, TODAY).statement is None
    for noise in ("", "#", "/v/#", "\0" * 999, "9" * 100_000, f"/v/{TOKEN}#" + "9" * 100_000):
        assert statement.read(noise, published, TODAY).statement is None


def test_a_file_that_is_no_key_is_named(tmp_path):
    (tmp_path / "statement.pem").write_text("no key")
    with pytest.raises(keys.KeyUnusable, match=r"statement\.pem"):
        statement_keys.load(tmp_path)


@pytest.mark.parametrize("name", ["示例甲", "示例·阿卜杜热西提·买买提依明江"])
def test_a_telephone_reads_it_off_the_print_of_both_certificates(folder, published, qualification, signer, name):
    said = dataclasses.replace(SAID, name=name)
    text = statement_keys.load(folder).state(STAMP.verify_url, TOKEN, said, SIGNED_AT)
    stamp = dataclasses.replace(STAMP, verify_url=text)
    copy = increment.annotate(
        qualification.base, qualification.sidecar, stamp=stamp, signer=signer, signed_at=SIGNED_AT
    )
    certificate = page.render(page.REGISTRATION, REGISTRATION | {"verify_url": text})
    for printed in (copy, certificate):
        assert scanned(printed) == [text]
        assert statement.read(scanned(printed)[0], published, TODAY).statement == said
