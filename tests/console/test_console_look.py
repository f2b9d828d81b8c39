"""Every screen of the console in a real browser: axe, the policy, and the narrowest screen (S8)."""

import contextvars
import mimetypes
import os
import shutil
from copy import deepcopy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connections, transaction
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import sync_playwright

from tests.console.furnished import ANNOUNCED, furnished
from tests.people import People

pytestmark = pytest.mark.django_db
ORIGIN = "http://localhost"  # browsers trust it like https
TYPED = {
    "do": "check",
    "effective_from": "2039-01-01",
    "first_review_level": "prefecture",
    "final_review_level": "province",
    "makeup_first_from": "2039-01-04",
    "makeup_first_until": "2039-04-30",
    "note": "改由地市级初审。",
}
REFUSAL = {"move": "fail_first", "version": "1", "reason": "短"}
NAMED = REFUSAL | {"item": ["basic..school", "work.."], "code-basic..school": "other", "code-work..": "work_incomplete"}


@pytest.fixture(scope="module")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's own loop runs in this thread, and Django takes it for an asynchronous program.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
        connections.close_all()  # those of that "asynchronous" program


@pytest.fixture
def see(browser):
    """Return a function that opens a page as ``client``; every request is answered by Django's test client."""
    contexts = []

    def answer(route, request, client, here, shown):
        path = request.url.removeprefix(ORIGIN)
        if path.startswith(settings.STATIC_URL):
            found = finders.find(path.removeprefix(settings.STATIC_URL))
            route.fulfill(body=Path(found).read_bytes(), content_type=mimetypes.guess_type(found)[0])
            return
        got = shown if path == "/shown" else here.run(client.get, path, headers={"host": "localhost"})
        body = got.getvalue() if hasattr(got, "getvalue") else got.content
        # Browsers report a page that came with 409 as an error, which is what its reader is told anyway.
        status = 200 if path == "/shown" else got.status_code
        route.fulfill(status=status, headers=dict(got.items()), body=body)

    def show(client, url, *, post=None, width=1280, name=""):
        client = deepcopy(client)  # what one page leaves in the session is not the next one's
        shown = client.post(url, post) if post else client.get(url)
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: m.type in {"error", "warning"} and page.complaints.append(m.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        # Playwright answers in a context of its own, where Django would open another connection.
        here = contextvars.copy_context()
        page.route("**/*", lambda route, request: answer(route, request, client, here, shown))
        page.goto(f"{ORIGIN}/shown")
        if (folder := os.environ.get("SWMS_SCREENSHOTS")) and name:
            page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}-{width}.png", full_page=True)
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def desk(django_db_setup, django_db_blocker, browser, tmp_path_factory):
    """An office with something on every screen, made once: who sits there, by duty."""
    folder = tmp_path_factory.mktemp("desk")
    files = override_settings(MEDIA_ROOT=folder / "media", CERTIFICATE_ROOT=folder / "certificates")
    with django_db_blocker.unblock(), files, transaction.atomic():
        yield furnished(People())
        transaction.set_rollback(True)


