"""The answer to an upload that is not accepted."""

from __future__ import annotations

from swms.workflow import Refused


class UploadRefused(Refused):
    """A file that is not accepted: `code` for programs, `message` says what to do."""


def in_kilobytes(size: int) -> str:
    """Return a size in bytes as people read it, rounded up: `812KB`."""
    return f"{-(-size // 1024)}KB"
