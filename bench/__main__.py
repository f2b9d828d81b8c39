"""`make bench`: run every benchmark, one after the other.

A benchmark is a module of this package whose `main()` prints its ratios within a minute or so.
"""

from bench import certificates

BENCHES = (certificates,)

for bench in BENCHES:
    bench.main()
