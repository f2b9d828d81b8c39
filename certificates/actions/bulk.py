"""Bulk verification for institutions and offices: a file of numbers and names in, a verdict for each row out."""

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from certificates.actions.counting import count_all
from certificates.models import VerificationCount
from certificates.queries.verification import Verification, verify_rows
from registration.roster.files import CSV, Cells, CsvTable, FileRefused, XlsxTable
from swms import sheets, throttle
from swms.audit import trail
from swms.idnumbers import normalise, normalise_name
from swms.ui import cn_datetime

MOST_ROWS = 500
HOURLY, DAILY = 6, 20
READ_HOURLY = 30  # files, also those that are refused as a whole
MOST_UNPACKED = 32 * 1024 * 1024  # bytes of a workbook that is read while somebody waits
MOST_NAMES = 3  # of one number: a file is no way around the limit of misses (S3)
HEADER = ("行号", "证书编号", "姓名", "结论", "说明", "结论代码", "查验时间")
_COLUMNS = {
    "number": ("证书编号", "编号", "管理号", "登记证书编号", "加注编号"),
    "name": ("姓名", "持证人", "持证人姓名"),
}
BAD_ROW = "bad_row"


@dataclass(frozen=True)
class Checked:
    """A row of the file and its verdict; ``fault`` says what is wrong with the row itself."""

    row: int
    number: str
    name: str
    found: Verification | None
    fault: str = ""

    @property
    def cells(self) -> list:
        """The row as it stands in the result."""
        if self.found is None:
            return [self.row, self.number, self.name, "这一行无法查验", self.fault, BAD_ROW, ""]
        found = self.found
        return [self.row, self.number, self.name, found.title, found.text, found.code, cn_datetime(found.at)]


class _Columns:
    """Finds number and name in the header row of a file, whatever else stands beside them."""

    def _find_header(self) -> tuple[list[str], dict[str, int]]:
        for _, cells in self._rows:
            header = ["".join(str(cell or "").split()) for cell in cells]
            places = {
                field: next((header.index(name) for name in names if name in header), None)
                for field, names in _COLUMNS.items()
            }
            if None not in places.values():
                return header, places
            break
        raise FileRefused("columns", "第一行应是列名，要有“证书编号”和“姓名”两列")


class _Csv(_Columns, CsvTable):
    pass


class _Xlsx(_Columns, XlsxTable):
    pass


def check_file(file: BinaryIO, *, by) -> list[Checked]:
    """Return a verdict for every row; counted, audited, within limits. Raises FileRefused and Throttled."""
    throttle.hit("verify_bulk_read", str(by.pk), READ_HOURLY, timedelta(hours=1))
    rows = _without_guessing(_read(file))
    throttle.hit("verify_bulk", str(by.pk), HOURLY, timedelta(hours=1))
    throttle.hit("verify_bulk_day", str(by.pk), DAILY, timedelta(days=1))
    asked = [(number, name) for _, number, name, fault in rows if not fault]
    answers = iter(verify_rows(asked))
    checked = [Checked(row, number, name, None if fault else next(answers), fault) for row, number, name, fault in rows]
    found = [one.found for one in checked if one.found]
    count_all(found, VerificationCount.Way.BULK)
    changes = {
        "rows": len(checked),
        "found": sum(one.is_found for one in found),
        "bad": sum(one.found is None for one in checked),
    }
    trail.record("certificates.bulk_verified", by, actor=by, changes=changes)
    return checked


def written(checked: list[Checked], kind: str) -> bytes:
    """Return the result as a file of that kind; nothing in it is calculated by a spreadsheet (S16)."""
    file = io.BytesIO()
    sheets.write(file, kind, "批量查验结果", HEADER, (one.cells for one in checked))
    return file.getvalue()


def _read(file: BinaryIO) -> list[tuple[int, str, str, str]]:
    start = file.read(8)
    file.seek(0)
    if not start:
        raise FileRefused("empty", "文件是空的，请重新选择")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused("xls", "这是旧版XLS文件或加了密码的文件，请去掉密码，另存为XLSX或CSV")
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")):
        raise FileRefused("kind", "请上传CSV或XLSX文件")
    table = (_Xlsx if start.startswith(b"PK") else _Csv)(file, most_unpacked=MOST_UNPACKED)
    rows = []
    for row, cells in table.rows():
        if len(rows) == MOST_ROWS:
            raise FileRefused("too_many", f"一次最多查验{MOST_ROWS}行，请分成几个文件")
        rows.append(_row(row, cells, table))
    if not rows:
        raise FileRefused("no_rows", "文件里只有列名，没有要查验的内容")
    return rows


def _without_guessing(rows: list[tuple[int, str, str, str]]) -> list[tuple[int, str, str, str]]:
    """Return the rows with a fault for every number that stands beside more names than anybody mistypes."""
    names: dict[str, set[str]] = {}
    for _, number, name, fault in rows:
        if not fault:
            names.setdefault(normalise(number), set()).add(normalise_name(name))
    said = f"同一编号在文件中有{MOST_NAMES}个以上不同的姓名，不予查验"
    return [
        (row, number, name, fault or (said if len(names[normalise(number)]) > MOST_NAMES else ""))
        for row, number, name, fault in rows
    ]


def _row(row: int, cells: Cells, table) -> tuple[int, str, str, str]:
    number, name = (cells[table.places[field]] for field in ("number", "name"))
    fault = ""
    if isinstance(number, int | float) and table.kind != CSV:
        fault = "编号是数字格式，末尾几位可能已经丢失，请把这一列设为“文本”格式后重新填写"
    texts = [sheets.unguarded("" if cell is None else str(cell).strip()) for cell in (number, name)]
    if not texts[0] or not texts[1]:
        fault = "证书编号和姓名都要填写"
    elif any(len(text) > most for text, most in zip(texts, (40, 50), strict=True)) or "\0" in "".join(texts):
        fault = "证书编号不超过40个字，姓名不超过50个字"
    elif not fault and "E+" in texts[0].upper():
        fault = "编号变成了科学计数法，末尾几位已经丢失，请把这一列设为“文本”格式后重新填写"
    return row, texts[0][:40], texts[1][:50], fault
