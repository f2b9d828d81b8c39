"""``manage.py make_roster N``: write a fictitious roster file of any size."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import xlsxwriter
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track

from registration.roster.columns import COLUMNS
from registration.roster.fictitious import MOST, holders
from swms.dates import today


class Command(BaseCommand):
    help = "生成虚构的社工库文件：证件号码用省级前缀，不属于任何真实的人；同一种子得到同样的文件"

    def add_arguments(self, parser):
        parser.add_argument("count", type=int, help="行数")
        parser.add_argument("--seed", type=int, default=1, help="种子（默认 1）")
        parser.add_argument("--out", type=Path, help="文件（默认 roster-行数.csv 或 .xlsx）")
        parser.add_argument("--xlsx", action="store_true", help="XLSX，不填为 CSV")
        parser.add_argument("--gbk", action="store_true", help="CSV 用 GB18030 编码，不填为 UTF-8")
        parser.add_argument("--bad", type=float, default=0, metavar="PERCENT", help="百分之几的行有错误")

    def handle(self, *args, count, seed, out, xlsx, gbk, bad, **options):
        if not 0 <= count <= (1_048_575 if xlsx else MOST):
            raise CommandError("行数应为 0 至 9999999，XLSX 不超过 1048575")
        if not 0 <= bad <= 100:
            raise CommandError("--bad 应为 0 至 100")
        path = out or Path(f"roster-{count}.{'xlsx' if xlsx else 'csv'}")
        rows = (each.cells for each in holders(count, seed, until=today()))
        rows = track(
            spoilt(rows, bad / 100, random.Random(f"bad {seed}")),
            total=count,
            description="生成",
            console=Console(file=self.stderr),
            transient=True,
        )
        try:
            (_write_xlsx if xlsx else _write_csv)(path, rows, "gb18030" if gbk else "utf-8-sig")
        except OSError as error:
            raise CommandError(f"不能写入 {path}：{error.strerror}") from error
        self.stdout.write(f"{path}：{count} 行，虚构数据")


def _write_csv(path: Path, rows: Iterator[list[str]], encoding: str) -> None:
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.header for column in COLUMNS])
        writer.writerows(rows)


def _write_xlsx(path: Path, rows: Iterator[list[str]], encoding: str) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("社工库")
    for place, column in enumerate(COLUMNS):
        sheet.write_string(0, place, column.header)
    for row, cells in enumerate(rows, start=1):
        for place, cell in enumerate(cells):
            if cell:
                sheet.write_string(row, place, cell)
    book.close()


def spoilt(rows: Iterator[list[str]], share: float, chance: random.Random) -> Iterator[list[str]]:
    """Yield the rows, that share of them with one of the faults that offices' files have."""
    for row in rows:
        if share and chance.random() < share:
            place, spoil = chance.choice(_FAULTS)
            row[place] = spoil(row[place])
        yield row


def _other_digit(number: str) -> str:
    return number[:17] + ("X" if number[17] != "X" else "0")


def _scientific(number: str) -> str:
    return f"{int(number[:17]) * 10:.5E}".replace("E+0", "E+")


_FAULTS: tuple[tuple[int, Callable[[str], str]], ...] = (
    (0, lambda year: "去年"),
    (1, lambda level: "社工"),
    (2, lambda name: ""),
    (2, lambda name: name + "1"),
    (4, _other_digit),
    (4, _scientific),
    (4, lambda number: number[:12]),
    (5, _scientific),
    (5, lambda number: number[:10]),
    (6, lambda day: day.replace("-", "") + "0"),
    (6, lambda day: "2099-01-01"),
    (7, lambda province: "火星省"),
)
