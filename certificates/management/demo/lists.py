"""Lists of certificate holders, written and brought into the roster as a keeper would."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

from registration import roster
from registration.models import RosterImport
from registration.roster.columns import COLUMNS
from swms.accounts.models import User


def as_csv(rows: Iterable[list[str]]) -> str:
    """Return the text of a list with these rows under its header."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.header for column in COLUMNS])
    writer.writerows(rows)
    return out.getvalue()


def bring(name: str, rows: Iterable[list[str]], by: User) -> RosterImport:
    """Import a list under the name of its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(as_csv(rows), encoding="utf-8-sig")
        return roster.import_file(path, by=by)
