"""Files of the roster as an office sends them, of people who do not exist."""

import csv
from pathlib import Path

from registration.roster import fictitious
from registration.roster.columns import COLUMNS
from swms.dates import today

HEADER = [column.header for column in COLUMNS]
PLACES = ("11", "31", "44")


def holders(count: int, seed: int = 1) -> list[fictitious.Holder]:
    """Return fictitious people of 北京, 上海 and 广东, whose regions the tests have."""
    known = [each for each in fictitious.holders(count * 8 + 50, seed, until=today()) if each.province[:2] in PLACES]
    return known[:count]


def write(path: Path, rows: list[list[str]], encoding: str = "utf-8-sig") -> Path:
    with open(path, "w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path
