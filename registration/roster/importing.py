"""One run over a roster file, from the first row to the last: checked, merged chunk by chunk, accounted for."""

from __future__ import annotations

import gc
import hashlib
import logging
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.utils import timezone

from registration import actions
from registration.models import RosterImport, Worker
from registration.roster import merge, staging, undo, within
from registration.roster.checks import Checker
from registration.roster.files import FileRefused, Table, open_table
from registration.roster.problems import KEPT, Problem
from registration.roster.refused import RefusedRows
from swms.audit.trail import record

log = logging.getLogger(__name__)

CHUNK = 10_000
TRIES = 3
RUN_LOCK = 7203  # with the import's id: one run of one import at a time

INTERRUPTED = "导入中断，已导入的部分有效，可以重新导入同一文件"

OnProgress = Callable[[RosterImport], None]


def import_file(
    path: Path,
    *,
    by=None,
    dry_run: bool = False,
    errors: Path | None = None,
    on_progress: OnProgress | None = None,
) -> RosterImport:
    """Import a file that the operator has on the server; refused rows go to ``errors``, in the kind its name says.

    Returns the finished import. Raises FileRefused, ``OSError``.
    """
    with open(path, "rb") as file:
        import_ = begin(file, name=path.name, by=by, dry_run=dry_run)
        with _alone(import_.pk):
            _close_abandoned(import_)
            return _carry_out(import_, file, errors, on_progress)


def run(pk: int) -> RosterImport:
    """Carry out a staged import, or undo one, and return it; nothing happens when that is done or somebody is at it.

    Safe to repeat: what an attempt that was cut short has brought in is found there and counted as brought in.
    """
    with _alone(pk) as alone:
        import_ = RosterImport.objects.get(pk=pk)
        if alone and import_.outcome == RosterImport.Outcome.RUNNING:
            _run_staged(import_)
        if alone and import_.outcome == RosterImport.Outcome.UNDOING:
            undo.carry_out(import_)
        return import_


@contextmanager
def _alone(pk: int) -> Iterator[bool]:
    """Hold the import for this connection; yield ``False`` when somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [RUN_LOCK, pk])
        alone = cursor.fetchone()[0]
    try:
        yield alone
    finally:
        if alone and connection.is_usable():  # a lost connection has lost its locks
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [RUN_LOCK, pk])


def _close_abandoned(import_: RosterImport) -> None:
    """Close the runs over the same file that were killed: nobody else takes up what an operator started."""
    running = RosterImport.objects.filter(sha256=import_.sha256, outcome=RosterImport.Outcome.RUNNING)
    for other in running.exclude(pk=import_.pk):
        with _alone(other.pk) as alone:
            if alone and not staging.is_staged(other):
                _fail(other, INTERRUPTED)


def begin(file: BinaryIO, *, name: str, by, dry_run: bool) -> RosterImport:
    """Return a new import of a file that can be read as a whole. Raises FileRefused."""
    if len(settings.INDEX_KEYS) > 1:
        # Rows under the old index key would not be recognised, and people would stand in the roster twice.
        raise FileRefused("keys", "系统正在更换密钥，请在更换完成后导入")
    open_table(file)
    file.seek(0)
    return RosterImport.objects.create(
        file_name=_harmless(name), sha256=hashlib.file_digest(file, "sha256").hexdigest(), by=by, dry_run=dry_run
    )


def progress(import_: RosterImport) -> int | None:
    """Return how far a run is, in per cent; ``None`` while nothing is known."""
    if import_.outcome == RosterImport.Outcome.UNDOING:
        return undo.progress(import_)
    if import_.outcome != RosterImport.Outcome.RUNNING:
        return 100
    if not import_.rows_total:
        return None
    return min(99, 100 * processed(import_) // import_.rows_total)


def problems(import_: RosterImport) -> list[Problem]:
    """Return what was found, in the order of the file; the first five hundred."""
    return [Problem(**each) for each in import_.problems]


def error_file(import_: RosterImport) -> staging.ErrorFile | None:
    """Return the refused rows of a staged import as a file to correct and send again."""
    return staging.kept_errors(import_)


def unfinished() -> list[int]:
    """Return the staged imports that are still to be carried out or undone, also those that a crash cut short."""
    outcomes = RosterImport.Outcome
    going_on = RosterImport.objects.filter(outcome__in=(outcomes.RUNNING, outcomes.UNDOING)).order_by("pk")
    return [each.pk for each in going_on if each.outcome == outcomes.UNDOING or staging.is_staged(each)]


def processed(import_: RosterImport) -> int:
    """Return how many rows of the file were dealt with so far."""
    brought = import_.rows_created + import_.rows_updated + import_.rows_unchanged
    return brought + import_.rows_refused + import_.rows_conflicting


def _harmless(name: str) -> str:
    """Return a file name without folders and long numbers: people name files after identity numbers."""
    return re.sub(r"\d{9,}[Xx]?", "***", name.replace("\\", "/").rpartition("/")[2])[-200:] or "roster"


def _run_staged(import_: RosterImport) -> RosterImport:
    try:
        with staging.opened(import_) as file, staging.new_errors(import_) as errors:
            _carry_out(import_, file, errors, None)
            if import_.rows_refused + import_.rows_conflicting:
                staging.keep_errors(import_, errors)
    except FileRefused:
        return import_  # written down already
    except staging.Gone:
        _fail(import_, "上传的文件已不在服务器上，请重新上传")
    return import_


def _carry_out(import_: RosterImport, file: BinaryIO, errors: Path | None, on_progress: OnProgress | None):
    try:
        table = open_table(file)
        import_.rows_total = import_.rows_total or table.row_count
        _start_again(import_)
        with RefusedRows(errors, table) as refused, within.File() as seen, _at_full_speed():
            merge.prepare()
            with closing(_ahead(_chunks(table, seen))) as chunks:
                for chunk in chunks:
                    _take(chunk, import_, refused)
                    if on_progress:
                        on_progress(import_)
    except FileRefused as refusal:
        _fail(import_, refusal.message)
        raise
    except (DatabaseError, InterfaceError, OSError, KeyboardInterrupt):
        if not staging.is_staged(import_) and connection.is_usable():  # nobody takes it up again
            _fail(import_, INTERRUPTED)
        raise
    merge.discard()
    _finish(import_)
    if not import_.dry_run:
        actions.feedback.close_arrived()
    return import_


def _start_again(import_: RosterImport) -> None:
    import_.rows_created = import_.rows_updated = import_.rows_unchanged = 0
    import_.rows_refused = import_.rows_conflicting = import_.rows_warned = 0
    import_.problems = []


def _chunks(table: Table, seen: within.File) -> Iterator[merge.Prepared]:
    """Yield the file chunk by chunk: checked, sealed, written out, and compared with what came before in the file."""
    checker = Checker(table.places)
    rows = table.rows()
    while chunk := list(islice(rows, CHUNK)):
        entries, found = checker.check_all(chunk)
        yield merge.prepare_chunk(chunk, entries, found, seen)


def _ahead(chunks: Iterator[merge.Prepared]) -> Iterator[merge.Prepared]:
    """Yield what ``chunks`` gives, the next one always under way: the database works meanwhile, on another core."""
    chunk = next(chunks, None)
    with ThreadPoolExecutor(1, "roster") as pool:
        while chunk is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk
            chunk = coming.result()


@contextmanager
def _at_full_speed() -> Iterator[None]:
    """Keep two threads and many small objects from being slow.

    Whoever comes back from the database is let in at once, so that it never waits for work. The garbage collector
    leaves alone what was there before the rows came: it would go through the whole portal every few thousand rows.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # seconds, a tenth of the usual
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        sys.setswitchinterval(interval)


