"""The whole portal as processes: gunicorn, a Celery worker and beat, with a database and files of their own.

They share the PostgreSQL and Redis of the run. What a test makes through the ORM is committed, and
``Portal.enter`` lets this process see the same database and the same files as those processes.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg2
import redis
from django.conf import settings
from django.db import connections
from django.test import override_settings

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 60  # seconds
SWEEP = "1"  # second between two sweeps, so that a journey never waits for one


class Portal:
    """Use as a context manager; ``address`` is where it answers, ``folder`` holds its files and logs."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.database = f"journeys_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        self.environment = os.environ | {
            "DATABASE_URL": f"{server}/{self.database}",
            "SWMS_VAR_DIR": str(folder),
            "SWMS_SITE_URL": self.address,
            "SWMS_SWEEP_SECONDS": SWEEP,
            "SWMS_TRUSTED_PROXIES": "1",  # visitors come from addresses of their own, see browsing.py
            "SWMS_LOG_LEVEL": "WARNING",
        }
        self._open = ExitStack()

    def __enter__(self):
        with self._open:
            self._make_database()
            self.manage("migrate", "--noinput", "-v", "0")
            self.manage("load_regions")
            # Compressing what other packages bring takes ten seconds, and no page of ours asks for it.
            self.manage("collectstatic", "--noinput", "-v", "0", "-i", "rest_framework", "-i", "admin")
            self._process("web", "gunicorn", "swms.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "2",
                          "--threads", "4", "--graceful-timeout", "1", "--log-level", "warning")  # fmt: skip
            self._process("worker", "celery", "--quiet", "-A", "swms", "worker", "--concurrency", "1",
                          "--without-gossip", "--without-mingle", "-n", self.database)  # fmt: skip
            self._process("beat", "celery", "--quiet", "-A", "swms", "beat")
            self._wait_until_it_answers()
            self._open = self._open.pop_all()
        return self

    def __exit__(self, *error):
        self._open.close()

    @contextmanager
    def enter(self):
        """Let the ORM of this process work on the portal's database and files."""
        own = connections.settings["default"]["NAME"]
        roots = override_settings(
            MEDIA_ROOT=self.folder / "media",
            CERTIFICATE_ROOT=self.folder / "certificates",
            ANCHOR_PATH=self.folder / "audit-anchor.jsonl",
            SIGNING_KEY_DIR=self.folder / "keys",
        )
        connections.close_all()
        connections.settings["default"]["NAME"] = self.database
        try:
            with roots:
                yield self
        finally:
            connections.close_all()
            connections.settings["default"]["NAME"] = own

    def manage(self, *arguments: str) -> None:
        """Run a management command as the portal would; raises with what it said when it fails."""
        command = [sys.executable, "manage.py", *arguments]
        ended = subprocess.run(command, cwd=ROOT, env=self.environment, check=False, capture_output=True, text=True)
        assert ended.returncode == 0, f"{' '.join(arguments)}\n{ended.stdout}{ended.stderr}"

    def _make_database(self) -> None:
        redis.Redis.from_url(settings.REDIS_URL).flushdb()  # tasks of other tests
        server = settings.DATABASES["default"]
        given = {"host": server["HOST"], "port": server["PORT"], "user": server["USER"], "password": server["PASSWORD"]}
        with closing(psycopg2.connect(dbname="postgres", **given)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
                cursor.execute(f"CREATE DATABASE {self.database}")

    def _process(self, name: str, *command: str) -> None:
        log = self._open.enter_context((self.folder / f"{name}.log").open("wb"))
        child = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._open.callback(_end, child)

    def _wait_until_it_answers(self) -> None:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            try:
                with direct.open(f"{self.address}/health/live", timeout=3) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError(f"the portal did not answer within {READY_WITHIN} s\n{self.said()}")


def _end(child: subprocess.Popen) -> None:
    child.terminate()
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
