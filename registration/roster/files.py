"""Reading roster files: CSV in the encodings that offices use, and XLSX; streamed, and refused when hostile (S16).

Another kind of list is read in the same way by giving its columns to `open_table`.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl

from registration.roster.columns import COLUMNS, Column, missing, positions
from swms.sheets import CSV, XLSX

MB = 1024 * 1024
MAX_BYTES = 1024 * MB
MAX_COLUMNS = 100
HEADER_WITHIN = 10  # rows: some offices write a title above

MAX_MEMBERS = 1000
MAX_UNPACKED = 4096 * MB
MAX_STRINGS = 256 * MB  # the shared strings are held in memory
MAX_RATIO, RATIO_FROM = 200, 10 * MB  # sheets full of text pack to a tenth, bombs to a thousandth

Cells = list[object]


class FileRefused(Exception):
    """A file that cannot be read as a whole: `code` for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Table:
    """A roster file that is open: the header, where each field stands, and the rows as they come.

    `row_count` is an estimate for progress only; `delimiter` is that of a CSV. What is read while somebody waits for
    the answer may unpack to fewer bytes than a roster: `most_unpacked`.
    """

    kind: str
    delimiter = ","

    def __init__(
        self, file: BinaryIO, columns: Sequence[Column] = COLUMNS, *, most_unpacked: int = MAX_UNPACKED
    ) -> None:
        self.file = file
        self.columns = columns
        self.most_unpacked = most_unpacked
        self.row_count = 0
        self._rows = self._open()
        self.header, self.places = self._find_header()

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Yield the row's number as a spreadsheet shows it, and its cells; empty rows are passed over."""
        width = len(self.header)
        for number, cells in self._rows:
            if any(cells) or any(cell not in (None, "") for cell in cells):
                yield number, cells if len(cells) == width else cells[:width] + [None] * (width - len(cells))

    def _open(self) -> Iterator[tuple[int, Cells]]:
        raise NotImplementedError

    def _find_header(self) -> tuple[list[str], dict[str, int]]:
        best: dict[str, int] = {}
        for _, cells in itertools.islice(self._rows, HEADER_WITHIN):
            cells = cells[:MAX_COLUMNS]
            found = positions(cells, self.columns)
            if not missing(found, self.columns):
                return ["" if cell is None else str(cell) for cell in cells], found
            best = max(best, found, key=len)
        absent = "、".join(missing(best, self.columns))
        raise FileRefused("columns", f"缺少这些列：{absent}。请使用模板，第一行是列名")


def open_table(file: BinaryIO, columns: Sequence[Column] = COLUMNS, *, most_unpacked: int = MAX_UNPACKED) -> Table:
    """Return the table in a seekable binary file. Raises FileRefused; so may iterating over its rows."""
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if not size:
        raise FileRefused("empty", "文件是空的，请重新选择")
    if size > MAX_BYTES:
        raise FileRefused("too_large", f"文件不能超过{MAX_BYTES // MB}MB，请分成几个文件")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused("xls", "这是旧版XLS文件或加了密码的文件，请去掉密码，另存为XLSX或CSV")
    if start.startswith(b"PK"):
        return XlsxTable(file, columns, most_unpacked=most_unpacked)
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")):
        raise FileRefused("kind", "只能导入CSV或XLSX文件")
    return CsvTable(file, columns)


