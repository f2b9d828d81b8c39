"""`make bench`: run every benchmark, one after the other.

A benchmark is a module of this package that prints its figures within a few minutes. Each runs in a process
of its own: they need different settings, and what one leaves in memory would slow the next.
"""

import subprocess
import sys

BENCHES = ("bench.certificates", "bench.annotating", "bench.peak", "bench.pages", "bench.queue", "bench.roster")

for bench in BENCHES:
    subprocess.run([sys.executable, "-m", bench], check=True)
