"""The request being served, for the few things that need it without being handed it."""

from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RequestFacts:
    """What the audit trail keeps of a request: its id and the client's address.

    ``read_once`` is for what many parts of one answer ask for and the request need only read once.
    """

    id: str
    ip: str | None
    read_once: dict = field(default_factory=dict, compare=False, repr=False)


_current: ContextVar[RequestFacts | None] = ContextVar("request", default=None)
set_current = _current.set
reset_current = _current.reset


def current_request() -> RequestFacts | None:
    """Return the facts of the request being served, ``None`` in jobs and commands."""
    return _current.get()
