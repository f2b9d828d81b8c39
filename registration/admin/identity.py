"""How the console's searches tell what was typed: a number of ours, somebody's identity, or a name."""

import re

from django.db.models import QuerySet

from swms.console.screens import Found
from swms.crypto import index_candidates
from swms.idnumbers import normalise

_REFERENCE = re.compile(r"[A-Z]{2}[-0-9][A-Z0-9-]{6,}")
_NUMBER = re.compile(r"[A-Z0-9]{5,20}")


def is_reference(text: str) -> bool:
    """Whether the text is shaped like a reference or a receipt, ``DJ-110105-2026-00042``."""
    return _REFERENCE.fullmatch(normalise(text)) is not None


def is_number(text: str) -> bool:
    """Whether the text may be the number of a certificate or of an identity document."""
    plain = normalise(text)
    return _NUMBER.fullmatch(plain) is not None and any(char.isdigit() for char in plain)


def identity(text: str) -> list[str]:
    """Return the blind indexes under which somebody with this identity number is found."""
    return index_candidates("identity", text)


def find(
    visible: QuerySet,
    text: str,
    *,
    name: str,
    numbers: tuple[str, ...] = (),
    owner: str | None = None,
    reference: str | None = "ref",
) -> Found:
    """Return what a search over ``visible`` finds, by the first that fits: a reference, a number, an identity, a name.

    All but ``text`` are lookups; ``owner`` is the path to who has the identity number. An identity document may be
    shaped like a reference, so one that is not there is no end of the search.
    """
    number, numeric = normalise(text), is_number(text)
    exact = ([reference] if reference and is_reference(text) else []) + (list(numbers) if numeric else [])
    for lookup in exact:
        rows = visible.filter(**{lookup: number})
        if rows.exists():
            return Found(rows)
    if numeric and owner is not None:
        return Found(visible.filter(**{f"{owner}id_index__in": identity(number)}), by_identity=True)
    return Found(visible.filter(**{name: text}))
