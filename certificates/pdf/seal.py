"""The seal on the certificates: plainly fictitious, so that nobody can take it for an official one.

No star, no emblem, no office's name (rulebook §0, legal safety): two fine rings, a small rosette and
the words 示例电子印章·非官方.
"""

from functools import cache

from certificates.pdf import ornament
from certificates.pdf.fonts import CUT_FAMILY, FULL_FAMILY

WORDS = "示例电子印章·非官方"
VERMILION = "#b83227"

_UPPER, _LOWER, _MIDDLE = "示例电子印章", "非官方", "演示"
_CENTRE = 50


@cache
def seal() -> str:
    """Return the seal as an SVG image of 100 units square."""
    rings = "".join(
        f'<circle cx="{_CENTRE}" cy="{_CENTRE}" r="{radius}" stroke-width="{width}"/>'
        for radius, width in ((48.5, 2.2), (45.6, 0.5), (24.5, 0.5))
    )
    petals = ornament.petals(_CENTRE, _CENTRE, 23, petals=12, turns=3, depth=0.42)
    letters = (
        _arc(_UPPER, size=12.5, radius=30.6, spread=34, top=True)
        + _arc(_LOWER, size=8.5, radius=38.2, spread=17, top=False)
        + _line(_MIDDLE, size=12, x=_CENTRE, y=_CENTRE + 4.4)
    )
    return ornament.image(
        100,
        100,
        f'<g fill="none" stroke="{VERMILION}">{rings}<g stroke-width="0.3">{petals}</g></g>'
        f'<g fill="{VERMILION}">{letters}</g>',
    )


def _arc(words: str, *, size: float, radius: float, spread: float, top: bool) -> str:
    """Return `words` along a circle, `spread` degrees apart, their feet towards the centre at the top."""
    sign = 1 if top else -1
    letters = []
    for place, letter in enumerate(words):
        angle = sign * spread * (place - (len(words) - 1) / 2)
        y = _CENTRE - sign * radius
        letters.append(
            f'<g transform="rotate({angle} {_CENTRE} {_CENTRE})">'
            f"{_line(letter, size=size, x=_CENTRE, y=y)}</g>"
        )
    return "".join(letters)


def _line(words: str, *, size: float, x: float, y: float) -> str:
    return (
        f'<text x="{x}" y="{y:.2f}" font-size="{size}" font-weight="bold" text-anchor="middle"'
        f" font-family=\"{CUT_FAMILY}, {FULL_FAMILY}\">{words}</text>"
    )
