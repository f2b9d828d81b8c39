"""Small disks of memory, for tests of full ones. Only root may mount, and not in every container."""

import functools
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@functools.cache
def may_mount() -> bool:
    """Whether this process may mount at all, found out by doing it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with mounted(Path(folder), size="4k"):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


@contextmanager
def mounted(folder: Path, *, size: str) -> Iterator[Path]:
    """Lay an empty disk of this size over a folder; afterwards what was there before is there again."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder.stat()
    options = f"size={size},mode={kept.st_mode & 0o777:o},uid={kept.st_uid},gid={kept.st_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True, capture_output=True)
    try:
        yield folder
    finally:
        # Lazily: a server that was killed may not have let go of it yet.
        subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)
