"""Bringing checked rows into the roster: one COPY into a temporary table and one merge for a chunk of rows.

What contradicts the roster, or an earlier row of the same file, is found by the database and left out.
The same statements judge a dry run, which ends before anything is written.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from registration.models import Qualification, RosterImport
from registration.roster import conflicts
from registration.roster.checks import Entry
from registration.roster.columns import HEADERS
from registration.roster.problems import Problem
from registration.workflows import RosterMergeState
from swms.crypto import index_many, seal_many

LOCK = 7202  # imports take turns, chunk by chunk

_TABLES = """
    DROP TABLE IF EXISTS roster_seen;
    CREATE TEMP TABLE roster_seen (
        row_no bigint PRIMARY KEY, name text, id_type text, id_index text, mgmt_no text, level smallint,
        exam_year smallint, issue_date date, province_id text
    );
    CREATE INDEX ON roster_seen (mgmt_no, row_no);
    CREATE INDEX ON roster_seen USING hash (id_index);
"""
# A chunk that is lost with the server is lost whole, with what the import says of it; the end of the import is
# committed durably, and every chunk before it. Chunks are small and the tables large, of which the planner may not
# know yet. The moment is that of the chunk: what is new since was touched by somebody else, and undoing leaves it.
_BEGIN = """
    SET LOCAL synchronous_commit TO off;
    SET LOCAL enable_seqscan TO off;
    SET LOCAL enable_bitmapscan TO off;
    SELECT pg_advisory_xact_lock(%s);
    SELECT clock_timestamp()
"""
_SEE = "COPY roster_seen FROM STDIN"
# Rows that meet nothing are new and not looked at any further. Each lateral aggregates, and each condition is a
# subquery of one value, so that the planner looks up every row by index and never joins with the whole roster.
# A row that repeats the 管理号 of an earlier one is wrong by itself and contradicts nobody.
_JUDGE = """
    WITH meeting AS MATERIALIZED (
        SELECT i.*, i.id_index = ANY(j.indexes) AS joined
        FROM roster_seen i, (
            SELECT coalesce(array_agg(old_index), '{}')::text[] AS indexes
            FROM registration_rostermerge WHERE state = %(merged)s) j
        WHERE i.row_no >= %(first)s AND (
            (SELECT true FROM registration_qualification q WHERE q.id_index = i.id_index LIMIT 1)
            OR (SELECT true FROM registration_qualification q WHERE q.mgmt_no = i.mgmt_no LIMIT 1)
            OR (SELECT true FROM roster_seen e WHERE e.id_index = i.id_index AND e.row_no < i.row_no LIMIT 1)
            OR (SELECT true FROM roster_seen e WHERE e.mgmt_no = i.mgmt_no AND e.row_no < i.row_no LIMIT 1)
            OR i.id_index = ANY(j.indexes))
    )
    SELECT i.row_no,
           CASE WHEN s.row_no < i.row_no THEN 'repeated'
                WHEN f.other_name > 0 THEN 'file_name'
                WHEN f.other_number > 0 THEN 'file_number'
                WHEN m.others > 0 THEN 'taken'
                WHEN m.elsewhere > 0 THEN 'certificate'
                WHEN p.other_name THEN 'name'
                WHEN p.other_number THEN 'number'
                WHEN m.known = 0 AND i.joined THEN 'merged'
                WHEN m.registered > 0 THEN 'registered' END AS why,
           CASE WHEN s.row_no < i.row_no THEN s.row_no ELSE coalesce(nullif(f.other_name, 0), f.other_number) END,
           CASE WHEN m.known = 0 THEN 'created'
                WHEN m.brought > 0 THEN 'created'
                WHEN m.differing > 0 OR m.mended > 0 THEN 'updated'
                ELSE 'unchanged' END AS fate,
           m.known > 0,
           m.differing > 0
    FROM meeting i
    CROSS JOIN LATERAL (
        SELECT min(e.row_no) AS row_no FROM roster_seen e WHERE e.mgmt_no = i.mgmt_no
    ) s
    CROSS JOIN LATERAL (
        SELECT coalesce(min(e.row_no) FILTER (WHERE e.name <> i.name), 0) AS other_name,
               coalesce(min(e.row_no) FILTER (
                   WHERE e.level = i.level AND e.exam_year = i.exam_year AND e.mgmt_no <> i.mgmt_no), 0) AS other_number
        FROM roster_seen e
        WHERE e.id_index = i.id_index AND e.row_no < i.row_no
            AND e.row_no = (SELECT min(r.row_no) FROM roster_seen r WHERE r.mgmt_no = e.mgmt_no)
    ) f
    CROSS JOIN LATERAL (
        SELECT count(*) AS known,
               count(*) FILTER (WHERE q.id_index <> i.id_index) AS others,
               count(*) FILTER (WHERE q.level <> i.level OR q.exam_year <> i.exam_year) AS elsewhere,
               count(*) FILTER (WHERE q.roster_import_id = %(own)s) AS brought,
               count(*) FILTER (WHERE EXISTS (
                   SELECT 1 FROM registration_rosterchange c
                   WHERE c.qualification_id = q.id AND c.roster_import_id = %(own)s)) AS mended,
               count(*) FILTER (WHERE d.differs) AS differing,
               count(*) FILTER (WHERE d.differs AND EXISTS (
                   SELECT 1 FROM registration_registration r WHERE r.qualification_id = q.id)) AS registered
        FROM registration_qualification q
        CROSS JOIN LATERAL (SELECT (q.id_type, q.issue_date, q.province_id)
                            IS DISTINCT FROM (i.id_type, i.issue_date, i.province_id) AS differs) d
        WHERE q.mgmt_no = i.mgmt_no
    ) m
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(q.name <> i.name), false) AS other_name,
               coalesce(bool_or(q.level = i.level AND q.exam_year = i.exam_year AND q.mgmt_no <> i.mgmt_no), false)
                   AS other_number
        FROM registration_qualification q WHERE q.id_index = i.id_index
    ) p
    ORDER BY i.row_no
