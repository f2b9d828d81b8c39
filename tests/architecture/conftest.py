"""The world that the tests of access look at: made once, and left as it was by every request.

Imports stand inside the fixtures: this file is read before Django is set up.
"""

from copy import deepcopy

import pytest


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """One person for every role and one of everything that an address names."""
    from django.db import transaction
    from django.test import override_settings

    from tests.architecture.world import World

    folder = tmp_path_factory.mktemp("world")
    files = override_settings(MEDIA_ROOT=folder / "media", CERTIFICATE_ROOT=folder / "certificates")
    with django_db_blocker.unblock(), files, transaction.atomic():
        world = World()
        world.make()
        yield world
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def browsers(world):
    """A signed-in browser for every role, staff and institutions with their second factor."""
    from tests.architecture.world import ROLES

    return {role: world.browser(role) for role in ROLES}


@pytest.fixture(scope="module")
def half_signed_in(world):
    """Browsers of staff and of the institution that have given a password only."""
    from tests.architecture.world import ROLES

    users = {role: world.user(role) for role in ROLES}
    return {
        role: world.browser(role, second_factor=False)
        for role, user in users.items()
        if user is not None and user.needs_second_factor
    }


@pytest.fixture(scope="module")
def ask():
    """Return a function that makes one request and undoes whatever it changed."""
    from django.db import transaction

    def ask(browser, method, path, data=""):
        cookies = deepcopy(browser.cookies)
        with transaction.atomic():
            answer = browser.generic(method, path, data, "application/x-www-form-urlencoded")
            transaction.set_rollback(True)
        browser.cookies = cookies
        return answer

    return ask
