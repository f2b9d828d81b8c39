"""Bringing checked rows into the roster: one COPY into a temporary table and one merge for a chunk of rows.

What contradicts the roster, or an earlier row of the same file, is found by the database and left out.
The same statements judge a dry run, which ends before anything is written.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from registration.models import Qualification, RosterImport
from registration.roster.checks import Entry
from registration.roster.columns import HEADERS
from registration.roster.problems import Problem
from swms.crypto import index_many, seal_many

LOCK = 7202  # imports take turns, chunk by chunk

_TABLES = """
    DROP TABLE IF EXISTS roster_incoming, roster_seen;
    CREATE TEMP TABLE roster_incoming (
        row_no bigint, uid uuid, name text, id_type text, id_number bytea, id_index text, mgmt_no text,
        level smallint, exam_year smallint, issue_date date, province_id text
    );
    CREATE TEMP TABLE roster_seen (
        row_no bigint, mgmt_no text COLLATE "C" PRIMARY KEY, id_index text COLLATE "C", name text,
        level smallint, exam_year smallint
    );
    CREATE INDEX ON roster_seen (id_index);
"""
_COPY = "COPY roster_incoming FROM STDIN"
_REMEMBER = """
    INSERT INTO roster_seen (row_no, mgmt_no, id_index, name, level, exam_year)
    SELECT row_no, mgmt_no, id_index, name, level, exam_year FROM roster_incoming ORDER BY row_no
    ON CONFLICT (mgmt_no) DO NOTHING
"""
# Each lateral aggregates, so that the planner looks up every row by index and never joins with the whole roster.
_JUDGE = """
    SELECT i.row_no,
           CASE WHEN s.row_no <> i.row_no THEN 'repeated'
                WHEN f.other_name > 0 THEN 'file_name'
                WHEN f.other_number > 0 THEN 'file_number'
                WHEN m.others > 0 THEN 'taken'
                WHEN m.elsewhere > 0 THEN 'certificate'
                WHEN p.other_name THEN 'name'
                WHEN p.other_number THEN 'number' END AS why,
           CASE WHEN s.row_no <> i.row_no THEN s.row_no ELSE coalesce(nullif(f.other_name, 0), f.other_number) END,
           CASE WHEN m.known = 0 THEN 'created'
                WHEN m.brought > 0 THEN 'created'
                WHEN m.differing > 0 OR m.mended > 0 THEN 'updated'
                ELSE 'unchanged' END AS fate
    FROM roster_incoming i
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
               count(*) FILTER (WHERE q.roster_import_id = %(own)s AND q.created_at >= %(since)s) AS brought,
               count(*) FILTER (WHERE q.roster_import_id = %(own)s AND q.created_at < %(since)s) AS mended,
               count(*) FILTER (WHERE (q.id_type, q.issue_date, q.province_id)
                                IS DISTINCT FROM (i.id_type, i.issue_date, i.province_id)) AS differing
        FROM registration_qualification q WHERE q.mgmt_no = i.mgmt_no
    ) m
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(q.name <> i.name), false) AS other_name,
               coalesce(bool_or(q.level = i.level AND q.exam_year = i.exam_year AND q.mgmt_no <> i.mgmt_no), false)
                   AS other_number
        FROM registration_qualification q WHERE q.id_index = i.id_index
    ) p
    ORDER BY i.row_no
"""
_FORGET = "DELETE FROM roster_incoming WHERE row_no = ANY(%s)"
_MERGE = """
    INSERT INTO registration_qualification AS q
        (uid, name, id_type, id_number, id_index, mgmt_no, level, exam_year, issue_date, province_id,
         state, source, roster_import_id, created_at, updated_at)
    SELECT uid, name, id_type, id_number, id_index, mgmt_no, level, exam_year, issue_date, province_id,
           %(state)s, %(source)s, %(own)s, clock_timestamp(), clock_timestamp()
    FROM roster_incoming ORDER BY row_no
    ON CONFLICT (mgmt_no) DO UPDATE SET
        id_type = EXCLUDED.id_type, issue_date = EXCLUDED.issue_date, province_id = EXCLUDED.province_id,
        roster_import_id = EXCLUDED.roster_import_id, updated_at = EXCLUDED.updated_at
    WHERE (q.id_type, q.issue_date, q.province_id)
        IS DISTINCT FROM (EXCLUDED.id_type, EXCLUDED.issue_date, EXCLUDED.province_id)
"""
_HOLDERS = """
    SELECT DISTINCT w.id FROM roster_incoming i
    JOIN registration_qualification q ON q.mgmt_no = i.mgmt_no AND q.worker_id IS NULL
    JOIN accounts_user u ON u.id_index = i.id_index
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
}


@dataclass
class Outcome:
    """What became of a chunk: counts, what was left out, and the workers whose accounts it concerns."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
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


def merge(entries: Sequence[Entry], run: RosterImport) -> Outcome:
    """Bring a chunk into the roster within the caller's transaction, or only judge it in a dry run.

    Raises IntegrityError when somebody else entered one of the certificates at this very moment:
    the caller rolls back and tries again.
    """
    outcome = Outcome()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("TRUNCATE roster_incoming")
        cursor.copy_expert(_COPY, io.StringIO(_lines(entries)))
        cursor.execute(_REMEMBER)
        cursor.execute(_JUDGE, {"own": run.pk, "since": run.started_at})
        for row, why, other, fate in cursor.fetchall():
            if why:
                name, kind, message = _CONFLICTS[why]
                outcome.problems.append(Problem(row, HEADERS[name], kind, message.format(row=other)))
            else:
                setattr(outcome, fate, getattr(outcome, fate) + 1)
        if run.dry_run:
            return outcome
        if outcome.problems:
            cursor.execute(_FORGET, [[problem.row for problem in outcome.problems]])
        state, source = Qualification._meta.get_field("state").default, Qualification.Source.IMPORT
        cursor.execute(_MERGE, {"state": state, "source": source, "own": run.pk})
        cursor.execute(_HOLDERS)
        outcome.holders = [pk for (pk,) in cursor.fetchall()]
    return outcome


def _lines(entries: Sequence[Entry]) -> str:
    """Return the chunk as COPY reads it; checked values hold neither tabs nor backslashes."""
    noise = os.urandom(16 * len(entries))
    uids = [UUID(bytes=noise[at : at + 16], version=4) for at in range(0, len(noise), 16)]
    numbers = [entry.id_number for entry in entries]
    sealed = seal_many(Qualification._meta.get_field("id_number").purpose, uids, numbers)
    indexes = index_many("identity", numbers)
    return "".join(
        f"{e.row}\t{uid.hex}\t{e.name}\t{e.id_type}\t\\\\x{seal.hex()}\t{index}\t{e.mgmt_no}\t{e.level}\t{e.exam_year}"
        f"\t{e.issue_date}\t{e.province}\n"
        for e, uid, seal, index in zip(entries, uids, sealed, indexes, strict=True)
    )
