"""How the console's searches tell what was typed: a number of ours, somebody's identity, or a name."""

import re

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
