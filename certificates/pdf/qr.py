"""QR codes (ISO/IEC 18004) at the price of some XORs.

With version, level and mask held fixed, every module of a symbol is an affine function over GF(2) of the message's
bits: error correction is linear, placement is a permutation, the mask a constant. What each half byte of the
message contributes is worked out once per process and version; the constant part is what remains of one symbol of
segno's. After that a symbol costs some tens of microseconds where an encoder takes milliseconds.

A fragment of digits (`#…`, a signed statement) is encoded as digits, three in ten bits; the rest as bytes.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, zip_longest

import segno
from segno import consts

QUIET_ZONE = 4  # modules of white on every side
LEVEL = "m"
MASK = 2  # fixed: choosing the least uneasy mask costs more than the whole symbol
_DARK = re.compile("1+")
_BYTE, _NUMERIC = 0b0100, 0b0001  # mode indicators
_PADDING = (0xEC, 0x11)


def runs(address: str) -> tuple[int, Iterator[tuple[int, int, int]]]:
    """Return the symbol of `address` as (side, dark runs), a run being (column, row from top, length).

    Sides and runs are in modules, without the quiet zone. Raises ValueError when the address is not
    ASCII or does not fit a symbol.
    """
    side, symbol = _symbol(address)
    return side, _dark_runs(side, symbol)


def rectangles(address: str) -> tuple[int, str]:
    """Return the symbol of `address` as (side, a PDF path of rectangles), in modules. Raises as `runs` does.

    Four modules are drawn at a time, from a table: a symbol has a thousand runs, and writing out their numbers
    would take longer than everything before it.
    """
    side, symbol = _symbol(address)
    tiles = _tiles(side)
    return side, "".join([of_digit[digit] for of_digit, digit in zip(tiles, f"{symbol:0{len(tiles)}x}", strict=True)])


def _symbol(address: str) -> tuple[int, int]:
    """Return (side, the modules row by row as one integer, each row filled up to whole half bytes)."""
    if not address.isascii():
        raise ValueError("a QR address must be ASCII")
    version, message = _encoded(address)
    side, constant, changes = _version(version)
    return side, _combined(constant, changes, message)


def _combined(symbol: int, changes: list[dict[str, int]], message: bytes) -> int:
    for of_digit, digit in zip(changes, message.hex(), strict=True):
        symbol ^= of_digit[digit]
    return symbol


def _width(side: int) -> int:
    """Return how many bits a row takes."""
    return side + -side % 4


def _dark_runs(side: int, symbol: int) -> Iterator[tuple[int, int, int]]:
    width = _width(side)
    bits = f"{symbol:0{width * side}b}"
    for row in range(side):
        for match in _DARK.finditer(bits, row * width, (row + 1) * width):
            yield match.start() - row * width, row, match.end() - match.start()


@lru_cache(maxsize=40)
def _tiles(side: int) -> list[dict[str, str]]:
    """Return the path of each half byte of a symbol, by its place and its value."""
    return [
        {
            f"{digit:x}": "".join(
                f"{column + match.start()} {row} {match.end() - match.start()} 1 re\n"
                for match in _DARK.finditer(f"{digit:04b}")
            )
            for digit in range(16)
        }
        for row in range(side)
        for column in range(0, _width(side), 4)
    ]


# -- from an address to the codewords of data ----------------------------------------------------


def _encoded(address: str) -> tuple[int, bytes]:
    """Return the smallest version that holds `address`, and its data codewords."""
    head, mark, digits = address.partition("#")
    if digits.isdigit():
        text = f"{head}{mark}".encode()
    else:
        text, digits = address.encode(), ""
    version, of_text, of_digits = _fitting(len(text), len(digits))
    bits = f"{_BYTE:04b}{len(text):0{of_text}b}" + "".join([_OF_BYTE[byte] for byte in text])
    if digits:
        bits += f"{_NUMERIC:04b}{len(digits):0{of_digits}b}{_in_tens(digits)}"
    return version, _padded(bits, 8 * _capacity(version))


@lru_cache(maxsize=256)
def _fitting(text: int, digits: int) -> tuple[int, int, int]:
    """Return (the smallest version, the bits that count the text's bytes, those that count the digits)."""
    in_digits = 10 * (digits // 3) + (0, 4, 7)[digits % 3]
    for version in range(1, 41):
        of_text, of_digits = (8, 10) if version < 10 else (16, 12) if version < 27 else (16, 14)
        used = 4 + of_text + 8 * text + (4 + of_digits + in_digits if digits else 0)
        if used <= 8 * _capacity(version):
            return version, of_text, of_digits
    raise ValueError(f"an address of {text + digits} characters is too long for a QR code")


def _in_tens(digits: str) -> str:
    whole = len(digits) // 3 * 3
    rest = digits[whole:]
    found = [_OF_THREE[digits[at : at + 3]] for at in range(0, whole, 3)]
    return "".join(found) + (f"{int(rest):0{(4, 7)[len(rest) - 1]}b}" if rest else "")


_OF_BYTE = [f"{byte:08b}" for byte in range(256)]
_OF_THREE = {f"{value:03}": f"{value:010b}" for value in range(1000)}


def _padded(bits: str, room: int) -> bytes:
    bits += "0" * min(4, room - len(bits))
    bits += "0" * (-len(bits) % 8)
    message = bytearray(int(bits, 2).to_bytes(len(bits) // 8))
    missing = room // 8 - len(message)
    return bytes(message + bytes(_PADDING[at % 2] for at in range(missing)))


@lru_cache(maxsize=40)
def _capacity(version: int) -> int:
    return sum(kind.num_blocks * kind.num_data for kind in consts.ECC[version][consts.ERROR_LEVEL_M])


# -- from data codewords to modules --------------------------------------------------------------


@lru_cache(maxsize=40)
def _version(version: int) -> tuple[int, int, list[dict[str, int]]]:
    """Return (side, the symbol of a message of zeros, what each half byte of a message changes)."""
    side = 17 + 4 * version
    of_bit = _contributions(version, side)
    changes = [
        {f"{digit:x}": _sum(of_bit[at + bit] for bit in range(4) if digit >> (3 - bit) & 1) for digit in range(16)}
        for at in range(0, len(of_bit), 4)
    ]
    # A full symbol: in what fills up a shorter one, segno differs from the standard (7.4.10).
    count = 8 if version < 10 else 16
    full = b"0" * (_capacity(version) - (4 + count + 4) // 8)
    known = segno.make(full, version=version, mode="byte", error=LEVEL, mask=MASK, boost_error=False, micro=False)
    filling = "0" * (_width(side) - side)
    symbol = int("".join("".join("1" if module else "0" for module in row) + filling for row in known.matrix), 2)
    _, message = _encoded(full.decode())
    return side, _combined(symbol, changes, message), changes


def _sum(parts) -> int:
    total = 0
    for part in parts:
        total ^= part
    return total


def _contributions(version: int, side: int) -> list[int]:
    """Return, for each bit of the data codewords, the modules that it turns over."""
    blocks = [
        (kind.num_data, kind.num_total - kind.num_data)
        for kind in consts.ECC[version][consts.ERROR_LEVEL_M]
        for _ in range(kind.num_blocks)
    ]
    # The order in which codewords are placed: first of every block, second of every block, … (ISO/IEC 18004, 7.6).
    numbers, start = [], 0
    for data, _ in blocks:
        numbers.append(range(start, start + data))
        start += data
    corrections = []
    for _, correction in blocks:
        corrections.append(range(start, start + correction))
        start += correction
    order = [at for group in (numbers, corrections) for at in chain(*zip_longest(*group)) if at is not None]
    places = _places(version, side)
    module = {}  # of each bit of each codeword
    for place, codeword in enumerate(order):
        for bit in range(8):
            module[codeword, bit] = 1 << (_width(side) * side - 1 - places[8 * place + bit])
    found = []
    for (data, correction), own, behind in zip(blocks, numbers, corrections, strict=True):
        remainders = _remainders(data, correction)
        for codeword, remainder in zip(own, remainders, strict=True):
            for bit in range(8):
                changed = module[codeword, bit]
                for coefficient, at in zip(remainder, behind, strict=True):
                    value = _times(coefficient, 1 << (7 - bit))
                    changed ^= _sum(module[at, low] for low in range(8) if value >> (7 - low) & 1)
                found.append(changed)
    return found


def _remainders(data: int, correction: int) -> list[list[int]]:
    """Return the correction codewords of a block that is 1 at one place and 0 elsewhere, for each place."""
    generator = [1]
    for power in range(correction):
        shifted = [*generator, 0]
        times = [0, *(_times(one, _EXP[power]) for one in generator)]
        generator = [a ^ b for a, b in zip(shifted, times, strict=True)]
    remainder = generator[1:]
    found = [remainder]
    for _ in range(data - 1):
        first, rest = remainder[0], [*remainder[1:], 0]
        remainder = [a ^ _times(first, b) for a, b in zip(rest, generator[1:], strict=True)]
        found.append(remainder)
    return found[::-1]


def _places(version: int, side: int) -> list[int]:
    """Return the modules that carry data, in the order of the bits (ISO/IEC 18004, 7.7.3)."""
    taken = _function_modules(version, side)
    found, upwards = [], True
    for right in [*range(side - 1, 6, -2), *range(5, 0, -2)]:
        for row in range(side - 1, -1, -1) if upwards else range(side):
            found += [row * _width(side) + column for column in (right, right - 1) if (row, column) not in taken]
        upwards = not upwards
    return found


def _function_modules(version: int, side: int) -> set[tuple[int, int]]:
    """Return (row, column) of the patterns, the timing lines and what says version and format."""
    low, high = range(9), range(side - 8, side)
    corners = ((low, low), (low, high), (high, low))
    taken = {(row, column) for rows, columns in corners for row in rows for column in columns}
    taken |= {(6, at) for at in range(side)} | {(at, 6) for at in range(side)}
    if version > 1:
        centres = consts.ALIGNMENT_POS[version - 2]
        for row in centres:
            for column in centres:
                if (row, column) not in ((6, 6), (6, centres[-1]), (centres[-1], 6)):
                    taken |= {(row + down, column + right) for down in range(-2, 3) for right in range(-2, 3)}
    if version >= 7:
        taken |= {(a, b) for a in range(6) for b in range(side - 11, side - 8)}
        taken |= {(b, a) for a in range(6) for b in range(side - 11, side - 8)}
    return taken


def _powers() -> list[int]:
    """Return the powers of the generator of GF(256) modulo x⁸+x⁴+x³+x²+1."""
    powers, value = [], 1
    for _ in range(255):
        powers.append(value)
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return powers


_EXP = _powers()
_LOG = {value: power for power, value in enumerate(_EXP)}


def _times(a: int, b: int) -> int:
    return _EXP[(_LOG[a] + _LOG[b]) % 255] if a and b else 0