#: Name: who looks, at which page, and what is posted there.
SCREENS = {
    "front": ("jing", "admin:index", None),
    "queue": ("jing", "admin:registration_application_changelist", None),
    "queue of a province": ("hao", "admin:registration_application_changelist", None),
    "queue narrowed": ("hao", "narrowed", None),
    "queue narrowed to nothing": ("hao", "narrowed to nothing", None),
    "queue with nothing in it": ("mei", "admin:registration_application_changelist", None),
    "nothing found": ("jing", "admin:registration_application_changelist", {"text": "无此人"}),
    "found": ("jing", "admin:registration_application_changelist", {"text": "王芳"}),
    "review": ("jing", "case", None),
    "note with errors": ("jing", "case", {"note": "电话 19900000001", "note_id": "x"}),
    "batch to confirm": ("jing", "admin:registration_application_batch", {"row": ["DJ-110105-2026-99999 1"]}),
    "batch without attestation": ("jing", "admin:registration_application_batch", "unattested"),
    "batch too large": ("jing", "admin:registration_application_batch", {"row": [f"DJ-{n} 1" for n in range(201)]}),
    "batches": ("jing", "admin:registration_application_batch", None),
    "batch sheet": ("jing", "sheet", None),
    "new photo": ("jing", "late", None),
    "refusal with errors": ("jing", "case", REFUSAL),
    "refusal that names items with errors": ("jing", "case", NAMED),
    "correction": ("jing", "corrected", None),
    "decision on another version": ("jing", "case", {"move": "pass_first", "version": "7"}),
    "number shown": ("jing", "reveal", {"field": "id_number"}),
    "front with alarms": ("wei", "admin:index", None),
    "escalations": ("wei", "admin:registration_escalation_changelist", None),
    "raised": ("wei", "late", None),
    "policies": ("system", "admin:registration_provincepolicy_changelist", None),
    "change queue": ("jing", "admin:registration_transfer_changelist", None),
    "change": ("jing", "change", None),
    "change refused with errors": ("jing", "change", {"move": "reject", "version": "1", "reason": "短"}),
    "feedback queue": ("jing", "admin:registration_feedback_changelist", None),
    "feedback": ("jing", "feedback", None),
    "policy": ("mei", "policy", None),
    "new policy": ("mei", "new policy", None),
    "new policy with errors": ("mei", "new policy", TYPED | {"makeup_first_until": "2038-12-31"}),
    "new policy to confirm": ("mei", "new policy", TYPED),
    "appeal queue": ("jing", "admin:registration_appeal_changelist", None),
    "appeal": ("jing", "appeal", None),
    "appeal refused with errors": ("jing", "appeal", {"move": "reject", "version": "1", "reason": "短"}),
    "locked account": ("security", "objected", None),
    "release with errors": ("security", "release", {"keep": "", "reason": "短"}),
    "statistics": ("wei", "admin:registration_decision_changelist", None),
    "statistics of nothing": ("mei", "admin:registration_decision_changelist", {"kind": "csv", "purpose": "短"}),
    "export": ("jing", "admin:registration_application_export", None),
    "export with errors": ("jing", "admin:registration_registration_export", {"kind": "xlsx", "purpose": "短"}),
    "reminders": ("jing", "admin:registration_deadlinereminder_changelist", None),
    "register": ("jing", "admin:registration_registration_changelist", None),
    "institutions": ("jing", "admin:registration_institution_changelist", None),
    "institution": ("jing", "institution", None),
    "institution returned with errors": ("jing", "institution", {"move": "return_for_more", "reason": "短"}),
    "institution feedback queue": ("jing", "admin:registration_institutionfeedback_changelist", None),
    "institution feedback": ("jing", "employer", None),
    "merge with errors": ("jing", "employer", {"move": "merge", "uscc": "52"}),
    "certificates": ("jing", "admin:certificates_certificate_changelist", None),
    "roster": ("keeper", "admin:registration_qualification_changelist", None),
    "qualification": ("keeper", "qualification", None),
    "imports": ("keeper", "admin:registration_rosterimport_changelist", None),
    "imports with errors": ("keeper", "admin:registration_rosterimport_changelist", {"file": ""}),
    "list tried": ("keeper", "tried", None),
    "imported with conflicts": ("keeper", "imported", None),
    "undo an import": ("keeper", "undo", None),
    "undo with errors": ("keeper", "undo", {"reason": "短"}),
    "import undone": ("keeper", "undone", None),
    "conflicts": ("keeper", "admin:registration_rosterconflict_changelist", None),
    "conflict": ("keeper", "conflict", None),
    "conflict to take": ("keeper", "conflict", "take"),
    "conflict returned with errors": ("keeper", "conflict", {"move": "return_to_source", "reason": "短"}),
    "merges": ("keeper", "admin:registration_rostermerge_changelist", None),
    "merging": ("keeper", "merging", None),
    "propose a merge": ("keeper", "merge", None),
    "propose a merge with errors": ("keeper", "merge", {"do": "check", "keep": "1", "reason": "短"}),
    "merge checked": ("keeper", "merge", "nameable"),
    "merge impossible": ("keeper", "merge", "named"),
    "annotations": ("keeper", "admin:certificates_annotation_changelist", None),
    "notices": ("system", "admin:notices_notice_changelist", None),
    "messages": ("system", "admin:notices_delivery_changelist", None),
    "calendar": ("system", "admin:swms_announcedday_changelist", None),
    "calendar of a year": ("system", "year", None),
    "calendar with errors": ("system", "year", ANNOUNCED | {"list-text": "2027-02-30 休\n明天 休"}),
    "calendar to confirm": ("system", "year", ANNOUNCED),
    "promises": ("system", "admin:swms_heartbeat_changelist", None),
    "promises judged": ("system", "admin:swms_heartbeat_changelist", {"now": "1"}),
    "staff": ("security", "admin:accounts_user_changelist", None),
    "new staff": ("security", "admin:accounts_user_add", None),
    "new staff with errors": ("security", "admin:accounts_user_add", {"name": "", "username": "A"}),
    "person": ("security", "person", None),
    "grant with errors": ("security", "person", {"do": "grant", "duty": "first_review"}),
    "trail": ("audit", "admin:audit_auditevent_changelist", None),
    "chain": ("audit", "admin:audit_auditevent_chain", None),
    "gallery": ("jing", "admin:gallery", None),
}


