"""What must hold on a live system, judged by ``manage.py check_invariants``.

Each app registers its promises in its ``invariants.py``; the same checks are the oracle of
every fault test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.module_loading import autodiscover_modules

Check = Callable[[], Iterator[str]]
_CHECKS: dict[str, Check] = {}


@dataclass(frozen=True)
class Verdict:
    """One promise and the violations found, in words with public references only."""

    promise: str
    violations: list[str]


def invariant(promise: str):
    """Register a function that yields one line per violation of ``promise``."""

    def register(check: Check) -> Check:
        if promise in _CHECKS:
            raise ValueError(f"promise stated twice: {promise}")
        _CHECKS[promise] = check
        return check

    return register


def judge(limit: int = 20) -> list[Verdict]:
    """Run every check; keep at most ``limit`` violations of each."""
    autodiscover_modules("invariants")
    verdicts = []
    for promise, check in sorted(_CHECKS.items()):
        found = []
        for line in check():
            found.append(line)
            if len(found) == limit:
                break
        verdicts.append(Verdict(promise, found))
    return verdicts
