"""The PostgreSQL and Redis that a checkout brings along (issue: embedded default)."""

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environ
import psutil
import psycopg2
import pytest
import redis

from swms import embedded
from swms.embedded import programs, system
from tests.mounting import may_mount, mounted

ROOT = os.geteuid() == 0
STRANGER = system.NOBODY_UID
CHECKOUT = Path(embedded.__file__).parent.parent.parent


@pytest.fixture
def folder():
    """A folder that the servers' user can reach (pytest's own are closed to it when root runs the tests)."""
    path = Path(tempfile.mkdtemp(prefix="swms-folder-"))
    if ROOT:
        path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def servers(folder):
    servers = embedded.Servers(folder / "embedded.json", folder / "home")
    yield servers
    servers.reset()


def connect(servers, **other):
    named = environ.Env.db_url_config(servers.urls()["DATABASE_URL"])
    return psycopg2.connect(host=named["HOST"], dbname=named["NAME"], user=named["USER"], **other)


def execute(servers, sql):
    connection = connect(servers)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def key_values(servers):
    return redis.Redis.from_url(servers.urls()["REDIS_URL"])


def python_for_everybody():
    """A Python that an ordinary user can start: root's own may be below /root."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        try:
            probe = "import sys; assert sys.version_info >= (3, 11); import psutil"
            if not subprocess.run(
                [candidate, "-c", probe], env=ordinary_environment(), check=False, **ordinary_user()
            ).returncode:
                return candidate
        except OSError:
            continue
    return pytest.skip("no Python here that an ordinary user may start")


def ordinary_user():
    return {"user": STRANGER, "group": STRANGER, "extra_groups": []} if ROOT else {}


def ordinary_environment(**more):
    paths = os.pathsep.join((str(CHECKOUT), os.path.dirname(os.path.dirname(psutil.__file__))))
    return {"PATH": os.defpath, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **more}


def command_line(*arguments, var, python=None):
    return subprocess.run(
        [python or python_for_everybody(), "-m", "swms.embedded", *arguments],
        env=ordinary_environment(SWMS_VAR_DIR=str(var)), capture_output=True, text=True, timeout=120, **ordinary_user(),
    )  # fmt: skip


def test_both_servers_answer_at_the_addresses_they_give(servers):
    assert servers.ensure() is True
    assert execute(servers, "SELECT 1") == [(1,)]
    assert key_values(servers).ping()


def test_the_application_is_no_superuser_and_writes_are_durable(servers):
    servers.ensure()
    settings = "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('is_superuser')"
    assert execute(servers, settings) == [("on", "on", "off")]
    assert key_values(servers).config_get("appendonly") == {"appendonly": "yes"}


def test_the_servers_of_a_test_run_are_its_own_and_prefer_speed():
    named = environ.Env.db_url_config(os.environ["DATABASE_URL"])
    assert named["HOST"].startswith(tempfile.gettempdir())
    with contextlib.closing(psycopg2.connect(host=named["HOST"], dbname=named["NAME"], user=named["USER"])) as run:
        cursor = run.cursor()
        cursor.execute("SELECT current_setting('fsync')")
        assert cursor.fetchone() == ("off",)


def test_a_second_start_finds_the_servers_that_run(servers):
    servers.ensure()
    before = servers.status()
    again = embedded.Servers(servers.pointer, servers.home)
    assert again.ensure() is False
    assert again.status() == before


def test_data_outlive_stop_and_start(servers):
    servers.ensure()
    execute(servers, "CREATE TABLE kept AS SELECT 7 AS n")
    key_values(servers).set("kept", "7")
    assert servers.stop() is True
    assert servers.status()["postgres"] is servers.status()["redis"] is None
    assert servers.stop() is False
    servers.ensure()
    assert execute(servers, "SELECT n FROM kept") == [(7,)]
    assert key_values(servers).get("kept") == b"7"


def test_data_outlive_kill_9_of_both_servers(servers):
    servers.ensure()
    execute(servers, "CREATE TABLE kept AS SELECT 7 AS n")
    key_values(servers).set("kept", "7")
    os.kill(servers.status()["postgres"], signal.SIGKILL)
    os.kill(servers.status()["redis"], signal.SIGKILL)
    wait_until(lambda: servers.status()["postgres"] is None and servers.status()["redis"] is None)
    assert servers.ensure() is True
    assert execute(servers, "SELECT n FROM kept") == [(7,)]
    assert key_values(servers).get("kept") == b"7"


def test_a_busy_child_of_a_killed_postgresql_does_not_stand_in_the_way(servers):
    servers.ensure()
    connection = connect(servers, async_=True)
    wait_until(lambda: connection.poll() == psycopg2.extensions.POLL_OK)
    connection.cursor().execute("SELECT count(*) FROM generate_series(1, 1000000000)")
    connection.poll()
    wait_until(lambda: execute(servers, "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 1%'"))
    os.kill(servers.status()["postgres"], signal.SIGKILL)
    wait_until(lambda: servers.status()["postgres"] is None)
    servers.ensure()
    assert execute(servers, "SELECT 1") == [(1,)]


def test_a_process_number_that_now_belongs_to_a_stranger_is_not_believed(servers):
    servers.ensure()
    servers.stop()
    for file in (servers.home / "postgres" / "postmaster.pid", servers.home / "redis" / "redis.pid"):
        file.write_text(f"{os.getpid()}\n")
        if ROOT:
            os.chown(file, system.SERVER_UID, system.SERVER_UID)
    assert servers.status()["postgres"] is None
    assert servers.stop() is False, "nobody may end the stranger: it is this test"
    assert servers.ensure() is True


def test_two_starts_at_once_end_with_one_pair_of_servers(folder):
    var = folder / "var"
    var.mkdir()
    if ROOT:
        os.chown(var, STRANGER, STRANGER)
    python = python_for_everybody()
    starts = [
        subprocess.Popen(
            [python, "-m", "swms.embedded", "start"],
            env=ordinary_environment(SWMS_VAR_DIR=str(var)), stdout=subprocess.PIPE, text=True, **ordinary_user(),
        )
        for _ in range(2)
    ]  # fmt: skip
    first, second = (start.communicate(timeout=60)[0] for start in starts)
    assert [start.returncode for start in starts] == [0, 0]
    assert first == second
    assert command_line("reset", var=var, python=python).returncode == 0


def test_an_ordinary_user_starts_crashes_and_resets_them(folder):
    var = folder / "var"
    var.mkdir()
    if ROOT:
        os.chown(var, STRANGER, STRANGER)
    assert command_line("start", var=var).returncode == 0
    assert command_line("psql", "-Atc", "SELECT 'here'", var=var).stdout == "here\n"
    pids = [system.pid_in(var / "embedded" / name) for name in ("postgres/postmaster.pid", "redis/redis.pid")]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert command_line("start", var=var).returncode == 0
    assert command_line("stop", var=var).returncode == 0
    assert "not running" in command_line("status", var=var).stdout
    assert command_line("reset", var=var).returncode == 0
    assert not (var / "embedded").exists()


def test_a_folder_that_is_not_writable_is_named_in_both_languages(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o755 if ROOT else 0o555)
    refused = command_line("start", var=closed / "var")
    assert refused.returncode == 1
    assert "is not writable" in refused.stderr
    assert "不能写入" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_redis_takes_another_port_when_a_stranger_took_its_own(servers):
    servers.ensure()
    old = servers.urls()["REDIS_URL"]
    servers.stop()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", servers.redis.port))
        stranger.listen()
        with pytest.raises(system.PortTaken, match="已被其他程序占用"):
            servers.redis.start()
        servers.ensure()
        assert servers.urls()["REDIS_URL"] != old
        assert key_values(servers).ping()
        assert embedded.Servers(servers.pointer, servers.home).urls() == servers.urls()


def test_a_disk_that_is_about_to_be_full_is_refused_before_anything_is_written(servers, monkeypatch):
    monkeypatch.setattr(system, "MINIMUM_FREE_BYTES", 10**18)
    with pytest.raises(embedded.EmbeddedError, match=r"The disk is full.*磁盘已满"):
        servers.ensure()
    assert not (servers.home / "postgres").exists()


def test_a_disk_that_fills_up_while_a_server_writes_is_told_in_plain_words(servers, monkeypatch):
    """Without the look beforehand, so that the server itself runs into the end of the disk."""
    monkeypatch.setattr(system, "MINIMUM_FREE_BYTES", 0)
    with no_room_in(servers.home), pytest.raises(embedded.EmbeddedError, match=r"The disk is full.*磁盘已满"):
        servers.ensure()
    monkeypatch.undo()
    servers.ensure()  # once there is room, nothing of the attempt stands in the way
    assert execute(servers, "SELECT 1") == [(1,)]


@contextlib.contextmanager
def no_room_in(home):
    """A disk that is too small for a database where the system lets us mount one; else a limit on every file."""
    if may_mount():
        with mounted(home, size="12m"):
            yield
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('initdb: error: could not write to file "pg_wal/xlogtemp.7": No space left on device', "磁盘已满"),
        ("could not create directory: Read-only file system", "不能写入"),
        ('could not bind IPv4 address "127.0.0.1": Address already in use', "已被其他程序占用"),
        ("FATAL:  database files are incompatible with server", "make reset"),
        ("something nobody thought of", "something nobody thought of"),
    ],
)
def test_what_a_server_says_is_explained(said, read):
    assert read in str(system.explained(said, Path("home")))


def test_missing_programs_are_named_with_the_way_out(servers, monkeypatch):
    monkeypatch.setattr(programs, "POSTGRES_MAJOR", 99)
    with pytest.raises(embedded.EmbeddedError, match=r"is missing.*make install.*找不到"):
        servers.ensure()


def test_spaces_quotes_and_long_folder_names_do_no_harm(folder):
    home = folder / ('它\'s a "home", ' + "x" * 100)
    servers = embedded.Servers(folder / "embedded.json", home, durable=False)
    servers.ensure()
    sockets = servers.postgres.sockets
    assert home not in sockets.parents, "the path of a socket in it would be too long for the kernel"
    assert execute(servers, "SELECT 1") == [(1,)]
    assert key_values(servers).ping()
    servers.reset()
    assert not sockets.exists()


def test_a_link_laid_in_the_place_of_a_folder_is_refused(servers, folder):
    target = folder / "precious"
    target.mkdir()
    servers.home.mkdir()
    (servers.home / "run").symlink_to(target)
    with pytest.raises(embedded.EmbeddedError, match="is not writable"):
        servers.ensure()
    assert target.stat().st_uid == os.geteuid()
    (servers.home / "run").unlink()


def test_a_stranger_on_the_machine_gets_no_data(servers):
    servers.ensure()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=servers.redis.port).ping()
    assert servers.pointer.stat().st_mode & 0o077 == 0, "it holds the password of Redis"
    for closed in (servers.home / "postgres", servers.home / "redis", servers.postgres.sockets):
        assert closed.stat().st_mode & 0o077 == 0
    if ROOT:
        command, environment = servers.postgres.client("psql", ["-c", "SELECT 1"])
        tried = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **ordinary_user())
        assert "Permission denied" in tried.stderr


def test_what_a_person_typed_does_not_reach_the_log_of_postgresql(servers):
    servers.ensure()
    execute(servers, "CREATE TABLE people (id_number text UNIQUE)")
    execute(servers, "INSERT INTO people VALUES ('11000019900307001X')")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        execute(servers, "INSERT INTO people VALUES ('11000019900307001X')")
    log = servers.postgres.log.read_text()
    assert "duplicate key" in log
    assert "11000019900307001X" not in log


def test_a_checkout_that_was_moved_says_where_its_data_are(servers, folder):
    servers.ensure()
    with pytest.raises(embedded.EmbeddedError, match=r"was moved.*曾被移动"):
        embedded.Servers(servers.pointer, folder / "elsewhere")


def test_servers_named_in_the_environment_replace_the_embedded_ones(folder, monkeypatch):
    monkeypatch.setenv("SWMS_VAR_DIR", str(folder / "var"))
    assert embedded.ensure() is False  # the run's own addresses are set
    assert not (folder / "var").exists()


def test_servers_named_in_the_env_file_replace_the_embedded_ones(folder, monkeypatch):
    for name in embedded.VARIABLES:
        monkeypatch.delenv(name)
    monkeypatch.setattr(embedded, "BASE_DIR", folder)
    monkeypatch.setenv("SWMS_VAR_DIR", str(folder / "var"))
    (folder / ".env").write_text("export DATABASE_URL=postgres://db/swms\nREDIS_URL=redis://cache\n")
    assert embedded.ensure() is False
    assert not any(name in os.environ for name in embedded.VARIABLES), "reading the file is the settings' business"


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_test_run_that_is_interrupted_leaves_nothing_behind(blow):
    line = "from swms import embedded; s = embedded.throw_away(); print(s.pointer.parent, flush=True); input()"
    run = subprocess.Popen(
        [sys.executable, "-c", line],
        cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        # A shell that runs the tests in the background has them ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    with run:
        left = Path(run.stdout.readline().strip())
        postgres = system.pid_in(left / "home" / "postgres" / "postmaster.pid")
        assert system.alive(postgres, left / "home" / "postgres")
        run.send_signal(blow)
        run.wait(timeout=30)
    if blow == signal.SIGKILL:
        assert left.exists()
        embedded.discard(embedded.throw_away())  # the next run tidies up
    assert not left.exists()
    assert not psutil.pid_exists(postgres) or psutil.Process(postgres).status() == psutil.STATUS_ZOMBIE


def wait_until(condition, patience=20):
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
