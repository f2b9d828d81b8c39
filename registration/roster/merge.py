"""Bringing checked rows into the roster: one COPY into a temporary table and one merge for a chunk of rows.

What contradicts the roster, or an earlier row of the same file, is found by the database and left out.
The same statements judge a dry run, which ends before anything is written.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

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
    DROP TABLE IF EXISTS roster_incoming, roster_seen;
    CREATE TEMP TABLE roster_incoming (
        row_no bigint, uid uuid, name text, id_type text, id_number bytea, id_index text,
        mgmt_no text, level smallint, exam_year smallint, issue_date date, province_id text
    );
    CREATE TEMP TABLE roster_seen (
        row_no bigint, mgmt_no text PRIMARY KEY, id_index text, name text,
        level smallint, exam_year smallint
    );
    CREATE INDEX ON roster_seen (id_index);
"""
_COPY = "COPY roster_incoming FROM STDIN"
# A chunk that is lost with the server is lost whole, with what the import says of it; the end of the import is
# committed durably, and every chunk before it.
_LAZY = "SET LOCAL synchronous_commit TO off"
# Chunks are small and the tables large, of which the planner may not know yet.
_BY_INDEX = "SET LOCAL enable_seqscan TO off"
_REMEMBER = """
    INSERT INTO roster_seen (row_no, mgmt_no, id_index, name, level, exam_year)
    SELECT row_no, mgmt_no, id_index, name, level, exam_year FROM roster_incoming ORDER BY row_no
    ON CONFLICT (mgmt_no) DO NOTHING
"""
# Rows that meet nothing are new and not looked at any further. Each lateral aggregates, so that the planner looks
# up every row by index and never joins with the whole roster.
_JUDGE = """
    WITH meeting AS MATERIALIZED (
        SELECT i.*
        FROM roster_incoming i
        JOIN roster_seen s USING (mgmt_no)
        CROSS JOIN LATERAL (
            SELECT count(*) AS met FROM registration_qualification q WHERE q.mgmt_no = i.mgmt_no) a
        CROSS JOIN LATERAL (
            SELECT count(*) AS met FROM registration_qualification q WHERE q.id_index = i.id_index) b
        CROSS JOIN LATERAL (
            SELECT count(*) AS met FROM roster_seen e WHERE e.id_index = i.id_index AND e.row_no < i.row_no) c
        WHERE s.row_no <> i.row_no OR a.met + b.met + c.met > 0 OR i.id_index = ANY(%(joined)s)
    )
    SELECT i.row_no,
           CASE WHEN s.row_no <> i.row_no THEN 'repeated'
                WHEN f.other_name > 0 THEN 'file_name'
                WHEN f.other_number > 0 THEN 'file_number'
                WHEN m.others > 0 THEN 'taken'
                WHEN m.elsewhere > 0 THEN 'certificate'
                WHEN p.other_name THEN 'name'
                WHEN p.other_number THEN 'number'
                WHEN m.known = 0 AND i.id_index = ANY(%(joined)s) THEN 'merged'
                WHEN m.registered > 0 THEN 'registered' END AS why,
           CASE WHEN s.row_no <> i.row_no THEN s.row_no ELSE coalesce(nullif(f.other_name, 0), f.other_number) END,
           CASE WHEN m.known = 0 THEN 'created'
                WHEN m.brought > 0 THEN 'created'
                WHEN m.differing > 0 OR m.mended > 0 THEN 'updated'
                ELSE 'unchanged' END AS fate
    FROM meeting i
    JOIN roster_seen s USING (mgmt_no)
    CROSS JOIN LATERAL (
        SELECT coalesce(min(e.row_no) FILTER (WHERE e.name <> i.name), 0) AS other_name,
               coalesce(min(e.row_no) FILTER (
                   WHERE e.level = i.level AND e.exam_year = i.exam_year AND e.mgmt_no <> i.mgmt_no), 0) AS other_number
        FROM roster_seen e WHERE e.id_index = i.id_index AND e.row_no < i.row_no
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
_JOINED = "SELECT coalesce(array_agg(old_index), '{}') FROM registration_rostermerge WHERE state = %s"
_FORGET = "DELETE FROM roster_incoming WHERE row_no = ANY(%s)"
#: The moment of the chunk: what is new since was touched by somebody else, and undoing the import leaves it.
_NOW = "SELECT clock_timestamp()"
_NOTE = """
    INSERT INTO registration_rosterchange
        (uid, roster_import_id, qualification_id, before, was_updated_at, changed_at, undone)
    SELECT gen_random_uuid(), %(own)s, q.id,
           jsonb_build_object('id_type', q.id_type, 'issue_date', q.issue_date, 'province_id', q.province_id),
           q.updated_at, %(now)s, false
    FROM roster_incoming i JOIN registration_qualification q USING (mgmt_no)
    WHERE (q.id_type, q.issue_date, q.province_id) IS DISTINCT FROM (i.id_type, i.issue_date, i.province_id)
