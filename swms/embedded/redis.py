"""The Redis of a checkout: on a loopback port of its own, behind a password of its own."""

import contextlib
import os
import secrets
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import programs
from .system import (
    EmbeddedError,
    PortTaken,
    alive,
    all_alive,
    end,
    explained,
    pid_in,
    private_file,
    private_folder,
    run,
)


def free_port() -> int:
    """A loopback port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Redis:
    """A Redis in ``home``; it keeps its port from start to start unless somebody else took it."""

    home: Path
    durable: bool = True
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def data(self) -> Path:
        return self.home / "redis"

    @property
    def url(self) -> str:
        """What REDIS_URL is set to."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The running server's process number; None when it does not run."""
        pid = pid_in(self.data / "redis.pid")
        return pid if alive(pid, self.data) else None

    def start(self) -> bool:
        """Starts the server where it does not run yet; returns whether it had to.

        Raises PortTaken when another program listens on the port, EmbeddedError for all else.
        """
        if self.pid:
            if not self._comes_up():
                raise EmbeddedError(
                    f"Redis (process {self.pid}) runs and does not answer."
                    f" / Redis（进程{self.pid}）正在运行，但没有响应。"
                )
            return False
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Redis does: a closed one is free
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise PortTaken(
                    f"Port {self.port} is taken by another program. / 端口{self.port}已被其他程序占用。"
                ) from error
        self._launch()
        return True

    def stop(self, *, at_once: bool = False) -> bool:
        """Ends the server, ``at_once`` without its last write to disk; returns whether one was running."""
        pid = self.pid
        if pid:
            end([pid], self.data, signals=() if at_once else (signal.SIGTERM,))
        return bool(pid)

    def _launch(self) -> None:
        program = programs.redis_for_server(self.home)
        private_folder(self.data)
        log = self.data / "server.log"
        log.unlink(missing_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "daemonize": "yes",
            "pidfile": _quoted(self.data / "redis.pid"),
            "logfile": _quoted(log),
            "dir": _quoted(self.data),
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
        }
        configuration = self.data / "redis.conf"
        private_file(configuration, "".join(f"{name} {value}\n" for name, value in settings.items()))
        status, said = run([program, configuration], home=self.home)
        if status or not self._comes_up():
            raise explained("\n".join((_text(log), said)), self.data)

    def _comes_up(self) -> bool:
        """Waits until the server answers (it may be reading its journal); False when it ended instead."""
        until = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > until or not all_alive(self.data):
                return False
            time.sleep(0.02)
        return True

    def _answers(self) -> bool:
        """Whether the server on our port knows our password and answers."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
            line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2:
                more = line.recv(256)
                if not more:
                    return False
                said += more
            return said.endswith(b"+PONG\r\n")
        return False


def _quoted(path: Path) -> str:
    return '"' + os.fspath(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
