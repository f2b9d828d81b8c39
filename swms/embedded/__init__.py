"""The private PostgreSQL and Redis of a checkout, for everybody who names no servers of their own.

``ensure()`` is what the entry points call. DATABASE_URL and REDIS_URL, in the environment or in
``.env``, replace the embedded servers. Where their data are: ``docs/operations.md``.
"""

import atexit
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .postgres import Postgres
from .redis import Redis, free_port
from .system import SERVER_UID, EmbeddedError, PortTaken, explained, private_file, private_folder

__all__ = [
    "EmbeddedError",
    "Servers",
    "discard",
    "ensure",
    "of_checkout",
    "reset",
    "status",
    "stop",
    "throw_away",
    "urls",
]

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VARIABLES = ("DATABASE_URL", "REDIS_URL")
THROW_AWAY_PREFIX = "swms-test-"


class Servers:
    """The two servers whose data are in ``home`` and whose addresses are in the file ``pointer``."""

    def __init__(self, pointer: Path, home: Path, *, durable: bool = True):
        self.pointer = pointer
        self.home = home
        self.postgres = Postgres(home, durable=durable)
        self.redis = Redis(home, durable=durable)
        self._recall()

    def urls(self) -> dict[str, str]:
        """DATABASE_URL and REDIS_URL of these servers, running or not."""
        return {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url}

    def ensure(self, wanted: tuple[str, ...] = VARIABLES) -> bool:
        """Starts what does not run yet; returns whether anything had to be started. Raises EmbeddedError."""
        with self._alone():
            # Root opens the way to the folders inside; each of them is closed to all but the servers' user.
            private_folder(self.home, uid=None, mode=0o700 if SERVER_UID is None else 0o711)
            self._recall()
            started = "DATABASE_URL" in wanted and self.postgres.start()
            if "REDIS_URL" in wanted:
                started |= self._start_redis()
            self._remember()
        return started

    def stop(self, *, at_once: bool = False) -> bool:
        """Ends both servers; returns whether any was running."""
        with self._alone():
            self._recall()
            stopped = [self.redis.stop(at_once=at_once), self.postgres.stop(at_once=at_once)]
        return any(stopped)

    def reset(self) -> None:
        """Ends both servers and deletes all their data."""
        self.stop(at_once=True)
        with self._alone():
            for folder in (self.postgres.sockets, self.home):
                if folder.exists():
                    shutil.rmtree(folder)
            self.pointer.unlink(missing_ok=True)

    def status(self) -> dict[str, object]:
        """Process numbers (None: not running), data folder and addresses."""
        return {"postgres": self.postgres.pid, "redis": self.redis.pid, "home": str(self.home)} | self.urls()

    def _start_redis(self) -> bool:
        for _ in range(5):
            try:
                return self.redis.start()
            except PortTaken:  # by a stranger, while ours was down: any other port does as well
                self.redis.port = free_port()
        raise PortTaken("No loopback port is free for Redis. / 没有可供Redis使用的本机端口。")

    def _recall(self) -> None:
        try:
            known = json.loads(self.pointer.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except OSError as error:
            raise explained(error, self.pointer) from error
        if known["home"] != str(self.home):
            raise EmbeddedError(
                f"The data of this checkout are in {known['home']} (it was moved, copied, or used by another user)."
                f" Move them to {self.home}, or delete {self.pointer} to begin without them."
                f" / 本目录的数据在{known['home']}（目录曾被移动、复制，或由其他用户使用过）。"
                f"请将数据移至{self.home}，或删除{self.pointer}后重新开始。"
            )
        self.redis.port, self.redis.password = known["redis_port"], known["redis_password"]

    def _remember(self) -> None:
        known = {"home": str(self.home), "redis_port": self.redis.port, "redis_password": self.redis.password}
        private_file(self.pointer, json.dumps(known | self.urls(), indent=2) + "\n", uid=None)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: web, worker and beat start together."""
        lock = self.pointer.with_suffix(".lock")
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            file = open(lock, "w", encoding="utf-8")  # noqa: SIM115 - closed below
        except OSError as error:
            raise explained(error, lock.parent) from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def of_checkout() -> Servers:
    """The servers of this checkout: pointer in ``var/``, data in ``var/embedded`` or, for root, below /var/lib.

    Root's are elsewhere because the servers' user could not reach them below a closed folder like /root.
    """
    var = Path(os.environ.get("SWMS_VAR_DIR") or BASE_DIR / "var").absolute()
    key = hashlib.sha256(os.fsencode(var)).hexdigest()[:10]
    chosen = os.environ.get("SWMS_EMBEDDED_HOME")
    if chosen:
        home = Path(chosen).absolute() / key
    else:
        home = var / "embedded" if SERVER_UID is None else Path("/var/lib/swms-embedded", f"{BASE_DIR.name}-{key}")
    return Servers(var / "embedded.json", home)


def urls(start: bool = True) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL of the checkout's servers, started first unless ``start`` is false."""
    servers = of_checkout()
    if start:
        servers.ensure()
    return servers.urls()


def ensure() -> bool:
    """Makes sure that DATABASE_URL and REDIS_URL name servers that run.

    What is set already is left alone; for the rest the checkout's own servers are started where needed
    and put into the environment. Returns whether anything was started. Raises EmbeddedError.
    """
    wanted = tuple(name for name in VARIABLES if not os.environ.get(name) and not _in_file(name))
    if not wanted:
        return False
    servers = of_checkout()
    started = servers.ensure(wanted)
    os.environ.update({name: url for name, url in servers.urls().items() if name in wanted})
    return started


def stop() -> bool:
    """Ends the checkout's servers; returns whether any was running."""
    return of_checkout().stop()


def status() -> dict[str, object]:
    """What runs, where its data are, and the addresses."""
    return of_checkout().status()


def reset() -> None:
    """Ends the checkout's servers and deletes their data."""
    of_checkout().reset()


def throw_away() -> Servers:
    """Fresh fast servers for one test run, in a folder of their own; ``discard`` them afterwards.

    They are discarded at exit anyhow; what a killed run left behind, the next one removes.
    """
    for left in Path(tempfile.gettempdir()).glob(THROW_AWAY_PREFIX + "*"):
        _discard_if_abandoned(left)
    folder = Path(tempfile.mkdtemp(prefix=THROW_AWAY_PREFIX)).resolve()
    held = open(folder / "owner.new", "w", encoding="utf-8")  # noqa: SIM115 - held as long as the run lives
    fcntl.flock(held, fcntl.LOCK_EX)
    (folder / "owner.new").rename(folder / "owner.lock")  # locked before anybody can find it
    servers = Servers(folder / "embedded.json", folder / "home", durable=False)
    if SERVER_UID is not None:
        folder.chmod(0o711)
    owner = os.getpid()
    atexit.register(lambda: (os.getpid() == owner) and discard(servers, held))
    servers.ensure()
    return servers


def discard(servers: Servers, *_held: object) -> None:
    """Ends throw-away servers and removes their folder."""
    if servers.pointer.parent.exists():
        servers.reset()
        shutil.rmtree(servers.pointer.parent)


def _discard_if_abandoned(folder: Path) -> None:
    # An error: another user's, still in use, or being removed just now.
    with contextlib.suppress(OSError, EmbeddedError), open(folder / "owner.lock", "r+", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        discard(Servers(folder / "embedded.json", folder / "home", durable=False))


def _in_file(name: str) -> bool:
    """Whether ``.env`` or the secrets file sets ``name``: the settings will read it there."""
    var = Path(os.environ.get("SWMS_VAR_DIR") or BASE_DIR / "var")
    lines: list[str] = []
    for file in (var / "secrets.env", BASE_DIR / ".env"):
        if file.is_file():
            lines += file.read_text(encoding="utf-8").splitlines()
    return any(line.removeprefix("export ").strip().startswith(f"{name}=") for line in lines)
