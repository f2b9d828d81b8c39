"""Heads of append-only tables, kept in files outside the database: a copy elsewhere notices that a tail was cut."""

import json
import os
from pathlib import Path


def append(path: Path, entry: dict) -> None:
    """Append one line to an anchor file; durable when this returns. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, (json.dumps(entry) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> list[dict]:
    """Return the entries of an anchor file, the oldest first; none before the first."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


def last(path: Path) -> dict | None:
    """Return the newest entry of an anchor file; nothing before the first."""
    return (read(path) or [None])[-1]
