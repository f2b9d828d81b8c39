"""The small font that annotations are written in, and how text in it becomes PDF operators.

A subset of Noto Serif CJK SC holding what annotations can say: ASCII, the fixed words and the words
that purposes are made of. It is embedded in every annotation-ready base, so that an annotation adds
text without adding a font. CID-keyed CFF (ISO 32000-1, 9.7.4): a character's code is its CID.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from fontTools import subset
from fontTools.ttLib import TTFont

from certificates.pdf import fonts

# The words of the stamp, then words for purposes that may be opened later (R-ANN-05). A purpose
# outside this list needs a base made ready with it: `ready.make_ready(…, extra=…)`.
WORDS = (
    "证书加注使用场景有效期至加注编号扫码或输入加注编号查验仅限本人调用年月日"
    "求职应聘入职投标招标评标项目申报资格审核复核查验年检年审继续教育职称评审聘任考核晋升表彰奖励"
    "学历提升落户积分补贴津贴申领机构登记备案单位行政司法公证出国境留学移民办理业务签订合同协议"
    "参加培训讲座督导志愿服务社会工作者职业水平政府购买岗位等级认定其他用途专用内部材料"
    "一二三四五六七八九十第号级个次的与和及在对为由于中国省市区县乡镇街道民政部门"
    "，。、：；！？（）《》〈〉“”‘’·—－～　"
)
ALPHABET = "".join(sorted({*map(chr, range(0x20, 0x7F)), *WORDS}))


class GlyphsMissing(ValueError):
    """The annotation font of this base lacks characters; the message lists them."""


@dataclass(frozen=True, slots=True, eq=False)
class Lettering:
    """The characters of an annotation font: for each its code as four hex digits, and its advance."""

    glyphs: dict[str, tuple[str, int]]

    def width(self, text: str, size: float) -> float:
        """Return the width of `text` at `size`, in points. Raises `GlyphsMissing`."""
        try:
            return sum([self.glyphs[c][1] for c in text]) * size / 1000
        except KeyError:
            raise self._missing(text) from None

    def codes(self, text: str) -> str:
        """Return `text` as a PDF hex string for the Tj operator. Raises `GlyphsMissing`."""
        try:
            return f"<{''.join([self.glyphs[c][0] for c in text])}>"
        except KeyError:
            raise self._missing(text) from None

    def pack(self) -> tuple[str, str]:
        """Return (characters, eight hex digits for each: code and advance), for the sidecar."""
        return "".join(self.glyphs), "".join(f"{code}{advance:04x}" for code, advance in self.glyphs.values())

    def _missing(self, text: str) -> GlyphsMissing:
        return GlyphsMissing("".join(dict.fromkeys(c for c in text if c not in self.glyphs)))


@lru_cache(maxsize=16)
def unpack(characters: str, metrics: str) -> Lettering:
    """Return the lettering that `Lettering.pack` wrote; nearly all sidecars share one."""
    return Lettering(
        {
            character: (metrics[at : at + 4], int(metrics[at + 4 : at + 8], 16))
            for character, at in zip(characters, range(0, len(metrics), 8), strict=True)
        }
    )


@dataclass(frozen=True, slots=True)
class AnnotationFont:
    """A font program to embed: bare CFF, its name, its vertical metrics (per 1000), its lettering."""

    name: str
    cff: bytes
    ascent: int
    descent: int
    cap_height: int
    box: tuple[int, int, int, int]
    lettering: Lettering


@lru_cache(maxsize=8)
def annotation_font(extra: str = "") -> AnnotationFont:
    """Return the annotation font for `ALPHABET` and the characters of `extra`, made once per process.

    Raises `fonts.FontMissing` when the system lacks the full font, `GlyphsMissing` when that font
    cannot draw a character.
    """
    alphabet = sorted({*ALPHABET, *extra})
    if lacking := fonts.uncovered("".join(alphabet), rare=False):
        raise GlyphsMissing("".join(lacking))
    face = fonts.source(400)
    options = subset.Options()
    options.hinting = False
    options.desubroutinize = True
    options.notdef_outline = True
    options.layout_features = []
    options.glyph_names = True
    options.drop_tables += ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(alphabet))
        cutter.subset(font)
        scale = 1000 / font["head"].unitsPerEm
        character_map = font.getBestCmap()
        glyphs = {}
        for character in alphabet:
            glyph = character_map[ord(character)]
            # In a CID-keyed CFF a glyph's name is "cid" and its CID, which subsetting keeps.
            glyphs[character] = (
                f"{int(glyph.removeprefix('cid')):04x}",
                round(font["hmtx"][glyph][0] * scale),
            )
        cff = font.getTableData("CFF ")
        head, os2 = font["head"], font["OS/2"]
        # Six capitals before the name tell that it is a subset (ISO 32000-1, 9.6.4).
        tag = hashlib.sha256("".join(alphabet).encode()).digest()
        prefix = "".join(chr(ord("A") + byte % 26) for byte in tag[:6])
        return AnnotationFont(
            name=f"{prefix}+NotoSerifCJKsc-Regular",
            cff=cff,
            ascent=round(font["hhea"].ascent * scale),
            descent=round(font["hhea"].descent * scale),
            cap_height=round(os2.sCapHeight * scale),
            box=tuple(round(v * scale) for v in (head.xMin, head.yMin, head.xMax, head.yMax)),
            lettering=Lettering(glyphs),
        )
