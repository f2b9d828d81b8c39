"""Where finished documents are kept: sealed like every other file with personal data (S6, S11)."""

import hashlib
from pathlib import Path
from uuid import UUID

from django.conf import settings

from certificates.pdf.durable import write_durably
from swms.crypto import CannotOpen, is_current, open_bytes, seal_bytes

SEALED_AS = "certificates"


class FileDamaged(Exception):
    """The file is not there, or is not the one that was recorded; nothing of it is shown."""


def keep(uid: UUID, data: bytes, *, folder: str) -> tuple[str, str]:
    """Write ``data`` sealed for the row ``uid``; return its path under CERTIFICATE_ROOT and its SHA-256.

    The path carries the hash, so that two workers at the same row never write over one another. The
    file is durable when this returns. Raises OSError.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"{folder}/{uid.hex[:2]}/{uid.hex}-{sha256[:16]}"
    write_durably(Path(settings.CERTIFICATE_ROOT) / path, seal_bytes(SEALED_AS, uid, data), mode=0o600)
    return path, sha256


class KeptFile:
    """Mix into a model with ``uid``, ``path`` and ``sha256`` whose file was kept by ``keep``."""

    @property
    def file(self) -> Path:
        """Where the sealed file is."""
        return Path(settings.CERTIFICATE_ROOT) / self.path

    def read(self) -> bytes:
        """Return the file's bytes, which are those that were recorded. Raises FileDamaged."""
        try:
            data = open_bytes(SEALED_AS, self.uid, self.file.read_bytes())
        except (OSError, CannotOpen) as error:
            raise FileDamaged(f"{self._meta.label} {self.pk}") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise FileDamaged(f"{self._meta.label} {self.pk}")
        return data

    def reseal_file(self) -> bool:
        """Bring the file under the key that writes now; return whether it had another one. Raises CannotOpen.

        ``manage.py rotate_keys`` asks every model that has this method.
        """
        try:
            sealed = self.file.read_bytes()
        except FileNotFoundError:  # deleted after its last day (R-ANN-13)
            return False
        if is_current(sealed[:32]):
            return False
        data = open_bytes(SEALED_AS, self.uid, sealed)
        write_durably(self.file, seal_bytes(SEALED_AS, self.uid, data), mode=0o600)
        # Deleted in the meantime: the writing brought it back.
        self.refresh_from_db()
        if getattr(self, "purged_at", None):
            self.file.unlink(missing_ok=True)
        return True
