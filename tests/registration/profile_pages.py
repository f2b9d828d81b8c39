"""The pages of the personal information, for the tests of them."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image


def url(name, *args):
    return reverse(f"registration:{name}", args=args)


def picture(width=295, height=413, *, name="photo.jpg"):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#dfe7ef").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def errors(response):
    return response.context["form"].errors
