"""The seal on the certificates: plainly fictitious, so that nobody can take it for an official one.

No star, no emblem, no office's name (rulebook §0, legal safety): two fine rings, a small rosette and
the words 示例电子印章·非官方.
"""

from functools import cache
from pathlib import Path

from certificates.pdf import fonts, ornament

WORDS = "示例电子印章·非官方"
VERMILION = "#b83227"

_UPPER, _LOWER, _MIDDLE = "示例电子印章", "非官方", "演示"
_CENTRE = 50


@cache
def seal(font_directory: Path) -> str:
    """Return the seal as an SVG image of 100 units square.

    Its words are shapes, not text: a reader of the page's text, human or machine, gets them whole
    from the picture's description instead of letter by letter at odd angles.
    """
    rings = "".join(
        f'<circle cx="{_CENTRE}" cy="{_CENTRE}" r="{radius}" stroke-width="{width}"/>'
        for radius, width in ((48.5, 2.2), (45.6, 0.5), (24.5, 0.5))
    )
    petals = ornament.petals(_CENTRE, _CENTRE, 23, petals=12, turns=3, depth=0.42)
    upper, lower, middle = (fonts.outlines(words, 700, font_directory) for words in (_UPPER, _LOWER, _MIDDLE))
    letters = (
        _arc(upper, size=12.5, radius=30.6, spread=34)
        + _arc(lower, size=9.2, radius=-38.4, spread=-18)
        + "".join(
            _letter(shape, size=12, x=_CENTRE + 6 * side, y=_CENTRE + 4.4)
            for side, shape in zip((-1, 1), middle, strict=True)
        )
    )
    return ornament.image(
        100,
        100,
        f'<g fill="none" stroke="{VERMILION}">{rings}<g stroke-width="0.3">{petals}</g></g>'
        f'<g fill="{VERMILION}">{letters}</g>',
    )


def _arc(shapes: list[str], *, size: float, radius: float, spread: float) -> str:
    """Return letters along a circle, `spread` degrees apart; a negative radius is the lower half."""
    letters = []
    for place, shape in enumerate(shapes):
        angle = spread * (place - (len(shapes) - 1) / 2)
        letter = _letter(shape, size=size, x=_CENTRE, y=_CENTRE - radius)
        letters.append(f'<g transform="rotate({angle} {_CENTRE} {_CENTRE})">{letter}</g>')
    return "".join(letters)


def _letter(shape: str, *, size: float, x: float, y: float) -> str:
    """Return one square character whose foot is centred on (x, y)."""
    scale = size / fonts.UNITS_PER_EM
    placed = f"translate({x - size / 2:.3f} {y:.3f}) scale({scale:.5f} -{scale:.5f})"
    return f'<path transform="{placed}" d="{shape}"/>'
