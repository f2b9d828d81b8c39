"""Journeys: real processes, a real browser, real files. One portal serves all of them.

Imports of our own stand inside the fixtures: this file is read before Django is set up.
"""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A step that fails leaves pictures of every open page, and what the processes said."""
    report = yield
    if report.when == "call" and report.failed and "visit" in item.funcargs:
        from tests.processes import said

        item.funcargs["visit"].leave_pictures(item.name)
        report.sections.append(("the portal's processes", said(item.funcargs["portal"].folder)))
    return report


@pytest.fixture(scope="package")
def running(tmp_path_factory):
    from tests.journeys.portal import Portal

    with Portal(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture(scope="package")
def browser():
    from playwright.sync_api import sync_playwright

    from tests.journeys.browsing import CHROMIUM, FLAGS

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's own loop runs in this thread, and Django takes it for an asynchronous program.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def portal(running, browser, django_db_blocker):
    """The running portal; the ORM works on its database, and what it writes is committed."""
    with django_db_blocker.unblock(), running.enter():
        yield running


@pytest.fixture(scope="package")
def judged():
    """The pages, each in a state, that were looked at in this run."""
    return set()


@pytest.fixture
def visit(browser, portal, judged):
    """``visit()`` gives a person with a browser; all browsers close with the test."""
    from tests.journeys.browsing import Visits

    with Visits(browser, portal, judged) as visits:
        yield visits


@pytest.fixture
def li_jing(portal):
    """李静, first reviewer of 朝阳区."""
    from tests.journeys.steps import staff

    return staff("李静", "lijing", "FIRST_REVIEW", "110105")


@pytest.fixture
def zhang_wei(portal):
    """张伟, final reviewer of 北京市."""
    from tests.journeys.steps import staff

    return staff("张伟", "zhangwei", "FINAL_REVIEW", "110000")


@pytest.fixture
def photo(tmp_path):
    """A file with a one-inch photo of nobody."""
    from PIL import Image

    path = tmp_path / "证件照.jpg"
    Image.new("RGB", (413, 579), "#dfe7ef").save(path)
    return path
