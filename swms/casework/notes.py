"""Internal notes: written once, read by those who may see the record, hidden from the person it is about."""

from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet

from swms.audit import trail
from swms.casework.models import InternalNote


def notes_of(record: models.Model) -> QuerySet[InternalNote]:
    """Return the notes on a record, oldest first. Ask ``is_about`` before showing them."""
    kind = ContentType.objects.get_for_model(record)
    return InternalNote.objects.filter(holder_type=kind, holder_id=record.pk)


def is_about(record: models.Model, user) -> bool:
    """Whether the record is the user's own, under whatever account: officers may be social workers too (R-REG-18)."""
    people = [person for person in record.people_to_tell() if person is not None]
    if user in people:
        return True
    indexes = {person.id_index for person in people} | {getattr(record, "id_index", None)}
    return bool(user.id_index) and user.id_index in indexes


def write_note(record: models.Model, text: str, *, by, uid: UUID) -> InternalNote:
    """Write a note and its place in the trail, which says that there is one and not what is in it.

    The form that was sent twice, by the same person, is answered with the note that is there.
    """
    try:
        with transaction.atomic():
            note = InternalNote.objects.create(uid=uid, holder=record, author=by, author_name=by.name, text=text)
            trail.record(f"{record._meta.label_lower}.note", record, actor=by, changes={"note": str(uid)})
    except IntegrityError:
        note = notes_of(record).filter(uid=uid, author=by).first()
        if note is None:
            raise
    return note
