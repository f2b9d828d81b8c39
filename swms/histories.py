"""Whether the trail of every reviewed record is a path in its table of transitions (promise 7)."""

from collections.abc import Iterator

from django.db import connection

from swms.workflow import Reviewed

_HOPS = """
    SELECT target_repr, source, target, verb, before FROM (
        SELECT target_repr, verb,
               changes->'state'->>0 AS source, changes->'state'->>1 AS target,
               lag(changes->'state'->>1, 1, '') OVER (PARTITION BY target_id ORDER BY id) AS before,
               row_number() OVER (PARTITION BY target_id ORDER BY id) AS place
        FROM audit_auditevent WHERE target_type = %(model)s AND changes ? 'state'
    ) hop
    WHERE (source <> before AND NOT (place = 1 AND source = %(first)s))
       OR NOT (verb || ':' || source || ':' || target = ANY(%(edges)s))
"""

_ENDS = """
    SELECT record.id, record.state, coalesce(last.target, %(first)s) FROM {table} record
    LEFT JOIN (
        SELECT DISTINCT ON (target_id) target_id, changes->'state'->>1 AS target
        FROM audit_auditevent WHERE target_type = %(model)s AND changes ? 'state'
        ORDER BY target_id, id DESC
    ) last ON last.target_id = record.id::text
    WHERE record.state <> coalesce(last.target, %(first)s)
"""


def reviewed_models() -> list[type[Reviewed]]:
    """Return every model whose state a workflow governs."""
    found = []
    for model in Reviewed.__subclasses__():
        if not model._meta.abstract:
            found.append(model)
    return sorted(found, key=lambda model: model._meta.label_lower)


def broken_histories(model: type[Reviewed]) -> Iterator[str]:
    """Yield one line for every hop that the table does not know, and every record that is not where its trail ends.

    Records that came in bulk (the roster) have no trail until their first move: they start in the
    state that new records have.
    """
    label = model._meta.label_lower
    first = str(model._meta.get_field("state").default)
    edges = [f"{label}.begin::{first}", *(f"{label}.{t.name}:{t.source}:{t.target}" for t in model.workflow)]
    asked = {"model": label, "first": first, "edges": edges}
    with connection.cursor() as cursor:
        cursor.execute(_HOPS, asked)
        for name, source, target, verb, before in cursor.fetchall():
            yield f"{name}: {verb} from {source or 'nothing'} to {target}, after {before or 'nothing'}"
        cursor.execute(_ENDS.format(table=connection.ops.quote_name(model._meta.db_table)), asked)
        for pk, state, end in cursor.fetchall():
            yield f"{label} {pk}: is {state}, its trail ends in {end}"
