"""The PostgreSQL of a checkout: reached through a socket in a closed folder, no network port at all."""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from . import programs
from .system import (
    NOBODY_UID,
    SERVER_UID,
    EmbeddedError,
    alive,
    all_alive,
    end,
    explained,
    pid_in,
    private_file,
    private_folder,
    require_room,
    run,
)

SUPERUSER = "postgres"
ROLE = DATABASE = "swms"  # the application's role is no superuser: it cannot switch triggers off for a session
LONGEST_SOCKET_PATH = 100  # the kernel allows 107 bytes

# Statements and the details of errors carry what people typed; they stay out of the log.
_SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "max_connections": "100",
    "shared_buffers": "'128MB'",
    "jit": "off",  # costs more than it gives in short queries
    "random_page_cost": "1.1",  # on an SSD reads here and there cost hardly more than reads in order
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
         "max_wal_senders": "0", "checkpoint_timeout": "'1h'", "max_wal_size": "'4GB'"}  # fmt: skip


class Postgres:
    """A PostgreSQL cluster in ``home``; ``durable=False`` trades safety for speed (tests)."""

    def __init__(self, home: Path, *, durable: bool = True):
        self.home = home
        self.data = home / "postgres"
        self.log = self.data / "server.log"
        self.durable = durable

    @property
    def sockets(self) -> Path:
        """The folder of the socket; below the system's temporary folder when ``home`` is too long for the kernel."""
        near = self.home / "run"
        if len(os.fsencode(near / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return near
        return Path(tempfile.gettempdir(), "swms-" + hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16])

    @property
    def url(self) -> str:
        """What DATABASE_URL is set to."""
        return f"postgres://{ROLE}@/{quote(str(self.sockets))}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """The running server's process number; None when it does not run."""
        pid = pid_in(self.data / "postmaster.pid")
        return pid if alive(pid, self.data) else None

    def start(self) -> bool:
        """Starts the server where it does not run yet; returns whether it had to. Raises EmbeddedError."""
        if self.pid:
            self._wait_for_answer()
            return False
        require_room(self.home)
        self._clear_away_a_crash()
        binaries = programs.postgres_for_server(self.home)
        if not (self.data / "PG_VERSION").is_file():
            self._initialise(binaries)
        self._configure()
        # Names relative to home: pg_ctl passes them through a shell, and a home may be called anything.
        data, log = (path.relative_to(self.home) for path in (self.data, self.log))
        status, said = run(
            [binaries / "pg_ctl", "start", "--wait", "--timeout=120", "--silent", "-D", data, "-l", log], home=self.home
        )
        if status:
            written = self.log.read_text(encoding="utf-8", errors="replace") if self.log.is_file() else ""
            raise explained("\n".join((*written.splitlines()[-12:], said)), self.data)
        self._make_database()
        return True

    def stop(self, *, at_once: bool = False) -> bool:
        """Ends the server, ``at_once`` without a last checkpoint; returns whether one was running."""
        running = all_alive(self.data)
        if not running:
            return False
        pid = self.pid
        if pid:
            signals = (signal.SIGQUIT,) if at_once else (signal.SIGINT, signal.SIGQUIT)
            end([pid], self.data, signals=signals)
        end(all_alive(self.data), self.data, signals=(signal.SIGQUIT,))
        return True

    def client(self, program: str, arguments: list[str] | None = None) -> tuple[list[str], dict[str, str]]:
        """Command and environment to run ``psql``, ``pg_dump`` or another client on the database."""
        command = [str(programs.postgres() / program), *(arguments or [])]
        return command, {"PGHOST": str(self.sockets), "PGUSER": ROLE, "PGDATABASE": DATABASE}

    def _initialise(self, binaries: Path) -> None:
        """A new cluster, made aside and renamed, so that a half-made one is never taken for a whole one."""
        uid = None if SERVER_UID is None else NOBODY_UID
        shutil.rmtree(self.home / "postgres.new", ignore_errors=True)
        new = private_folder(self.home / "postgres.new", uid=uid)
        status, said = run(
            [binaries / "initdb", "-D", new / "data", "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-locale",
             "--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"])],
            home=self.home, uid=uid,
        )  # fmt: skip
        if status:
            shutil.rmtree(new, ignore_errors=True)
            raise explained(said, self.home)
        data = new / "data"
        (data / "pg_hba.conf").write_text("local all all trust\n", encoding="utf-8")
        with open(data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write("\ninclude 'swms.conf'\n")
        if SERVER_UID is not None:
            for path in (data, *data.rglob("*")):
                os.chown(path, SERVER_UID, SERVER_UID, follow_symlinks=False)
        data.rename(self.data)
        new.rmdir()

    def _configure(self) -> None:
        settings = _SETTINGS | (_DURABLE if self.durable else _FAST)
        quoted = str(private_folder(self.sockets)).replace("'", "''")
        settings["unix_socket_directories"] = f"'\"{quoted}\"'"
        lines = [f"{name} = {value}\n" for name, value in settings.items()]
        private_file(self.data / "swms.conf", "".join(lines))

    def _wait_for_answer(self, patience: float = 30) -> None:
        until = time.monotonic() + patience
        while self._ask("SELECT 1") != "1":
            if time.monotonic() > until:
                raise EmbeddedError(
                    f"PostgreSQL (process {self.pid}) runs and does not answer; see {self.log}."
                    f" / PostgreSQL（进程{self.pid}）正在运行，但没有响应，请查看{self.log}。"
                )
            time.sleep(0.1)

    def _clear_away_a_crash(self) -> None:
        """What a killed server leaves: children that still hold the memory, and a number that may be anybody's now."""
        end(all_alive(self.data), self.data, signals=(signal.SIGQUIT,))
        for left in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)
        if self.log.is_file() and self.log.stat().st_size > 10_000_000:
            self.log.unlink()

    def _make_database(self) -> None:
        if self._ask(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'") != "1":
            self._must(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        if self._ask(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'") != "1":
            self._must(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def _ask(self, sql: str) -> str | None:
        """The answer of the superuser's ``sql`` as text; None when the server does not answer."""
        command, environment = self.client("psql", ["-X", "-At", "-d", "postgres", "-U", SUPERUSER, "-c", sql])
        try:
            done = subprocess.run(
                command, env=os.environ | environment, capture_output=True, text=True, timeout=10, check=False
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def _must(self, sql: str) -> None:
        if self._ask(sql) is None:
            raise EmbeddedError(f"PostgreSQL refused: {sql} / PostgreSQL拒绝执行：{sql}")
