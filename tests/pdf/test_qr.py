"""QR codes put together by XOR are, module for module, those that an encoder makes."""

import secrets

import pytest
import segno

from certificates.pdf import qr


def _matrix(address, varying):
    side, runs = qr.runs(address, varying)
    matrix = [[0] * side for _ in range(side)]
    for column, row, length in runs:
        matrix[row][column : column + length] = [1] * length
    return matrix


@pytest.mark.parametrize(
    ("head", "size"),
    [("https://swms.example.cn/v/", 22), ("http://127.0.0.1:8000/v/", 26), ("HTTPS://A.CN/", 1)],
)
def test_a_symbol_put_together_equals_the_encoders(head, size):
    for _ in range(10):
        address = head + secrets.token_urlsafe(size)[:size]
        code = segno.make(address.encode(), mode="byte", error="m", mask=qr.MASK, boost_error=False, micro=False)
        assert _matrix(address, size) == [list(row) for row in code.matrix]


def test_it_does_not_matter_how_much_of_an_address_is_said_to_vary():
    address = "https://swms.example.cn/v/kR3v0Qm8Zt1xYw5uHs7aDg"
    assert _matrix(address, 0) == _matrix(address, 22)


def test_an_address_that_is_not_ascii_or_too_long_is_refused():
    with pytest.raises(ValueError, match="ASCII"):
        qr.runs("https://示例.cn/v/1")
    with pytest.raises(ValueError, match="too long"):
        qr.runs("https://swms.example.cn/" + "a" * 3000)
