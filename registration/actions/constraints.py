"""Which constraint of the database a write broke: what decides between two who are equally fast."""

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, transaction

from swms.workflow import Refused

RECEIPTS_TRIED = 5

T = TypeVar("T")


def broken_by(error: IntegrityError) -> str:
    """Return the name of the constraint, empty where the database did not say."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


def with_receipt(enter: Callable[[], T], *, unique: str, taken: Callable[[], Refused]) -> T:
    """Return what ``enter`` writes under a new receipt number, each try in a transaction of its own.

    A number that is there already is drawn again. Raises what ``taken`` returns where the constraint named with
    ``unique`` is broken: somebody was faster.
    """
    for _ in range(RECEIPTS_TRIED):
        try:
            with transaction.atomic():
                return enter()
        except IntegrityError as error:
            if unique in broken_by(error):
                raise taken() from error
            if "ref" not in broken_by(error):
                raise
    raise RuntimeError("no free receipt number found")
