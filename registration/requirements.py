"""Conditions that other apps add to an application; the hub does not know who they are.

``education`` will require hours before a re-registration; it registers its condition from
its ``AppConfig.ready``.
"""

from collections.abc import Callable

_CONDITIONS: list[Callable] = []


def require(condition: Callable) -> Callable:
    """Register ``condition(application, step)``, which raises ``Refused``; usable as a decorator."""
    _CONDITIONS.append(condition)
    return condition


def check_requirements(application, step) -> None:
    """Run every registered condition; the first that refuses decides."""
    for condition in _CONDITIONS:
        condition(application, step)
