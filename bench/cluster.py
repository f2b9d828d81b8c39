"""A throw-away installation for a benchmark: servers of its own, an empty database, a folder of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def set_up() -> None:
    """Read the settings of the installation that the environment names; log lines are written, and not shown."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "swms.settings")
    # Cutting the fonts takes long and always gives the same: those of the checkout are used again.
    os.environ.setdefault("SWMS_FONT_DIR", str(_var() / "fonts"))

    import django

    django.setup()
    for handler in logging.getLogger().handlers:
        handler.setStream(_nowhere())


@contextmanager
def installation(name: str, *, regions: bool = False, static: bool = False, **variables: str) -> Iterator[Path]:
    """Start the servers, migrate, and yield the folder that is ``VAR_DIR``; afterwards nothing is left.

    The folder is beside the real files, because a temporary one may be in memory, where fsync costs nothing.
    ``variables`` go into the environment before the settings are read.
    """
    from swms import embedded

    var = _var()
    var.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SWMS_FONT_DIR", str(var / "fonts"))
    servers = embedded.throw_away()
    try:
        with TemporaryDirectory(prefix=f"bench-{name}-", dir=var) as folder:
            os.environ |= servers.urls() | {"SWMS_VAR_DIR": folder} | variables
            set_up()

            from django.core.management import call_command

            call_command("migrate", verbosity=0, interactive=False)
            if static:
                call_command("collectstatic", verbosity=0, interactive=False)
            if regions:
                call_command("load_regions", stdout=_nowhere())
            yield Path(folder)
    finally:
        embedded.discard(servers)


def _var() -> Path:
    return Path(os.environ.get("SWMS_VAR_DIR") or Path(__file__).resolve().parents[1] / "var")


def _nowhere():
    return open(os.devnull, "w", encoding="utf-8")  # as long as the process lives
