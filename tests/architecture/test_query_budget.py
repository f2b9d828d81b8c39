"""No page asks more than 20 queries."""

import pytest

from tests.architecture.access_matrix import MATRIX
from tests.architecture.counting import queries_of

pytestmark = pytest.mark.django_db

MOST = 20
PAGES = [route for route, row in MATRIX.items() if any(get == 200 for get, _ in row.answers.values())]
#: Enough roles for a page that is the same to everybody: not signed in, a worker, and staff.
ONE_OF_EACH_KIND = ("stranger", "wang_fang", "li_jing")


@pytest.fixture(scope="module")
def settled(world, browsers):
    """The browsers after their first page, which notes in the session when they were seen."""
    for browser in browsers.values():
        browser.get("/")
    return browsers


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route or "(front page)")
def test_no_page_asks_more_than_twenty_queries_whoever_opens_it(route, world, settled):
    row = MATRIX[route]
    path = world.address(route, row.keys)
    roles = ONE_OF_EACH_KIND if row.why else row.answers
    for role in roles:
        if row.answers[role][0] == 200:
            statements = queries_of(settled[role], path)
            assert len(statements) <= MOST, f"{role}: {len(statements)}\n" + "\n".join(statements)
