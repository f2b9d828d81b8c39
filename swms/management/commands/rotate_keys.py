"""`manage.py rotate_keys`: bring every sealed value, index and file under the keys that write now."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, models, transaction

from swms.crypto import BlindIndexField, CannotOpen, Sealed, SealedField, blind_index, is_current, open_bytes
from swms.uploads import storage
from swms.uploads.models import StoredFile


class Command(BaseCommand):
    """Re-seals in short transactions while the portal serves.

    Works in order of the primary key with one batch in memory. Interrupted, it is simply started again:
    what is current already is only read.
    """

    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--batch", type=int, default=500, help="rows locked at a time (default 500)")

    def handle(self, *args, batch: int, **options):
        closed: list[str] = []
        for model in _models_with_secrets():
            done = changed = 0
            for rows, updated in _rotate(model, batch, closed):
                done, changed = done + rows, changed + updated
                self.stdout.write(f"{model._meta.label}: {done} rows, {changed} changed")
        done, changed = _rotate_files(batch, closed)
        self.stdout.write(f"uploads: {done} files, {changed} changed")
        for model in _models_with_files():
            done, changed = _rotate_kept(model, batch, closed)
            self.stdout.write(f"{model._meta.label}: {done} files, {changed} changed")
        if closed:
            raise CommandError("these could not be opened, keep the old keys: " + ", ".join(closed))


def _models_with_secrets() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if model._meta.managed and any(_secret(field) for field in model._meta.local_concrete_fields)
    ]


def _secret(field: models.Field) -> bool:
    return isinstance(field, SealedField | BlindIndexField)


def _rotate(model: type[models.Model], batch: int, closed: list[str]) -> Iterator[tuple[int, int]]:
    """Yield how many rows were read and how many changed, batch by batch; name in `closed` what does not open."""
    last = None
    while True:
        with transaction.atomic():
            rows = model._base_manager.order_by("pk").select_for_update(no_key=True)
            if last is not None:
                rows = rows.filter(pk__gt=last)
            rows = list(rows.values(*_columns(model))[:batch])
            changes = []
            for row in rows:
                try:
                    renewed = _renewed(model, row)
                except CannotOpen:
                    closed.append(f"{model._meta.label} {row[model._meta.pk.attname]}")
                    continue
                if renewed != row:
                    changes.append(renewed)
            _write(model, changes)
        if rows:
            last = rows[-1][model._meta.pk.attname]
        yield len(rows), len(changes)
        if len(rows) < batch:
            return


def _columns(model: type[models.Model]) -> list[str]:
    names = {model._meta.pk.attname}
    for field in model._meta.local_concrete_fields:
        if isinstance(field, SealedField):
            names |= {field.attname, field.bound_to}
        elif isinstance(field, BlindIndexField):
            names |= {field.attname, field.source}
    return sorted(names)


def _renewed(model: type[models.Model], row: dict) -> dict:
    """Return the row with its values under the writing keys. Raises CannotOpen."""
    new, texts = dict(row), {}
    for field in model._meta.local_concrete_fields:
        if isinstance(field, SealedField) and (sealed := row[field.attname]) is not None:
            uid = row[field.bound_to]
            texts[field.attname] = open_bytes(field.purpose, uid, sealed).decode()
            if not is_current(sealed):
                new[field.attname] = field.seal(uid, texts[field.attname])
    for field in model._meta.local_concrete_fields:
        if isinstance(field, BlindIndexField) and (text := texts.get(field.source)):
            new[field.attname] = blind_index(field.purpose, text)
    return new


def _rotate_files(batch: int, closed: list[str]) -> tuple[int, int]:
    """Return how many files were read and how many changed; name in `closed` what does not open."""
    done = changed = 0
    for stored in StoredFile.objects.filter(purged_at=None).order_by("pk").iterator(chunk_size=batch):
        try:
            changed += storage.reseal(stored)
        except (CannotOpen, storage.FileMissing):
            closed.append(f"file {stored.uid}")
        done += 1
    return done, changed


def _models_with_files() -> list[type[models.Model]]:
    """Return the models of any app that keep a sealed file of their own for each row."""
    return [model for model in apps.get_models() if hasattr(model, "reseal_file")]


def _rotate_kept(model: type[models.Model], batch: int, closed: list[str]) -> tuple[int, int]:
    done = changed = 0
    for row in model._base_manager.exclude(path="").order_by("pk").iterator(chunk_size=batch):
        try:
            changed += row.reseal_file()
        except CannotOpen:
            closed.append(f"{model._meta.label} file {row.pk}")
        done += 1
    return done, changed


def _write(model: type[models.Model], changes: list[dict]) -> None:
    """Update the changed rows with one statement; the columns have the types of their fields."""
    if not changes:
        return
    meta, quote = model._meta, connection.ops.quote_name
    fields = [field for field in meta.local_concrete_fields if _secret(field)]
    kinds = {field: "bytea" if isinstance(field, SealedField) else "text" for field in fields}
    arrays = [f"%s::{meta.pk.rel_db_type(connection)}[]", *(f"%s::{kinds[field]}[]" for field in fields)]
    names = ["pk", *(f"v{place}" for place in range(len(fields)))]
    sets = ", ".join(f"{quote(field.column)} = new.{name}" for field, name in zip(fields, names[1:], strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(meta.db_table)} AS old SET {sets}"
            f" FROM unnest({', '.join(arrays)}) AS new ({', '.join(names)})"
            f" WHERE old.{quote(meta.pk.column)} = new.pk",
            [
                [change[meta.pk.attname] for change in changes],
                *([_parameter(change[field.attname]) for change in changes] for field in fields),
            ],
        )


def _parameter(value: object) -> object:
    # A bytes subclass is unknown to psycopg2's adaptation of lists.
    return connection.Database.Binary(value) if isinstance(value, Sealed) else value
