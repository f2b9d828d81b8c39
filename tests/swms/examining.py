"""How the tests of uploads have a file examined."""

from __future__ import annotations

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile

from swms.uploads.examine import PHOTO, examine


def look(data: bytes, rule=PHOTO, name="上传.bin"):
    return examine(SimpleUploadedFile(name, data), rule)


def named(data: bytes, name: str) -> BytesIO:
    file = BytesIO(data)
    file.name = name
    return file
