"""`make bench`: run every benchmark, one after the other, and keep what they said.

A benchmark is a module of this package that prints its figures within some minutes. Each runs in a process
of its own: they need different settings, and what one leaves in memory would slow the next. What they print goes to
`bench/results/latest.txt` too, below the facts about the machine; one that did nothing else deserves a copy of its own.

    python -m bench [name ...]
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

BENCHES = ("certificates", "annotating", "peak", "pages", "queue", "roster")
RESULTS = Path(__file__).with_name("results") / "latest.txt"


def main(names: list[str]) -> None:
    """Run the benchmarks of these names, all of them without any; ends at the first that fails."""
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", encoding="utf-8") as kept:
        _say(facts(), kept)
        for name in names or BENCHES:
            _say(f"── {name}\n", kept)
            command = [sys.executable, "-m", f"bench.{name}"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as running:
                for line in running.stdout:
                    _say(line, kept)
            if running.returncode:
                raise SystemExit(f"bench.{name} ended with {running.returncode}")


def facts() -> str:
    """Return what has to be known of the machine to compare its figures with another's."""
    cpu = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ":?").partition(":")[2]
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores,{cpu}, {int(memory) // 2**20} GB\n"
        f"{system}, load {os.getloadavg()[0]:.1f}\n\n"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _say(text: str, kept) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
    kept.write(text)
    kept.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
