"""Deciding what an upload is by decoding it, and making from it what is stored (R-PRO-03, R-PRO-04, R-PRO-14, S5).

Name and declared type of an upload are not looked at. An image is decoded and encoded again, a PDF is
checked and written again: what is stored is never the bytes that came in, so metadata, appended archives
and tricks of the container stay outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from swms.uploads.documents import rewrite_pdf
from swms.uploads.images import reencode_image
from swms.uploads.refusal import UploadRefused, in_kilobytes

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
LABELS = {JPEG: "JPG", PNG: "PNG", PDF: "PDF"}
EXTENSIONS = {JPEG: ".jpg", PNG: ".png", PDF: ".pdf"}
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of one kind of upload. Sizes in bytes and pixels, both ends inclusive.

    `keeps_png` stores a PNG as PNG; otherwise every image becomes a JPEG.
    """

    label: str
    max_bytes: int
    media_types: tuple[str, ...]
    min_size: tuple[int, int] = (1, 1)
    max_size: tuple[int, int] = (7000, 7000)
    ratio: tuple[float, float] | None = None
    max_pages: int = 0
    keeps_png: bool = False

    @property
    def accept(self) -> str:
        """The value of an input's accept attribute."""
        return ",".join(self.media_types)

    @property
    def hint(self) -> str:
        """What to tell before choosing a file."""
        formats = "、".join(LABELS[media_type] for media_type in self.media_types)
        return f"{formats}格式，不超过{self.size_words}"

    @property
    def size_words(self) -> str:
        """The largest size as people write it."""
        return f"{self.max_bytes // MB}MB" if self.max_bytes % MB == 0 else f"{self.max_bytes // 1024}KB"


PHOTO = Rule("照片", 512_000, (JPEG, PNG), min_size=(260, 370), max_size=(2000, 3000), ratio=(0.64, 0.74))
"""The portrait on the certificate, one or two inches (R-PRO-03, R-PRO-04)."""

EVIDENCE = Rule("材料", 5 * MB, (JPEG, PNG, PDF), max_pages=50, keeps_png=True)
"""A certificate, proof or scan (R-PRO-14)."""

ID_CARD = Rule("身份证照片", 2 * MB, (JPEG, PNG), min_size=(600, 300))
"""One side of an identity card (§3.10)."""


@dataclass(frozen=True, slots=True, repr=False)
class Examined:
    """A file that passed: its own clean bytes. Width and height of images in pixels, pages of a PDF."""

    media_type: str
    data: bytes
    name: str
    width: int = 0
    height: int = 0
    pages: int = 0

    def __repr__(self) -> str:
        return f"<Examined {self.media_type}, {len(self.data)} bytes>"


def examine(file: BinaryIO, rule: Rule) -> Examined:
    """Return the clean copy of an uploaded file. Raises UploadRefused with what to do about it."""
    file.seek(0)
    data = file.read(rule.max_bytes + 1)
    if not data:
        raise UploadRefused("empty", f"{rule.label}是空文件，请重新选择")
    if len(data) > rule.max_bytes:
        size = in_kilobytes(getattr(file, "size", None) or len(data))
        raise UploadRefused("too_large", f"{rule.label}不能超过{rule.size_words}，这个文件是{size}，请压缩后重新上传")
    media_type = _sniff(data)
    if media_type not in rule.media_types:
        formats = "、".join(LABELS[accepted] for accepted in rule.media_types)
        raise UploadRefused("type", f"{rule.label}只能是{formats}格式，这个文件不是，请转换格式后重新上传")
    name = getattr(file, "name", None) or ""
    if media_type == PDF:
        clean, pages = rewrite_pdf(data, max_pages=rule.max_pages, label=rule.label)
        return Examined(PDF, clean, name, pages=pages)
    stored_as = PNG if media_type == PNG and rule.keeps_png else JPEG
    image = reencode_image(data, rule, "PNG" if stored_as == PNG else "JPEG")
    return Examined(stored_as, image.data, name, width=image.width, height=image.height)


def _sniff(data: bytes) -> str | None:
    # Only which decoder to try: the decoder is the judge.
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return PDF if data.startswith(b"%PDF-") else None
