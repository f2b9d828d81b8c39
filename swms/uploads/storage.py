"""Keeping files: encrypted at rest, written durably, outside every public root (S6, R-PRO-14)."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
import unicodedata
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from swms.crypto import is_current, open_bytes, seal_bytes
from swms.uploads.examine import EXTENSIONS, Examined
from swms.uploads.models import Purpose, StoredFile
from swms.uploads.refusal import UploadRefused

log = logging.getLogger(__name__)

SEALED_AS = "uploads"
ORPHAN_AGE = 24 * 3600
"""Seconds after which a file without a row is one that a rollback left behind."""


class FileMissing(Exception):
    """A stored file that was purged or is not there."""


def store(
    examined: Examined, *, owner: models.Model | None, purpose: str, holder: models.Model | None = None
) -> StoredFile:
    """Keep an examined file and return its row.

    The bytes are on disk before the row is: a transaction that fails leaves an orphan for
    `remove_orphans`, never a row without a file. Raises UploadRefused(`quota`) when the owner's
    files would exceed `settings.UPLOAD_QUOTA` bytes, and (`unavailable`) when the disk takes nothing.
    """
    _check_quota(owner, len(examined.data))
    uid = uuid4()
    try:
        _write(uid, examined.data)
    except OSError as error:
        log.exception("upload_not_stored")
        raise UploadRefused("unavailable", "系统暂时无法保存文件，请稍后再试；已填写的内容不会丢失") from error
    return StoredFile.objects.create(
        uid=uid,
        owner=owner,
        purpose=purpose,
        holder=holder,
        name=_display_name(examined, purpose),
        media_type=examined.media_type,
        size=len(examined.data),
        sha256=hashlib.sha256(examined.data).hexdigest(),
        width=examined.width,
        height=examined.height,
        pages=examined.pages,
    )


def duplicate(stored: StoredFile, *, holder: models.Model) -> StoredFile:
    """Keep a copy of a stored file for another record, with a life of its own. Raises FileMissing and UploadRefused."""
    examined = Examined(
        name=stored.name,
        media_type=stored.media_type,
        data=open_file(stored),
        width=stored.width,
        height=stored.height,
        pages=stored.pages,
    )
    return store(examined, owner=stored.owner, purpose=stored.purpose, holder=holder)


def attach(stored: StoredFile, holder: models.Model) -> None:
    """Give a stored file to the record it belongs to: whoever may see that record may see the file."""
    stored.holder = holder
    stored.save(update_fields=["holder_type", "holder_id"])


def open_file(stored: StoredFile) -> bytes:
    """Return the bytes of a stored file. Raises FileMissing, or CannotOpen if they were tampered with."""
    if stored.purged_at is not None:
        raise FileMissing(f"{stored.uid} was purged")
    try:
        sealed = path_of(stored.uid).read_bytes()
    except FileNotFoundError as error:
        raise FileMissing(f"{stored.uid} is not on disk") from error
    return open_bytes(SEALED_AS, stored.uid, sealed)


def purge(stored: StoredFile) -> None:
    """Remove the bytes for good once the caller's transaction holds; row and hash stay (R-APL-05)."""
    if stored.purged_at is None:
        stored.purged_at = timezone.now()
        stored.save(update_fields=["purged_at"])
    uid = stored.uid
    transaction.on_commit(lambda: path_of(uid).unlink(missing_ok=True))


def reseal(stored: StoredFile) -> bool:
    """Bring a file under the key that writes now; return whether it had another one."""
    path = path_of(stored.uid)
    if not path.exists() or is_current(path.read_bytes()[:32]):
        return False
    _write(stored.uid, open_file(stored))
    # Purged in the meantime: the writing brought back what was removed.
    if StoredFile.objects.filter(pk=stored.pk, purged_at__isnull=False).exists():
        path.unlink(missing_ok=True)
    return True


def remove_orphans() -> int:
    """Delete old files that no row names, and files of purged rows; return how many."""
    removed = 0
    root, limit = Path(settings.MEDIA_ROOT), time.time() - ORPHAN_AGE
    for folder in sorted(root.glob("[0-9a-f][0-9a-f]")):
        old = {path.name: path for path in folder.iterdir() if path.stat().st_mtime < limit}
        uids = [name for name in old if re.fullmatch(r"[0-9a-f]{32}", name)]
        alive = StoredFile.objects.filter(uid__in=uids, purged_at=None).values_list("uid", flat=True)
        for name in old.keys() - {uid.hex for uid in alive}:
            old[name].unlink(missing_ok=True)
            removed += 1
    return removed


def path_of(uid: UUID) -> Path:
    """Return where the sealed bytes of a file are."""
    return Path(settings.MEDIA_ROOT) / uid.hex[:2] / uid.hex


def _write(uid: UUID, data: bytes) -> None:
    """Write the sealed bytes so that after a crash there is the whole file or none."""
    path = path_of(uid)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{uuid4().hex[:8]}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(seal_bytes(SEALED_AS, uid, data))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_quota(owner: models.Model | None, more: int) -> None:
    if owner is None:
        return
    quota = getattr(settings, "UPLOAD_QUOTA", 200 * 1024 * 1024)
    used = StoredFile.objects.filter(owner=owner, purged_at=None).aggregate(total=models.Sum("size"))["total"] or 0
    if used + more > quota:
        raise UploadRefused("quota", f"您上传的文件合计不能超过{quota // (1024 * 1024)}MB，请先删除不再需要的文件")


def _display_name(examined: Examined, purpose: str) -> str:
    """Return the owner's name of the file, made harmless: no path, no control characters, no long numbers."""
    extension = EXTENSIONS[examined.media_type]
    base = unicodedata.normalize("NFC", examined.name).replace("\\", "/").rpartition("/")[2]
    base = "".join(char for char in base if unicodedata.category(char)[0] != "C")
    base = re.sub(r"\.[^.]{1,5}$", "", base.strip())
    base = re.sub(r"\d{9,}[Xx]?", "***", base)  # people name scans after identity numbers (S11)
    return (base or Purpose(purpose).label)[: 100 - len(extension)] + extension
