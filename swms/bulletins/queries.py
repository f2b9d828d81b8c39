"""What is on the board: for everybody, for a place, and whether a file hangs on it. The clock is asked each time."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from swms.bulletins.models import Bulletin
from swms.bulletins.workflows import BulletinState
from swms.dates import today
from swms.regions.models import Region
from swms.uploads.models import StoredFile

NEWEST = 5


def public() -> QuerySet[Bulletin]:
    """Return what is public at this moment, whatever is past its last day included; the newest first."""
    out = Bulletin.objects.filter(state=BulletinState.PUBLISHED, publish_at__lte=timezone.now())
    return out.select_related("region").order_by("-publish_at", "-id")


def in_force() -> QuerySet[Bulletin]:
    """Return what is public and not over."""
    return public().filter(Q(expires_on=None) | Q(expires_on__gte=today()))


def read_in(bulletins: QuerySet[Bulletin], place: Region | None) -> QuerySet[Bulletin]:
    """Leave those that concern somebody in ``place``: of its own office, of those above it, and of the country."""
    return bulletins.filter(Q(region=None) | _above(place)) if place else bulletins.filter(region=None)


def about(bulletins: QuerySet[Bulletin], place: Region) -> QuerySet[Bulletin]:
    """Leave those that concern ``place`` or a part of it: what a reader looks for who names a province."""
    return bulletins.filter(Q(region=None) | _above(place) | Q(region__path__startswith=place.path))


def _above(place: Region) -> Q:
    """Return the condition that the bulletin's region contains ``place`` or is it."""
    codes = place.path.strip("/").split("/")
    paths = [f"/{'/'.join(codes[: depth + 1])}/" for depth in range(len(codes))]
    return Q(region__path__in=paths)


def for_front_page() -> list[Bulletin]:
    """Return the newest of the country and of the provinces; those of counties are found on the board."""
    wide = in_force().filter(Q(region=None) | Q(region__level=Region.Level.PROVINCE))
    return list(wide[:NEWEST])


def for_place(place: Region | None) -> list[Bulletin]:
    """Return the newest that somebody who lives in ``place`` should read."""
    return list(read_in(in_force(), place)[:NEWEST])


def is_public_attachment(stored: StoredFile) -> bool:
    """Tell whether a file hangs on a bulletin that is public now; those of withdrawn ones are taken down with them."""
    if stored.holder_type is None or stored.holder_type.model_class() is not Bulletin:
        return False
    return public().filter(pk=stored.holder_id).exists()
