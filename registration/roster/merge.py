"""Bringing checked rows into the roster: what is there already is looked up for a chunk of rows, what is new copied in.

What contradicts the roster is found by the database and left out; what contradicts an earlier row of the same file
was found before. The same statements judge a dry run, which ends before anything is written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from registration.models import Qualification, RosterImport
from registration.roster import conflicts, within
from registration.roster.checks import Entry
from registration.roster.columns import HEADERS
from registration.roster.problems import Problem
from registration.roster.within import copy
from registration.workflows import RosterMergeState
from swms.crypto import index_many, seal_many

LOCK = 7202  # imports take turns, chunk by chunk

_TABLE = """
    DROP TABLE IF EXISTS roster_incoming;
    CREATE TEMP TABLE roster_incoming (
        row_no bigint, name text, id_type text, id_index text, mgmt_no text, level smallint, exam_year smallint,
        issue_date date, province_id text
    );
"""
# A chunk that is lost with the server is lost whole, with what the import says of it; the end of the import is
# committed durably, and every chunk before it. Chunks are small and the tables large, of which the planner may not
# know yet. The moment is that of the chunk: what is new since was touched by somebody else, and undoing leaves it.
_BEGIN = """
    SET LOCAL synchronous_commit TO off;
    SET LOCAL enable_seqscan TO off;
    SET LOCAL enable_bitmapscan TO off;
    TRUNCATE roster_incoming;
    SELECT pg_advisory_xact_lock(%s);
    SELECT clock_timestamp()
"""
_COMPARE = "COPY roster_incoming FROM STDIN"
# Rows that meet nothing are new and not looked at any further. Each lateral aggregates, and each condition is a
# subquery of one value, so that the planner looks up every row by index and never joins with the whole roster.
_JUDGE = """
    WITH meeting AS MATERIALIZED (
        SELECT i.*, i.id_index = ANY(j.indexes) AS joined
        FROM roster_incoming i, (
            SELECT coalesce(array_agg(old_index), '{}')::text[] AS indexes
            FROM registration_rostermerge WHERE state = %(merged)s) j
        WHERE (SELECT true FROM registration_qualification q WHERE q.id_index = i.id_index LIMIT 1)
            OR (SELECT true FROM registration_qualification q WHERE q.mgmt_no = i.mgmt_no LIMIT 1)
            OR i.id_index = ANY(j.indexes)
    )
    SELECT i.row_no,
           CASE WHEN m.others > 0 THEN 'taken'
                WHEN m.elsewhere > 0 THEN 'certificate'
                WHEN p.other_name THEN 'name'
                WHEN p.other_number THEN 'number'
                WHEN m.known = 0 AND i.joined THEN 'merged'
                WHEN m.registered > 0 THEN 'registered' END AS why,
           CASE WHEN m.known = 0 THEN 'created'
                WHEN m.brought > 0 THEN 'created'
                WHEN m.differing > 0 OR m.mended > 0 THEN 'updated'
                ELSE 'unchanged' END AS fate,
           m.known > 0,
           m.differing > 0
    FROM meeting i
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
    FROM roster_incoming i JOIN registration_qualification q USING (mgmt_no)
    WHERE i.row_no = ANY(%(changed)s)
"""
_CHANGE = """
    UPDATE registration_qualification q
    SET id_type = i.id_type, issue_date = i.issue_date, province_id = i.province_id, updated_at = %(now)s
    FROM roster_incoming i
    WHERE i.row_no = ANY(%(changed)s) AND q.mgmt_no = i.mgmt_no
"""
_ADD = """
    COPY registration_qualification
        (uid, id_number, name, id_type, id_index, mgmt_no, level, exam_year, issue_date, province_id,
         state, source, roster_import_id, created_at, updated_at)
    FROM STDIN
"""
# Here too every row is looked up by index, among accounts first: few have one.
_HOLDERS = """
    WITH asked AS MATERIALIZED (
        SELECT i.mgmt_no, (SELECT u.id FROM accounts_user u WHERE u.id_index = i.id_index) AS user_id
        FROM roster_incoming i WHERE i.row_no <> ALL(%(refused)s)
    )
    SELECT DISTINCT (SELECT w.id FROM registration_worker w WHERE w.user_id = a.user_id)
    FROM asked a
    WHERE a.user_id IS NOT NULL
        AND (SELECT q.worker_id IS NULL FROM registration_qualification q WHERE q.mgmt_no = a.mgmt_no)
"""

_CONFLICTS = {
    "taken": ("mgmt_no", "该管理号在社工库中属于另一人"),
    "certificate": ("mgmt_no", "该管理号在社工库中是另一级别或另一考试年度的证书"),
    "name": ("name", "社工库中该证件号码的姓名不同"),
    "number": ("mgmt_no", "社工库中已有此人同一级别、同一考试年度的证书，管理号不同"),
    "registered": ("issue_date", "此人已登记，社工库中的证件类型、签发日期或省份不同"),
    "merged": ("id_number", "该证件号码已并入社工库中的另一人"),
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
        cursor.execute(_TABLE)


def discard() -> None:
    """Drop the temporary table: connections outlive imports."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS roster_incoming")


