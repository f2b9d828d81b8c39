"""Decoding and encoding images: nothing of the container survives, only pixels (R-PRO-04, S5)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageFile, ImageOps

from swms.uploads.refusal import UploadRefused

if TYPE_CHECKING:
    from swms.uploads.examine import Rule

JPEG_QUALITY = 92
#: A page of A4 at 400 dots an inch. A larger JPEG is unpacked at a half or a quarter of its size.
LARGE = 16_000_000  # pixels
#: How many pictures a process unpacks at once, and how many large ones: four bytes a pixel, and then a copy.
AT_ONCE, LARGE_AT_ONCE = 3, 1
PATIENCE = 20  # seconds; unpacking the largest takes one or two

_turns, _large_turns = threading.BoundedSemaphore(AT_ONCE), threading.BoundedSemaphore(LARGE_AT_ONCE)


class Encoded(NamedTuple):
    """An image of our own making; width and height in pixels."""

    data: bytes
    width: int
    height: int


def reencode_image(data: bytes, rule: Rule, image_format: str) -> Encoded:
    """Return the image as `JPEG` or `PNG` of ours, upright, a very large JPEG smaller. Raises UploadRefused."""
    with _turn(_turns, rule):
        size = _announced(data, rule)
        if size[0] * size[1] <= LARGE:
            return _encode(_decode(data, rule), rule, image_format)
        with _turn(_large_turns, rule):
            return _encode(_decode(data, rule), rule, image_format)


def _encode(pixels: Image.Image, rule: Rule, image_format: str) -> Encoded:
    _check_shape(pixels.size, rule)
    out = BytesIO()
    if image_format == "PNG":
        pixels.save(out, "PNG")
    else:
        _on_white(pixels).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return Encoded(out.getvalue(), *pixels.size)


@contextmanager
def _turn(turns: threading.BoundedSemaphore, rule: Rule) -> Iterator[None]:
    """Wait for a turn, so that the memory of a process has a bound; who waited too long is asked to come back."""
    if not turns.acquire(timeout=PATIENCE):
        raise UploadRefused("busy", f"现在上传的人较多，{rule.label}没有上传成功，请稍后再试")
    try:
        yield
    finally:
        turns.release()


def _announced(data: bytes, rule: Rule) -> tuple[int, int]:
    """Return the size that an image announces, which costs nothing: a few bytes may announce gigabytes."""
    with _opened(data, rule) as image:
        return image.size


def _decode(data: bytes, rule: Rule) -> Image.Image:
    """Return the upright pixels in one of the modes L, RGB and RGBA, without any metadata."""
    with _opened(data, rule) as image:
        if image.width * image.height > LARGE:
            # JPEG only: the decoder leaves out what is not asked for; anything else stays as it is.
            image.draft(None, _within(image.size))
        ImageOps.exif_transpose(image, in_place=True)
        upright = image
        if upright.mode.startswith("I"):  # 16-bit PNG: "RGB" alone would clip to white
            upright = upright.point(lambda value: value / 256).convert("L")
        mode = "RGBA" if upright.has_transparency_data else "L" if upright.mode in ("1", "L") else "RGB"
        pixels = upright.convert(mode)
    pixels.info.clear()
    return pixels


def _within(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size to ask the JPEG decoder for: it gives the smallest half, quarter, eighth that is not below."""
    scale = 2
    while size[0] * size[1] > LARGE * scale * scale:
        scale *= 2
    return size[0] // scale, size[1] // scale


@contextmanager
def _opened(data: bytes, rule: Rule) -> Iterator[Image.Image]:
    """Open an image of a size that is allowed; whatever a decoder says of it comes out as UploadRefused."""
    # WeasyPrint turns this on for the whole process when it is imported; half a picture is no proof.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > rule.max_size[0] * rule.max_size[1]:
                raise _too_big(image.size, rule)
            yield image
    except UploadRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_big(None, rule) from error
    except Exception as error:
        # Decoders answer hostile bytes with errors of every kind; each of them means the same here.
        raise UploadRefused("unreadable", f"{rule.label}已损坏或不完整，无法打开，请重新导出或拍摄后上传") from error


def _on_white(pixels: Image.Image) -> Image.Image:
    if pixels.mode != "RGBA":
        return pixels
    background = Image.new("RGB", pixels.size, "white")
    background.paste(pixels, mask=pixels.getchannel("A"))
    return background


def _check_shape(size: tuple[int, int], rule: Rule) -> None:
    width, height = size
    is_now = _is_now(size)
    if width < rule.min_size[0] or height < rule.min_size[1]:
        least = f"{rule.min_size[0]}×{rule.min_size[1]}"
        raise UploadRefused("too_small", f"{rule.label}至少要{least}像素（宽×高）{is_now}，请换一张更清晰的")
    if width > rule.max_size[0] or height > rule.max_size[1]:
        raise _too_big(size, rule)
    if rule.ratio and not rule.ratio[0] <= width / height <= rule.ratio[1]:
        asked = "应是竖版一寸或二寸证件照（如295×413或413×579像素）"
        raise UploadRefused("ratio", f"{rule.label}{asked}{is_now}，请裁剪后重新上传")


def _too_big(size: tuple[int, int] | None, rule: Rule) -> UploadRefused:
    most = f"{rule.max_size[0]}×{rule.max_size[1]}"
    return UploadRefused("too_big", f"{rule.label}不能超过{most}像素（宽×高）{_is_now(size)}，请缩小后重新上传")


def _is_now(size: tuple[int, int] | None) -> str:
    return f"，这张是{size[0]}×{size[1]}像素" if size else ""
