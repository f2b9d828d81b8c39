"""The regions, all of them or those of a test's own files."""

import pytest
from django.db import transaction

from swms.regions import loader, queries
from swms.regions.models import Region


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """All regions, loaded once for this file and rolled back behind it."""
    with django_db_blocker.unblock(), transaction.atomic():
        loader.load()
        yield
        transaction.set_rollback(True)
    queries.forget()


@pytest.fixture
def regions(loaded, db):
    """All regions, and a snapshot that does not outlive the test."""
    queries.forget()
    yield loader.load()
    queries.forget()


@pytest.fixture
def empty(db):
    """A table of regions without a row."""
    Region.objects.all()._raw_delete(using="default")
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def files(empty, tmp_path):
    """Write division files and load them into an empty table."""

    def load(divisions="110000,北京市\n110101,东城区\n", abolished="", encoding="utf-8"):
        (tmp_path / "d.csv").write_text("code,name\n" + divisions, encoding=encoding)
        (tmp_path / "a.csv").write_text("code,name,valid_to,successor\n" + abolished, encoding=encoding)
        return loader.load(tmp_path / "d.csv", tmp_path / "a.csv")

    return load
