"""What the rows of one file say of each other: a 管理号 that is repeated, a person under two names or numbers.

Nothing of it depends on the roster, so that it is found beside the merging, over a connection of its own: two cores of
the database work. All rows of the file are in a temporary table, for the memory of the import does not grow with it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from django.db import connection

from registration.roster.checks import Entry
from registration.roster.columns import HEADERS
from registration.roster.problems import Problem

# The planner knows nothing of a table that grows from nothing.
_TABLE = """
    SET enable_seqscan TO off;
    SET enable_bitmapscan TO off;
    CREATE TEMP TABLE roster_seen (
        row_no bigint PRIMARY KEY, name text, id_type text, id_index text, mgmt_no text, level smallint,
        exam_year smallint, issue_date date, province_id text
    );
    CREATE INDEX ON roster_seen (mgmt_no, row_no);
    CREATE INDEX ON roster_seen USING hash (id_index);
"""
_SEE = "COPY roster_seen FROM STDIN"
# A row that repeats the 管理号 of an earlier one is wrong by itself and contradicts nobody. Conditions are subqueries
# of one value, and laterals aggregate, so that every row is looked up by index.
_JUDGE = """
    WITH meeting AS MATERIALIZED (
        SELECT i.* FROM roster_seen i
        WHERE i.row_no >= %s AND (
            (SELECT true FROM roster_seen e WHERE e.id_index = i.id_index AND e.row_no < i.row_no LIMIT 1)
            OR (SELECT true FROM roster_seen e WHERE e.mgmt_no = i.mgmt_no AND e.row_no < i.row_no LIMIT 1))
    ), judged AS (
        SELECT i.row_no,
               CASE WHEN s.row_no < i.row_no THEN 'repeated'
                    WHEN f.other_name > 0 THEN 'file_name'
                    WHEN f.other_number > 0 THEN 'file_number' END AS why,
               CASE WHEN s.row_no < i.row_no THEN s.row_no
                    WHEN f.other_name > 0 THEN f.other_name
                    ELSE f.other_number END AS other
        FROM meeting i
        CROSS JOIN LATERAL (
            SELECT min(e.row_no) AS row_no FROM roster_seen e WHERE e.mgmt_no = i.mgmt_no
        ) s
        CROSS JOIN LATERAL (
            SELECT min(e.row_no) FILTER (WHERE e.name <> i.name) AS other_name,
                   min(e.row_no) FILTER (
                       WHERE e.level = i.level AND e.exam_year = i.exam_year AND e.mgmt_no <> i.mgmt_no) AS other_number
            FROM roster_seen e
            WHERE e.id_index = i.id_index AND e.row_no < i.row_no
                AND e.row_no = (SELECT min(r.row_no) FROM roster_seen r WHERE r.mgmt_no = e.mgmt_no)
        ) f
    )
    SELECT row_no, why, other FROM judged WHERE why IS NOT NULL ORDER BY row_no
"""
_SAID = {
    "repeated": ("mgmt_no", "error", "与第{row}行的管理号相同"),
    "file_name": ("name", "conflict", "与第{row}行是同一证件号码，姓名不同"),
    "file_number": ("mgmt_no", "conflict", "与第{row}行是同一人、同一级别、同一考试年度，管理号不同"),
}


class File:
    """The rows of one file that were in order so far; a context manager, which closes its connection."""

    def __enter__(self) -> File:
        self._connection = connection.copy()
        self._connection.inc_thread_sharing()  # whoever prepares uses it, whoever merges closes it
        with self._connection.cursor() as cursor:
            cursor.execute(_TABLE)
        return self

    def __exit__(self, *details) -> None:
        self._connection.close()

    def contradictions(self, entries: Sequence[Entry], lines: Sequence[str]) -> list[tuple[str, Problem]]:
        """Return what the next rows say against those before them, with its kind, in the order of the file.

        ``lines`` are the entries as COPY reads them.
        """
        if not entries:
            return []
        with self._connection.cursor() as cursor:
            copy(self._connection, cursor, _SEE, "".join(lines))
            cursor.execute(_JUDGE, [entries[0].row])
            judged = cursor.fetchall()
        found = []
        for row, why, other in judged:
            name, kind, message = _SAID[why]
            found.append((why, Problem(row, HEADERS[name], kind, message.format(row=other))))
        return found


def copy(connection, cursor, statement: str, text: str) -> None:
    """COPY a text, in one piece: for each piece one thread of an import would wait for the other."""
    data = text.encode()
    if data:
        with connection.wrap_database_errors:
            cursor.copy_expert(statement, io.BytesIO(data), len(data))
