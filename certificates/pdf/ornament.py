"""The line work of the certificates: a woven border, a rosette, a QR code, all as small SVG images.

Everything is computed here from sines, in millimetres; nothing imitates an official letterhead
(rulebook §0, legal safety). Curves are smooth cubic Béziers, so they print as sharp as the printer can.
"""

from collections.abc import Callable
from functools import cache
from math import cos, pi, sin

from certificates.pdf import layout, qr

PAGE_WIDTH, PAGE_HEIGHT = 297, 210

_OUTER, _BAND, _INNER = 8.0, 6.4, 15.2  # the border's outer edge, its band's width, its inner line
_STRANDS = 5
_WAVELENGTH = 8.6

_NEAR = 1e-4  # the distance over which a tangent is measured, in the curve's parameter

Curve = Callable[[float], tuple[float, float]]


def path(curve: Curve, start: float, end: float, segments: int) -> str:
    """Return SVG path data for `curve` between two parameters, as that many cubic Bézier segments."""
    step = (end - start) / segments
    knots = []
    for i in range(segments + 1):
        t = start + step * i
        (x, y), (before_x, before_y), (after_x, after_y) = curve(t), curve(t - _NEAR), curve(t + _NEAR)
        # A third of the tangent over one step is the handle of a cubic that follows the curve.
        reach = step / (6 * _NEAR)
        knots.append((x, y, (after_x - before_x) * reach, (after_y - before_y) * reach))
    x, y, dx, dy = knots[0]
    # After the first segment S: its first handle mirrors the last one, which is the tangent we want.
    return f"M{x:.2f} {y:.2f}C{x + dx:.2f} {y + dy:.2f} " + "S".join(
        f"{x - dx:.2f} {y - dy:.2f} {x:.2f} {y:.2f}" for x, y, dx, dy in knots[1:]
    )


@cache
def border(colour: str) -> str:
    """Return the whole page's border in `colour` as an SVG image of A4 landscape."""
    right, bottom = PAGE_WIDTH - _OUTER, PAGE_HEIGHT - _OUTER
    middle = _OUTER + _BAND / 2
    sides = "".join(
        _braid(horizontal, at, _OUTER + _BAND, end - _BAND)
        for horizontal, at, end in (
            (True, middle, right),
            (True, PAGE_HEIGHT - middle, right),
            (False, middle, bottom),
            (False, PAGE_WIDTH - middle, bottom),
        )
    )
    corners = "".join(_knot(x, y) for x in (middle, PAGE_WIDTH - middle) for y in (middle, PAGE_HEIGHT - middle))
    frames = "".join(
        f'<rect x="{edge}" y="{edge}" width="{PAGE_WIDTH - 2 * edge}"'
        f' height="{PAGE_HEIGHT - 2 * edge}" stroke-width="{width}"/>'
        for edge, width in ((_OUTER, 0.32), (_OUTER + _BAND, 0.12), (_INNER, 0.24))
    )
    return image(
        PAGE_WIDTH,
        PAGE_HEIGHT,
        f'<g fill="none" stroke="{colour}">{frames}<g stroke-width="0.1">{sides}{corners}</g></g>',
    )


def _braid(horizontal: bool, at: float, start: float, end: float) -> str:
    """Return strands of one wave at several phases, a whole number of waves long, between two ends."""
    waves = round((end - start) / _WAVELENGTH)
    frequency = 2 * pi * waves / (end - start)
    strands = []
    for strand in range(_STRANDS):
        phase = 2 * pi * strand / _STRANDS

        def wave(t: float, phase: float = phase) -> tuple[float, float]:
            across = at + _BAND * 0.37 * sin(frequency * (t - start) + phase)
            return (t, across) if horizontal else (across, t)

        strands.append(f'<path d="{path(wave, start, end, waves * 4)}"/>')
    return "".join(strands)


def _knot(x: float, y: float) -> str:
    """Return the small rosette of a corner, in its square."""
    half = _BAND / 2
    square = f'<rect x="{x - half}" y="{y - half}" width="{_BAND}" height="{_BAND}"/>'
    return square + petals(x, y, half * 0.8, petals=6, turns=3, depth=0.4)


def petals(x: float, y: float, radius: float, *, petals: int, turns: int, depth: float) -> str:
    """Return `turns` closed curves of `petals` waves each around (x, y), turned against one another."""
    curves = []
    for turn in range(turns):
        phase = 2 * pi * turn / turns

        def petal(t: float, phase: float = phase) -> tuple[float, float]:
            reach = radius * (1 - depth / 2 + depth / 2 * cos(petals * t + phase))
            return x + reach * cos(t), y + reach * sin(t)

        curves.append(f'<path d="{path(petal, 0, 2 * pi, petals * 4)}"/>')
    return "".join(curves)


@cache
def rosette(colour: str) -> str:
    """Return the faint rosette, with a clear path across it for the annotation's diagonal line (R-ANN-12)."""
    rings = (
        petals(50, 50, 49, petals=18, turns=6, depth=0.30)
        + petals(50, 50, 38, petals=12, turns=6, depth=0.62)
        + petals(50, 50, 16, petals=8, turns=4, depth=0.70)
    )
    path_across = (
        '<rect x="-5" y="44.2" width="110" height="11.6" fill="#ffffff"'
        f' transform="rotate({-layout.DIAGONAL_ANGLE} 50 50)"/>'
    )
    return image(
        100,
        100,
        f'<g fill="none" stroke="{colour}" stroke-width="0.16">{rings}</g>{path_across}',
    )


def qr_code(address: str) -> str:
    """Return the QR code of `address` (ASCII) with its quiet zone.

    Raises ValueError when the address is not ASCII or does not fit a symbol.
    """
    side, runs = qr.runs(address)
    data = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in runs)
    zone = qr.QUIET_ZONE
    size = side + 2 * zone
    return image(size, size, f'<path transform="translate({zone} {zone})" fill="#{layout.INK}" d="{data}"/>')


def image(width: float, height: float, content: str) -> str:
    """Return an SVG image whose units are those of `content`, with one unit a millimetre."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}mm" height="{height}mm">{content}</svg>'
    )
