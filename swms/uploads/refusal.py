"""The answer to an upload that is not accepted."""

from __future__ import annotations


class UploadRefused(Exception):
    """A file that is not accepted: `code` for programs, `message` says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def in_kilobytes(size: int) -> str:
    """Return a size in bytes as people read it, rounded up: `812KB`."""
    return f"{-(-size // 1024)}KB"