"""
_NOTE = """
    INSERT INTO registration_rosterchange
        (uid, roster_import_id, qualification_id, before, was_updated_at, changed_at, undone)
    SELECT gen_random_uuid(), %(own)s, q.id,
           jsonb_build_object('id_type', q.id_type, 'issue_date', q.issue_date, 'province_id', q.province_id),
           q.updated_at, %(now)s, false
    FROM roster_seen i JOIN registration_qualification q USING (mgmt_no)
    WHERE i.row_no = ANY(%(changed)s)
"""
_CHANGE = """
    UPDATE registration_qualification q
    SET id_type = i.id_type, issue_date = i.issue_date, province_id = i.province_id, updated_at = %(now)s
    FROM roster_seen i
    WHERE i.row_no = ANY(%(changed)s) AND q.mgmt_no = i.mgmt_no
"""
_ADD = """
    COPY registration_qualification
        (uid, id_number, name, id_type, id_index, mgmt_no, level, exam_year, issue_date, province_id,
         state, source, roster_import_id, created_at, updated_at)
    FROM STDIN
"""
_HOLDERS = """
    SELECT DISTINCT w.id FROM roster_seen i
    JOIN accounts_user u ON u.id_index = i.id_index
    JOIN registration_qualification q ON q.mgmt_no = i.mgmt_no AND q.worker_id IS NULL
    JOIN registration_worker w ON w.user_id = u.id
    WHERE i.row_no >= %(first)s AND i.row_no <> ALL(%(refused)s)
"""

_CONFLICTS = {
    "repeated": ("mgmt_no", "error", "与第{row}行的管理号相同"),
    "file_name": ("name", "conflict", "与第{row}行是同一证件号码，姓名不同"),
    "file_number": ("mgmt_no", "conflict", "与第{row}行是同一人、同一级别、同一考试年度，管理号不同"),
    "taken": ("mgmt_no", "conflict", "该管理号在社工库中属于另一人"),
    "certificate": ("mgmt_no", "conflict", "该管理号在社工库中是另一级别或另一考试年度的证书"),
    "name": ("name", "conflict", "社工库中该证件号码的姓名不同"),
    "number": ("mgmt_no", "conflict", "社工库中已有此人同一级别、同一考试年度的证书，管理号不同"),
    "registered": ("issue_date", "conflict", "此人已登记，社工库中的证件类型、签发日期或省份不同"),
    "merged": ("id_number", "conflict", "该证件号码已并入社工库中的另一人"),
}


@dataclass
class Outcome:
    """What became of a chunk: counts, what was left out, and the workers whose accounts it concerns."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicting: int = 0
    problems: list[Problem] = field(default_factory=list)
    holders: list[int] = field(default_factory=list)


def prepare() -> None:
    """Make the temporary table of one import, empty."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)


def discard() -> None:
    """Drop the temporary table: connections outlive imports."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS roster_seen")


@dataclass
class Prepared:
    """A chunk that is checked, sealed and written out as COPY reads it: what can be done beside the database.

    ``seen`` is what is compared, one text; ``lines`` is what comes into the roster, an entry each, without what only
    the moment of merging gives.
    """

    rows: list[tuple[int, list]]
    entries: list[Entry]
    problems: list[Problem]
    seen: str
    lines: list[str]


