"""Who sits at the console in these tests."""

import pytest


@pytest.fixture
def jing(people):
    """李静 at her desk."""
    from tests.people import signed_in

    return signed_in(people.li_jing)


@pytest.fixture
def wei(people):
    """张伟 at his desk."""
    from tests.people import signed_in

    return signed_in(people.zhang_wei)


@pytest.fixture
def min_(people):
    """赵敏 in 上海市, who must see nothing of 北京市."""
    from tests.people import signed_in

    return signed_in(people.zhao_min)


@pytest.fixture
def case(people):
    """王芳's application in 待审核."""
    from registration import actions
    from registration.promise import PROMISE_VERSION

    return actions.apply(people.application, by=people.wang_fang.user, promise_version=PROMISE_VERSION)


@pytest.fixture
def office(db):
    """Return a function that makes staff with duties and signs them in."""
    from tests import factories
    from tests.people import signed_in

    def sit(name, *duties, **fields):
        return signed_in(factories.staff(name, *duties, **fields))

    return sit
