"""Making a laid-out page ready for increments: done once per certificate, with pikepdf.

The page's own operators are wrapped in q…Q, because WeasyPrint leaves its flipped coordinate system
behind and a stamp would come out mirrored. What every annotation of the page will share is embedded
now: the annotation font, the transparency, the stamp's places in the structure tree. The file is
written with a plain cross-reference table, so that an increment can be written by hand.
"""

import hashlib
import io
import re

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from certificates.pdf import layout
from certificates.pdf.lettering import AnnotationFont, annotation_font
from certificates.pdf.sidecar import Sidecar
from certificates.pdf.stamp import FAINT, FONT

# Written by the increment itself.
_PAGE_ENTRIES = ("/Contents", "/Annots")
_CATALOG_ENTRIES = ("/AcroForm", "/Perms", "/PieceInfo")


def make_ready(
    pdf: bytes,
    *,
    kind: str,
    certificate: str,
    token: str = "",
    annotatable: bool = True,
    extra: str = "",
) -> tuple[bytes, Sidecar]:
    """Return (base, sidecar) for a laid-out certificate of one page.

    `kind`, `certificate` (its number) and `token` are carried into every signed file made from the
    base, where verification reads them. With `annotatable` the base can be stamped, with the
    characters of `ALPHABET` and of `extra`. The same input gives the same bytes. Raises ValueError
    when the PDF has not exactly one page, `GlyphsMissing` when `extra` cannot be drawn.
    """
    facts = {"kind": kind, "certificate": certificate, "token": token}
    with Pdf.open(io.BytesIO(pdf)) as document:
        if len(document.pages) != 1:
            raise ValueError(f"a certificate has one page, not {len(document.pages)}")
        page = document.pages[0]
        page.contents_add(b"q\n", prepend=True)
        page.contents_add(b"\nQ\n")
        font, mcid = None, -1
        if annotatable:
            font = annotation_font("".join(sorted(extra)))
            _add_resources(document, page, font)
            mcid = _reserve_structure(document, page)
        for entry in _CATALOG_ENTRIES:
            if entry in document.Root:
                del document.Root[entry]
        # The signature form ETSI.CAdES.detached is an extension of PDF 1.7 (ETSI TS 102 778-3).
        document.Root.Extensions = Dictionary(ESIC=Dictionary(BaseVersion=Name("/1.7"), ExtensionLevel=1))
        # Marks an unsigned or mutilated copy as one of ours, so that verification can say "altered".
        document.Root.PieceInfo = Dictionary(
            SWMS=Dictionary(LastModified=String("D:20000101000000Z"), Private=Dictionary())
        )
        written = io.BytesIO()
        document.save(
            written,
            force_version="1.7",
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=True,
        )
    base = written.getvalue()
    return base, _sidecar_of(base, font, mcid, facts)


def _add_resources(document: Pdf, page: pikepdf.Page, font: AnnotationFont) -> None:
    if "/Resources" not in page.obj:
        page.obj.Resources = page.resources
    for category, name, value in (
        ("/Font", FONT, _embedded(document, font)),
        ("/ExtGState", FAINT, _transparency()),
    ):
        if category not in page.resources:
            page.obj.Resources[category] = Dictionary()
        page.obj.Resources[category][name] = value


def _transparency() -> Dictionary:
    opacity = layout.DIAGONAL_OPACITY
    return Dictionary(Type=Name.ExtGState, ca=opacity, CA=opacity)


