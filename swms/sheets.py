"""Writing rows as CSV and XLSX that a spreadsheet shows and never calculates (S16).

The rule: a text that begins, after any blanks, with one of ``= + - @ ＝ ＋ － ＠``, or begins with a tab or
a line break, opens as text in Excel, WPS and LibreOffice; whoever typed it may be somebody who wants it
to run on the reader's computer. A CSV has no cells that say "text", so an apostrophe goes before it
(`unguarded` takes it away again); a workbook has them, so the text stays exactly as it is.

Whatever is given as text is written as text: leading zeros, numbers of 18 digits and written dates keep
every character. A CSV keeps them too, but Excel reads digits in a CSV as numbers whatever stands there: a
page that offers both says that the workbook is for Excel. Numbers, dates and times that are given as such
become cells of that kind.

Rows go to the file as they come, in memory that does not grow with them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO, Protocol

import xlsxwriter
from django.utils import timezone

CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

MAX_ROWS = 1_048_576  # of a sheet of a workbook, its header among them; more go on in a further sheet
MAX_TEXT = 32_767  # characters of a cell
_EXACT = 10**15  # from here on a spreadsheet rounds whole numbers
_FIRST_YEAR = 1900  # a workbook counts its days from there
_CHUNK = 64 * 1024

_FORMULA = re.compile(r"[\s\x00\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")

Cell = str | int | float | Decimal | date | datetime | None
Row = Sequence[Cell]


def guarded(text: str) -> str:
    """Return the text as a CSV may hold it: with an apostrophe before it where it looks like a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return what was given to `guarded`; for those who read back a file that was written here."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text, 1) else text


class Sheet(Protocol):
    """What rows are put into, one after the other."""

    def put(self, row: Row) -> None: ...


class CsvSheet:
    """Rows as CSV: UTF-8 with its mark, without which Excel takes Chinese for something else, and CRLF."""

    def __init__(self, file: BinaryIO, header: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self.put(header)

    def put(self, row: Row) -> None:
        self._writer.writerow([_in_csv(cell) for cell in row])

    def close(self) -> None:
        """Write what is still held; the file stays open, it is its owner's."""
        self._text.flush()
        self._text.detach()

    def __enter__(self) -> CsvSheet:
        return self

    def __exit__(self, *details) -> None:
        self.close()


class Workbook:
    """A workbook of one or more sheets; leaving its ``with`` block writes it to the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True})
        self.text = self._book.add_format({"num_format": "@"})
        self.date = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self.time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.head = self._book.add_format({"num_format": "@", "bold": True, "bg_color": "#E8EEF4", "bottom": 1})

    def sheet(self, title: str, header: Sequence[str], *, width: int = 20) -> XlsxSheet:
        """Begin the next sheet; the ones before it are finished."""
        return XlsxSheet(self, title, header, width)

    def add(self, title: str):
        """Return a new worksheet under the nearest title that a workbook allows and has not yet."""
        plain = _NOT_IN_TITLES.sub(" ", title).strip("' ") or "表"
        taken = {sheet.get_name().casefold() for sheet in self._book.worksheets()}
        name, number = plain[:31], 1
        while name.casefold() in taken:
            number += 1
            end = f"（{number}）"
            name = plain[: 31 - len(end)] + end
        return self._book.add_worksheet(name)

    def close(self) -> None:
        self._book.close()

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, *details) -> None:
        self.close()


class XlsxSheet:
    """One sheet: a header that stays in view, and cells that are text unless a number or a date was given."""

    def __init__(self, book: Workbook, title: str, header: Sequence[str], width: int) -> None:
        self._book, self._title, self._header, self._width = book, title, header, width
        self._begin()

    def put(self, row: Row) -> None:
        if self._at == MAX_ROWS:
            self._begin()
        for place, cell in enumerate(row):
            self._write(place, cell)
        self._at += 1

    def _begin(self) -> None:
        self._sheet = self._book.add(self._title)
        self._sheet.set_column(0, max(0, len(self._header) - 1), self._width, self._book.text)
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(self._header):
            self._sheet.write_string(0, place, _in_xml(name), self._book.head)
        self._at = 1

    def _write(self, place: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case datetime() if cell.year >= _FIRST_YEAR:
                self._sheet.write_datetime(self._at, place, _local(cell), self._book.time)
            case date() if cell.year >= _FIRST_YEAR:
                self._sheet.write_datetime(self._at, place, cell, self._book.date)
            case int() | float() | Decimal() if _is_exact(cell):
                self._sheet.write_number(self._at, place, cell)
            case _:
                self._sheet.write_string(self._at, place, _in_xml(str(cell)), self._book.text)


def csv_chunks(header: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a CSV in pieces as its rows come: for an answer that is sent while the database is still reading."""
    piece = io.BytesIO()
    with CsvSheet(piece, header) as sheet:
        for row in rows:
            sheet.put(row)
            if piece.tell() >= _CHUNK:
                yield piece.getvalue()
                piece.seek(0)
                piece.truncate()
    yield piece.getvalue()


def write(file: BinaryIO, kind: str, title: str, header: Sequence[str], rows: Iterable[Row]) -> int:
    """Write one table to a binary file that is open, and return how many rows it had beside the header."""
    count = 0
    with opened(file, kind, title, header) as sheet:
        for count, row in enumerate(rows, start=1):  # noqa: B007 - the last number is the answer
            sheet.put(row)
    return count


class opened:
    """Lend a sheet of that kind in a binary file that stays its owner's; what was put is there at the end."""

    def __init__(self, file: BinaryIO, kind: str, title: str, header: Sequence[str], *, width: int = 20) -> None:
        if kind == XLSX:
            self._whole = Workbook(file)
            self._sheet: Sheet = self._whole.sheet(title, header, width=width)
        else:
            self._whole = self._sheet = CsvSheet(file, header)

    def __enter__(self) -> Sheet:
        return self._sheet

    def __exit__(self, *details) -> None:
        self._whole.close()


def _in_csv(cell: Cell) -> object:
    match cell:
        case None:
            return ""
        case datetime():
            return f"{_local(cell):%Y-%m-%d %H:%M:%S}"
        case date():
            return f"{cell:%Y-%m-%d}"
        case int() | float() | Decimal():
            return cell
        case _:
            return guarded(str(cell))


def _in_xml(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)[:MAX_TEXT]


def _is_exact(number: float | Decimal) -> bool:
    return not isinstance(number, bool) and abs(number) < _EXACT


def _local(moment: datetime) -> datetime:
    """Return the moment as a clock on the wall shows it; no spreadsheet knows of time zones."""
    return timezone.localtime(moment).replace(tzinfo=None) if timezone.is_aware(moment) else moment
