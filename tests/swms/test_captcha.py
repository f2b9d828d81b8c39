"""The question in words: signed, used once, and never a picture."""

from datetime import timedelta

import pytest
import time_machine

from swms.captcha import Captcha
from swms.forms import Form

pytestmark = pytest.mark.django_db


class Asking(Captcha, Form):
    """A form with nothing but the question."""


def asked():
    form = Asking()
    return {"asked": form["asked"].value(), "answer": str(form._asked["a"] + form._asked["b"])}, form


def test_a_right_answer_passes_also_in_full_width():
    data, _ = asked()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in data["answer"])
    assert Asking(data | {"answer": f" {wide} "}).is_valid()


def test_the_question_stands_in_words_and_holds_no_digit():
    _, form = asked()
    label = form.fields["answer"].label
    assert "等于几" in label
    assert not any(char.isdigit() and char.isascii() for char in label)


def test_a_wrong_answer_asks_another_question():
    data, first = asked()
    form = Asking(data | {"answer": "0"})
    assert not form.is_valid()
    assert form["asked"].value() != data["asked"]
    assert form["answer"].value() == ""
    assert first.fields["answer"].label


def test_an_answer_passes_once():
    data, _ = asked()
    assert Asking(data).is_valid()
    again = Asking(data)
    assert not again.is_valid()
    assert "已经用过" in again.errors["answer"][0]


@pytest.mark.parametrize("token", ["", "forged", "a:b:c", "\x00"])
def test_a_forged_question_is_replaced(token):
    form = Asking({"asked": token, "answer": "5"})
    assert not form.is_valid()
    assert form["asked"].value() not in ("", token)


def test_a_question_lives_thirty_minutes():
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        data, _ = asked()
        clock.shift(timedelta(minutes=30, seconds=1))
        assert not Asking(data).is_valid()
