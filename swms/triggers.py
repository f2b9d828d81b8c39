"""Triggers that more than one table has."""

import pgtrigger


def append_only(prefix: str, words: str) -> list[pgtrigger.Trigger]:
    """Return the triggers that refuse every way of changing or removing what was written (S12)."""
    return [
        pgtrigger.Protect(name=f"{prefix}_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name=f"{prefix}_no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"RAISE EXCEPTION '{words}';",
        ),
    ]
