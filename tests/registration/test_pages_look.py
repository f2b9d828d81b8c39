"""The worker's pages in a real browser: axe, the policy, narrow screens, and no scripts at all."""

import contextvars
import mimetypes
import os
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connections
from django.urls import reverse
from playwright.sync_api import sync_playwright

from certificates import actions as papers
from certificates.models import TERMS_VERSION
from registration import actions, requirements, tasks
from registration.actions import transfers
from registration.promise import PROMISE_VERSION
from registration.requirements import Balance
from swms.signin import flow
from tests import factories
from tests.certificates import makers
from tests.registration.changes import HAIDIAN, at_institution, draft, registered, to
from tests.registration.renewals import registered as registered_on
from tests.registration.steps import at

ORIGIN = "http://localhost"  # browsers trust it like https
REASON = "照片不清晰，请重新上传近期证件照"

pytestmark = pytest.mark.django_db


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
def look(browser, client):
    """Return a function that opens a page of ours; every request is answered by Django's test client."""
    pages = {}

    def answer(here, route, request):
        path = request.url.removeprefix(ORIGIN)
        if path.startswith(settings.STATIC_URL):
            found = finders.find(path.removeprefix(settings.STATIC_URL))
            route.fulfill(body=Path(found).read_bytes(), content_type=mimetypes.guess_type(found)[0])
            return
        body, kind = request.post_data_buffer or b"", request.headers.get("content-type", "")
        made = here.run(client.generic, request.method, path, body, kind, headers={"host": "localhost"})
        route.fulfill(status=made.status_code, headers=dict(made.items()), body=made.getvalue())

    def open_page(url, *, width=1280, script=True):
        page = pages.get(script) or pages.setdefault(script, _new_page(script))
        page.set_viewport_size({"width": width, "height": 900})
        page.complaints.clear()
        page.goto(f"{ORIGIN}{url}")
        return page

    def _new_page(script):
        page = browser.new_context(java_script_enabled=script).new_page()
        page.complaints = []
        page.on("console", lambda m: m.type in {"error", "warning"} and page.complaints.append(m.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        # Playwright answers in a context of its own, where Django would open another connection.
        here = contextvars.copy_context()
        page.route("**/*", lambda route, request: answer(here, route, request))
        return page

    yield open_page
    for page in pages.values():
        page.context.close()


def _url(name, *args):
    return reverse(f"registration:{name}", args=args)


PAGES = [
    "dashboard",
    "clock",
    "profile",
    "profile_basic",
    "profile_email",
    "profile_photo",
    "profile_region",
    "profile_work",
    "profile_work_employer",
    "profile_work_add",
    "profile_projects",
    "profile_projects_add",
    "profile_honours",
    "profile_honours_add",
]


def _faults(page):
    """Return what axe and the browser complain of, and whether anything must be scrolled sideways."""
    found = [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]]
    width = page.viewport_size["width"]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append(("scrolls", page.url))
    return found + page.complaints


@pytest.mark.parametrize(("elder", "width"), [(False, 1280), (True, 320)])
def test_every_page_of_the_personal_information_is_accessible_on_wide_and_narrow_screens(
    look, client, people, elder, width
):
    worker = people.wang_fang
    special = factories.past_project(worker, is_special=True, plan="HAND_IN_HAND")
    factories.evidence(special, worker.user)
    worker.user.elder_mode = elder
    worker.user.save()
    client.force_login(worker.user)
    urls = [*map(_url, PAGES), _url("profile_projects_change", special.pk), _url("profile_projects_delete", special.pk)]
    urls.append(_url("profile_work_employer") + f"?q={people.spring.name}")
    for url in urls:
        assert _faults(look(url, width=width)) == [], url


def test_every_page_of_the_application_is_accessible_and_fits_the_narrowest_screen(look, client, people):
    application = people.application
    user = application.worker.user
    client.force_login(user)
    seen = []

    def inspect(*names):
        for name in names:
            url = _url(name, application.ref)
            page = look(url)
            seen.append(page.title())
            assert _faults(page) == [], url
            page.set_viewport_size({"width": 320, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, url

    inspect("application", "application_check")
    actions.apply(application, by=user, promise_version=PROMISE_VERSION)
    inspect("application", "application_receipt", "application_withdraw")
    application.move(
        "fail_first",
        actor=people.li_jing,
        seen=application.form_version,
        reason=REASON,
        refusal_kind="fixable",
        reason_codes=["photo_not_id", "other"],
        items=[{"section": "basic", "entry": "", "key": "school", "code": "education_untrue", "remark": "写全称"}],
    )
    inspect("application", "application_reopen")
    actions.reopen(application, by=user)
    inspect("application", "application_check")
    for name in ("dashboard", "profile", "profile_basic", "profile_photo", "profile_honours", "profile_work"):
        for width in (1280, 375):
            assert _faults(look(_url(name), width=width)) == [], name
    assert not any(title.startswith("错误") for title in seen)


@pytest.mark.parametrize("elder", [False, True])
def test_every_page_of_a_change_is_accessible_and_fits_the_narrowest_screen(look, client, people, elder):
    """From choosing the employer to the refusal and its copy (R-CHG-01…10)."""
    worker = at_institution(registered("王芳"), people.spring)
    worker.user.elder_mode = elder
    worker.user.save()
    client.force_login(worker.user)
    target = to(HAIDIAN)

    def inspect(*urls):
        for url in urls:
            page = look(url)
            assert _faults(page) == [], url
            page.set_viewport_size({"width": 320, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, url

    inspect(
        _url("transfers"),
        f"{_url('transfer_start')}?q=同心",
        f"{_url('transfer_new')}?institution={target.institution.uid}",
        f"{_url('transfer_new')}?typed=1",
    )
    one = transfers.begin(worker, target, by=worker.user)
    inspect(one.get_absolute_url(), _url("transfer_check", one.ref), _url("transfer_discard", one.ref))
    one = draft(worker, target)
    inspect(_url("transfer_edit", one.ref), _url("transfer_check", one.ref))
    transfers.submit(one, by=worker.user, seen=one.form_version)
    one.refresh_from_db()
    inspect(one.get_absolute_url(), _url("transfer_receipt", one.ref), _url("transfer_withdraw", one.ref))
    transfers.decide(one, "reject", by=people.li_jing, seen=one.form_version, reason=REASON)
    inspect(one.get_absolute_url(), _url("transfer_copy", one.ref), _url("transfers"))
    again = transfers.copy(one, by=worker.user)
    inspect(_url("transfer_edit", again.ref))


@pytest.fixture
def short_of_hours():
    """As ``education`` will keep them."""

    def source(application):
        return Balance("hours", "继续教育学时", Decimal(72), Decimal("60.5"), Decimal(6), "小时", "每个有效期72小时。")

    requirements.require(source)
    yield
    requirements.withdraw(source)


def test_every_kind_of_date_is_accessible_on_wide_and_narrow_screens(
    look, client, people, short_of_hours, settings, tmp_path
):
    """A renewal that is short of hours, a copy, a first registration one step away, and what was sent about them."""
    settings.CERTIFICATE_ROOT = tmp_path / "certificates"
    record = registered_on(people, on="2024-03-01")
    worker = record.worker
    with at("2027-02-02 10:00"):
        factories.qualification("陈晨", number=worker.user.id_number, level=2, issue_date=date(2026, 11, 1))
        actions.attach_qualifications(worker)
        papers.agree_to_terms(worker.user, TERMS_VERSION)
        papers.annotate([makers.ask(record.qualification).pk])
        tasks.open_renewals()
        actions.remind_workers([worker.pk])
        client.force_login(worker.user)
        for url in (_url("clock"), _url("dashboard"), reverse("notices:inbox")):
            for width in (1280, 320):
                assert _faults(look(url, width=width)) == [], url


def test_a_form_with_errors_is_accessible_and_takes_focus_to_its_summary(look, client, people):
    client.force_login(people.wang_fang.user)
    page = look(_url("profile_basic"))
    page.fill("#id_school", "")
    page.fill("#id_work_years", "60")
    page.click("main .actions button:has-text('保存')")
    assert page.title().startswith("错误：")
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    assert _faults(page) == []


def test_a_page_that_was_overtaken_shows_both_versions_accessibly(look, client, people):
    worker = people.wang_fang
    client.force_login(worker.user)
    page = look(_url("profile_basic"))
    type(worker).objects.filter(pk=worker.pk).update(school="在别处保存的大学")
    page.fill("#id_school", "这里填写的大学")
    page.click("main .actions button:has-text('保存')")
    assert "在别处保存的大学" in page.inner_text(".diff")
    assert page.input_value("#id_school") == "这里填写的大学"
    assert _faults(page) == []
    page.click("main .actions button:has-text('保存')")
    worker.refresh_from_db()
    assert worker.school == "这里填写的大学"


def test_without_scripts_a_region_is_chosen_step_by_step(look, client, people):  # R-PRO-07
    worker = people.wang_fang
    worker.household_region = factories.region("440305")
    worker.save()
    client.force_login(worker.user)
    page = look(_url("profile_region"), script=False)
    for name, code in (("region_0", "440000"), ("region_1", "440300")):
        page.select_option(f"[name={name}]", code)
        page.click(".cascade button")
    page.select_option("[name=region_2]", "440305")
    page.click("main .actions button:has-text('保存')")
    worker.refresh_from_db()
    assert worker.region_id == "440305"


def test_without_scripts_the_questions_on_the_local_certificate_appear_with_yes(look, client, people):  # R-PRO-05
    client.force_login(people.wang_fang.user)
    page = look(_url("profile_region"), script=False)
    assert not page.is_visible("#id_local_cert_no")
    page.check("[name=has_local_cert][value=True]")
    assert page.is_visible("#id_local_cert_no")


def test_without_scripts_an_application_is_sent_and_its_receipt_read_by_keyboard_alone(look, client, people):
    application = people.application
    client.force_login(application.worker.user)
    page = look(_url("application_check", application.ref), script=False)
    page.focus("[name=promise]")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert application.ref in page.inner_text(".receipt")
    application.refresh_from_db()
    assert application.state == "PENDING_REVIEW"


def test_every_page_of_an_appeal_is_accessible_in_large_letters_on_the_narrowest_screen(look, client, people):
    """R-SEC-08: who appeals has no account, and so no mode of the own but the cookie's."""
    user = people.wang_fang.user
    client.cookies["mode"] = "elder"
    with pytest.MonkeyPatch.context() as patch:
        # What the short message says, without the key of a link that only its receiver knows.
        patch.setattr("registration.workflows.appeal.secrets.token_urlsafe", lambda size: f"key-of-{size}-bytes")
        one = factories.appeal(people.wang_fang).move("approve", actor=people.li_jing, seen=1)
        factories.appeal(factories.worker("林悦", region=factories.region("110105")))
    request = client.request().wsgi_request
    flow.begin(request, "appeal", mobile=factories.mobile(), proven="yes")
    flow.begin(request, "appeal_status", ref=one.ref, mobile=one.mobile, proven="yes")
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    link = "?key=key-of-32-bytes"
    pages = [_url(name) for name in ("appeal", "appeal_form", "appeal_status", "appeal_status_code")]
    pages += [_url(name, one.ref) for name in ("appeal_case", "appeal_receipt", "appeal_resend")]
    pages += [_url("appeal_reset") + link, _url("appeal_objection") + link]
    for url in pages:
        page = look(url, width=320)
        assert page.url.endswith(url)
        assert user.id_number not in page.content()
        assert _faults(page) == [], url
