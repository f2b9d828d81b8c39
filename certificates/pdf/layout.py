"""Where things stand on an A4-landscape certificate, in PDF points from the lower left corner.

The page (`page.py`) leaves these places free; the annotation (`stamp.py`) stays inside them. One
file holds both sides of the agreement, so that neither can move without the other.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its lower left corner and its extent, in points."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: where it starts, the height of its baseline, its size in points, its colour."""

    x: float
    baseline: float
    size: float
    colour: str


INK = "1b1f24"
META = "565f6b"
BLUE = "1d4f86"

PAGE = Box(0, 0, 841.89, 595.28)

# The frame is drawn by the page; everything inside it belongs to the annotation.
STAMP = Box(79, 116, 330, 108)
STAMP_TEXT_RIGHT = 400
QR = Box(88, 125, 90, 90)

HEADING = Line(195, 203, 9, BLUE)
LABELS = tuple(Line(195, baseline, 9, META) for baseline in (182, 163, 144))
VALUES = tuple(Line(252, baseline, 11, INK) for baseline in (182, 163, 144))
HINT = Line(195, 127, 7.5, META)

# The faint diagonal lies over the rosette, where no fact is printed (R-ANN-12).
DIAGONAL = Box(544, 238, 218, 204)
DIAGONAL_CENTRE = (653, 340)
DIAGONAL_ANGLE = 42  # degrees, counter-clockwise
DIAGONAL_LENGTH = 262
DIAGONAL_SIZE = 13
DIAGONAL_OPACITY = 0.45
