"""The refused rows of an import, written as they were with a column that says what is wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import xlsxwriter

from registration.roster.columns import ERROR_COLUMN
from registration.roster.files import XLSX, Table
from registration.roster.problems import Problem

MAX_XLSX_ROWS = 1_048_575
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


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
            self._put = self._xlsx() if self._path.suffix.lower() == f".{XLSX}" else self._csv()
            self._put([*(self._header[place] for place in self._kept), ERROR_COLUMN])
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

    def _csv(self):
        file = open(self._path, "w", encoding="utf-8-sig", newline="")  # noqa: SIM115 - the stack closes it
        self._stack.callback(file.close)
        writer = csv.writer(file)
        return lambda cells: writer.writerow([_guarded(cell) for cell in cells])

    def _xlsx(self):
        # Rows go to the disk as they come; everything is text, so that no number loses its last digits.
        book = xlsxwriter.Workbook(str(self._path), {"constant_memory": True, "strings_to_formulas": False})
        self._stack.callback(book.close)
        as_text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("有误的行")
        sheet.set_column(0, len(self._kept), 20, as_text)
        row = 0

        def put(cells: list[str]) -> None:
            nonlocal row
            if row <= MAX_XLSX_ROWS:
                for place, cell in enumerate(cells):
                    sheet.write_string(row, place, cell[:32_767], as_text)
                row += 1

        return put


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float) and cell % 1 == 0:
        return str(int(cell))
    return str(cell)


def _guarded(text: str) -> str:
    """Return text that a spreadsheet shows and never calculates; reading a roster takes the mark away again."""
    return f"'{text}" if text.startswith(_FORMULA) else text
