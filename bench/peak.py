"""Results day: many ask for annotations at once, among them the whole staff of one institution.

    python -m bench.peak [people]

Real parts, at reduced scale: PostgreSQL, Redis, a Celery worker of two processes. First a third of the people, all of
one institution, ask as fast as the portal takes it in, then everybody else; the wait of each, from the request to the
signed copy, is read from the rows. Then the speed of one process is measured on a backlog: for certificates that
are laid out already, and for those that have to be laid out first. From it follows the table: how many
processes keep up with a load, and how long the last one waits where there are fewer.
"""

from __future__ import annotations

import math
import statistics
import sys
import time

PEOPLE = 900
BULK = 3  # one in so many works for the one institution
FIRST = 60  # certificates that are laid out while somebody waits
PROCESSES = 2
LOADS = (20_000, 50_000, 100_000, 200_000, 400_000)  # requests in one hour
RESERVE = 0.7  # the part of a process's time that a plan may count on


def main(people: int = PEOPLE) -> None:
    """Simulate, and print waits and table."""
    from bench.cluster import installation

    with installation("peak") as folder:
        from bench import holders

        rows = holders.make(people, folder=folder)
        bulk, others = rows[: people // BULK], rows[people // BULK :]
        holders.employ(bulk)
        holders.agree(rows)
        with holders.worker(folder, processes=PROCESSES):
            began = time.perf_counter()
            for pk in bulk + others:
                holders.ask(pk)
            asked = time.perf_counter() - began
            holders.drain()
            waits = {name: sorted(holders.waits(of)) for name, of in (("bulk", bulk), ("others", others))}
            holders.queue(rows)
            again = _drained(len(rows))
            holders.forget_bases(rows[:FIRST])
            holders.queue(rows[:FIRST])
            first = _drained(FIRST)
    sys.stdout.write(f"{people} requests within {asked:.1f} s, {PROCESSES} worker processes\n")
    for name, words in (("bulk", f"{len(bulk)} of one institution, who asked first"), ("others", "everybody else")):
        found = waits[name]
        sys.stdout.write(
            f"  wait of {words}: median {statistics.median(found):.1f} s, "
            f"95 % {found[int(len(found) * 0.95)]:.1f} s, longest {found[-1]:.1f} s\n"
        )
    for each, words in ((again, "laid out already"), (first, "laid out while somebody waits")):
        sys.stdout.write(f"\ncertificates that are {words}: {1 / each:.1f} /s by one process\n{table(each)}")
    sys.stdout.write("\n")


def _drained(count: int) -> float:
    """Drain what is in hand; return the seconds of one process for each."""
    from bench import holders

    began = time.perf_counter()
    holders.drain()
    return PROCESSES * (time.perf_counter() - began) / count


def table(each: float) -> str:
    """Return the processes needed for each load, at ``each`` seconds of a process for one copy."""
    lines = ["  requests in an hour   processes that keep up   the last waits, with half / a quarter of them"]
    for load in LOADS:
        work = load * each / RESERVE
        needed = math.ceil(work / 3600)
        # Who asks last, at the end of the hour, waits for what is left of the work.
        waits = " / ".join(f"{max(0.0, work / math.ceil(needed / part) - 3600) / 3600:.1f} h" for part in (2, 4))
        lines.append(f"  {load:19,} {needed:24} {waits:>45}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
