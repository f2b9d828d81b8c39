"""Which constraint of the database a write broke: what decides between two who are equally fast."""

from django.db import IntegrityError


def broken_by(error: IntegrityError) -> str:
    """Return the name of the constraint, empty where the database did not say."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
