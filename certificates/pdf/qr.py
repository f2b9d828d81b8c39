"""QR codes (ISO/IEC 18004) for one address and many tokens, at the price of some XORs.

With version, level and mask held fixed, every module of a symbol is an affine function over GF(2)
of the message's bits: error correction is linear, placement is a permutation, the mask a constant.
So for addresses that differ only in a token of fixed length, the symbol of any token is the symbol
of one of them, XOR what each differing byte changes. The contributions are taken from segno once
per prefix; after that a symbol costs 20 µs where an encoder takes a millisecond.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import segno

QUIET_ZONE = 4  # modules of white on every side
LEVEL = "m"
MASK = 2  # fixed: choosing the least uneasy mask costs more than the whole symbol
_DARK = re.compile("1+")


def runs(address: str, varying: int = 0) -> tuple[int, Iterator[tuple[int, int, int]]]:
    """Return the symbol of `address` as (side, dark runs), a run being (column, row from top, length).

    `varying` is how many characters at the end differ between calls; with 0 the address is encoded
    on its own. Sides and runs are in modules, without the quiet zone.
    Raises ValueError when the address is not ASCII or does not fit a symbol.
    """
    if not address.isascii():
        raise ValueError("a QR address must be ASCII")
    head, token = address[: len(address) - varying], address[len(address) - varying :]
    side, symbol, changes = _family(head, varying)
    for position, byte in enumerate(token.encode()):
        symbol ^= changes[position][byte]
    return side, _dark_runs(side, symbol)


def _dark_runs(side: int, symbol: int) -> Iterator[tuple[int, int, int]]:
    bits = f"{symbol:0{side * side}b}"
    for row in range(side):
        for match in _DARK.finditer(bits, row * side, (row + 1) * side):
            yield match.start() - row * side, row, match.end() - match.start()


@lru_cache(maxsize=32)
def _family(head: str, varying: int) -> tuple[int, int, list[list[int]]]:
    """Return (side, the symbol of the token of NULs, what each byte value changes at each position)."""
    data = head.encode() + bytes(varying)
    try:
        version = segno.make(data, mode="byte", error=LEVEL, mask=MASK, boost_error=False, micro=False)
    except segno.DataOverflowError as error:
        raise ValueError(f"an address of {len(data)} characters is too long for a QR code") from error
    side = len(version.matrix)
    zero = _symbol(data, version.version)
    changes = []
    for position in range(len(head), len(data)):
        of_bit = []
        for bit in range(7):  # ASCII: the top bit never changes
            one = bytearray(data)
            one[position] = 1 << bit
            of_bit.append(_symbol(bytes(one), version.version) ^ zero)
        changes.append([_combined(of_bit, byte) for byte in range(128)])
    return side, zero, changes


def _symbol(data: bytes, version: int) -> int:
    """Return the modules of segno's symbol, row by row, as one integer."""
    code = segno.make(data, version=version, mode="byte", error=LEVEL, mask=MASK, boost_error=False)
    return int("".join("1" if module else "0" for row in code.matrix for module in row), 2)


def _combined(of_bit: list[int], byte: int) -> int:
    change = 0
    for bit, part in enumerate(of_bit):
        if byte >> bit & 1:
            change ^= part
    return change
