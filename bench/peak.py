"""Results day: many ask for annotations at once, among them the whole staff of one institution.

    python -m bench.peak [people]

Real parts, at reduced scale: PostgreSQL, Redis, a Celery worker of two processes. First everybody asks as fast as the
portal takes it in, a third of them from one institution and before all others. Then the wait of each is read from the
rows: from the request to the signed copy. From the measured speed of one process follows the table: how many
processes keep up with a load, and how long the longest wait is where there are fewer.
"""

from __future__ import annotations

import math
import statistics
import sys
import time

PEOPLE = 1500
BULK = 3  # one in so many works for the one institution
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
        with holders.worker(folder, processes=2):
            began = time.perf_counter()
            for pk in bulk + others:
                holders.ask(pk)
            asked = time.perf_counter() - began
            holders.drain()
            took = time.perf_counter() - began
        waits = {name: holders.waits(of) for name, of in (("bulk", bulk), ("others", others))}
    each = 2 * took / people  # seconds of one process
    sys.stdout.write(
        f"{people} requests in {asked:.1f} s, all done after {took:.1f} s ({people / took:.0f} /s by two processes)\n"
    )
    for name, words in (("bulk", f"{len(bulk)} of one institution, who asked first"), ("others", "everybody else")):
        found = sorted(waits[name])
        sys.stdout.write(
            f"  wait of {words}: median {statistics.median(found):.1f} s, "
            f"95 % {found[int(len(found) * 0.95)]:.1f} s, longest {found[-1]:.1f} s\n"
        )
    sys.stdout.write(table(each))


def table(each: float) -> str:
    """Return the processes needed for each load, at ``each`` seconds of a process for one copy."""
    lines = [
        "\n  requests in an hour   processes that keep up   longest wait with half / a quarter of them",
    ]
    for load in LOADS:
        needed = math.ceil(load * each / 3600 / RESERVE)
        # With n processes the hour's work takes longer than the hour; the last to ask waits for the rest of it.
        waits = [max(0.0, load * each / RESERVE / max(1, needed // part) - 3600) for part in (2, 4)]
        lines.append(f"  {load:19,} {needed:24} {waits[0] / 3600:27.1f} h / {waits[1] / 3600:.1f} h")
    return "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
