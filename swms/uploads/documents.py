"""PDF proofs: without scripts, attachments, actions that start something, and encryption (S5).

The file is written again from the objects that were looked at, so that no second reading of its bytes can
find others. A signature in it ends with that; reviewers judge what they see, as on paper.
"""

from __future__ import annotations

from io import BytesIO

import pikepdf
from pikepdf.settings import set_qpdf_limits

from swms.uploads.refusal import UploadRefused

MAX_OBJECTS = 50_000
MAX_STREAM = 32 * 1024 * 1024

_ACTIVE_KEYS = {"/JS", "/JavaScript", "/AA", "/XFA", "/EF", "/EmbeddedFiles", "/AF", "/RichMediaContent", "/Collection"}
_ACTIVE_VALUES = {
    "/S": {
        *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE"),
        *("/Rendition", "/Movie", "/Sound", "/RichMediaExecute"),
    },
    "/Subtype": {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"},
    "/Type": {"/EmbeddedFile"},
}

_METADATA = {"/Metadata", "/PieceInfo"}


def limit_decoding() -> None:
    """Set, once for the process, what qpdf may unpack: a few kilobytes may announce gigabytes."""
    set_qpdf_limits(
        flate_max_memory=MAX_STREAM,
        png_max_memory=MAX_STREAM,
        tiff_max_memory=MAX_STREAM,
        run_length_max_memory=MAX_STREAM,
        dct_max_memory=4 * MAX_STREAM,
        parser_max_container_size=2 * MAX_OBJECTS,
    )


def rewrite_pdf(data: bytes, *, max_pages: int, label: str) -> tuple[bytes, int]:
    """Return a clean copy of a passive PDF and its number of pages. Raises UploadRefused."""
    try:
        with pikepdf.open(BytesIO(data), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise _encrypted(label)
            pages = len(pdf.pages)
            if not 1 <= pages <= max_pages:
                raise UploadRefused("pages", f"{label}应为1至{max_pages}页，这个PDF有{pages}页，请拆分后重新上传")
            if len(pdf.objects) > MAX_OBJECTS:
                raise UploadRefused("complex", f"{label}的结构过于复杂，请用“打印为PDF”另存后重新上传")
            if any(map(_is_active, pdf.objects)):
                message = f"{label}含有脚本、附件或可执行的动作，不能接收，请用“打印为PDF”另存后重新上传"
                raise UploadRefused("active", message)
            return _rewritten(pdf), pages
    except UploadRefused:
        raise
    except pikepdf.PasswordError as error:
        raise _encrypted(label) from error
    except Exception as error:
        # A parser answers hostile bytes with errors of every kind; each of them means the same here.
        raise UploadRefused("unreadable", f"{label}已损坏或不完整，无法打开，请重新导出后上传") from error


def _encrypted(label: str) -> UploadRefused:
    return UploadRefused("encrypted", f"{label}设有密码或权限限制，请取消加密后重新上传")


def _rewritten(pdf: pikepdf.Pdf) -> bytes:
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            for key in _METADATA & item.keys():
                del item[key]
    out = BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _is_active(item: pikepdf.Object, depth: int = 0) -> bool:
    """Tell whether an object, or anything written directly inside it, can do more than be seen."""
    if depth > 100:
        return True
    if isinstance(item, pikepdf.Array):
        return any(_is_active(child, depth + 1) for child in item if _is_direct(child))
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key, value in item.items():
            if key in _ACTIVE_KEYS or (key in _ACTIVE_VALUES and _named(value) in _ACTIVE_VALUES[key]):
                return True
            if key == "/OpenAction" and isinstance(value, pikepdf.Dictionary) and _named(value.get("/S")) != "/GoTo":
                return True
            if _is_direct(value) and _is_active(value, depth + 1):
                return True
    return False


def _is_direct(value: object) -> bool:
    # Indirect objects are looked at on their own, once; following them from here could go round in circles.
    return isinstance(value, pikepdf.Array | pikepdf.Dictionary) and not value.is_indirect


def _named(value: object) -> str:
    return str(value) if isinstance(value, pikepdf.Name) else ""
