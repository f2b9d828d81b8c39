"""The certificate's typefaces: found once, cut down once, then drawn from quickly.

Certificates are set in Noto Serif CJK SC (rulebook §4.5). The system's collection weighs 24 MB a
weight, and laying out a page with it takes twice as long as with a cut of the characters that
certificates usually hold. So `typefaces` makes such cuts once per installation. Characters outside
them, which are mostly in names, come from the full font that stands behind the cut in the
stylesheet's font list: no character is ever missing that the full font has.
"""

import fcntl
import hashlib
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FULL_FAMILY = "Noto Serif CJK SC"
CUT_FAMILY = "Certificate Serif"
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
def source(weight: int = 400) -> Source:
    """Return where fontconfig has the full font in `weight` (400 or 700).

    Raises FontMissing, with the package to install, when there is none.
    """
    style = WEIGHTS[weight]
    try:
        listing = subprocess.run(
            ["fc-list", "--format", "%{file}\t%{index}\n", f"{FULL_FAMILY}:style={style}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise FontMissing(f"fc-list does not run ({error}); install the package fontconfig") from error
    faces = sorted(line.split("\t") for line in listing.splitlines() if line)
    if not faces:
        raise FontMissing(
            f"the font {FULL_FAMILY} ({style}) is not installed; on Debian install fonts-noto-cjk"
        )
    path, index = faces[0]
    return Source(Path(path), int(index))


def common_characters() -> frozenset[str]:
    """Return the characters of the cuts: ASCII, GB 2312, and the dot and dash of names and titles."""
    # Python's codec maps GB 2312's dot and dash to U+30FB and U+2015; text uses U+00B7 and U+2014.
    characters = {chr(code) for code in range(0x20, 0x7F)} | set("\u00b7\u2014")
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            characters.update(bytes((row, cell)).decode("gb2312", errors="ignore"))
    return frozenset(characters)


@cache
def _covered(weight: int) -> frozenset[int]:
    face = source(weight)
    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        return frozenset(font.getBestCmap())


def uncovered(text: str) -> list[str]:
    """Return the characters of `text` that the full font cannot draw, in order, each once."""
    return [c for c in dict.fromkeys(text) if ord(c) not in _covered(400)]


def typefaces(directory: Path) -> dict[int, Path]:
    """Return the font file of each weight under `directory`, making those that are not there yet.

    Making one takes some ten seconds and happens once per installation and font version. Safe when
    several processes start at once: one cuts, the others wait for it. Raises FontMissing.
    """
    directory.mkdir(parents=True, exist_ok=True)
    return {weight: _cut(weight, directory) for weight in WEIGHTS}


def _cut(weight: int, directory: Path) -> Path:
    face = source(weight)
    status = face.path.stat()
    origin = f"{CUT_VERSION}:{face.path}:{face.index}:{status.st_size}:{status.st_mtime_ns}"
    mark = hashlib.sha256(origin.encode()).hexdigest()[:12]
    target = directory / f"certificate-serif-{weight}-{mark}.otf"
    if target.exists():
        return target
    with open(directory / f"certificate-serif-{weight}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            # Renamed when whole, so that a process killed in the middle leaves no half font.
            unfinished = target.with_suffix(".part")
            _write_subset(face, unfinished)
            os.replace(unfinished, target)
    return target


def _write_subset(face: Source, target: Path) -> None:
    options = subset.Options()
    options.hinting = False
    options.desubroutinize = True
    options.notdef_outline = True
    # Half-width punctuation lets a line that ends in a bracket align with its neighbours.
    options.layout_features = ["halt"]
    options.drop_tables += ["BASE", "DSIG", "GSUB", "VORG", "vhea", "vmtx"]
    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(sorted(common_characters())))
        cutter.subset(font)
        # The file's own date would otherwise be the time of cutting.
        font.recalcTimestamp = False
        font.save(target)
