"""Rows of the roster per second: our import beside django-import-export and beside PostgreSQL's own COPY.

    python -m bench.roster [rows]

One fictitious file (GB18030, three rows in a hundred bad) is brought into an empty roster in three ways, in turns
in one run, so that a busy machine slows all of them alike:

    plain   django-import-export as the admin does it: a dry run, then the import, row by row. It is given the
            file's first rows only: the whole would take an hour
    ours    `import_roster`: read, check, seal, index, compare, merge, with the rows that are left out written down
    floor   COPY of the finished rows into the same table with the same indexes, and nothing else

Then the file, and one of a hundredth of it, are imported in processes of their own and asked for the most
memory they held. Ratios are comparable between machines, the absolute figures are not.
"""

import contextlib
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bench import cluster

TARGET = 100  # times the plain import
TARGET_OF_FLOOR = 0.5
TARGET_GROWTH = 1.25  # the memory of the whole file beside that of a hundredth of it
ROWS, PLAIN_ROWS, ROUNDS = 60_000, 200, 3
COLUMNS = (
    "uid, name, id_type, id_number, id_index, mgmt_no, level, exam_year, issue_date, province_id,"
    " state, source, roster_import_id, created_at, updated_at"
)


@dataclass
class Result:
    """What the rounds took: rows per second of each way, and the most memory by rows of the file."""

    plain_name: str
    rows: int
    plain: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    memory: dict[int, float] = field(default_factory=dict)  # MB

    @property
    def times_plain(self) -> float:
        """How many times the plain import, the median of the rounds' ratios."""
        return statistics.median(ours / plain for ours, plain in zip(self.ours, self.plain, strict=True))

    @property
    def of_floor(self) -> float:
        """Which part of COPY, the median of the rounds' ratios."""
        return statistics.median(ours / floor for ours, floor in zip(self.ours, self.floor, strict=True))

    @property
    def growth(self) -> float:
        """How much more memory the whole file took than a hundredth of it."""
        return self.memory[max(self.memory)] / self.memory[min(self.memory)]


