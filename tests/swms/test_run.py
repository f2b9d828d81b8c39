"""``make run``: one command that starts everything, and one Ctrl-C that ends it."""

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from swms import run
from swms.embedded.redis import free_port

CHECKOUT = Path(run.__file__).parent.parent
READY_WITHIN = 300  # seconds, demo data included, on a busy machine


@pytest.fixture
def var(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "VAR_DIR", tmp_path / "var")
    return tmp_path / "var"


def wait_until(condition, patience=30):
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "８０００", "80 00"])
def test_a_port_that_is_none_is_refused_in_both_languages(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(run.CannotRun, match=r"is no port number.*不是有效的端口号"):
        run.wanted_port()


def test_without_a_port_it_is_8000(monkeypatch):
    monkeypatch.setenv("PORT", "")
    assert run.wanted_port() == 8000


def test_a_port_that_is_taken_is_refused_with_the_way_out():
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        with pytest.raises(run.CannotRun, match=f"Port {port} is taken.*make run PORT=8001.*已被其他程序占用"):
            run.require_free(port)
    run.require_free(port)


def test_secrets_are_made_once_and_nobody_else_may_read_them(tmp_path):
    file = tmp_path / "secrets.env"
    run.write_secrets(file)
    made = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    values = dict(line.split("=", 1) for line in made.splitlines() if not line.startswith("#"))
    assert set(values) == {"SWMS_SECRET_KEY", "SWMS_FIELD_KEYS", "SWMS_INDEX_KEYS"}
    assert len(values["SWMS_SECRET_KEY"]) >= 50
    assert values["SWMS_FIELD_KEYS"] != values["SWMS_INDEX_KEYS"]
    assert len(base64.b64decode(values["SWMS_FIELD_KEYS"].removeprefix("k1:"))) == 32
    run.write_secrets(file)
    assert file.read_text() == made


def test_a_checkout_runs_once_at_a_time_and_is_not_reset_meanwhile(var):
    with run.alone():
        with pytest.raises(run.CannotRun, match=r"runs already.*正在运行"), run.alone():
            pass
        with pytest.raises(run.CannotRun, match="runs already"):
            run.reset()
    with run.alone():
        pass


def test_reset_leaves_nothing_of_the_old_data(var, monkeypatch):
    monkeypatch.setenv("SWMS_VAR_DIR", str(var))
    monkeypatch.setenv("SWMS_EMBEDDED_HOME", str(var.parent / "home"))
    (var / "media" / "aa").mkdir(parents=True)
    (var / "secrets.env").touch()
    outside = var.parent / "outside"
    outside.mkdir()
    (var / "certificates").symlink_to(outside)
    run.reset()
    assert {path.name for path in var.iterdir()} <= {"run.lock", "embedded.lock"}
    assert outside.exists(), "a link is removed, not what it points to"


def test_output_is_marked_with_the_name_of_the_process(capfd):
    process = run.Process("beat", "platform")
    process.child.wait(timeout=30)
    wait_until(lambda: "beat   | Linux" in capfd.readouterr().out)


def test_a_process_that_was_killed_is_started_again(monkeypatch):
    monkeypatch.setattr(run, "TOO_SHORT_A_LIFE", 0)
    process = run.Process("web", "http.server", str(free_port()), "--bind", "127.0.0.1")
    first = process.child
    process.revive()
    assert process.child is first, "what lives is left alone"
    first.kill()
    first.wait(timeout=10)
    process.revive()
    assert process.child.pid != first.pid
    run.end([process])
    assert process.child.poll() is not None


def test_a_process_that_does_not_come_up_is_not_started_for_ever():
    process = run.Process("web", "no_such_module")
    process.child.wait(timeout=30)
    with pytest.raises(run.CannotRun, match="web ends at once"):
        process.revive()


def test_a_process_that_does_not_listen_is_ended_all_the_same(monkeypatch, tmp_path):
    (tmp_path / "deaf.py").write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(600)"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(run, "GRACE", 0.5)
    process = run.Process("deaf", "deaf")
    time.sleep(1)
    run.end([process])
    assert process.child.returncode == -signal.SIGKILL


def test_a_killed_supervisor_takes_its_processes_along():
    line = (
        "import time; from swms import run;"
        f"print(run.Process('web', 'http.server', '{free_port()}').child.pid, flush=True); time.sleep(600)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", line], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    child = int(supervisor.stdout.readline())
    time.sleep(0.5)
    supervisor.kill()
    supervisor.communicate()
    wait_until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


class Portal:
    """``python -m swms.run`` with a ``var`` folder, servers and a port of its own."""

    def __init__(self, folder: Path):
        self.port = free_port()
        own = {"PORT": str(self.port), "SWMS_VAR_DIR": str(folder / "var"), "SWMS_EMBEDDED_HOME": str(folder / "home")}
        own["SWMS_DEMO_OPTIONS"] = "--most 3"  # the whole demo takes a minute, and has tests of its own
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        self.output = folder / "output.txt"
        with self.output.open("w") as output:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "swms.run"],
                cwd=CHECKOUT,
                env=kept | own,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def readiness(self):
        with contextlib.suppress(OSError):
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(f"http://127.0.0.1:{self.port}/health/ready", timeout=20) as answer:
                return json.load(answer)
        return {}

    def wait_until_announced(self):
        announced = "Ctrl-C stops everything"
        wait_until(lambda: announced in self.output.read_text() or self.supervisor.poll() is not None, READY_WITHIN)
        assert announced in self.output.read_text(), self.output.read_text()[-3000:]

    def descendants(self):
        return psutil.Process(self.supervisor.pid).children(recursive=True)

    def interrupt(self):
        self.supervisor.send_signal(signal.SIGINT)
        return self.supervisor.wait(timeout=60)


@pytest.fixture
def folder():
    """A folder that the servers' user can reach (pytest's own are closed to it when root runs the tests)."""
    path = Path(tempfile.mkdtemp(prefix="swms-folder-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def start(folder):
    """Starts a portal in ``folder``; whatever the test finds, none is left running."""
    started = []

    def start():
        started.append(Portal(folder))
        return started[-1]

    yield start
    for portal in started:
        if portal.supervisor.poll() is None:
            portal.interrupt()


@pytest.mark.long
def test_the_portal_serves_until_ctrl_c_and_keeps_its_data_for_the_next_time(folder, start):
    portal = start()
    portal.wait_until_announced()
    assert portal.readiness()["database"] is True
    assert portal.readiness()["redis"] is True
    begun = portal.descendants()
    assert len(begun) >= 3, "web, worker and beat"
    assert portal.interrupt() == 0
    assert not [process for process in begun if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert not [pid for pid in psutil.pids() if works_below(pid, folder / "home")], "PostgreSQL and Redis end as well"

    made = {name: (folder / "var" / name).read_bytes() for name in ("secrets.env", "embedded.json")}
    again = start()
    again.wait_until_announced()
    assert "demo data" not in again.output.read_text(), "the demo data are loaded once"
    assert made == {name: (folder / "var" / name).read_bytes() for name in made}
    assert again.interrupt() == 0


def works_below(pid, folder):
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).cwd().startswith(str(folder))
    return False
