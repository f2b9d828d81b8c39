"""A throw-away installation for a benchmark: servers of its own, an empty database, a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def installation(name: str) -> Iterator[Path]:
    """Start the servers, migrate, and yield the folder that is ``VAR_DIR``; afterwards nothing is left.

    Beside the real files, because a temporary folder may be in memory, where fsync costs nothing. The fonts
    that were prepared for the checkout are used again.
    """
    from swms import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "swms.settings")
    var = Path(os.environ.get("SWMS_VAR_DIR") or Path(__file__).resolve().parents[1] / "var")
    var.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SWMS_FONT_DIR", str(var / "fonts"))
    servers = embedded.throw_away()
    try:
        with TemporaryDirectory(prefix=f"bench-{name}-", dir=var) as folder:
            os.environ |= servers.urls() | {"SWMS_VAR_DIR": folder, "SWMS_LOG_LEVEL": "WARNING"}

            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0, interactive=False)
            yield Path(folder)
    finally:
        embedded.discard(servers)
