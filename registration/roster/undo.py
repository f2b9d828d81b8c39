"""Undoing one import, to the letter: what it changed is as before, what it brought is gone.

Whoever registered an account, was changed by somebody else or was acted upon since stays and is listed with the
reason. Chunk by chunk, each in one transaction with its count, so that a run that was killed is taken up again.
"""

from __future__ import annotations

import logging
from functools import cache

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from registration.models import Qualification, RosterChange, RosterImport, RosterKept
from registration.roster import conflicts
from registration.roster.merge import LOCK
from swms.audit.trail import record

log = logging.getLogger(__name__)

CHUNK = 5000
Reason = RosterKept.Reason

#: A change is undone while the row is as the import left it, and nothing was applied for with it since.
_CHANGES = """
    SELECT c.id, q.id, CASE
        WHEN q.updated_at <> c.changed_at THEN 'changed'
        WHEN EXISTS (SELECT 1 FROM registration_application a
                     WHERE a.qualification_id = q.id AND a.submitted_at >= c.changed_at) THEN 'used' END
    FROM registration_rosterchange c JOIN registration_qualification q ON q.id = c.qualification_id
    WHERE c.roster_import_id = %(own)s AND c.conflict_id IS NULL AND NOT c.undone AND c.id < %(before)s
    ORDER BY c.id DESC LIMIT %(chunk)s
    FOR UPDATE OF q
"""
_RESTORE = """
    WITH restored AS (
        UPDATE registration_qualification q
        SET id_type = c.before->>'id_type', issue_date = (c.before->>'issue_date')::date,
            province_id = c.before->>'province_id', updated_at = c.was_updated_at
        FROM registration_rosterchange c WHERE c.id = ANY(%(ids)s) AND q.id = c.qualification_id
    )
    UPDATE registration_rosterchange SET undone = true WHERE id = ANY(%(ids)s)
"""
_BROUGHT = """
    SELECT q.id, CASE
        WHEN q.worker_id IS NOT NULL THEN 'account'
        WHEN EXISTS (SELECT 1 FROM registration_feedback f
                     WHERE f.id_index = q.id_index AND f.state IN ('APPROVED') AND f.decided_at >= q.created_at)
            THEN 'feedback'
        WHEN q.updated_at <> q.created_at THEN 'changed'
        WHEN {referenced} THEN 'used' END
    FROM registration_qualification q
    WHERE q.roster_import_id = %(own)s AND q.id > %(after)s
    ORDER BY q.id LIMIT %(chunk)s
    FOR UPDATE OF q
"""
_KEEP = """
    INSERT INTO registration_rosterkept (roster_import_id, qualification_id, reason)
    SELECT %s, * FROM unnest(%s::bigint[], %s::text[]) ON CONFLICT DO NOTHING
"""
_REMOVE = """
    WITH forgotten AS (DELETE FROM registration_rosterchange WHERE qualification_id = ANY(%(ids)s)),
         unlisted AS (DELETE FROM registration_rosterkept WHERE qualification_id = ANY(%(ids)s))
    DELETE FROM registration_qualification WHERE id = ANY(%(ids)s)
"""


def carry_out(import_: RosterImport) -> None:
    """Undo an import that somebody asked to be undone. Safe to repeat."""
    with transaction.atomic():
        _take_turns()
        conflicts.close_open(import_)
        _undo_decisions(import_)
    last: int | None = 2**62
    while last is not None:
        last = _restore_chunk(import_, last)
    last = 0
    while last is not None:
        last = _remove_chunk(import_, last)
    _finish(import_)


def progress(import_: RosterImport) -> int:
    """Return how far it is, in per cent."""
    of = max(1, import_.rows_created + import_.rows_updated)
    return min(99, 100 * (import_.rows_undone + import_.kept.count()) // of)


def _take_turns() -> None:
    """Neither another import nor a second run of this one is at the roster meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _undo_decisions(import_: RosterImport) -> None:
    """Undo what was taken from its conflicts, the last first; few, and each with a name or a number."""
    changes = import_.changes.exclude(conflict=None).filter(undone=False).order_by("-pk")
    for change in changes:
        row = Qualification.objects.select_for_update().get(pk=change.qualification_id)
        if row.updated_at != change.changed_at:
            _keep(import_, [(row.pk, Reason.CHANGED)])
            continue
        if row.applications.filter(submitted_at__gte=change.changed_at).exists():
            _keep(import_, [(row.pk, Reason.USED)])
            continue
        for name, value in change.before.items():
            setattr(row, name, value)
        if row.id_number != change.id_number:
            row.id_number = change.id_number
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:  # its former number is another row's by now
            _keep(import_, [(row.pk, Reason.CHANGED)])
            continue
        Qualification.objects.filter(pk=row.pk).update(updated_at=change.was_updated_at)
        RosterChange.objects.filter(pk=change.pk).update(undone=True)
        _count(import_, 1)


def _restore_chunk(import_: RosterImport, before: int) -> int | None:
    """Give one chunk of changed rows back what they held; return where to go on, ``None`` at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        _take_turns()
        cursor.execute(_CHANGES, {"own": import_.pk, "before": before, "chunk": CHUNK})
        judged = cursor.fetchall()
        free = [change for change, _, why in judged if why is None]
        cursor.execute(_RESTORE, {"ids": free})
        _keep(import_, [(row, why) for _, row, why in judged if why])
        _count(import_, len(free))
    return judged[-1][0] if judged else None


def _remove_chunk(import_: RosterImport, after: int) -> int | None:
    """Take one chunk of the rows it brought out of the roster; return where to go on, ``None`` at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        _take_turns()
        cursor.execute(_BROUGHT.format(referenced=_referenced()), {"own": import_.pk, "after": after, "chunk": CHUNK})
        judged = cursor.fetchall()
        free = [row for row, why in judged if why is None]
        cursor.execute(_REMOVE, {"ids": free})
        _keep(import_, [(row, why) for row, why in judged if why])
        _count(import_, len(free))
    return judged[-1][0] if judged else None


@cache
def _referenced() -> str:
    """Return the SQL condition that some record of any app stands on the row ``q``."""
    own = {RosterChange._meta.db_table, RosterKept._meta.db_table}
    relations = [field for field in Qualification._meta.get_fields(include_hidden=True) if field.auto_created]
    columns = {
        (each.related_model._meta.db_table, each.field.column)
        for each in relations
        if each.is_relation and not each.many_to_many and getattr(each, "field", None)
    }
    parts = [
        f"EXISTS (SELECT 1 FROM {table} r WHERE r.{column} = q.id)"
        for table, column in sorted(columns)
        if table not in own
    ]
    return " OR ".join(parts)


def _keep(import_: RosterImport, rows: list[tuple[int, str]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [import_.pk, [row for row, _ in rows], [str(why) for _, why in rows]])


def _count(import_: RosterImport, undone: int) -> None:
    RosterImport.objects.filter(pk=import_.pk).update(rows_undone=F("rows_undone") + undone)


@transaction.atomic
def _finish(import_: RosterImport) -> None:
    import_.refresh_from_db()
    import_.outcome = RosterImport.Outcome.UNDONE
    import_.undone_at = timezone.now()
    import_.save(update_fields=["outcome", "undone_at"])
    counts = {"rows_undone": import_.rows_undone, "rows_kept": import_.kept.count()}
    record("registration.rosterimport.undone", import_, actor=import_.undone_by, changes=counts)