def measure(rows: int, folder: Path, *, rounds: int = ROUNDS) -> Result:
    """Measure an import of so many rows; needs a migrated database with the divisions, and empties its roster."""
    path = make_file(rows, folder)
    plain_name, plain = plain_import()
    result = Result(plain_name, rows)
    for _ in range(rounds):
        empty()
        result.plain.append(PLAIN_ROWS / timed(plain, path))
        empty()
        result.ours.append(rows / timed(ours, path))
        result.floor.append(floor(folder))
    for few in (max(rows // 100, 1000), rows):
        empty()
        result.memory[few] = memory_of(make_file(few, folder))
    return result


def make_file(rows: int, folder: Path) -> Path:
    """Return a file of fictitious holders, some of them bad, as offices send it."""
    from django.core.management import call_command

    path = folder / f"roster-{rows}.csv"
    if not path.exists():
        with open(os.devnull, "w", encoding="utf-8") as nobody, contextlib.redirect_stderr(nobody):
            call_command("make_roster", str(rows), "--gbk", "--bad", "3", "--out", str(path), stdout=nobody)
    return path


def empty() -> None:
    """Take everybody out of the roster."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE registration_qualification, registration_rosterimport CASCADE")
        cursor.execute("VACUUM ANALYZE registration_qualification")


def timed(work, path: Path) -> float:
    """Return the seconds that ``work`` takes."""
    start = time.perf_counter()
    work(path)
    return time.perf_counter() - start


def ours(path: Path) -> None:
    """Import the file, with the rows that are left out written down beside it."""
    from registration import roster

    run = roster.import_file(path, errors=path.with_suffix(".errors.csv"))
    if run.rows_created < run.rows_total * 0.9:
        raise SystemExit(f"only {run.rows_created} of {run.rows_total} rows came in")


def floor(folder: Path) -> float:
    """Return the rows per second at which COPY alone brings the same rows into the emptied table."""
    from django.db import connection

    path = folder / "ready.copy"
    with connection.cursor() as cursor:
        with open(path, "w", encoding="utf-8") as file:
            query = f"SELECT {COLUMNS} FROM registration_qualification ORDER BY id"
            cursor.copy_expert(f"COPY ({query}) TO STDOUT", file)
        cursor.execute("SELECT count(*) FROM registration_qualification")
        rows = cursor.fetchone()[0]
        cursor.execute("TRUNCATE registration_qualification CASCADE")
        start = time.perf_counter()
        with open(path, encoding="utf-8") as file:
            cursor.copy_expert(f"COPY registration_qualification ({COLUMNS}) FROM STDIN", file)
        return rows / (time.perf_counter() - start)


def plain_import():
    """Return the name of the plain way, and the function that does it."""
    try:
        from import_export import fields, resources, widgets
    except ModuleNotFoundError:
        return "update_or_create in a loop, twice (django-import-export is not installed)", plain_loop

    from registration.models import Qualification

    class Roster(resources.ModelResource):
        """Every row by its 管理号, as the manual shows."""

        id_number = fields.Field("id_number", "id_number", widgets.CharWidget())

        class Meta:
            model = Qualification
            import_id_fields = ("mgmt_no",)
            fields = ("exam_year", "level", "name", "id_type", "id_number", "mgmt_no", "issue_date", "province")

        def init_instance(self, row=None):
            return Qualification(id_number=row["id_number"])  # a sealed field has no empty value to begin with

    def run(path: Path) -> None:
        import tablib

        rows = meant(path)
        data = tablib.Dataset(*(tuple(row.values()) for row in rows), headers=list(rows[0]))
        for dry_run in (True, False):
            Roster().import_data(data, dry_run=dry_run, raise_errors=True)

    return "django-import-export, dry run and import", run


def plain_loop(path: Path) -> None:
    """Do what the admin's import does for each row, without its bookkeeping: look up, fill in, save; tried first."""
    from django.db import transaction

    from registration.models import Qualification

    for dry_run in (True, False):
        with transaction.atomic():
            for row in meant(path):
                values = {"province_id" if name == "province" else name: value for name, value in row.items()}
                Qualification.objects.update_or_create(mgmt_no=values.pop("mgmt_no"), defaults=values)
            transaction.set_rollback(dry_run)


def meant(path: Path) -> list[dict[str, object]]:
    """Return the first rows that are in order as what they mean: the plain way is spared all checking."""
    from registration.roster.checks import Checker
    from registration.roster.files import open_table

    with open(path, "rb") as file:
        table = open_table(file)
        entries, _ = Checker(table.places).check_all(list(islice(table.rows(), PLAIN_ROWS + PLAIN_ROWS // 5)))
    return [{name: value for name, value in each._asdict().items() if name != "row"} for each in entries[:PLAIN_ROWS]]


def memory_of(path: Path) -> float:
    """Return the most memory in MB that a process held that imported the file and did nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.roster", "--only", str(path)], check=True, capture_output=True, text=True
    )
    return float(done.stdout.split()[-1])


def report(result: Result) -> str:
    """Return the lines that `main` prints."""
    import django

    rates = {name: statistics.median(getattr(result, name)) for name in ("plain", "ours", "floor")}
    held = ", ".join(f"{rows:,} rows {mb:.0f} MB" for rows, mb in sorted(result.memory.items()))

    def mark(good: bool) -> str:
        return "" if good else "  <- short of it"

    return "\n".join(
        [
            f"roster import of {result.rows:,} rows, {len(result.ours)} rounds, Django {django.__version__}"
            f" (load {os.getloadavg()[0]:.1f})",
            f"  plain  {rates['plain']:9,.0f} rows/s   {result.plain_name}",
            f"  ours   {rates['ours']:9,.0f} rows/s",
            f"  floor  {rates['floor']:9,.0f} rows/s   COPY of finished rows into the same indexes",
            f"  {result.times_plain:.0f} times the plain import (target {TARGET}){mark(result.times_plain >= TARGET)}",
            f"  {result.of_floor:.0%} of COPY (target {TARGET_OF_FLOOR:.0%}){mark(result.of_floor >= TARGET_OF_FLOOR)}",
            f"  memory: {held}{mark(result.growth <= TARGET_GROWTH)}",
        ]
    )


def main(rows: int = ROWS) -> None:
    """Measure and print the table."""
    with cluster.installation("roster", regions=True, SWMS_DEMO="1") as folder:
        sys.stdout.write(report(measure(rows, folder, rounds=ROUNDS if rows < 500_000 else 1)) + "\n\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        cluster.set_up()
        ours(Path(sys.argv[2]))
        sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}\n")
    else:
        main(*(int(each) for each in sys.argv[1:]))