"""
_MERGE = """
    INSERT INTO registration_qualification AS q
        (uid, name, id_type, id_number, id_index, mgmt_no, level, exam_year, issue_date, province_id,
         state, source, roster_import_id, created_at, updated_at)
    SELECT uid, name, id_type, id_number, id_index, mgmt_no, level, exam_year, issue_date, province_id,
           %(state)s, %(source)s, %(own)s, %(now)s, %(now)s
    FROM roster_incoming ORDER BY row_no
    ON CONFLICT (mgmt_no) DO UPDATE SET
        id_type = EXCLUDED.id_type, issue_date = EXCLUDED.issue_date, province_id = EXCLUDED.province_id,
        updated_at = EXCLUDED.updated_at
    WHERE (q.id_type, q.issue_date, q.province_id)
        IS DISTINCT FROM (EXCLUDED.id_type, EXCLUDED.issue_date, EXCLUDED.province_id)
"""
_HOLDERS = """
    SELECT DISTINCT w.id FROM accounts_user u
    JOIN roster_incoming i ON i.id_index = u.id_index
    JOIN registration_qualification q ON q.mgmt_no = i.mgmt_no AND q.worker_id IS NULL
    JOIN registration_worker w ON w.user_id = u.id
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
    """Make the temporary tables of one import, empty."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)


def discard() -> None:
    """Drop the temporary tables: connections outlive imports."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS roster_incoming, roster_seen")


@dataclass
class Prepared:
    """A chunk that is checked, sealed and written out as COPY reads it: what can be done beside the database."""

    rows: list[tuple[int, list]]
    entries: list[Entry]
    problems: list[Problem]
    lines: str


def prepare_chunk(rows: list[tuple[int, list]], entries: list[Entry], problems: list[Problem]) -> Prepared:
    """Seal and index the checked rows of a chunk; touches no database."""
    return Prepared(rows, entries, problems, _lines(entries))


def merge(chunk: Prepared, run: RosterImport) -> Outcome:
    """Bring a chunk into the roster within the caller's transaction, or only judge it in a dry run.

    What contradicts the roster is kept as ``RosterConflict`` in a real run. Raises IntegrityError when somebody
    else entered one of the certificates at this very moment: the caller rolls back and tries again.
    """
    outcome = Outcome()
    opposed: dict[int, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LAZY)
        cursor.execute(_BY_INDEX)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("TRUNCATE roster_incoming")
        cursor.copy_expert(_COPY, io.StringIO(chunk.lines))
        cursor.execute(_REMEMBER)
        cursor.execute(_JOINED, [RosterMergeState.MERGED])
        cursor.execute(_JUDGE, {"own": run.pk, "joined": cursor.fetchone()[0]})
        judged = cursor.fetchall()
        outcome.created = len(chunk.entries) - len(judged)
        for row, why, other, fate in judged:
            if why:
                name, kind, message = _CONFLICTS[why]
                outcome.problems.append(Problem(row, HEADERS[name], kind, message.format(row=other)))
                if kind == "conflict":
                    opposed[row] = why
            else:
                setattr(outcome, fate, getattr(outcome, fate) + 1)
        outcome.conflicting = len(opposed)
        if run.dry_run:
            return outcome
        if outcome.problems:
            cursor.execute(_FORGET, [[problem.row for problem in outcome.problems]])
        cursor.execute(_NOW)
        state, source = Qualification._meta.get_field("state").default, Qualification.Source.IMPORT
        given = {"state": state, "source": source, "own": run.pk, "now": cursor.fetchone()[0]}
        if outcome.updated:
            cursor.execute(_NOTE, given)
        cursor.execute(_MERGE, given)
        cursor.execute(_HOLDERS)
        outcome.holders = [pk for (pk,) in cursor.fetchall()]
    if opposed:
        conflicts.keep(run, [(entry, opposed[entry.row]) for entry in chunk.entries if entry.row in opposed])
    return outcome


def _lines(entries: Sequence[Entry]) -> str:
    """Return the chunk as COPY reads it; checked values hold neither tabs nor backslashes."""
    uids = _uids(len(entries))
    numbers = [entry.id_number for entry in entries]
    sealed = seal_many(Qualification._meta.get_field("id_number").purpose, uids, numbers)
    indexes = index_many("identity", numbers)
    return "".join(
        f"{row}\t{uid.hex()}\t{name}\t{id_type}\t\\\\x{seal.hex()}\t{index}\t{mgmt_no}"
        f"\t{level}\t{year}\t{day}\t{place}\n"
        for (row, name, id_type, _, mgmt_no, level, year, day, place), uid, seal, index in zip(
            entries, uids, sealed, indexes, strict=True
        )
    )


def _uids(count: int) -> list[bytes]:
    """Return so many random UUIDs (version 4, RFC 9562) as bytes."""
    noise = bytearray(os.urandom(16 * count))
    noise[6::16] = bytes(byte & 0x0F | 0x40 for byte in noise[6::16])
    noise[8::16] = bytes(byte & 0x3F | 0x80 for byte in noise[8::16])
    return [bytes(noise[at : at + 16]) for at in range(0, len(noise), 16)]