@dataclass
class Prepared:
    """A chunk that is checked, sealed and written out as COPY reads it: what can be done beside the merging.

    Of an entry each, ``compared`` is what is looked up, and ``lines`` what comes into the roster, without what only the
    moment of merging gives. ``opposed`` are entries that contradict an earlier row of the file, and are not among them.
    """

    rows: list[tuple[int, list]]
    entries: list[Entry]
    problems: list[Problem]
    opposed: list[tuple[Entry, str]]
    compared: list[str]
    lines: list[str]


def prepare_chunk(
    rows: list[tuple[int, list]], entries: list[Entry], problems: list[Problem], file: within.File
) -> Prepared:
    """Seal and index the checked rows of a chunk, and compare them with the rows of the file before them."""
    compared, lines = _written_out(entries)
    found = file.contradictions(entries, compared)
    if not found:
        return Prepared(rows, entries, problems, [], compared, lines)
    wrong = {problem.row for _, problem in found}
    fine = [place for place, entry in enumerate(entries) if entry.row not in wrong]
    opposing = {problem.row: why for why, problem in found if problem.kind == "conflict"}
    return Prepared(
        rows,
        [entries[place] for place in fine],
        problems + [problem for _, problem in found],
        [(entry, opposing[entry.row]) for entry in entries if entry.row in opposing],
        [compared[place] for place in fine],
        [lines[place] for place in fine],
    )


def merge(chunk: Prepared, run: RosterImport) -> Outcome:
    """Bring a chunk into the roster within the caller's transaction, or only judge it in a dry run.

    What contradicts the roster is kept as ``RosterConflict`` in a real run. Raises IntegrityError when somebody
    else entered one of the certificates at this very moment: the caller rolls back and tries again.
    """
    outcome = Outcome()
    opposed: dict[int, str] = {}
    known: set[int] = set()
    changed: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [LOCK])
        now = cursor.fetchone()[0]
        copy(connection, cursor, _COMPARE, "".join(chunk.compared))
        cursor.execute(_JUDGE, {"own": run.pk, "merged": RosterMergeState.MERGED})
        judged = cursor.fetchall()
        outcome.created = len(chunk.entries) - len(judged)
        for row, why, fate, is_known, differs in judged:
            if why:
                name, message = _CONFLICTS[why]
                outcome.problems.append(Problem(row, HEADERS[name], "conflict", message))
                opposed[row] = why
                continue
            setattr(outcome, fate, getattr(outcome, fate) + 1)
            if is_known:
                known.add(row)
            if differs:
                changed.append(row)
        outcome.conflicting = len(opposed) + len(chunk.opposed)
        if run.dry_run:
            return outcome
        given = {"own": run.pk, "now": now, "changed": changed}
        if outcome.updated and changed:
            cursor.execute(_NOTE, given)
        if changed:
            cursor.execute(_CHANGE, given)
        _add(cursor, chunk, known.union(opposed), run, now)
        cursor.execute(_HOLDERS, {"refused": list(opposed)})
        outcome.holders = [pk for (pk,) in cursor.fetchall() if pk]
    kept = chunk.opposed + [(entry, opposed[entry.row]) for entry in chunk.entries if entry.row in opposed]
    if kept:
        conflicts.keep(run, sorted(kept))
    return outcome


def _add(cursor, chunk: Prepared, left_out: set[int], run: RosterImport, now: datetime) -> None:
    """Bring in the rows of a chunk that are new: all but those left out."""
    state, source = Qualification._meta.get_field("state").default, Qualification.Source.IMPORT
    end = f"\t{state}\t{source}\t{run.pk}\t{now.isoformat()}\t{now.isoformat()}\n"
    lines = chunk.lines
    if left_out:
        lines = [line for entry, line in zip(chunk.entries, lines, strict=True) if entry.row not in left_out]
    if lines:
        copy(connection, cursor, _ADD, end.join(lines) + end)


def _written_out(entries: Sequence[Entry]) -> tuple[list[str], list[str]]:
    """Return the chunk as COPY reads it; checked values hold neither tabs nor backslashes."""
    uids = _uids(len(entries))
    numbers = [entry.id_number for entry in entries]
    sealed = seal_many(Qualification._meta.get_field("id_number").purpose, uids, numbers)
    indexes = index_many("identity", numbers)
    values = [
        f"{name}\t{id_type}\t{index}\t{mgmt_no}\t{level}\t{year}\t{day}\t{place}"
        for (_, name, id_type, _, mgmt_no, level, year, day, place), index in zip(entries, indexes, strict=True)
    ]
    compared = [f"{entry[0]}\t{each}\n" for entry, each in zip(entries, values, strict=True)]
    lines = [f"{uid.hex()}\t\\\\x{seal.hex()}\t{each}" for uid, seal, each in zip(uids, sealed, values, strict=True)]
    return compared, lines


def _uids(count: int) -> list[bytes]:
    """Return so many UUIDs in ascending order (version 7, RFC 9562) as bytes.

    They begin with the moment, so that those of a chunk stand together in their index.
    """
    noise = bytearray(os.urandom(10 * count))
    noise[0::10] = bytes(byte & 0x0F | 0x70 for byte in noise[0::10])
    noise[2::10] = bytes(byte & 0x3F | 0x80 for byte in noise[2::10])
    moment = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    return sorted(moment + noise[at : at + 10] for at in range(0, len(noise), 10))
