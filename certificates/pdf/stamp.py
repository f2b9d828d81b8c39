"""The annotation on the page: purpose, last day, number, QR code, and the faint diagonal (R-ANN-12).

All of it is a content stream, written as text; operators as in ISO 32000-1, 8 and 9.
"""

import datetime as dt
import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from certificates.pdf import layout, qr
from certificates.pdf.layout import Line
from certificates.pdf.lettering import Lettering

# Names of the resources that `ready` puts on the page.
FONT, FAINT = "/SwmsFont", "/SwmsFaint"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What one annotation prints. The `verify_url` leads to verification and may carry a statement (`statement.py`)."""

    purpose: str
    valid_until: dt.date
    number: str
    token: str
    verify_url: str


def draw(stamp: Stamp, lettering: Lettering, mcid: int) -> bytes:
    """Return the content stream of `stamp`; `mcid` is that of its text, the next that of its QR code.

    Raises `GlyphsMissing` when the font lacks a character of the purpose or the number, ValueError
    when the address does not fit a QR code.
    """
    valid_until = cn(stamp.valid_until)
    heading, *labels, hint = _standing_text(lettering)
    values = [
        _text(lettering, line, value)
        for line, value in zip(layout.VALUES, (stamp.purpose, valid_until, stamp.number), strict=True)
    ]
    # Label, value, label, value: the order in which it is read aloud.
    pairs = chain.from_iterable(zip(labels, values, strict=True))
    text = "\n".join([heading, *pairs, hint])
    diagonal = _diagonal(lettering, f"仅限{stamp.purpose} 有效期至 {valid_until}")
    symbol = _symbol(stamp.verify_url)
    return (
        f"q\n{_marked('P', mcid, text)}\n{_marked('Figure', mcid + 1 if mcid >= 0 else -1, symbol)}\n"
        f"/Artifact BMC\n{diagonal}\nEMC\nQ\n"
    ).encode("ascii")


def cn(day: dt.date) -> str:
    """Return `day` as certificates print it: 2026年11月23日."""
    return f"{day.year}年{day.month}月{day.day}日"


@lru_cache(maxsize=16)
def _standing_text(lettering: Lettering) -> list[str]:
    """Return what every stamp says: the heading, the labels, the hint."""
    labels = zip(layout.LABELS, ("使用场景", "有效期至", "加注编号"), strict=True)
    lines = [(layout.HEADING, "证书加注"), *labels, (layout.HINT, "扫码或输入加注编号查验")]
    return [_text(lettering, line, words) for line, words in lines]


def _text(lettering: Lettering, line: Line, words: str) -> str:
    """Return one line of text, made smaller when it is wider than its room."""
    size = _fitted(lettering, words, line.size, layout.STAMP_TEXT_RIGHT - line.x)
    return (
        f"BT {_fill(line.colour)} {FONT} {size:.2f} Tf "
        f"1 0 0 1 {line.x} {line.baseline} Tm {lettering.codes(words)} Tj ET"
    )


def _fitted(lettering: Lettering, words: str, size: float, room: float) -> float:
    width = lettering.width(words, size)
    return size if width <= room else size * room / width


def _diagonal(lettering: Lettering, words: str) -> str:
    size = _fitted(lettering, words, layout.DIAGONAL_SIZE, layout.DIAGONAL_LENGTH)
    # Readers that extract text letter by letter would scatter a slanted line over the page, hence the
    # ActualText. Centred on the line's middle: half of its width back, a third of its size down.
    back, down = lettering.width(words, size) / 2, size * 0.35
    return (
        f"q {FAINT} gs {_fill(layout.BLUE)} {_turned()} BT {FONT} {size:.2f} Tf "
        f"{-back:.2f} {-down:.2f} Td /Span <</ActualText <feff{words.encode('utf-16-be').hex()}>>> BDC "
        f"{lettering.codes(words)} Tj EMC ET Q"
    )


@lru_cache(maxsize=1)
def _turned() -> str:
    angle = math.radians(layout.DIAGONAL_ANGLE)
    cosine, sine = math.cos(angle), math.sin(angle)
    x, y = layout.DIAGONAL_CENTRE
    return f"{cosine:.4f} {sine:.4f} {-sine:.4f} {cosine:.4f} {x} {y} cm"


def _symbol(address: str) -> str:
    """Return the QR code as one path of rectangles: sharp at any scale, and no image to decode."""
    side, path = qr.rectangles(address)
    box = layout.QR
    module = box.width / (side + 2 * qr.QUIET_ZONE)
    margin = module * qr.QUIET_ZONE
    return (
        f"q {_fill(layout.INK)} {module:.5f} 0 0 {-module:.5f} "
        f"{box.x + margin:.3f} {box.y + box.height - margin:.3f} cm\n{path}f Q"
    )


def _marked(tag: str, mcid: int, operators: str) -> str:
    """Return `operators` as content of the structure tree, or as an artifact in an untagged page."""
    opening = f"/{tag} <</MCID {mcid}>> BDC" if mcid >= 0 else "/Artifact BMC"
    return f"{opening}\n{operators}\nEMC"


@lru_cache(maxsize=8)
def _fill(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return f"{red:.3f} {green:.3f} {blue:.3f} rg"
