"""Places between two steps of a job where a fault test may kill the process.

A step that survives a ``kill -9`` at every one of them survives a power cut too. Outside fault tests a
crash point does nothing.
"""

import ast
import os
import signal
from pathlib import Path

ARMED = "SWMS_CRASHPOINT"


def crashpoint(name: str) -> None:
    """Kill this process, as ``kill -9`` would, when the environment variable SWMS_CRASHPOINT names this point."""
    if os.environ.get(ARMED) == name:
        os.kill(os.getpid(), signal.SIGKILL)


def declared(root: Path) -> list[str]:
    """Return the crash points in the source under ``root``, sorted, so that no fault test keeps a list of its own.

    Raises ValueError for a call whose name is not written there, or is written twice: it would be missed.
    """
    names = []
    for path in root.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "crashpoint(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crashpoint":
                names.append(_name_in(node, path))
    if len(set(names)) < len(names):
        raise ValueError(f"two crash points have one name: {sorted(names)}")
    return sorted(names)


def _name_in(call: ast.Call, path: Path) -> str:
    if len(call.args) != 1 or not isinstance(call.args[0], ast.Constant) or not isinstance(call.args[0].value, str):
        raise ValueError(f"{path}:{call.lineno}: the name of a crash point is written out")
    return call.args[0].value
