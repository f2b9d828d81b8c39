"""PDF files: good ones, and those that do more than be looked at."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String


def plain(pages: int = 1) -> bytes:
    """Return a passive PDF with a title, a link and a destination to open at."""
    return make(_harmless, pages)


def make(change: Callable[[Pdf], None], pages: int = 1, **options) -> bytes:
    """Return a PDF of empty pages to which `change` was done."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
    change(pdf)
    out = BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def bomb(size_mb: int = 512) -> bytes:
    """Return a PDF whose object stream unpacks to `size_mb` megabytes."""
    squeezed = zlib.compressobj(9)
    body = squeezed.compress(b"4 0 <</Type/Catalog/Pages 5 0 R>>")
    body += b"".join(squeezed.compress(b" " * (1 << 20)) for _ in range(size_mb)) + squeezed.flush()
    head = b"%PDF-1.7\n"
    objects = b"3 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n" % len(body)
    objects += body + b"\nendstream\nendobj\n"
    pages_at = len(head) + len(objects)
    objects += b"5 0 obj\n<</Type/Pages/Count 0/Kids[]>>\nendobj\n"
    table_at = len(head) + len(objects)
    rows = [(0, 0, 255), (0, 0, 0), (0, 0, 0), (1, len(head), 0), (2, 3, 0), (1, pages_at, 0), (1, table_at, 0)]
    table = b"".join(
        kind.to_bytes(1, "big") + at.to_bytes(4, "big") + extra.to_bytes(1, "big") for kind, at, extra in rows
    )
    table = b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 1]/Root 4 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        len(table),
        table,
    )
    return head + objects + table + b"startxref\n%d\n%%%%EOF\n" % table_at


def nested() -> bytes:
    """Return a PDF with an array that is 100,000 levels deep."""
    good = plain()
    at = good.index(b"/Type /Catalog")
    return good[:at] + b"/Deep " + b"[" * 100_000 + b"]" * 100_000 + good[at:]


def laughing(levels: int = 9) -> bytes:
    """Return a PDF of a few kilobytes whose page draws a thing ten times, each of which draws another ten times."""

    def change(pdf: Pdf) -> None:
        inner = pdf.make_stream(b"0 0 1 1 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 595, 842])
        for _ in range(levels):
            again = Dictionary(XObject=Dictionary(X=inner))
            inner = pdf.make_stream(
                b"/X Do " * 10, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 595, 842], Resources=again
            )
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(X=inner))
        pdf.pages[0].Contents = pdf.make_stream(b"/X Do")

    return make(change)


def vast(side: int) -> bytes:
    """Return a PDF whose page has this side in points."""

    def change(pdf: Pdf) -> None:
        pdf.pages[0].MediaBox = Array([0, 0, side, side])

    return make(change)


def flooded(side: int = 30_000) -> bytes:
    """Return a PDF with a picture that unpacks to gigabytes: one colour, so that it is stored in little."""

    def change(pdf: Pdf) -> None:
        packer = zlib.compressobj(9)
        body = b"".join(packer.compress(b"\0" * side * 3) for _ in range(side // 100)) + packer.flush()
        image = pdf.make_stream(
            body, Type=Name.XObject, Subtype=Name.Image, Width=side, Height=side, BitsPerComponent=8,
            ColorSpace=Name.DeviceRGB, Filter=Name.FlateDecode,
        )  # fmt: skip
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(X=image))
        pdf.pages[0].Contents = pdf.make_stream(b"595 0 0 842 0 0 cm /X Do")

    return make(change)


@cache
def active() -> dict[str, bytes]:
    """Return PDFs with scripts, attachments and starting actions, by name."""
    files = {name: make(change) for name, change in _ACTIVE.items()}
    script = files["script on opening"]
    files["script under an escaped name"] = script.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/#4a#53")
    files["script in an object stream"] = make(_named_script, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return files


@cache
def locked() -> dict[str, bytes]:
    """Return encrypted PDFs: with a password to open, and with permissions only."""
    return {
        "password": make(_nothing, encryption=pikepdf.Encryption(owner="o", user="u")),
        "permissions": make(_nothing, encryption=pikepdf.Encryption(owner="o", user="")),
    }


def _nothing(pdf: Pdf) -> None:
    return None


def _harmless(pdf: Pdf) -> None:
    pdf.docinfo["/Title"] = "SECRET-COMMENT"
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = "SECRET-COMMENT"
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.Fit])
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9])
    link.A = Dictionary(S=Name.URI, URI=String("https://example.org/"))
    pdf.pages[0].Annots = Array([pdf.make_indirect(link)])


def _action(**entries) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        pdf.Root.OpenAction = Dictionary(**entries)

    return change


def _annotation(**entries) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        annotation = Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9], **entries)
        pdf.pages[0].Annots = Array([pdf.make_indirect(annotation)])

    return change


def _attached(pdf: Pdf) -> None:
    pdf.attachments["SECRET-COMMENT.exe"] = b"MZ"


def _named_script(pdf: Pdf) -> None:
    action = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), pdf.make_indirect(action)])))


def _form(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=Stream(pdf, b"<xdp/>"))


def _page_action(pdf: Pdf) -> None:
    pdf.pages[0].AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=Stream(pdf, b"app.alert(1)")))


def _second_action(pdf: Pdf) -> None:
    following = pdf.make_indirect(Dictionary(S=Name.Launch, F=String("cmd.exe")))
    pdf.Root.OpenAction = Dictionary(S=Name.URI, URI=String("https://example.org/"), Next=following)


_ACTIVE: dict[str, Callable[[Pdf], None]] = {
    "script on opening": _action(S=Name.JavaScript, JS=String("app.alert(1)")),
    "script in the name tree": _named_script,
    "script of a page": _page_action,
    "program on opening": _action(S=Name.Launch, F=String("cmd.exe")),
    "program as a second action": _second_action,
    "form sent away": _action(S=Name.SubmitForm, F=String("https://example.org/")),
    "page of the web on opening": _action(S=Name.URI, URI=String("https://example.org/")),
    "another file": _action(S=Name.GoToR, F=String("\\\\host\\share\\x.pdf"), D=Array([0, Name.Fit])),
    "an embedded file": _action(S=Name.GoToE, D=Array([0, Name.Fit])),
    "attachment": _attached,
    "attachment on a page": _annotation(Subtype=Name.FileAttachment),
    "rich media": _annotation(Subtype=Name.RichMedia),
    "film": _annotation(Subtype=Name.Screen, A=Dictionary(S=Name.Rendition)),
    "xfa form": _form,
}