def _take(chunk: merge.Prepared, import_: RosterImport, refused: RefusedRows) -> None:
    """Merge one chunk in one transaction, and write down what was wrong with it."""
    with transaction.atomic():
        outcome = _merged(chunk, import_)
        found = sorted(chunk.problems + outcome.problems, key=lambda problem: problem.row)
        left_out = refused.write(chunk.rows, found)
        import_.rows_created += outcome.created
        import_.rows_updated += outcome.updated
        import_.rows_unchanged += outcome.unchanged
        import_.rows_conflicting += outcome.conflicting
        import_.rows_refused += left_out - outcome.conflicting
        import_.rows_warned += sum(problem.kind == "warning" for problem in found)
        import_.problems += [problem.as_dict() for problem in found[: KEPT - len(import_.problems)]]
        _save(import_)


def _merged(chunk: merge.Prepared, import_: RosterImport) -> merge.Outcome:
    """Merge, again when somebody else entered one of the certificates at the same moment."""
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                outcome = merge.merge(chunk, import_)
                for worker in Worker.objects.filter(pk__in=outcome.holders).select_related("user"):
                    actions.attach_qualifications(worker)
            return outcome
        except IntegrityError:
            if attempt == TRIES:
                raise
            log.info("roster_chunk_repeated", extra={"import": import_.pk})
    raise AssertionError("unreachable")


_COUNTS = ("rows_created", "rows_updated", "rows_unchanged", "rows_refused", "rows_conflicting", "rows_warned")


def _save(import_: RosterImport, *more: str) -> None:
    import_.save(update_fields=["rows_total", *_COUNTS, "problems", *more])


@transaction.atomic
def _finish(import_: RosterImport) -> RosterImport:
    import_.outcome = RosterImport.Outcome.FINISHED
    import_.rows_total = processed(import_)
    import_.finished_at = timezone.now()
    _save(import_, "outcome", "finished_at")
    verb = "registration.roster.dry_run" if import_.dry_run else "registration.roster.import"
    counts = {name: getattr(import_, name) for name in ("rows_total", *_COUNTS)}
    record(verb, import_, actor=import_.by, changes=counts | {"sha256": import_.sha256})
    return import_


@transaction.atomic
def _fail(import_: RosterImport, reason: str) -> None:
    import_.outcome = RosterImport.Outcome.FAILED
    import_.failure = reason[:200]
    import_.finished_at = timezone.now()
    _save(import_, "outcome", "failure", "finished_at")
    counts = {name: getattr(import_, name) for name in _COUNTS}
    record("registration.roster.import_failed", import_, actor=import_.by, reason=reason, changes=counts)
