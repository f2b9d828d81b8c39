"""Roster files that were uploaded in the console: kept sealed until the import is done with them.

A file of the roster holds identity numbers by the hundred thousand, so what lies on the disk is sealed
in frames of a megabyte, in memory that does not grow with the file. It is named after its hash: the dry
run and the run after it read the same bytes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid5

from django.conf import settings

from registration.models import RosterImport
from swms.crypto import CannotOpen, open_bytes, seal_bytes
from swms.sheets import CONTENT_TYPES, XLSX

FRAME = 1024 * 1024
KEPT_DAYS = 30
SEALED_AS = "roster"


class Gone(Exception):
    """A staged file that is not there any more, or not as it was written."""


@dataclass(frozen=True)
class ErrorFile:
    """The refused rows of one import, ready to be served."""

    name: str
    content_type: str
    open: Callable[[], BinaryIO]


def is_staged(import_: RosterImport) -> bool:
    """Tell whether the file of an import lies on this server."""
    return _upload(import_).exists()


def keep_upload(import_: RosterImport, file: BinaryIO) -> None:
    """Keep the uploaded file of an import, sealed. Raises OSError."""
    file.seek(0)
    _seal(file, _upload(import_), _upload_id(import_))


@contextmanager
def opened(import_: RosterImport) -> Iterator[BinaryIO]:
    """Lend the staged file, opened, as a nameless temporary file that nobody else can find. Raises Gone."""
    with tempfile.TemporaryFile(dir=_folder()) as plain:
        _unseal(_upload(import_), _upload_id(import_), plain)
        plain.seek(0)
        yield plain


@contextmanager
def new_errors(import_: RosterImport) -> Iterator[Path]:
    """Lend the path of an error file to be written; it is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        yield Path(folder) / "errors.xlsx"


def keep_errors(import_: RosterImport, path: Path) -> None:
    """Keep the error file of an import, sealed."""
    with open(path, "rb") as file:
        _seal(file, _errors(import_), import_.uid)


def kept_errors(import_: RosterImport) -> ErrorFile | None:
    """Return the error file of an import, ``None`` when there is none or it was cleared."""
    if not _errors(import_).exists():
        return None
    stem = import_.file_name.rpartition(".")[0] or import_.file_name
    return ErrorFile(f"{stem}-有误的行.xlsx", CONTENT_TYPES[XLSX], lambda: _open_errors(import_))


def purge_staged(days: int = KEPT_DAYS) -> int:
    """Delete staged files and error files older than ``days``; return how many."""
    limit, removed = time.time() - days * 86_400, 0
    for path in sorted(_folder().iterdir()):
        if path.stat().st_mtime < limit:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            removed += 1
    return removed


def _open_errors(import_: RosterImport) -> BinaryIO:
    plain = tempfile.TemporaryFile(dir=_folder())  # noqa: SIM115 - the response closes it
    _unseal(_errors(import_), import_.uid, plain)
    plain.seek(0)
    return plain


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "roster"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _upload(import_: RosterImport) -> Path:
    return _folder() / f"{import_.sha256}.upload"


def _errors(import_: RosterImport) -> Path:
    return _folder() / f"{import_.uid.hex}.errors"


def _upload_id(import_: RosterImport) -> UUID:
    return UUID(import_.sha256[:32])


def _seal(source: BinaryIO, target: Path, uid: UUID) -> None:
    """Write frames of length and sealed bytes; each is bound to its number, and an empty one ends the file."""
    unfinished = target.with_suffix(f".{os.getpid()}.part")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            number, data = 0, b"-"
            while data:
                data = source.read(FRAME)
                frame = seal_bytes(SEALED_AS, uuid5(uid, str(number)), data)
                file.write(len(frame).to_bytes(4, "big") + frame)
                number += 1
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _unseal(source: Path, uid: UUID, target: BinaryIO) -> None:
    try:
        with open(source, "rb") as file:
            number, data = 0, b"-"
            while data:
                frame = file.read(int.from_bytes(file.read(4), "big"))
                data = open_bytes(SEALED_AS, uuid5(uid, str(number)), frame)
                target.write(data)
                number += 1
    except (FileNotFoundError, CannotOpen) as error:
        raise Gone(source.name) from error
