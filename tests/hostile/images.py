"""Images: good ones of any size, and what attackers and careless tools make of them."""

from __future__ import annotations

import random
import struct
import zipfile
import zlib
from functools import cache
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

GPS = 0x8825
ORIENTATION = 0x0112


def photo(size: tuple[int, int] = (295, 413), image_format: str = "JPEG", mode: str = "RGB", **options) -> bytes:
    """Return a plain, valid image of one colour."""
    out = BytesIO()
    colour = {"L": 128, "I;16": 30_000, "1": 1, "P": 3, "LA": (128, 128), "RGBA": (90, 120, 150, 128)}
    Image.new(mode, size, colour.get(mode, (90, 120, 150) if mode == "RGB" else (90, 120, 150, 0))).save(
        out, image_format, **options
    )
    return out.getvalue()


def noise(size: tuple[int, int], image_format: str = "JPEG") -> bytes:
    """Return an image that hardly compresses."""
    out = BytesIO()
    Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3)).save(out, image_format)
    return out.getvalue()


def padded(data: bytes, size: int) -> bytes:
    """Return a JPEG of exactly `size` bytes: comment segments after its start marker."""
    missing = size - len(data)
    segments = b""
    while missing:
        length = min(missing, 65_000)
        if 0 < missing - length < 4:
            length -= 4
        segments += b"\xff\xfe" + struct.pack(">H", length - 2) + b"x" * (length - 4)
        missing -= length
    return data[:2] + segments + data[2:]


def with_position(size: tuple[int, int] = (295, 413), orientation: int = 1) -> bytes:
    """Return a JPEG as a telephone writes it: turned, with place and comment in its EXIF."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010E] = "SECRET-COMMENT"
    exif.get_ifd(GPS).update({1: "N", 2: (39.0, 54.0, 0.0)})
    return photo(size, exif=exif.tobytes())


def with_text(size: tuple[int, int] = (295, 413)) -> bytes:
    """Return a PNG with text chunks."""
    info = PngInfo()
    info.add_text("Comment", "SECRET-COMMENT")
    info.add_itxt("Place", "SECRET-COMMENT", zip=True)
    return photo(size, "PNG", pnginfo=info)


def with_archive() -> bytes:
    """Return a JPEG that is a ZIP file as well."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("SECRET-COMMENT.html", "<script>alert(1)</script>")
    return photo() + archive.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Return a tiny PNG that announces `width` by `height` pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(1000)))
        + _chunk(b"IEND", b"")
    )


def text_bomb() -> bytes:
    """Return a small PNG with a compressed comment of 200 MB."""
    squeezed = zlib.compressobj(9)
    body = b"".join(squeezed.compress(bytes(1 << 20)) for _ in range(200)) + squeezed.flush()
    good = photo(image_format="PNG")
    return good[:33] + _chunk(b"zTXt", b"Comment\0\0" + body) + good[33:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@cache
def hostile() -> dict[str, bytes]:
    """Return what must be refused as a portrait whatever it is called, by name."""
    good = photo()
    return {
        "empty": b"",
        "html": b"<html><script>alert(1)</script></html>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)" width="295" height="413"/>',
        "svg behind a jpeg marker": b"\xff\xd8\xff<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "gif": photo(image_format="GIF"),
        "tiff": photo(image_format="TIFF"),
        "webp": photo(image_format="WEBP"),
        "bmp": photo(image_format="BMP"),
        "cut jpeg": good[: len(good) // 2],
        "only a marker": b"\xff\xd8\xff\xe0",
        "only a png signature": b"\x89PNG\r\n\x1a\n",
        "cut png": photo(image_format="PNG")[:-30],
        "png with a wrong checksum": photo(image_format="PNG")[:40] + b"\0\0\0\0" + photo(image_format="PNG")[44:],
        "pixel bomb": bomb(50_000, 50_000),
        "largest announced size": bomb(2**31 - 1, 2**31 - 1),
        "no size": bomb(0, 0),
        "text bomb": text_bomb(),
        "program": b"\x7fELF" + bytes(100),
        "zip": b"PK\x03\x04" + bytes(100),
        "jpeg in a pdf's clothes": b"%PDF-1.7\n" + good,
    }
