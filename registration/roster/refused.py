"""The refused rows of an import, written as they were with a column that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

from registration.roster.columns import ERROR_COLUMN
from registration.roster.files import Table
from registration.roster.problems import Problem
from swms import sheets


class RefusedRows:
    """Writes refused rows to ``path`` (CSV unless its name ends in .xlsx), or only counts them without one.

    A context manager; the file exists even when nothing was refused, with its header.
    """

    def __init__(self, path: Path | None, table: Table) -> None:
        self._path = path
        self._header = table.header
        # An error column of an earlier round is replaced.
        self._kept = [place for place, name in enumerate(table.header) if name.strip() != ERROR_COLUMN]
        self._stack = ExitStack()
        self._put = lambda cells: None

    def __enter__(self) -> RefusedRows:
        if self._path is not None:
            kind = sheets.XLSX if self._path.suffix.lower() == f".{sheets.XLSX}" else sheets.CSV
            header = [*(self._header[place] for place in self._kept), ERROR_COLUMN]
            file = self._stack.enter_context(open(self._path, "wb"))
            self._put = self._stack.enter_context(sheets.opened(file, kind, "有误的行", header)).put
        return self

    def __exit__(self, *details) -> None:
        self._stack.close()

    def write(self, rows: Iterable[tuple[int, list]], problems: list[Problem]) -> int:
        """Write those rows that have a problem more serious than a warning; return how many."""
        serious = (problem for problem in problems if problem.kind != "warning")
        said = {row: "；".join(map(str, some)) for row, some in groupby(serious, key=lambda problem: problem.row)}
        for number, cells in rows:
            if number in said:
                self._put([*(_text(cells[place]) for place in self._kept), said[number]])
        return len(said)


def _text(cell: object) -> str:
    """Return a cell as text, whatever it was: no number may lose its last digits on the way back."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float) and cell % 1 == 0:
        return str(int(cell))
    return str(cell)
