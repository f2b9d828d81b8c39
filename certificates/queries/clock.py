"""The one clock that deadlines and leases are measured by."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the database's time: a worker whose own clock is wrong must not move a deadline."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
