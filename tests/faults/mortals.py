"""Celery workers that die at a crash point, one for each that is named: ``python -m tests.faults.mortals POINT…``.

A real worker takes a real message and is killed for good. They are forked from one process that has read all
the code once, which is most of what starting a worker costs. Each listens to a queue of its point's name.
"""

import ctypes
import os
import signal
import sys

from swms.celery import app
from swms.crashpoints import ARMED

PR_SET_PDEATHSIG = 1


def worker(point: str) -> int:
    """Fork a worker that is killed at ``point``; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a run that is killed leaves none behind
    os.environ[ARMED] = point
    app.worker_main([
        "worker", "--pool", "solo", "--loglevel", "INFO", "--without-gossip", "--without-mingle",
        "-Q", point, "-n", f"{point}@test",
    ])  # fmt: skip
    os._exit(0)


def main(points: list[str]) -> None:
    """Fork all, then tell what became of each."""
    app.loader.init_worker()  # Django and the tasks
    points = {worker(point): point for point in points}
    while points:
        pid, status = os.wait()
        print(f"{points.pop(pid)} ended with {os.waitstatus_to_exitcode(status)}", flush=True)


main(sys.argv[1:])
