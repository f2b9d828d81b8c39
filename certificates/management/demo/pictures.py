"""Pictures of nobody: neutral silhouettes and drawn papers, each marked as a demo."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from certificates.pdf import fonts
from swms.uploads.examine import EVIDENCE, ID_CARD, PHOTO, Examined, examine

BACKGROUNDS = ("#4a90d9", "#eef2f6", "#c94c4c", "#dfe9f3")
_CLOTHES = ("#2f3e4e", "#4b5563", "#5b4636", "#374b3f", "#4a3b57")
_SKIN, _HAIR = "#e8c9ad", "#2b2623"


@cache
def photo(kind: int, *, male: bool) -> Examined:
    """Return one of twenty one-inch portraits, 295 by 413 pixels."""
    picture = Image.new("RGB", (590, 826), BACKGROUNDS[kind % len(BACKGROUNDS)])
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((70, 590, 520, 1000), 150, fill=_CLOTHES[kind % len(_CLOTHES)])
    draw.polygon(((235, 590), (355, 590), (295, 690)), fill="#f4f4f4")
    if not male:
        draw.rounded_rectangle((150, 200, 440, 620), 130, fill=_HAIR)
    draw.rectangle((250, 500, 340, 610), fill=_SKIN)
    draw.ellipse((175, 215, 415, 545), fill=_SKIN)
    draw.pieslice((165, 175, 425, 480), 180, 360, fill=_HAIR)
    return _examined(picture.resize((295, 413), Image.Resampling.LANCZOS), PHOTO, "photo.jpg")


@cache
def paper(title: str) -> Examined:
    """Return a drawn certificate or proof with a title, marked 演示."""
    picture = Image.new("RGB", (1000, 700), "#fdfbf5")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 24, 976, 676), outline="#b08d3c", width=4)
    draw.rectangle((36, 36, 964, 664), outline="#d9c48a", width=2)
    draw.text((500, 150), title, font=_font(56, bold=True), fill="#7a1f1f", anchor="mm")
    for line, text in enumerate(("本材料仅用于演示，其中的单位和个人均为虚构。", "不具有任何证明效力。")):
        draw.text((500, 300 + 60 * line), text, font=_font(30), fill="#333333", anchor="mm")
    draw.ellipse((720, 440, 900, 620), outline="#c0392b", width=6)
    draw.text((810, 530), "演示", font=_font(48, bold=True), fill="#c0392b", anchor="mm")
    return _examined(picture, EVIDENCE, f"{title}.jpg")


@cache
def card(side: str) -> Examined:
    """Return one side of a card that says itself that it is none."""
    picture = Image.new("RGB", (1011, 638), "#eef3f7")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((20, 20, 991, 618), 36, outline="#7d93a8", width=4)
    draw.text((505, 200), f"演示证件 · {side}", font=_font(64, bold=True), fill="#33475b", anchor="mm")
    draw.text((505, 330), "不是身份证，不具有任何证明效力", font=_font(36), fill="#33475b", anchor="mm")
    draw.text((505, 470), "演示", font=_font(72, bold=True), fill="#c0392b", anchor="mm")
    return _examined(picture, ID_CARD, f"{side}.jpg")


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    face = fonts.source(700 if bold else 400)
    return ImageFont.truetype(str(face.path), size, index=face.index)


def _examined(picture: Image.Image, rule, name: str) -> Examined:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=88)
    file.name = name
    return examine(file, rule)
