"""Decoding and encoding images: nothing of the container survives, only pixels (R-PRO-04, S5)."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageFile, ImageOps

from swms.uploads.refusal import UploadRefused

if TYPE_CHECKING:
    from swms.uploads.examine import Rule

JPEG_QUALITY = 92


class Encoded(NamedTuple):
    """An image of our own making; width and height in pixels."""

    data: bytes
    width: int
    height: int


def reencode_image(data: bytes, rule: Rule, image_format: str) -> Encoded:
    """Return the image as `JPEG` or `PNG` of ours, upright. Raises UploadRefused."""
    pixels = _decode(data, rule)
    _check_shape(pixels.size, rule)
    out = BytesIO()
    if image_format == "PNG":
        pixels.save(out, "PNG")
    else:
        _on_white(pixels).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return Encoded(out.getvalue(), *pixels.size)


def _decode(data: bytes, rule: Rule) -> Image.Image:
    """Return the upright pixels in one of the modes L, RGB and RGBA, without any metadata."""
    # WeasyPrint turns this on for the whole process when it is imported; half a picture is no proof.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG")) as image:
            # Before the pixels are unpacked: a few bytes may announce gigabytes.
            if image.width * image.height > rule.max_size[0] * rule.max_size[1]:
                raise _too_big(image.size, rule)
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):  # 16-bit PNG: "RGB" alone would clip to white
                upright = upright.point(lambda value: value / 256).convert("L")
            mode = "RGBA" if upright.has_transparency_data else "L" if upright.mode in ("1", "L") else "RGB"
            pixels = upright.convert(mode)
    except UploadRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_big(None, rule) from error
    except Exception as error:
        # Decoders answer hostile bytes with errors of every kind; each of them means the same here.
        raise UploadRefused("unreadable", f"{rule.label}已损坏或不完整，无法打开，请重新导出或拍摄后上传") from error
    pixels.info.clear()
    return pixels


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
