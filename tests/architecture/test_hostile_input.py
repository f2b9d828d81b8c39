"""Nothing that anybody sends breaks a page: who tries is refused in words, never answered 500 (S13)."""

import re
from urllib.parse import urlencode

import pytest

from tests.architecture.access_matrix import MATRIX
from tests.architecture.routes import routes
from tests.architecture.world import ROLES

pytestmark = pytest.mark.django_db

WITH_TEXT = [route for route in routes() if "<str:" in route]
LISTS = [route for route in MATRIX if re.fullmatch(r"console/\w+/\w+/", route)]

#: Marks of a list's page that nobody was given: an infinite number, one too long, and a thousand brackets.
FORGED_MARKS = ("W0luZmluaXR5XQ==", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OV0=", "W1tb" * 1200, "不是书签")


def inside(route: str, method: int) -> list[str]:
    """Return the roles that a page is for, so that what they send is read and not turned away at the door."""
    return [role for role in ROLES if MATRIX[route].answers[role][method] == 200]


@pytest.mark.parametrize("route", WITH_TEXT)
def test_a_key_with_a_nul_names_nothing_for_the_stranger_and_for_everybody_else(route, world, browsers, ask):
    path = world.address(route, MATRIX[route].keys, missing=True)
    start = route.index("<str:") + 2  # behind the slash and the first character of the key
    path = f"{path[:start]}%00{path[start:]}"
    for role in ("stranger", "wang_fang", "zhang_wei"):
        for method in ("GET", "POST"):
            assert ask(browsers[role], method, path).status_code == 404, f"{method} by {role}"


@pytest.mark.parametrize("route", LISTS)
def test_no_search_and_no_forged_mark_breaks_a_list_of_the_console(route, browsers, ask):
    for role in inside(route, 0):
        for mark in FORGED_MARKS:
            for side in ("after", "before"):
                assert ask(browsers[role], "GET", f"/{route}?{urlencode({side: mark})}").status_code == 200, role
    for role in inside(route, 1):
        for text in ("\0", "王\0芳", "9" * 5000, "<script>alert(1)</script>"):
            answer = ask(browsers[role], "POST", f"/{route}", urlencode({"text": text}))
            assert answer.status_code == 200, role
            assert "<script>alert" not in answer.content.decode()


def test_zhang_wei_cannot_break_a_decision_with_a_version_that_is_no_number(world, browsers, ask):
    path = world.address("console/registration/application/<str:key>/", {"key": "application.ref"})
    for version in ("9" * 5000, "²", "-1", "\0"):
        sent = urlencode({"move": "pass_first", "version": version})
        assert ask(browsers["li_jing"], "POST", path, sent).status_code == 409


def test_zheng_kai_cannot_break_a_page_with_a_duty_that_is_no_number(world, browsers, ask):
    path = f"/console/accounts/user/{world.li_jing.uid}/"
    for held in ("x", "", "9" * 5000, "\0"):
        assert ask(browsers["zheng_kai"], "POST", path, urlencode({"do": "withdraw", "held": held})).status_code == 404


@pytest.mark.parametrize("target", ["https://example.com/", "//example.com", "\\\\example.com", "javascript:alert(1)"])
def test_who_agrees_to_the_terms_is_never_led_to_another_site(target, world, browsers, ask):
    from certificates.models import TERMS_VERSION

    for where, expected in ((target, "/certificates/mine"), ("nowhere", "nowhere")):
        path = f"/certificates/terms?{urlencode({'next': where})}"
        answer = ask(browsers["chen_chen"], "POST", path, urlencode({"version": TERMS_VERSION}))
        assert (answer.status_code, answer["Location"]) == (302, expected)
