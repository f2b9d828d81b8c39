"""Where a social worker works: institutions to choose from."""

from uuid import UUID

from django.db.models import QuerySet

from registration.models import Institution

SHOWN = 20
SHORTEST = 2


def institutions_named(text: str) -> QuerySet[Institution]:
    """Return at most 20 institutions in good standing whose name holds ``text``, for everybody (R-PRO-09, R-SVC-09).

    Fewer than two characters find nothing.
    """
    if len(text) < SHORTEST or "\0" in text:  # no name holds a NUL, and the database takes none
        return Institution.objects.none()
    found = Institution.objects.filter(name__icontains=text, status=Institution.Status.ACTIVE)
    return found.select_related("region").order_by("name", "pk")[:SHOWN]


def institution_chosen(uid: str) -> Institution | None:
    """Return an institution in good standing by what a page of the search said of it; ``None`` for anything else."""
    try:
        number = UUID(uid)
    except ValueError:
        return None
    good = Institution.objects.filter(status=Institution.Status.ACTIVE)
    return good.select_related("region").filter(uid=number).first()
