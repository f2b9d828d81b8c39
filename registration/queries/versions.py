"""Marks of what a page shows, so that saving notices when it was changed elsewhere meanwhile."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models


@dataclass(frozen=True)
class Seen:
    """What a page showed: the fields, and the mark of what they held."""

    names: tuple[str, ...] = ()
    mark: str = ""

    def still_holds(self, record: models.Model) -> bool:
        """Whether nothing of it was changed meanwhile."""
        return version_of(record, self.names) == self.mark


NOTHING = Seen()
"""What the page for a new record showed."""


def version_of(record: models.Model | None, names: Iterable[str]) -> str:
    """Return a short mark of what the named fields hold; empty for a record that is not there yet.

    Only these fields count: saving the photo does not make an open page of addresses stale.
    ``email`` of a worker is the account's, ``evidence`` stands for the files.
    """
    if record is None or record.pk is None:
        return ""
    held = [f"{name}={_held(record, name)!r}" for name in sorted(names)]
    return hashlib.sha256("\n".join(held).encode()).hexdigest()[:16]


def _held(record: models.Model, name: str):
    if name == "email":
        return record.user.email
    if name == "evidence":
        return sorted(str(file.uid) for file in record.evidence.all())
    return getattr(record, record._meta.get_field(name).attname)
