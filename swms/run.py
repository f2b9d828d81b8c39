"""``make run`` and ``make reset``: the whole portal of a checkout in one foreground command.

Makes private secrets, starts the embedded servers, prepares the database, loads the demo data once,
then keeps web, worker and beat running until Ctrl-C. What it started ends with it, the embedded
servers too; the data stay. It is for looking and working; production is in ``docs/operations.md``.
"""

import base64
import contextlib
import fcntl
import hashlib
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from swms import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("SWMS_VAR_DIR") or BASE_DIR / "var").absolute()
READY_WITHIN = 90  # seconds
TOO_SHORT_A_LIFE = 5  # seconds; a process that ends sooner is not started again, it would only end again
GRACE = 15  # seconds that a process has to finish what it does


class CannotRun(Exception):
    """What stands in the way, in English and Chinese."""


class Process:
    """One of the portal's processes, its output marked with its name."""

    def __init__(self, name: str, *command: str):
        self.name = name
        # A kill -9 of this supervisor must not leave the portal behind without a master.
        leash = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
        self.command = [*leash, sys.executable, "-m", *command]
        self.start()

    def start(self) -> None:
        """Starts it in a process group of its own, so that Ctrl-C reaches this supervisor only."""
        self.started = time.monotonic()
        self.child = subprocess.Popen(
            self.command, cwd=BASE_DIR, env=os.environ | {"PYTHONUNBUFFERED": "1"}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        threading.Thread(target=self._mark_output, args=(self.child.stdout,), daemon=True).start()

    def revive(self) -> None:
        """Starts it again where it ended; raises CannotRun when it does not even come up."""
        status = self.child.poll()
        if status is None:
            return
        if time.monotonic() - self.started < TOO_SHORT_A_LIFE:
            raise CannotRun(f"{self.name} ends at once with status {status}. / {self.name}启动后立即退出（{status}）。")
        say(f"{self.name} ended with status {status}; starting it again / {self.name}已退出（{status}），正在重新启动")
        self.start()

    def _mark_output(self, output) -> None:
        with output:
            for line in output:
                print(f"{self.name:6} | {line}", end="", flush=True)


def run() -> None:
    """Serves until interrupted. Raises CannotRun or EmbeddedError."""
    port = wanted_port()
    with alone():
        require_free(port)
        write_secrets(VAR_DIR / "secrets.env")
        os.environ.setdefault("SWMS_DEMO", "1")
        os.environ.setdefault("SWMS_SITE_URL", f"http://127.0.0.1:{port}")
        processes: list[Process] = []
        try:
            say("starting PostgreSQL and Redis / 正在启动数据库")
            embedded.ensure()
            prepare()
            processes += portal(port)
            keep_running(processes, address=f"http://127.0.0.1:{port}")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave things running
            say("stopping / 正在停止")
            end(processes)
            embedded.stop()


def reset() -> None:
    """Deletes the data, files, keys and secrets of the checkout. Raises CannotRun while it runs."""
    with alone():
        embedded.reset()
        for path in VAR_DIR.iterdir():
            if path.name in ("run.lock", "embedded.lock"):
                continue
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    say("the next `make run` begins with new data / 数据已清空，下次执行make run将重新开始")
    if os.environ.get("DATABASE_URL"):
        say("the database that DATABASE_URL names was left alone / 未改动DATABASE_URL指定的数据库")


def wanted_port() -> int:
    """The port of the environment variable PORT, 8000 without it."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise CannotRun(f"PORT={text} is no port number (1 to 65535). / PORT={text}不是有效的端口号（1至65535）。")
    return int(text)


def require_free(port: int) -> None:
    """Refuses a port that another program has, before anything was started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise CannotRun(f"Port {port} needs root. / 使用端口{port}需要root权限。") from error
        except OSError as error:
            raise CannotRun(
                f"Port {port} is taken by another program; choose one, as in: make run PORT=8001"
                f" / 端口{port}已被其他程序占用，请另选端口，例如：make run PORT=8001"
            ) from error


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One run at a time in a checkout: the first to stop would take the servers from the other."""
    try:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        lock = open(VAR_DIR / "run.lock", "w", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise CannotRun(f"{VAR_DIR} is not writable: {error.strerror}. / 不能写入{VAR_DIR}。") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotRun("This checkout runs already. / 本目录中的服务正在运行。") from error
        yield


def write_secrets(file: Path) -> None:
    """Makes the installation's own secrets, once; without them what is encrypted cannot be read again."""
    if file.exists():
        return

    def key() -> str:
        return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()

    values = {"SWMS_SECRET_KEY": secrets.token_urlsafe(50), "SWMS_FIELD_KEYS": key(), "SWMS_INDEX_KEYS": key()}
    new = file.with_suffix(".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write("# Made by the first `make run`. Keep it: without it the encrypted data cannot be read.\n")
        opened.writelines(f"{name}={value}\n" for name, value in values.items())
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def prepare() -> None:
    """Brings the database to the present schema, gathers static files, loads regions and, once, the demo data."""
    say("preparing the database / 正在准备数据库")
    manage("migrate", "--noinput", "-v", "0")
    # Compressing what other packages bring takes ten seconds at every start, and no page of ours asks for it.
    manage("collectstatic", "--noinput", "-v", "0", "-i", "rest_framework", "-i", "admin")
    manage("load_regions")
    database = hashlib.sha256(os.environ.get("DATABASE_URL", "").encode()).hexdigest()[:10]
    loaded = VAR_DIR / f"demo-{database}.loaded"
    if not loaded.exists():
        say("making demo data / 正在生成演示数据")
        manage("demo", *shlex.split(os.environ.get("SWMS_DEMO_OPTIONS", "")))
        loaded.touch()


def manage(*arguments: str) -> None:
    """Runs a management command to its end. Raises CannotRun when it fails."""
    if subprocess.run([sys.executable, "manage.py", *arguments], cwd=BASE_DIR, check=False).returncode:
        raise CannotRun(f"manage.py {arguments[0]} failed, see above. / manage.py {arguments[0]}执行失败，见上。")


def portal(port: int) -> list[Process]:
    """Starts web, worker and beat."""
    return [
        Process("web", "gunicorn", "swms.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4",
                "--graceful-timeout", "10", "--log-level", "warning"),
        Process("worker", "celery", "--quiet", "-A", "swms", "worker", "--concurrency", "2", "--loglevel", "INFO",
                "--without-gossip", "--without-mingle"),
        Process("beat", "celery", "--quiet", "-A", "swms", "beat", "--loglevel", "INFO"),
    ]  # fmt: skip


def keep_running(processes: list[Process], *, address: str) -> None:
    """Announces the portal once it is ready and revives what ends, until interrupted."""
    since, announced = time.monotonic(), False
    while True:
        for process in processes:
            process.revive()
        if not announced and answers(f"{address}/health/ready"):
            announce(address)
            announced = True
        if not announced and time.monotonic() - since > READY_WITHIN:
            raise CannotRun(f"The portal is not ready after {READY_WITHIN} s. / {READY_WITHIN}秒内未能就绪。")
        time.sleep(0.3)


def answers(url: str) -> bool:
    """Whether ``url`` answers 200."""
    # Straight to the loopback address, whatever proxy the environment names.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=3) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def announce(address: str) -> None:
    """Says where the portal is, who can sign in, and where the codes of SMS and second factor are shown."""
    line = "─" * 72
    print(f"\n{line}\n  SWMS  {address}\n{line}", flush=True)
    subprocess.run([sys.executable, "manage.py", "demo", "--accounts"], cwd=BASE_DIR, check=False)
    print(
        f"  SMS and second-factor codes / 短信与动态验证码：{address}/demo/outbox/\n"
        f"  Ctrl-C stops everything; the data stay (make reset begins anew). / 按Ctrl-C停止，数据保留。\n{line}",
        flush=True,
    )


def end(processes: list[Process]) -> None:
    """Asks all to finish, and ends those that do not."""
    for process in processes:
        process.child.terminate()
    until = time.monotonic() + GRACE
    for process in processes:
        try:
            process.child.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.child.pid, signal.SIGKILL)
            process.child.wait()


def say(text: str) -> None:
    """A line of our own among those of the processes."""
    print(f"swms   | {text}", flush=True)


def main(arguments: list[str]) -> int:
    """``python -m swms.run [reset]``; returns the exit status, 0 after Ctrl-C."""
    commands = {(): run, ("reset",): reset}
    if tuple(arguments) not in commands:
        print("usage: python -m swms.run [reset]", file=sys.stderr)
        return 2
    # SIGINT too: a shell that starts us in the background has it ignored.
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, signal.default_int_handler)
    try:
        commands[tuple(arguments)]()
    except KeyboardInterrupt:
        return 0
    except (CannotRun, embedded.EmbeddedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
