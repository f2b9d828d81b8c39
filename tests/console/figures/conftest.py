"""The spring that is counted, made once for each file; its tests undo what they do.

Imports stand inside the fixtures: this file is read before Django is set up.
"""

import pytest


@pytest.fixture(autouse=True)
def _fresh_numbers():
    """What a slow machine keeps for ten minutes is no business of the next test."""
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """The people, and what happened in the spring of 2026; made once for all tests here, which undo what they do."""
    from django.db import transaction
    from django.test import override_settings

    from tests.console.figures.spring import live
    from tests.people import People

    files = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("world"))
    with django_db_blocker.unblock(), files, transaction.atomic():
        people = People()
        yield people, live(people)
        transaction.set_rollback(True)


@pytest.fixture
def people(world):
    """Everybody of the world, on the evening of 1 June 2026."""
    from django.db import transaction

    from tests.registration.steps import at

    with transaction.atomic():
        with at("2026-06-01T18:00"):
            yield world[0]
        transaction.set_rollback(True)


@pytest.fixture
def spring(world, people):
    """王芳's case, the one that is done."""
    from registration.models import Application

    return Application.objects.get(pk=world[1].pk)
