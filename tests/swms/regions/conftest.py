"""The regions, all of them or those of a test's own files.

Imports of the project stand inside: this file is read before Django has its settings.
"""

import pytest
from django.db import transaction


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """All regions, loaded once for a file of tests and rolled back behind it."""
    from swms.regions import loader, queries

    with django_db_blocker.unblock(), transaction.atomic():
        loader.load()
        yield
        transaction.set_rollback(True)
    queries.forget()


@pytest.fixture
def regions(loaded, db):
    """All regions, and a snapshot that does not outlive the test; gives the loader's report."""
    from swms.regions import loader, queries

    queries.forget()
    yield loader.load()
    queries.forget()


@pytest.fixture
def empty(db):
    """A table of regions without a row."""
    from swms.regions import queries
    from swms.regions.models import Region

    Region.objects.all()._raw_delete(using="default")
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def files(empty, tmp_path):
    """Write division files and load them into an empty table."""
    from swms.regions import loader

    def load(divisions="110000,北京市\n110101,东城区\n", abolished="", encoding="utf-8"):
        (tmp_path / "d.csv").write_text("code,name\n" + divisions, encoding=encoding)
        (tmp_path / "a.csv").write_text("code,name,valid_to,successor\n" + abolished, encoding=encoding)
        return loader.load(tmp_path / "d.csv", tmp_path / "a.csv")

    return load
