"""Decoding and encoding images: nothing of the container survives, only pixels (R-PRO-04, S5)."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageOps

from swms.uploads.refusal import UploadRefused

if TYPE_CHECKING:
    from swms.uploads.examine import Rule

MAX_PIXELS = 40_000_000
JPEG_QUALITY = 92


class Encoded(NamedTuple):
    """An image of our own making; width and height in pixels."""

    data: bytes
    width: int
    height: int


def reencode_image(data: bytes, rule: Rule, image_format: str) -> Encoded:
    """Return the image as `JPEG` or `PNG` of ours, upright. Raises UploadRefused."""
    pixels = _decode(data, rule.label)
    _check_shape(pixels.size, rule)
    out = BytesIO()
    if image_format == "PNG":
        pixels.save(out, "PNG")
    else:
        _on_white(pixels).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return Encoded(out.getvalue(), *pixels.size)


def _decode(data: bytes, label: str) -> Image.Image:
    """Return the upright pixels in one of the modes L, RGB and RGBA, without any metadata."""
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG")) as image:
            # Before the pixels are unpacked: a few bytes may announce gigabytes.
            if image.width * image.height > MAX_PIXELS:
                raise UploadRefused("pixels", f"{label}的像素过多，请缩小到4000万像素以内后重新上传")
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):  # 16-bit PNG: "RGB" alone would clip to white
                upright = upright.point(lambda value: value / 256).convert("L")
            mode = "RGBA" if upright.has_transparency_data else "L" if upright.mode in ("1", "L") else "RGB"
            pixels = upright.convert(mode)
    except UploadRefused:
        raise
    except Exception as error:
        # Decoders answer hostile bytes with errors of every kind; each of them means the same here.
        raise UploadRefused("unreadable", f"{label}已损坏或不完整，无法打开，请重新导出或拍摄后上传") from error
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
    is_now = f"这张是{width}×{height}像素"
    if width < rule.min_size[0] or height < rule.min_size[1]:
        least = f"{rule.min_size[0]}×{rule.min_size[1]}"
        raise UploadRefused("too_small", f"{rule.label}至少要{least}像素（宽×高），{is_now}，请换一张更清晰的")
    if width > rule.max_size[0] or height > rule.max_size[1]:
        most = f"{rule.max_size[0]}×{rule.max_size[1]}"
        raise UploadRefused("too_big", f"{rule.label}不能超过{most}像素（宽×高），{is_now}，请缩小后重新上传")
    if rule.ratio and not rule.ratio[0] <= width / height <= rule.ratio[1]:
        raise UploadRefused(
            "ratio", f"{rule.label}应是竖版一寸或二寸证件照（如295×413或413×579像素），{is_now}，请裁剪后重新上传"
        )
