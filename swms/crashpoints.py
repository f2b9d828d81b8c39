"""Places between two steps of a job where a fault test may kill the process.

A step that survives a ``kill -9`` at every one of them survives a power cut too. Outside fault tests a
crash point does nothing.
"""

import os
import re
import signal
from pathlib import Path

ARMED = "SWMS_CRASHPOINT"
_CALL = re.compile(r'\bcrashpoint\("([a-z_.]+)"\)')


def crashpoint(name: str) -> None:
    """Kill this process, as ``kill -9`` would, when the environment variable SWMS_CRASHPOINT names this point."""
    if os.environ.get(ARMED) == name:
        os.kill(os.getpid(), signal.SIGKILL)


def declared(root: Path) -> list[str]:
    """Return the crash points in the source under ``root``, sorted, so that no fault test keeps a list of its own."""
    sources = (path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    return sorted({name for source in sources for name in _CALL.findall(source)})
