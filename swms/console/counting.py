"""How much stands in several lists, by one question; the question is kept for some minutes.

To put the question together takes several times as long as to answer it: a menu has a dozen lists, each with its
regions, duties and conditions. It is the same for a reader all day.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Value

from swms.console.paging import COUNTED, capped
from swms.dates import today
from swms.regions.models import jurisdictions_of

QUESTION_KEPT_SECONDS = 300


@dataclass(frozen=True)
class Question:
    """The SQL that counts some lists, each by its name; empty where nothing can be in any of them."""

    names: tuple[Hashable, ...]
    sql: str
    params: tuple

    def answer(self) -> dict[Hashable, int | str]:
        """Return how many there are in each list, as ``paging.count`` does."""
        found: Counter = Counter()
        if self.sql:
            with connection.cursor() as cursor:
                cursor.execute(self.sql, self.params)
                found.update(place for place, _ in cursor.fetchall())
        return {name: capped(found[place]) for place, name in enumerate(self.names)}


def question(lists: dict[Hashable, QuerySet]) -> Question:
    """Return the one question for all lists; of each it reads a hundred rows at most."""
    cut = [rows.order_by().values_list(Value(place), "pk")[:COUNTED] for place, rows in enumerate(lists.values())]
    if not cut:
        return Question((), "", ())
    first, *others = cut
    try:
        sql, params = (first.union(*others, all=True) if others else first).query.sql_with_params()
    except EmptyResultSet:
        sql, params = "", ()
    return Question(tuple(lists), sql, tuple(params))


def numbers_of(user, what: str, lists: Callable[[], dict[Hashable, QuerySet]]) -> dict[Hashable, int | str]:
    """Return how many there are in each of the lists that ``lists()`` gives, which are the reader's ``what``.

    The answer is new each time. The question is that of the reader's duties and of today, at most some minutes old.
    """
    held = repr(sorted((each.pk, each.region_id or "", each.duty) for each in jurisdictions_of(user)))
    mark = hashlib.blake2b(f"{what} {today()} {held}".encode(), digest_size=16).hexdigest()
    key = f"question:{user.pk}:{mark}"
    asked = cache.get(key) if settings.NUMBERS_KEPT_SECONDS else None
    if asked is None:
        asked = question(lists())
        cache.set(key, asked, QUESTION_KEPT_SECONDS if settings.NUMBERS_KEPT_SECONDS else 0)
    return asked.answer()
