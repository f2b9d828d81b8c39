"""Heads of append-only tables, kept in files outside the database: a copy elsewhere notices that a tail was cut."""

import json
import os
from pathlib import Path


def append(path: Path, entry: dict) -> None:
    """Append one line to an anchor file; durable when this returns. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        # A line that a crash or a full disk cut short must not swallow this one.
        begin = "\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else ""
        os.write(descriptor, (begin + json.dumps(entry) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> list[dict]:
    """Return the entries of an anchor file, the oldest first; none before the first.

    A line that was cut short was never an entry: whoever could spoil one could as well take it away.
    """
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [entry for entry in map(_entry, lines) if entry is not None]


def _entry(line: str) -> dict | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def last(path: Path) -> dict | None:
    """Return the newest entry of an anchor file; nothing before the first."""
    return (read(path) or [None])[-1]
