"""Why a form is not passed: coded reasons, the items that they are said of, and what was mended since."""

from registration.reasons.codes import DOCUMENT, GENERAL, OTHER, REASONS, Reason
from registration.reasons.comparing import (
    FIRST_REGISTERED,
    REGION,
    Atom,
    Form,
    atoms_of,
    covered,
    differences,
    is_mended,
    is_of,
    not_named,
)
from registration.reasons.items import Item, ItemRefused, Named, items_of, named_items, named_of

__all__ = [
    "DOCUMENT",
    "FIRST_REGISTERED",
    "GENERAL",
    "OTHER",
    "REASONS",
    "REGION",
    "Atom",
    "Form",
    "Item",
    "ItemRefused",
    "Named",
    "Reason",
    "atoms_of",
    "covered",
    "differences",
    "is_mended",
    "is_of",
    "items_of",
    "named_items",
    "named_of",
    "not_named",
]
