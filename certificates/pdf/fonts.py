"""The certificate's typefaces: found once, cut down once, then drawn from quickly.

Certificates are set in Noto Serif CJK SC (rulebook §4.5). The system's collection weighs 24 MB a
weight, and laying out a page with it takes twice as long as with a cut of the characters that
certificates usually hold. So `typefaces` makes such cuts once per installation. Characters outside
them, which are mostly in names, come from the full font that stands behind the cut in the
stylesheet's font list, and behind that the two halves of Hanazono Mincho for the characters of names
that it lacks too (most of the extensions B to F): no character is ever missing that one of them has.
"""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.basePen import AbstractPen
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph

FULL_FAMILY = "Noto Serif CJK SC"
CUT_FAMILY = "Certificate Serif"
#: They have one weight, of which the bold of a name is made.
RARE_FAMILIES = ("HanaMinA", "HanaMinB")
UNITS_PER_EM = 1000
WEIGHTS = {400: "Regular", 700: "Bold"}
# Raise when the cutting changes, so that installations make their cuts again.
CUT_VERSION = 1


class FontMissing(RuntimeError):
    """The system does not have the font that certificates are set in."""


@dataclass(frozen=True)
class Source:
    """One face of a font file: its path and its index in the collection."""

    path: Path
    index: int


@cache
def source(weight: int = 400, family: str = FULL_FAMILY) -> Source:
    """Return where fontconfig has a font, the full one unless said otherwise, in `weight` (400 or 700).

    Raises FontMissing, with the package to install, when there is none.
    """
    style = WEIGHTS[weight]
    try:
        listing = subprocess.run(
            ["fc-list", "--format", "%{file}\t%{index}\n", f"{family}:style={style}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise FontMissing(f"fc-list does not run ({error}); install the package fontconfig") from error
    faces = sorted(line.split("\t") for line in listing.splitlines() if line)
    if not faces:
        package = "fonts-noto-cjk" if family == FULL_FAMILY else "fonts-hanazono"
        raise FontMissing(f"the font {family} ({style}) is not installed; on Debian install {package}")
    path, index = faces[0]
    return Source(Path(path), int(index))


@cache
def common_characters() -> frozenset[str]:
    """Return the characters of the cuts: ASCII, GB 2312, and the dot and dash of names and titles."""
    # Python's codec maps GB 2312's dot and dash to U+30FB and U+2015; text uses U+00B7 and U+2014.
    characters = {chr(code) for code in range(0x20, 0x7F)} | set("\u00b7\u2014")
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            characters.update(bytes((row, cell)).decode("gb2312", errors="ignore"))
    return frozenset(characters)


@cache
def _covered(weight: int, family: str = FULL_FAMILY) -> frozenset[int]:
    face = source(weight, family)
    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        return frozenset(font.getBestCmap())


def uncovered(text: str, *, rare: bool = True) -> list[str]:
    """Return the characters of `text` that certificates cannot print, in order, each once.

    Control characters and line breaks are among them. Without `rare` only the full font counts. Raises
    FontMissing without one of the fonts that have to be asked.
    """
    seldom = dict.fromkeys(c for c in text if c not in common_characters())
    lacking = [c for c in seldom if not all(ord(c) in _covered(weight) for weight in WEIGHTS)]
    families = RARE_FAMILIES if rare and lacking else ()
    return [c for c in lacking if not any(ord(c) in _covered(400, family) for family in families)]


def typefaces(directory: Path, characters: frozenset[str] | None = None) -> dict[int, Path]:
    """Return the font file of each weight under `directory`, making those that are not there yet.

    They hold `characters`, by default `common_characters`.

    Making one takes some seconds and happens once per installation and font version. Safe when
    several processes start at once: one cuts, the others wait for it. Raises FontMissing.
    """
    directory.mkdir(parents=True, exist_ok=True)
    characters = characters or common_characters()
    return {weight: _cut(weight, directory, characters) for weight in WEIGHTS}


def _cut(weight: int, directory: Path, characters: frozenset[str]) -> Path:
    face = source(weight)
    status = face.path.stat()
    origin = (
        CUT_VERSION,
        status.st_size,
        status.st_mtime_ns,
        str(face.path),
        face.index,
        sorted(characters),
    )
    mark = hashlib.sha256(repr(origin).encode()).hexdigest()[:12]
    target = directory / f"certificate-serif-{weight}-{mark}.ttf"
    if target.exists():
        return target
    with open(directory / f"certificate-serif-{weight}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            # Renamed when whole, so that a process killed in the middle leaves no half font.
            unfinished = target.with_suffix(".part")
            _write_cut(face, weight, characters, unfinished)
            os.replace(unfinished, target)
    return target


def _write_cut(face: Source, weight: int, characters: frozenset[str], target: Path) -> None:
    """Write `characters` of `face` as a TrueType font.

    TrueType because what a page embeds of it is half the size of what it embeds of a CFF font.
    """
    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        drawn, cmap, widths = font.getGlyphSet(), font.getBestCmap(), font["hmtx"]
        kept = {ord(c): cmap[ord(c)] for c in sorted(characters) if ord(c) in cmap}
        order = [".notdef", *dict.fromkeys(kept.values())]
        outlines = {name: _quadratic(drawn[name].draw) for name in order}
        builder = FontBuilder(UNITS_PER_EM, isTTF=True)
        builder.setupGlyphOrder(order)
        builder.setupCharacterMap(kept)
        builder.setupGlyf(outlines)
        builder.setupHorizontalMetrics({name: (widths[name][0], getattr(outlines[name], "xMin", 0)) for name in order})
        vertical = font["hhea"]
        builder.setupHorizontalHeader(ascent=vertical.ascent, descent=vertical.descent)
        builder.setupOS2(
            sTypoAscender=font["OS/2"].sTypoAscender,
            sTypoDescender=font["OS/2"].sTypoDescender,
            usWinAscent=vertical.ascent,
            usWinDescent=-vertical.descent,
            usWeightClass=weight,
            fsType=0,
        )
        style = WEIGHTS[weight]
        builder.setupNameTable(
            {
                # The licence (OFL) travels with the outlines.
                "copyright": font["name"].getDebugName(0),
                "licenseDescription": font["name"].getDebugName(13),
                "licenseInfoURL": font["name"].getDebugName(14),
                "familyName": CUT_FAMILY,
                "styleName": style,
                "fullName": f"{CUT_FAMILY} {style}",
                "psName": f"{CUT_FAMILY.replace(' ', '')}-{style}",
                "version": f"Version {CUT_VERSION}.0",
            }
        )
        builder.setupPost(keepGlyphNames=False)
        builder.save(target)


def _quadratic(draw: Callable[[AbstractPen], None]) -> Glyph:
    pen = TTGlyphPen(None)
    draw(Cu2QuPen(pen, max_err=1, reverse_direction=True))
    return pen.glyph()


def outlines(text: str, weight: int, directory: Path) -> list[str]:
    """Return the shape of each character of `text` as SVG path data, in thousandths of an em, y upwards.

    The characters must be among `common_characters`; KeyError otherwise.
    """
    with TTFont(typefaces(directory)[weight], lazy=True) as font:
        drawn, cmap = font.getGlyphSet(), font.getBestCmap()
        shapes = []
        for character in text:
            pen = SVGPathPen(drawn)
            drawn[cmap[ord(character)]].draw(pen)
            shapes.append(pen.getCommands())
        return shapes
