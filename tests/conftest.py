"""Every run has a PostgreSQL, a Redis and a ``var`` folder of its own, removed when it ends.

The servers must be there before the settings are read, so they start as this file is imported;
that takes less than a second. Whatever DATABASE_URL says outside, a test never touches it.
"""

import os
from pathlib import Path

import pytest

from swms import embedded

XDIST_WORKER = os.environ.get("PYTEST_XDIST_WORKER")  # "gw0", "gw1" …; absent in the process that leads the run

if XDIST_WORKER is None:
    SERVERS = embedded.throw_away()
    os.environ |= SERVERS.urls() | {"SWMS_VAR_DIR": str(SERVERS.pointer.parent / "var")}
else:  # the workers share the servers; Django gives each a database, and here each gets a Redis keyspace
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{1 + int(XDIST_WORKER.removeprefix('gw'))}"
    os.environ["SWMS_VAR_DIR"] += f"-{XDIST_WORKER}"

os.environ["DJANGO_SETTINGS_MODULE"] = "swms.settings"
# Cutting the certificate font takes seconds and always gives the same: runs share the checkout's.
os.environ.setdefault("SWMS_FONT_DIR", str(Path(__file__).resolve().parents[1] / "var" / "fonts"))


def pytest_configure(config):
    """Only now may Django read its settings."""
    from django.conf import settings

    if settings.DATABASES["default"]["HOST"] not in os.environ["DATABASE_URL"]:
        raise RuntimeError("the settings were read before tests/conftest.py started the servers of the run")

    # Pages are drawn without ``collectstatic`` before: names of static files stay as they are.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns when there is none

    settings.NUMBERS_KEPT_SECONDS = 0  # what a test makes stands beside the links of the very next page

    settings.PASSWORD_HASHERS = ["tests.hashing.QuickArgon2"]

    import django

    django.setup()
    _count_by_the_built_in_calendar()
    _let_the_audit_trail_be_flushed()


def _count_by_the_built_in_calendar():
    """Tests without a database ask for working days too; those of the announced days install the table again."""
    from swms import dates

    dates.set_overrides(dict)


def _let_the_audit_trail_be_flushed():
    """Tests that commit empty the tables afterwards, which the audit trail refuses to everybody else."""
    import pgtrigger
    from django.test import TransactionTestCase

    flush = TransactionTestCase._fixture_teardown

    def teardown(self):
        with pgtrigger.ignore():
            flush(self)

    TransactionTestCase._fixture_teardown = teardown


def pytest_collection_modifyitems(items):
    """The longest first: begun last, it would keep one process busy for a minute while the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_unconfigure(config):
    """Also after Ctrl-C."""
    if XDIST_WORKER is None:
        embedded.discard(SERVERS)


@pytest.fixture
def people(db, settings, tmp_path):
    """The people whom tests name (tests/people.py), each made when first mentioned."""
    from tests.people import People

    settings.MEDIA_ROOT = tmp_path / "media"
    return People()
