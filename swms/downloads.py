"""Answers that a browser saves as a file, and that nobody on the way keeps or guesses at (S6)."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from swms.sheets import CONTENT_TYPES


def as_download(response: HttpResponseBase, name: str) -> HttpResponseBase:
    """Return the answer as a file of that name."""
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response


def sheet(data: bytes, name: str, kind: str) -> HttpResponseBase:
    """Answer with a sheet that was written; its name gets the ending of its ``kind``."""
    return as_download(HttpResponse(data, content_type=CONTENT_TYPES[kind]), f"{name}.{kind}")
