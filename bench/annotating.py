"""The whole path of an annotation beside the plain pipeline: from the queued row to the downloadable certificate.

    python -m bench.annotating [copies]

Real parts: PostgreSQL, Redis, a Celery worker of one process. A copy is done when its row says 有效, with its
file durable and sealed, its hash recorded, its event in the audit trail and its notice in the holder's inbox. The
plain pipeline (WeasyPrint lays out, pyHanko signs, see ``bench.certificates``) has none of that and is measured in the
same run, in turns. Afterwards a sample is examined as a holder would get it, and the worker's memory is compared
with what it was at the beginning.
"""

from __future__ import annotations

import statistics
import sys
import time

TARGET = 40  # times the plain pipeline
ROUNDS = 5
COPIES = 2000  # in each round


def main(copies: int = COPIES) -> None:
    """Measure and print the ratio and the memory."""
    from bench.cluster import installation

    with installation("annotating") as folder:
        from bench import certificates, holders

        plain = certificates.plain_bench(folder / "plain")
        rows = holders.make(copies, folder=folder)
        with holders.worker(folder, processes=1) as worker:
            holders.queue(rows[:100])
            holders.drain()
            memory, rounds = [worker.memory()], []
            for _ in range(ROUNDS):
                slow = certificates.seconds_of(plain, 4)
                holders.queue(rows)
                began = time.perf_counter()
                holders.drain()
                rounds.append((slow, (time.perf_counter() - began) / copies))
                memory.append(worker.memory())
        holders.examine_sample()
    slow, fast = (statistics.median(each) for each in zip(*rounds, strict=True))
    ratio = statistics.median(one / other for one, other in rounds)
    megabytes = ", ".join(f"{each:.0f}" for each in memory)
    sys.stdout.write(
        f"one worker process, {copies} copies a round, {ROUNDS} rounds\n"
        f"  plain       {slow * 1000:8.2f} ms {1 / slow:8.1f} /s\n"
        f"  whole path  {fast * 1000:8.2f} ms {1 / fast:8.1f} /s\n"
        f"  the whole path is {ratio:.0f} × plain (aim {TARGET})\n"
        f"  memory of the worker after 100 copies and after each round: {megabytes} MB\n\n"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
