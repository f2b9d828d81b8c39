"""Writing a file so that it is there, whole, or not there at all."""

import os
import secrets
from pathlib import Path


def write_durably(path: str | Path, data: bytes, *, mode: int = 0o640) -> None:
    """Write `data` to `path`; when this returns, the file survives a loss of power.

    The bytes go to a temporary file beside `path`, which is flushed to disk and renamed over it;
    then the directory entry is flushed. A reader sees the old file or the new one, never a part.
    Missing folders are made. Raises OSError (disk full, read-only), leaving nothing behind.
    """
    path = Path(path)
    folder = path.parent
    temporary = folder / f".{path.name}.{secrets.token_hex(6)}"
    try:
        descriptor = _create(temporary, mode)
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(folder)


def _create(temporary: Path, mode: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(temporary, flags, mode)
    except FileNotFoundError:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        return os.open(temporary, flags, mode)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
