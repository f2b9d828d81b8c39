"""What both servers need from the operating system: another user, processes, plain errors."""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

# PostgreSQL refuses to run as root. Root therefore hands the servers to a user id that no account
# and no other program of a Debian system has: it owns their data and nothing else.
SERVER_UID = 60760 if os.geteuid() == 0 else None
NOBODY_UID = 65534  # initdb insists on a user with a name
MINIMUM_FREE_BYTES = 300 * 1024 * 1024


class EmbeddedError(RuntimeError):
    """An embedded server cannot do what was asked; the text says what to do, in English and Chinese."""


class PortTaken(EmbeddedError):
    """Another program listens on the port."""


# what a person should read  ->  by what the operating system or a server writes
_EXPLANATIONS = {
    "The disk is full, or a quota is used up: {where} cannot grow. Free some space and start again."
    " / 磁盘已满或已达限额，{where}无法继续写入。请清理磁盘空间后重新启动。": (
        "No space left on device",
        "Disk quota exceeded",
        "File too large",
    ),
    "{where} is not writable for this user."
    " Change its owner, or name another folder in SWMS_VAR_DIR or SWMS_EMBEDDED_HOME."
    " / 当前用户不能写入{where}。请修改该目录的所有者，或用SWMS_VAR_DIR或SWMS_EMBEDDED_HOME指定其他目录。": (
        "Read-only file system",
        "Permission denied",
        "Not a directory",
    ),
    "There is not enough memory to start the server ({where}). / 内存不足，无法启动服务（{where}）。": (
        "Cannot allocate memory",
        "could not map anonymous shared memory",
    ),
    "{where} was made by another version of PostgreSQL. Dump it with that version, or run `make reset`."
    " / {where}由其他版本的PostgreSQL创建。请用原版本导出数据，或执行`make reset`重新开始。": (
        "database files are incompatible with server",
    ),
    "The address of the server is taken by another program ({where}). / 服务地址已被其他程序占用（{where}）。": (
        "Address already in use",
    ),
}


def explained(trouble: str | OSError, where: Path) -> EmbeddedError:
    """The error a person should see for what a server or the operating system said about ``where``."""
    text = os.strerror(trouble.errno) if isinstance(trouble, OSError) and trouble.errno else str(trouble)
    for explanation, signs in _EXPLANATIONS.items():
        if any(sign in text for sign in signs):
            return EmbeddedError(explanation.format(where=where))
    tail = "\n".join(text.strip().splitlines()[-12:])
    return EmbeddedError(f"The server does not start ({where}). It says: / 服务无法启动（{where}），输出如下：\n{tail}")


def require_room(folder: Path) -> None:
    """Refuses a disk that is about to be full: a server that stops half-way explains itself badly."""
    if shutil.disk_usage(folder).free < MINIMUM_FREE_BYTES:
        raise explained("No space left on device", folder)


def private_folder(path: Path, *, uid: int | None = SERVER_UID, mode: int = 0o700) -> Path:
    """``path`` as an existing folder of the servers' user, with ``mode``.

    A link or a stranger's folder in its place is refused: somebody may have laid it there for root.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or path.stat().st_uid not in (os.geteuid(), uid):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        path.chmod(mode)
        if uid is not None:
            os.chown(path, uid, uid)
    except OSError as error:
        raise explained(error, path) from error
    return path


def private_file(path: Path, text: str, *, uid: int | None = SERVER_UID) -> None:
    """Writes ``text`` to ``path`` at once or not at all; only the servers' user can read it."""
    temporary = path.with_name(path.name + ".new")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if uid is not None:
            os.chown(temporary, uid, uid)
        temporary.replace(path)
    except OSError as error:
        raise explained(error, path.parent) from error


def run(
    command: list[str | Path], *, home: Path, uid: int | None = SERVER_UID, timeout: float = 180
) -> tuple[int, str]:
    """Runs ``command`` in ``home`` as user ``uid``; returns its exit status and all it said.

    The output goes through a file: a server that stays behind would hold a pipe open for ever.
    """
    identity = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        try:
            done = subprocess.run(
                command, check=False, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                timeout=timeout, umask=0o077, **identity,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return 124, f"{Path(command[0]).name} did not answer within {timeout:.0f} s"
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EINVAL) and uid is not None:
                raise EmbeddedError(
                    f"Root may not become user id {uid} here, and PostgreSQL does not run as root. Start as an ordinary"
                    " user, or set DATABASE_URL and REDIS_URL."
                    f" / 当前环境下root不能切换到用户{uid}，而PostgreSQL不允许以root运行。"
                    "请改用普通用户启动，或设置DATABASE_URL和REDIS_URL。"
                ) from error
            return 126, str(error)
        output.seek(0)
        return done.returncode, output.read()


def alive(pid: int | None, folder: Path) -> bool:
    """Whether ``pid`` is a server working in ``folder``, not a stranger that inherited its number."""
    if not pid:
        return False
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(folder.resolve())
    except psutil.Error:
        return False


def all_alive(folder: Path) -> list[int]:
    """Every server process that works in ``folder``, also those whose parent was killed."""
    return [pid for pid in psutil.pids() if pid != os.getpid() and alive(pid, folder)]


def end(pids: list[int], folder: Path, *, signals: tuple[signal.Signals, ...], patience: float = 20) -> None:
    """Ends ``pids``, asking with each of ``signals`` in turn and waiting ``patience`` seconds for each."""
    for asked in (*signals, signal.SIGKILL):
        for pid in (pid for pid in pids if alive(pid, folder)):
            with contextlib.suppress(ProcessLookupError):  # it ended in between
                os.kill(pid, asked)
        until = time.monotonic() + patience
        while any(alive(pid, folder) for pid in pids):
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        else:
            return
    raise EmbeddedError(f"Processes {pids} do not end. / 进程{pids}无法停止。")


def pid_in(file: Path) -> int | None:
    """The process number on the first line of ``file``; None when there is none."""
    try:
        return int(file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
