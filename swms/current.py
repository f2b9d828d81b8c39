"""The request being served, for the few things that need it without being handed it."""

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class RequestFacts:
    """What the audit trail keeps of a request: its id and the client's address.

    ``read_once`` is for what many parts of one answer ask for and the request need only read once; ``shows`` says
    that the request only shows, so that nothing it reads changes under it.
    """

    id: str
    ip: str | None
    shows: bool = False
    read_once: dict = field(default_factory=dict, compare=False, repr=False)


_current: ContextVar[RequestFacts | None] = ContextVar("request", default=None)
set_current = _current.set
reset_current = _current.reset


def current_request() -> RequestFacts | None:
    """Return the facts of the request being served, ``None`` in jobs and commands."""
    return _current.get()


def once(key: Hashable, read: Callable[[], _Read]) -> _Read:
    """Return what ``read()`` gives, read once for a page that is only shown; in jobs and writes read anew each time.

    Nobody may change what is returned: the next who asks gets the same.
    """
    request = current_request()
    if request is None or not request.shows:
        return read()
    if key not in request.read_once:
        request.read_once[key] = read()
    return request.read_once[key]