class CsvTable(Table):
    """Text with separators: comma, semicolon or tab, quoted or not."""

    kind = CSV

    def _open(self) -> Iterator[tuple[int, Cells]]:
        encoding, offset = self._encoding()
        self.file.seek(offset)
        text = io.TextIOWrapper(_Unclosing(self.file), encoding, newline="")
        first = ""
        for first in text:
            if first.strip("\r\n,;\t "):
                break
        self.delimiter = max(",;\t", key=first.count)
        self.file.seek(offset)
        text = io.TextIOWrapper(_Unclosing(self.file), encoding, newline="")
        return self._read(text)

    def _read(self, text: io.TextIOBase) -> Iterator[tuple[int, Cells]]:
        reader = csv.reader(text, delimiter=self.delimiter)
        number = 0
        while True:
            try:
                for cells in reader:
                    number += 1
                    yield number, cells
            except csv.Error as error:
                raise FileRefused("csv", f"第{number + 1}行附近不是正确的CSV，可能有不成对的引号") from error
            return

    def _encoding(self) -> tuple[str, int]:
        """Return the encoding and where the text begins; the whole file is decoded once to be sure."""
        start = self.file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            if self._decodes("utf-16", 0):
                return "utf-16", 0
            raise FileRefused("encoding", "文件的文字编码无法识别，请另存为“CSV UTF-8”或XLSX")
        # A byte order mark is believed only if the rest agrees: some tools put it before GBK.
        offset = 4 if start == b"\x84\x31\x95\x33" else 3 if start.startswith(codecs.BOM_UTF8) else 0
        for encoding in ("utf-8", "gb18030"):
            if self._decodes(encoding, offset):
                return encoding, offset
        raise FileRefused("encoding", "文件的文字编码无法识别，请另存为“CSV UTF-8”或XLSX")

    def _decodes(self, encoding: str, offset: int) -> bool:
        decoder = codecs.getincrementaldecoder(encoding)()
        self.file.seek(offset)
        lines = 0
        try:
            while block := self.file.read(MB):
                text = decoder.decode(block)
                if "\0" in text:
                    raise FileRefused("kind", "只能导入CSV或XLSX文件")
                lines += text.count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        self.row_count = max(0, lines - 1)
        return True


class _Unclosing(io.BufferedReader):
    """Lends the file to a text reader that closes what it reads when it is thrown away."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(_Raw(file), 256 * 1024)


class _Raw(io.RawIOBase):
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


class XlsxTable(Table):
    """The first sheet of a workbook."""

    kind = XLSX

    def _open(self) -> Iterator[tuple[int, Cells]]:
        self._refuse_bombs()
        self.file.seek(0)
        try:
            book = openpyxl.load_workbook(self.file, read_only=True, data_only=False, keep_links=False)
            sheet = book.worksheets[0]
            self.row_count = max(0, (sheet.max_row or 1) - 1)
            # The declared size may be wrong, and then rows or columns would be cut off.
            sheet.reset_dimensions()
        except Exception as error:  # openpyxl and the XML below it raise anything for a damaged file
            raise FileRefused("damaged", "XLSX文件已损坏，或不是电子表格，请重新导出") from error
        return self._read(sheet)

    def _read(self, sheet) -> Iterator[tuple[int, Cells]]:
        try:
            yield from enumerate((list(cells) for cells in sheet.iter_rows(values_only=True)), start=1)
        except (ParseError, zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, zlib.error) as error:
            raise FileRefused("damaged", "XLSX文件已损坏，请重新导出") from error

    def _refuse_bombs(self) -> None:
        try:
            archive = zipfile.ZipFile(self.file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise FileRefused("damaged", "XLSX文件已损坏，请重新导出") from error
        with archive:
            members = archive.infolist()
            if not any(member.filename == "xl/workbook.xml" for member in members):
                raise FileRefused("kind", "只能导入CSV或XLSX文件")
            bomb = FileRefused("bomb", "这个XLSX文件展开后过大，请另存为CSV后上传")
            # A member never unpacks to more than it declares: zipfile stops there.
            if len(members) > MAX_MEMBERS or sum(each.file_size for each in members) > self.most_unpacked:
                raise bomb
            for member in members:
                packed = max(1, member.compress_size)
                if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * packed:
                    raise bomb
                if member.filename.endswith("sharedStrings.xml") and member.file_size > MAX_STRINGS:
                    raise bomb
                if member.flag_bits & 1:
                    raise FileRefused("xls", "文件加了密码，请去掉密码后重新导入")
                if member.filename.endswith((".xml", ".rels")):
                    self._refuse_entities(archive, member)

    def _refuse_entities(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        """No office program writes a document type; those who do want entities to multiply."""
        try:
            with archive.open(member) as opened:
                if b"<!DOCTYPE" in opened.read(4096).upper():
                    raise FileRefused("bomb", "XLSX文件中有不允许的内容，请用电子表格软件重新保存")
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
            raise FileRefused("damaged", "XLSX文件已损坏，请重新导出") from error
