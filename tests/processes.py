"""The portal as it runs in production, for tests that need the real thing: web, worker and beat as child processes.

Only processes that a test started are ever signalled, each by its own process group.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")

BASE_DIR = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 60  # seconds; a process imports for three of them on a machine that does nothing else
#: Straight to the loopback address, whatever proxy the environment names.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def until(ask: Callable[[], Answer], *, within: float, what: str, every: float = 0.1) -> Answer:
    """Ask again and again until the answer is true, and return it; raises AssertionError after ``within`` seconds."""
    end = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < end, f"after {within:.0f} s: not {what}"
        time.sleep(every)
    return answer


_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def alone_in_the_database() -> bool:
    """Tell whether the server has seen that whoever left is gone, and let go of what they held: that takes a while."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_OTHERS)
        return cursor.fetchone() == (0,)


def free_port() -> int:
    """Return a loopback port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def said(folder: Path) -> str:
    """Return the end of what each process wrote to its log in ``folder``, for the report of a failure."""
    logs = sorted(folder.glob("*.log"))
    return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-6000:]}" for log in logs)


class Child:
    """One child process with those it forks: a process group of its own, its output in a file."""

    def __init__(self, name: str, command: list[str], *, log: Path, environment: dict[str, str]):
        self.name = name
        self.node = ""  # a worker's name among workers
        self.log = log
        # A test run that is killed must not leave a portal behind.
        leash = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [*leash, sys.executable, *command], cwd=BASE_DIR, env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    @property
    def status(self) -> int | None:
        """The exit status, negative after a signal; ``None`` while it runs."""
        return self.process.poll()

    def says(self, words: str) -> bool:
        """Whether ``words`` are in the output; raises AssertionError when the process ended without saying them."""
        found = words in self.output
        assert found or self.status is None, f"{self.name} ended with {self.status}:\n{self.output[-3000:]}"
        return found

    @property
    def output(self) -> str:
        """All that the process wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End the whole group as ``kill -9`` does, without a chance to tidy up."""
        self.send(signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self, patience: float = 15) -> None:
        """Ask it to finish what it does, as an operator would; end it when it does not."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=patience)
        self.kill()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the group; nothing when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Portal:
    """The portal's processes on servers and folders of their own.

    ``servers`` holds DATABASE_URL and REDIS_URL, ``folder`` gets logs and files; ``variables`` are more
    environment variables for every process, such as scaled clocks.
    """

    def __init__(self, folder: Path, servers: dict[str, str], **variables: str):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | servers | {"SWMS_SITE_URL": self.url, "PYTHONUNBUFFERED": "1"} | variables
        self.environment.pop("PYTEST_CURRENT_TEST", None)
        self.children: list[Child] = []
        folder.mkdir(parents=True, exist_ok=True)

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        """Run a management command to its end and return what came of it, status and text."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=self.environment | variables,
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip

    def prepare(self) -> None:
        """Bring the database to the present schema and gather the static files, both once."""
        # Compressing what other packages bring takes ten seconds, and no page of ours asks for it.
        collect = ["collectstatic", "--noinput", "-v0", "-i", "rest_framework", "-i", "admin"]
        for arguments in (["migrate", "--noinput", "-v0"], collect):
            done = self.manage(*arguments)
            assert done.returncode == 0, done.stderr[-3000:]

    def web(self, *, threads: int = 4) -> Child:
        """Start two gunicorn workers and wait until they answer."""
        child = self._start(
            "web", "gunicorn", "swms.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "2",
            "--threads", str(threads), "--graceful-timeout", "5", "--log-level", "warning",
        )  # fmt: skip
        until(lambda: self._answers(child), within=STARTS_WITHIN, what="serving")
        return child

    def worker(self, *options: str, wait: bool = True, **variables: str) -> Child:
        """Start a Celery worker with two processes and wait until it is ready; ``options`` go behind ours."""
        node = f"{len(self.children)}@test"
        child = self._start(
            "worker", "celery", "-A", "swms", "worker", "--concurrency", "2", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle", "-n", node, *options, **variables,
        )  # fmt: skip
        child.node = node
        if wait:
            until(lambda: child.says("ready."), within=STARTS_WITHIN, what="a worker that is ready")
        return child

    def mortals(self, points: list[str]) -> Child:
        """Start a worker for each crash point that will die at it; see ``tests.faults.mortals``."""
        return self._start("mortals", "tests.faults.mortals", *points)

    def beat(self) -> Child:
        """Start a beat of its own memory; it does not wait."""
        schedule = self.folder / f"schedule-{len(self.children)}"
        return self._start("beat", "celery", "-A", "swms", "beat", "--loglevel", "INFO", "-s", str(schedule))

    def end(self) -> None:
        """End everything that was started."""
        for child in self.children:
            child.kill()

    def _start(self, name: str, module: str, *arguments: str, **variables: str) -> Child:
        log = self.folder / f"{len(self.children):02}-{name}.log"
        child = Child(name, ["-m", module, *arguments], log=log, environment=self.environment | variables)
        self.children.append(child)
        return child

    def _answers(self, child: Child) -> bool:
        assert child.status is None, f"the web server ended with {child.status}:\n{child.output[-3000:]}"
        try:
            with DIRECT.open(f"{self.url}/health/live", timeout=3) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
