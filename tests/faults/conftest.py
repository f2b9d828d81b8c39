"""One portal of real processes on a PostgreSQL and a Redis of its own, which the tests may break.

The clocks are scaled: what takes a minute in production takes a second here. Imports of models stand
inside the fixtures: this file is read before Django is set up.
"""

from datetime import timedelta

import pytest

from swms import embedded
from tests.processes import Portal, said

SWEEP, LEASE, DEADLINE = 1, 5, 240  # seconds; in production 60, 300 and a day


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Whatever fails, the processes have their say."""
    report = yield
    if report.failed and "portal" in item.funcargs:
        report.sections.append(("the portal's processes", said(item.funcargs["portal"].folder)))
    return report


@pytest.fixture(scope="session")
def breakable():
    """A PostgreSQL and a Redis that no other test depends on."""
    servers = embedded.throw_away()
    # Made fast, it would lose the last half second of commits when it is killed; what is broken here must be safe.
    servers.postgres.stop()
    servers.postgres.durable = True
    servers.postgres.start()
    yield servers
    embedded.discard(servers)


@pytest.fixture(scope="session")
def portal(breakable):
    """Web server with migrated database; workers and beat are started by the tests."""
    from django.conf import settings

    folder = breakable.pointer.parent / "portal"
    portal = Portal(
        folder,
        breakable.urls(),
        SWMS_SWEEP_SECONDS=str(SWEEP),
        SWMS_LEASE_SECONDS=str(LEASE),
        SWMS_ANNOTATION_DEADLINE_SECONDS=str(DEADLINE),
        SWMS_CERTIFICATE_ROOT=str(folder / "certificates"),
        SWMS_MEDIA_ROOT=str(folder / "media"),
        SWMS_ANCHOR_PATH=str(folder / "anchor.jsonl"),
        SWMS_SIGNING_KEY_DIR=str(settings.SIGNING_KEY_DIR),
    )
    try:
        portal.prepare()
        portal.web(threads=8)
        yield portal
    finally:
        portal.end()


@pytest.fixture(scope="session")
def crew(portal):
    """The workers and the beat, started when first needed and kept from test to test."""
    from tests.faults.site import Crew

    return Crew(portal)


@pytest.fixture
def site(breakable, portal, crew, settings, django_db_blocker, monkeypatch):
    """The portal under test, seen from inside; when the test ends every promise must hold."""
    from certificates import invariants as certificates
    from registration import invariants as hub
    from tests.faults.site import Site, on_the_servers

    settings.SWEEP_SECONDS, settings.LEASE_SECONDS = SWEEP, LEASE
    settings.ANNOTATION_DEADLINE = timedelta(seconds=DEADLINE)
    settings.CERTIFICATE_ROOT = portal.folder / "certificates"
    settings.MEDIA_ROOT = portal.folder / "media"
    settings.ANCHOR_PATH = portal.folder / "anchor.jsonl"
    settings.SITE_URL = portal.url
    monkeypatch.setattr(hub, "SWEEP_EVERY", timedelta(seconds=5 * SWEEP))
    monkeypatch.setattr(certificates, "SAMPLE", 10)  # each test reads its own files; test_verdict.py all of them
    with django_db_blocker.unblock(), on_the_servers(breakable):
        site = Site(breakable, portal, crew)
        yield site
        site.check()
