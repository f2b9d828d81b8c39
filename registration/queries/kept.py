"""Files that were uploaded for a form without an account and not sent with it yet."""

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from swms.uploads.models import StoredFile

ABANDONED_AFTER = timedelta(days=1)


def kept_file(uid: str, purpose: str) -> StoredFile | None:
    """Return a file of this purpose that waits for its form to be sent."""
    return _kept(purpose).filter(uid=UUID(uid)).first() if uid else None


def abandoned(purpose: str) -> QuerySet[StoredFile]:
    """Return the files that were uploaded more than a day ago and whose form was never sent."""
    return _kept(purpose).filter(created_at__lt=timezone.now() - ABANDONED_AFTER)


def _kept(purpose: str) -> QuerySet[StoredFile]:
    """Files of nobody and of no record: only a form being written has such."""
    return StoredFile.objects.filter(owner=None, holder_type=None, purged_at=None, purpose=purpose)
