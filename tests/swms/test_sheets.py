"""What is written for a spreadsheet opens as it was given, and nothing in it is calculated (S16)."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from swms import sheets

FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://example.invalid","看")',
    "+86 19900000001",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\t表",
    "\r=1+1",
    "\n=1+1",
    "  =cmd|' /C calc'!A0",
    "\u3000=1",
    "\u00a0-1",
    "\ufeff=1",
    "\u200b@a",
    "＝1+1",
    "＋1",
    "－1",
    "＠名",
]
PLAIN = [
    "王小明",
    "古丽·阿依",
    "007",
    "11000019900307001X",
    "202411000100000013",
    "110000199003070013",
    "2024-09-30",
    "1E5",
    "3-2",
    "a=b",
    "a\r\nb",
    '他说"好"，走了',
    "'引",
    "<b>&amp;",
    "_x0041_",
    "&#61;1",
    "王\U0002a940",
    "",
]


def as_csv(header, rows) -> list[list[str]]:
    data = b"".join(sheets.csv_chunks(header, rows))
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def as_xlsx(header, rows) -> list[list[openpyxl.cell.Cell]]:
    out = io.BytesIO()
    sheets.write(out, sheets.XLSX, "表", header, rows)
    return list(openpyxl.load_workbook(out).active.iter_rows())


def shown(cell) -> str:
    """The text as a spreadsheet shows it: it knows the escapes of control characters, openpyxl leaves them."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), cell.value or "")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_looks_like_a_formula_is_a_text_in_both_kinds(text):
    assert as_csv([text], [[text]]) == [[f"'{text}"]] * 2
    assert sheets.unguarded(f"'{text}") == text
    for row in as_xlsx([text], [[text]]):
        assert row[0].data_type in ("s", "inlineStr"), "not a formula"
        assert row[0].number_format == "@", "nor after somebody has typed in the cell"
        assert shown(row[0]) == text


@pytest.mark.parametrize("text", PLAIN)
def test_every_other_text_keeps_every_character(text):
    assert as_csv(["列"], [[text]])[1] == [text]
    assert sheets.unguarded(text) == text
    assert shown(as_xlsx(["列"], [[text, "旁"]])[1][0]) == text


def test_numbers_and_dates_are_cells_of_their_kind_and_long_numbers_are_text():
    moment = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
    row = [-3, 2.5, Decimal("0.1"), date(2026, 3, 5), moment, 110000199003070013, date(1899, 1, 1), None]
    assert as_csv(["a"], [row])[1] == [
        "-3", "2.5", "0.1", "2026-03-05", "2026-03-06 00:30:00", "110000199003070013", "1899-01-01", "",
    ]  # fmt: skip
    cells = as_xlsx(["a"], [row])[1]
    assert [cell.value for cell in cells[:3]] == [-3, 2.5, 0.1]
    assert [f"{cell.value}" for cell in cells[3:5]] == ["2026-03-05 00:00:00", "2026-03-06 00:30:00"]
    assert cells[3].number_format == "yyyy-mm-dd"
    assert [cell.value for cell in cells[5:7]] == ["110000199003070013", "1899-01-01"]


def test_a_csv_begins_with_its_mark_once_and_its_lines_end_as_windows_wants():
    data = b"".join(sheets.csv_chunks(["甲"], ([str(number)] for number in range(50_000))))
    assert data.startswith(b"\xef\xbb\xbf\xe7\x94\xb2\r\n0\r\n1\r\n")
    assert data.count(b"\xef\xbb\xbf") == 1
    assert data.count(b"\r\n") == data.count(b"\n") == 50_001
    kept = io.BytesIO()
    assert sheets.write(kept, sheets.CSV, "表", ["甲"], ([str(number)] for number in range(50_000))) == 50_000
    assert kept.getvalue() == data


def test_a_csv_is_sent_while_its_rows_are_still_being_read():
    read = 0

    def rows():
        nonlocal read
        for read in range(100_000):  # noqa: B007 - the test looks at how far it is
            yield ["一二三四五六七八九十" * 3]

    pieces = sheets.csv_chunks(["甲"], rows())
    assert len(next(pieces)) < 100_000
    assert read < 2_000


def test_what_does_not_fit_in_a_sheet_goes_on_in_the_next(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    out = io.BytesIO()
    assert sheets.write(out, sheets.XLSX, "登记/注销[全国]", ["号"], ([str(number)] for number in range(5))) == 5
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["登记 注销 全国", "登记 注销 全国（2）", "登记 注销 全国（3）"]
    assert [row for sheet in book for row in sheet.iter_rows(values_only=True)] == [
        ("号",), ("0",), ("1",), ("号",), ("2",), ("3",), ("号",), ("4",),
    ]  # fmt: skip


def test_no_text_makes_a_workbook_that_cannot_be_opened():
    out = io.BytesIO()
    with sheets.Workbook(out) as book:
        book.sheet("空", ["一"])
        second = book.sheet("空", ["一"], width=8)
        second.put(["长" * 40_000])
        second.put(["\ud800\uffff\x01"])
    values = [cell.value for cell in openpyxl.load_workbook(out)["空（2）"]["A"]]
    assert values[1] == "长" * sheets.MAX_TEXT
    assert values[2].startswith("\ufffd\ufffd")
    assert zipfile.ZipFile(out).testzip() is None