def prepare_chunk(rows: list[tuple[int, list]], entries: list[Entry], problems: list[Problem]) -> Prepared:
    """Seal and index the checked rows of a chunk; touches no database."""
    return Prepared(rows, entries, problems, *_written_out(entries))


def merge(chunk: Prepared, run: RosterImport) -> Outcome:
    """Bring a chunk into the roster within the caller's transaction, or only judge it in a dry run.

    What contradicts the roster is kept as ``RosterConflict`` in a real run. Raises IntegrityError when somebody
    else entered one of the certificates at this very moment: the caller rolls back and tries again.
    """
    outcome = Outcome()
    if not chunk.entries:
        return outcome
    opposed: dict[int, str] = {}
    known: set[int] = set()
    changed: list[int] = []
    first = chunk.entries[0].row
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [LOCK])
        now = cursor.fetchone()[0]
        _copy(cursor, _SEE, chunk.seen)
        cursor.execute(_JUDGE, {"own": run.pk, "first": first, "merged": RosterMergeState.MERGED})
        judged = cursor.fetchall()
        outcome.created = len(chunk.entries) - len(judged)
        for row, why, other, fate, is_known, differs in judged:
            if why:
                name, kind, message = _CONFLICTS[why]
                outcome.problems.append(Problem(row, HEADERS[name], kind, message.format(row=other)))
                if kind == "conflict":
                    opposed[row] = why
                continue
            setattr(outcome, fate, getattr(outcome, fate) + 1)
            if is_known:
                known.add(row)
            if differs:
                changed.append(row)
        outcome.conflicting = len(opposed)
        if run.dry_run:
            return outcome
        given = {"own": run.pk, "now": now, "changed": changed}
        if outcome.updated and changed:
            cursor.execute(_NOTE, given)
        if changed:
            cursor.execute(_CHANGE, given)
        refused = [problem.row for problem in outcome.problems]
        _add(cursor, chunk, known.union(refused), run, now)
        cursor.execute(_HOLDERS, {"first": first, "refused": refused})
        outcome.holders = [pk for (pk,) in cursor.fetchall()]
    if opposed:
        conflicts.keep(run, [(entry, opposed[entry.row]) for entry in chunk.entries if entry.row in opposed])
    return outcome


def _add(cursor, chunk: Prepared, left_out: set[int], run: RosterImport, now: datetime) -> None:
    """Bring in the rows of a chunk that are new: all but those left out."""
    state, source = Qualification._meta.get_field("state").default, Qualification.Source.IMPORT
    end = f"\t{state}\t{source}\t{run.pk}\t{now.isoformat()}\t{now.isoformat()}\n"
    lines = chunk.lines
    if left_out:
        lines = [line for entry, line in zip(chunk.entries, lines, strict=True) if entry.row not in left_out]
    if lines:
        _copy(cursor, _ADD, end.join(lines) + end)


def _copy(cursor, statement: str, text: str) -> None:
    """COPY a text, in one piece: each piece would wait for the thread that prepares the next chunk."""
    data = text.encode()
    with connection.wrap_database_errors:
        cursor.copy_expert(statement, io.BytesIO(data), len(data))


def _written_out(entries: Sequence[Entry]) -> tuple[str, list[str]]:
    """Return the chunk as COPY reads it; checked values hold neither tabs nor backslashes."""
    uids = _uids(len(entries))
    numbers = [entry.id_number for entry in entries]
    sealed = seal_many(Qualification._meta.get_field("id_number").purpose, uids, numbers)
    indexes = index_many("identity", numbers)
    values = [
        f"{name}\t{id_type}\t{index}\t{mgmt_no}\t{level}\t{year}\t{day}\t{place}"
        for (_, name, id_type, _, mgmt_no, level, year, day, place), index in zip(entries, indexes, strict=True)
    ]
    seen = "".join([f"{entry[0]}\t{each}\n" for entry, each in zip(entries, values, strict=True)])
    lines = [f"{uid.hex()}\t\\\\x{seal.hex()}\t{each}" for uid, seal, each in zip(uids, sealed, values, strict=True)]
    return seen, lines


def _uids(count: int) -> list[bytes]:
    """Return so many random UUIDs (version 4, RFC 9562) as bytes."""
    noise = bytearray(os.urandom(16 * count))
    noise[6::16] = bytes(byte & 0x0F | 0x40 for byte in noise[6::16])
    noise[8::16] = bytes(byte & 0x3F | 0x80 for byte in noise[8::16])
    return [bytes(noise[at : at + 16]) for at in range(0, len(noise), 16)]
