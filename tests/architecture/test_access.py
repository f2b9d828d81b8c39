"""Every address × role × method answers as ``access_matrix.py`` declares (S1, S10, S15)."""

import re
from urllib.parse import quote, urlencode

import pytest
from django.urls import reverse

from tests.architecture.access_matrix import BEFORE_THE_SECOND_FACTOR, MATRIX, Access
from tests.architecture.routes import routes
from tests.architecture.world import ROLES

pytestmark = pytest.mark.django_db

ROUTES = routes()
WITH_KEYS = [route for route in ROUTES if route in MATRIX and MATRIX[route].keys]
METHODS = ("GET", "POST")


def named(route: str) -> str:
    """Return how a route is called in the report of a test."""
    return route or "(front page)"


@pytest.fixture
def answer(world, browsers, ask):
    """Return a function that asks for a route as a role; whatever changes is undone."""

    def answer(role, method, route, *, missing=False, browser=None):
        row = MATRIX[route]
        path = world.address(route, row.keys, missing=missing)
        return ask(browser or browsers[role], method, path, urlencode(row.data) if method == "POST" else "")

    return answer


def test_every_address_is_in_the_matrix_and_nothing_else_is():
    new, gone = sorted(set(ROUTES) - set(MATRIX)), sorted(set(MATRIX) - set(ROUTES))
    assert not new, "say in access_matrix.py who gets what at: " + ", ".join(f"{r} ({ROUTES[r]})" for r in new)
    assert not gone, f"rows without an address: {gone}"


def test_every_row_speaks_of_every_role_and_names_what_stands_in_its_address():
    for route, row in MATRIX.items():
        assert row.answers.keys() == set(ROLES), route
        assert set(re.findall(r"<\w+:(\w+)>", route)) == row.keys.keys(), route


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_each_role_is_answered_as_the_matrix_says(route, answer):
    assert route in MATRIX, f"{ROUTES[route]} is not in access_matrix.py"
    row: Access = MATRIX[route]
    found = {role: tuple(answer(role, method, route).status_code for method in METHODS) for role in ROLES}
    assert found == row.answers


@pytest.mark.parametrize("route", [r for r in ROUTES if r in MATRIX], ids=named)
def test_what_opens_to_strangers_says_why_and_the_rest_leads_to_the_door(route, answer):
    row = MATRIX[route]
    if row.why:
        return
    get, post = row.answers["stranger"]
    assert 200 not in (get, post), f"{route} opens to strangers without a reason"
    if get == 302:
        assert answer("stranger", "GET", route).url.startswith(reverse("signin:sign_in"))


@pytest.mark.parametrize("route", [r for r in ROUTES if r in MATRIX], ids=named)
def test_no_address_takes_any_other_method(route, answer):
    row = MATRIX[route]
    inside = next((role for role in ROLES if 200 in row.answers[role]), "wang_fang")
    for role in {"stranger", inside}:
        for method in ("PUT", "PATCH", "DELETE"):
            status = answer(role, method, route).status_code
            assert status in (302, 403, 404, 405), f"{method} by {role}: {status}"


@pytest.mark.parametrize("route", WITH_KEYS, ids=named)
def test_what_belongs_to_others_is_answered_like_what_does_not_exist(route, answer):
    """赵敏, 陈晨 and everybody else cannot tell a foreign record from a missing one: same status, same body."""
    for role in ROLES:
        for method, status in zip(METHODS, MATRIX[route].answers[role], strict=True):
            if status != 404:
                continue
            foreign, missing = answer(role, method, route), answer(role, method, route, missing=True)
            assert missing.status_code == 404, f"{method} by {role}"
            assert _body(foreign) == _body(missing), f"{method} by {role}"


def _body(response) -> str:
    """Return a page without what only repeats its own address, and without its form token."""
    here = response.request["PATH_INFO"]
    text = response.content.decode().replace(here, "").replace(quote(here, safe=""), "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


@pytest.mark.parametrize("route", [r for r in ROUTES if r in MATRIX], ids=named)
def test_nothing_opens_to_an_office_or_an_institution_on_a_password_alone(route, half_signed_in, answer):
    """S10: 李静 and all the others without their second factor."""
    if route in BEFORE_THE_SECOND_FACTOR:
        return
    for role, browser in half_signed_in.items():
        for method in METHODS:
            response = answer(role, method, route, browser=browser)
            assert response.status_code == 302, f"{method} by {role}: {response.status_code}"
            assert response.url.startswith(reverse("signin:second_factor")), f"{method} by {role}"


def test_what_may_be_opened_before_the_second_factor_is_no_more_than_the_middleware_says():
    from swms.signin.middleware import OPEN

    assert {ROUTES[route] for route in BEFORE_THE_SECOND_FACTOR} == OPEN


def test_the_auditor_looks_and_changes_nothing(answer):
    """S15: what 何欣 may post at the console is a search, and nothing comes of it."""
    from swms.audit.models import AuditEvent

    posts = [r for r in ROUTES if r.startswith("console/") and MATRIX[r].answers["he_xin"][1] < 400]
    assert set(posts) <= {"console/audit/auditevent/", "console/certificates/logentry/"}
    before = AuditEvent.objects.count()
    for route in posts:
        answer("he_xin", "POST", route)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_a_roles_menu_opens(role, browsers, ask):
    fronts = ["/"] + (["/console/"] if MATRIX["console/"].answers[role][0] == 200 else [])
    for front in fronts:
        page = ask(browsers[role], "GET", front).content.decode()
        links = [link for nav in re.findall(r"<nav.*?</nav>", page, re.DOTALL) for link in _links(nav)]
        assert links, f"{front} has no menu for {role}"
        for link in links:
            assert ask(browsers[role], "GET", link).status_code == 200, f"{role}: {link}"


def _links(html: str) -> list[str]:
    return re.findall(r'href="(/[^"#?]*)', html)
