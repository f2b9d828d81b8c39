"""Rows of the roster per second: our import beside django-import-export and beside PostgreSQL's own COPY.

    python -m bench.roster [rows]

One fictitious file (GB18030, three rows in a hundred bad) is brought into an empty roster in three ways, in turns
in one run, so that a busy machine slows all of them alike:

    plain   django-import-export in Django's admin, all at its defaults: the page that takes the upload, tries it
            and shows what would change, then the page that is confirmed with, which imports and logs. Its file are
            the first rows that are in order, under the names of the fields and as these are stored: it would
            refuse a file with a bad row whole, and does not know what offices call things. It has no more rows
            than that because the whole would take an hour; its time for a row does not depend on it
    ours    `import_roster`: read, check, seal, index, compare, merge, with the rows that are left out written down
    floor   COPY of the finished rows into the same table with the same indexes, and nothing else

Then the file, and one of ten thousand rows, are imported in processes of their own and asked for the most
memory they held. Ratios are comparable between machines, the absolute figures are not.
"""

import contextlib
import csv
import os
import re
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
TARGET_GROWTH = 1.25  # the memory of the whole file beside that of the first rows alone
FEW = 10_000  # these
ROWS, PLAIN_ROWS, ROUNDS = 60_000, 1000, 3
COLUMNS = (
    "uid, name, id_type, id_number, id_index, mgmt_no, level, exam_year, issue_date, province_id,"
    " state, source, roster_import_id, created_at, updated_at"
)


@dataclass
class Result:
    """What the rounds took: rows per second of each way, and the most memory by rows of the file."""

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
        """How many times the memory of the few rows the whole file took."""
        return self.memory[max(self.memory)] / self.memory[min(self.memory)]


def measure(rows: int, folder: Path, *, rounds: int = ROUNDS) -> Result:
    """Measure an import of so many rows; needs a migrated database with the divisions, and empties its roster."""
    path = make_file(rows, folder)
    admin = Admin(folder)
    few = spelled_out(path, folder)
    result = Result(rows)
    for _ in range(rounds):
        empty()
        result.plain.append(PLAIN_ROWS / timed(admin.bring_in, few))
        empty()
        result.ours.append(rows / timed(ours, path))
        result.floor.append(floor(folder))
    for few in (min(FEW, rows // 2), rows):
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


def spelled_out(path: Path, folder: Path) -> Path:
    """Return a file of the first rows that are in order as django-import-export reads them by itself."""
    from registration.roster.checks import Checker
    from registration.roster.files import open_table

    with open(path, "rb") as file:
        table = open_table(file)
        entries, _ = Checker(table.places).check_all(list(islice(table.rows(), PLAIN_ROWS + PLAIN_ROWS // 5)))
    few = folder / "plain.csv"
    with open(few, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(entries[0]._fields[1:])
        out.writerows(entry[1:] for entry in entries[:PLAIN_ROWS])
    return few


class Admin:
    """The roster in an admin that imports with django-import-export: its two views, without the middleware."""

    def __init__(self, folder: Path) -> None:
        from django.contrib import admin
        from django.test import RequestFactory
        from django.urls import include, path
        from import_export import fields, resources, widgets
        from import_export.admin import ImportMixin

        from registration.models import Qualification
        from swms.accounts.models import User

        class Roster(resources.ModelResource):
            """Every row by its 管理号, as the manual shows."""

            id_number = fields.Field("id_number", "id_number", widgets.CharWidget())

            class Meta:
                model = Qualification
                import_id_fields = ("mgmt_no",)
                fields = ("name", "id_type", "id_number", "mgmt_no", "level", "exam_year", "issue_date", "province")

            def init_instance(self, row=None):
                return Qualification(id_number=row["id_number"])  # a sealed field has no empty value to begin with

        class RosterAdmin(ImportMixin, admin.ModelAdmin):
            resource_classes = (Roster,)

        site = admin.AdminSite()
        site.register(Qualification, RosterAdmin)
        self.views = RosterAdmin(Qualification, site)
        self.user = User.objects.create_user(kind=User.Kind.STAFF, name="周燕", username="zhouyan")
        self.requests = RequestFactory()
        self.urls = (path("admin/", site.urls), path("", include("swms.urls")))

    def bring_in(self, path: Path) -> None:
        """Upload a file, look at what would change, and confirm."""
        from django.core.files.uploadedfile import SimpleUploadedFile
        from django.urls import set_urlconf

        from registration.models import Qualification

        set_urlconf(self.urls)
        try:
            upload = SimpleUploadedFile(path.name, path.read_bytes(), "text/csv")
            shown = self._post(self.views.import_action, {"format": "0", "import_file": upload}).render()
            asked = shown.context_data["confirm_form"]
            done = self._post(self.views.process_import, asked.initial)
        finally:
            set_urlconf(None)
        if done.status_code != 302 or Qualification.objects.count() != PLAIN_ROWS:
            raise SystemExit(f"the admin brought in {Qualification.objects.count()} of {PLAIN_ROWS} rows")

    def _post(self, view, data: dict):
        from django.contrib.messages.storage import default_storage

        request = self.requests.post("/admin/", data)
        request.user, request.session = self.user, {}
        request._messages = default_storage(request)
        return view(request)


def memory_of(path: Path) -> float:
    """Return the most memory in MB that a process held that imported the file and did nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.roster", "--only", str(path)],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "swms.settings"},  # the portal alone
        check=True,
        capture_output=True,
        text=True,
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
            f"  plain  {rates['plain']:9,.0f} rows/s   django-import-export, dry run and import",
            f"  ours   {rates['ours']:9,.0f} rows/s",
            f"  floor  {rates['floor']:9,.0f} rows/s   COPY of finished rows into the same indexes",
            f"  {result.times_plain:.0f} times the plain import (target {TARGET}){mark(result.times_plain >= TARGET)}",
            f"  {result.of_floor:.0%} of COPY (target {TARGET_OF_FLOOR:.0%}){mark(result.of_floor >= TARGET_OF_FLOOR)}",
            f"  memory: {held}{mark(result.growth <= TARGET_GROWTH)}",
        ]
    )


def main(rows: int = ROWS) -> None:
    """Measure and print the table."""
    beside = {"SWMS_DEMO": "1", "DJANGO_SETTINGS_MODULE": "bench.beside"}
    with cluster.installation("roster", regions=True, static=True, **beside) as folder:
        sys.stdout.write(report(measure(rows, folder, rounds=ROUNDS if rows < 500_000 else 1)) + "\n\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        cluster.set_up()
        ours(Path(sys.argv[2]))
        # Not getrusage: a process inherits there what the one held that started it.
        held = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        sys.stdout.write(f"{int(held[1]) / 1024:.1f}\n")
    else:
        main(*(int(each) for each in sys.argv[1:]))