def _url(desk, target):
    if target in ("case", "late"):
        return reverse("admin:registration_application_change", args=[desk[target].ref])
    if target == "change":
        return reverse("admin:registration_transfer_change", args=[desk["change"].ref])
    if target == "corrected":
        return reverse("admin:registration_application_change", args=[desk["corrected"].ref])
    if target == "feedback":
        return reverse("admin:registration_feedback_change", args=[desk["feedback"].ref])
    if target == "qualification":
        return reverse("admin:registration_qualification_change", args=[desk["case"].qualification.mgmt_no])
    return desk.get(target) or reverse(target)


#: The pages of a record under review, in each of their states: looked at on a telephone and at 200 % too.
REVIEWED = (
    *("review", "new photo", "refusal with errors", "refusal that names items with errors", "correction"),
    *("decision on another version", "number shown", "note with errors", "change", "change refused with errors"),
    *("feedback", "appeal", "appeal refused with errors", "institution", "batch to confirm", "batch sheet"),
)


@pytest.mark.parametrize("name", SCREENS)
def test_axe_and_the_browser_find_nothing_and_nothing_scrolls_sideways(see, desk, name):
    who, target, post = SCREENS[name]
    post = desk.get(post) if isinstance(post, str) else post
    page = see(desk[who], _url(desk, target), post=post, name=name)
    assert [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]] == []
    for width in (640, 375) if name in REVIEWED else ():
        page.set_viewport_size({"width": width, "height": 800})
        assert [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]] == []
    assert page.complaints == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if folder := os.environ.get("SWMS_SCREENSHOTS"):
        page.set_viewport_size({"width": 375, "height": 800})
        page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}-375.png", full_page=True)


def test_on_a_telephone_the_menu_is_one_line_that_unfolds_and_on_a_wide_screen_it_stands_open(see, desk):
    page = see(desk["jing"], _url(desk, "case"), width=375)
    fold, link = page.locator(".side-nav__fold"), page.locator(".side-nav a", has_text="总览")
    assert fold.bounding_box()["height"] < 60
    assert fold.locator("summary").inner_text() == "栏目：登记审核"
    assert not link.is_visible()
    fold.locator("summary").click()
    assert link.is_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    wide = see(desk["jing"], _url(desk, "case"))
    assert wide.locator(".side-nav a", has_text="总览").is_visible()
    assert not wide.locator(".side-nav summary").is_visible()
