"""Keeping what was uploaded for a form without an account, until the form is sent."""

from datetime import timedelta

from django.db import transaction

from swms import throttle
from swms.uploads import storage
from swms.uploads.examine import Examined
from swms.uploads.models import StoredFile

PER_MOBILE = (20, timedelta(hours=1))


def keep(examined: Examined, *, purpose: str, mobile: str, instead_of: StoredFile | None) -> StoredFile:
    """Keep a good file of a form that is still being written, so that a mistake elsewhere does not lose it.

    Raises Throttled beyond 20 an hour for one mobile, and UploadRefused. Call outside a transaction.
    """
    throttle.hit("kept_file", mobile, *PER_MOBILE)
    with transaction.atomic():
        if instead_of:
            storage.purge(instead_of)
        return storage.store(examined, owner=None, purpose=purpose)


def purge(files) -> int:
    """Remove the bytes of these files for good, each by itself; return how many."""
    files = list(files)
    for file in files:
        with transaction.atomic():
            storage.purge(file)
    return len(files)
