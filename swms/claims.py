"""Who has opened which case lately: a hint among colleagues that lapses by itself, and never a lock (decision 0025).

A decision is held back by the record's state and its form's version alone. One row a case; it goes when the case
moves, when its holder's duties change, and says nothing any more after ``LASTS``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from swms.regions.models import Jurisdiction
from swms.workflow import transitioned

LASTS = timedelta(minutes=15)


class Claim(models.Model):
    """Somebody opened a case; ``kind`` is the label of its model, ``record`` its key."""

    kind = models.CharField(max_length=60)
    record = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="打开的人")
    at = models.DateTimeField("打开时间")

    class Meta:
        app_label = "swms"
        constraints = [models.UniqueConstraint(fields=["kind", "record"], name="one_claim_per_case")]

    def __str__(self):
        return f"{self.kind} {self.record}: {self.by}"

    @property
    def words(self) -> str:
        """Who and when, ``李静 10 分钟前打开``."""
        minutes = int((timezone.now() - self.at).total_seconds() // 60)
        return f"{self.by.name} {f'{minutes} 分钟前' if minutes > 0 else '刚刚'}打开"


_READ = """
    SELECT claim.*, holder.name FROM swms_claim claim JOIN accounts_user holder ON holder.id = claim.by_id
    WHERE claim.kind = %(kind)s
"""
# Whoever comes second changes nothing while the first one's claim stands, so nobody reads before writing.
_CLAIM = f"""
    WITH mine AS (
    INSERT INTO swms_claim AS held (kind, record, by_id, at) VALUES (%(kind)s, %(record)s, %(by)s, %(now)s)
    ON CONFLICT (kind, record) DO UPDATE SET by_id = excluded.by_id, at = excluded.at
    WHERE held.by_id = excluded.by_id OR held.at <= %(lapsed)s
       OR NOT EXISTS (SELECT FROM accounts_user WHERE accounts_user.id = held.by_id AND accounts_user.is_active)
    RETURNING 1)
    {_READ} AND claim.record = %(record)s AND NOT EXISTS (SELECT FROM mine)
"""
# By hand, as every page of a queue asks it: the ORM takes longer to put it together than PostgreSQL to answer.
_HELD = f"""
    {_READ} AND claim.record = ANY(%(records)s) AND claim.at > %(lapsed)s AND holder.is_active
        AND claim.by_id IS DISTINCT FROM %(besides)s::bigint
"""


def claim(record: models.Model, *, by) -> Claim | None:
    """Leave the hint that ``by`` has opened the case; return the claim of somebody else that stands already.

    Call it for those who may decide: what others look at is no hint to anybody.
    """
    now = timezone.now()
    given = {"kind": _kind(record), "record": record.pk, "by": by.pk, "now": now, "lapsed": now - LASTS}
    held = next(iter(Claim.objects.raw(_CLAIM, given)), None)
    return held and _named(held)


def holder(record: models.Model) -> Claim | None:
    """Return the claim on a case that stands."""
    return holders([record]).get(record.pk)


def holders(records: Iterable[models.Model], *, besides=None) -> dict[int, Claim]:
    """Return the claims that stand on cases of one kind, without those of ``besides``; one query for all of them."""
    records = list(records)
    if not records:
        return {}
    asked = {"kind": _kind(records[0]), "records": [each.pk for each in records], "lapsed": timezone.now() - LASTS}
    found = Claim.objects.raw(_HELD, asked | {"besides": besides and besides.pk})
    return {each.record: _named(each) for each in found}


def free(rows: QuerySet, user) -> QuerySet:
    """Return the cases of ``rows`` that nobody but ``user`` has opened lately."""
    of_it = Claim.objects.filter(kind=rows.model._meta.label_lower, record=OuterRef("pk"))
    others = of_it.filter(at__gt=timezone.now() - LASTS, by__is_active=True).exclude(by=user)
    return rows.exclude(Exists(others))


def release(record: models.Model) -> None:
    """Nobody is at this case any more, whoever was."""
    Claim.objects.filter(kind=_kind(record), record=record.pk).delete()


def purge() -> int:
    """Delete the claims that say nothing any more; return how many."""
    return Claim.objects.filter(at__lte=timezone.now() - LASTS).delete()[0]


def _named(claim: Claim) -> Claim:
    """Return the claim with its holder, whose name was read with it."""
    claim.by = get_user_model()(pk=claim.by_id, name=claim.name)
    return claim


def _kind(record: models.Model) -> str:
    return record._meta.label_lower


@receiver(transitioned)
def _release_what_moved(instance, step, **kwargs) -> None:
    """What the system alone moves on nobody has opened to decide: many of that kind move together."""
    if any(move.perm for move in instance.workflow if move.source == step.transition.source):
        release(instance)


@receiver(post_delete, sender=Jurisdiction)
def _release_who_left(instance, **kwargs) -> None:
    """Who gave up a duty is at none of its cases; what she opens with the duties left she claims again."""
    Claim.objects.filter(by_id=instance.user_id).delete()