def _embedded(document: Pdf, font: AnnotationFont) -> pikepdf.Object:
    """Return the font as a Type 0 font object with its ToUnicode table (ISO 32000-1, 9.7)."""
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{font.name}"),
        Flags=6,  # symbolic, serif
        FontBBox=Array(font.box),
        ItalicAngle=0,
        Ascent=font.ascent,
        Descent=font.descent,
        CapHeight=font.cap_height,
        StemV=80,
        FontFile3=pikepdf.Stream(document, font.cff, Subtype=Name.CIDFontType0C),
    )
    widths = Array()
    for code, advance in sorted(set(font.lettering.glyphs.values())):
        widths.extend([int(code, 16), Array([advance])])
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType0,
        BaseFont=Name(f"/{font.name}"),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        FontDescriptor=document.make_indirect(descriptor),
        DW=1000,
        W=widths,
    )
    return document.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name(f"/{font.name}-Identity-H"),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([document.make_indirect(descendant)]),
            ToUnicode=pikepdf.Stream(document, _to_unicode(font)),
        )
    )


def _to_unicode(font: AnnotationFont) -> bytes:
    """Return the CMap from codes to characters (ISO 32000-1, 9.10.3)."""
    pairs = [
        f"<{code}> <{character.encode('utf-16-be').hex()}>" for character, (code, _) in font.lettering.glyphs.items()
    ]
    # A block holds at most a hundred pairs.
    blocks = [pairs[at : at + 100] for at in range(0, len(pairs), 100)]
    mappings = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        f"{mappings}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()


def _reserve_structure(document: Pdf, page: pikepdf.Page) -> int:
    """Append the stamp's text and QR code to the reading order; return the first of their two MCIDs.

    The marked content itself comes with the increment. Returns -1 for an untagged page.
    """
    tree = document.Root.get("/StructTreeRoot")
    if tree is None or "/StructParents" not in page.obj:
        return -1
    key = int(page.obj.StructParents)
    numbers = tree.ParentTree.Nums
    parents = next((numbers[at + 1] for at in range(0, len(numbers), 2) if numbers[at] == key), None)
    if parents is None:
        return -1
    top = tree.K[0] if isinstance(tree.K, Array) else tree.K
    if not isinstance(top.get("/K"), Array):
        top.K = Array([top.K])
    mcid = len(parents)
    for offset, role in enumerate(("/P", "/Figure")):
        element = Dictionary(Type=Name.StructElem, S=Name(role), P=top, Pg=page.obj, K=mcid + offset)
        if role == "/Figure":
            box = layout.QR
            element.Alt = String("查验二维码")
            element.A = Dictionary(
                O=Name.Layout,
                BBox=Array([box.x, box.y, box.x + box.width, box.y + box.height]),
            )
        reference = document.make_indirect(element)
        top.K.append(reference)
        parents.append(reference)
    return mcid


def _sidecar_of(base: bytes, font: AnnotationFont | None, mcid: int, facts: dict[str, str]) -> Sidecar:
    with Pdf.open(io.BytesIO(base)) as document:
        page = document.pages[0].obj
        info = document.trailer.get("/Info")
        characters, metrics = font.lettering.pack() if font else ("", "")
        return Sidecar(
            sha256=hashlib.sha256(base).hexdigest(),
            startxref=int(re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", base)[1]),
            size=int(document.trailer.Size),
            document_id=bytes(document.trailer.ID[0]).hex(),
            info=_reference(info) if info is not None else "",
            root_number=document.Root.objgen[0],
            page_number=page.objgen[0],
            catalog=_without(document.Root, _CATALOG_ENTRIES),
            page=_without(page, _PAGE_ENTRIES),
            contents=" ".join(map(_reference, page.Contents)),
            annotations=" ".join(map(_reference, page.get("/Annots", Array()))),
            mcid=mcid,
            characters=characters,
            metrics=metrics,
            facts=facts,
        )


def _reference(value: pikepdf.Object) -> str:
    number, generation = value.objgen
    return f"{number} {generation} R"


def _without(dictionary: pikepdf.Object, entries: tuple[str, ...]) -> str:
    """Return a dictionary as PDF text, open at its end, without `entries`."""
    kept = Dictionary({key: value for key, value in dictionary.items() if key not in entries})
    # latin-1 keeps every byte of a string as it is, through JSON and back.
    return kept.unparse().decode("latin-1").removesuffix(">>")
