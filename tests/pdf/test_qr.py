"""QR codes put together by XOR are, module for module, those that an encoder makes."""

import random
import secrets

import pytest
import segno
import zxingcpp
from PIL import Image

from certificates.pdf import qr


def _matrix(address):
    side, runs = qr.runs(address)
    matrix = [[0] * side for _ in range(side)]
    for column, row, length in runs:
        matrix[row][column : column + length] = [1] * length
    return matrix


@pytest.mark.parametrize("length", [14, 26, 84, 122, 180, 213, 251, 287, 362, 624, 1059, 2331])
def test_a_full_symbol_equals_the_encoders(length):
    """Shorter ones are left to the reader: what fills them up is, in segno, not what the standard says."""
    for _ in range(2):
        address = ("https://swms.example.cn/v/" + secrets.token_urlsafe(length))[:length]
        code = segno.make(address.encode(), mode="byte", error="m", mask=qr.MASK, boost_error=False, micro=False)
        assert code.mode == "byte"
        assert _matrix(address) == [list(row) for row in code.matrix]


@pytest.mark.parametrize("digits", [0, 1, 2, 3, 300, 431, 500, 701])
def test_a_fragment_of_digits_is_read_back_by_another_program(digits):
    """Mixed modes: no encoder here makes them, so the reader judges."""
    fragment = f"#{random.Random(digits).randrange(10**digits):0{digits}}" if digits else ""
    address = f"https://swms.example.cn/v/{secrets.token_urlsafe(16)}{fragment}"
    matrix, zone = _matrix(address), qr.QUIET_ZONE
    size = len(matrix) + 2 * zone
    image = Image.new("L", (size, size), 255)
    for row, modules in enumerate(matrix):
        for column, dark in enumerate(modules):
            image.putpixel((column + zone, row + zone), 0 if dark else 255)
    (found,) = zxingcpp.read_barcodes(image.resize((size * 4, size * 4), Image.Resampling.NEAREST))
    assert found.text == address


def test_an_address_that_is_not_ascii_or_too_long_is_refused():
    with pytest.raises(ValueError, match="ASCII"):
        qr.runs("https://示例.cn/v/1")
    with pytest.raises(ValueError, match="too long"):
        qr.runs("https://swms.example.cn/" + "a" * 3000)
