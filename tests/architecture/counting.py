"""What a page asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def asked() -> Iterator[list[str]]:
    """Note every statement that is sent to the database in the block."""
    statements: list[str] = []

    def note(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements


def queries_of(browser, path: str) -> list[str]:
    """Return the statements of a page, which must open."""
    with asked() as statements:
        answer = browser.get(path)
        answer.getvalue()
    assert answer.status_code == 200, path
    return statements
