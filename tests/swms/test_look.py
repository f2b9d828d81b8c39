"""Home, the gallery of components and the error pages in a real browser, without a server.

Pages are drawn by Django and handed to the browser with the policy of the settings; what the
browser then asks for must be one of our static files. So axe, the console and the layout are
judged exactly as a reader would meet them.
"""

import mimetypes
import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.safestring import SafeString
from playwright.sync_api import sync_playwright

from swms.accounts.models import User
from swms.gallery import samples

ORIGIN = "http://portal.test"
PAGES = {
    "home": ("home.html", {}),
    "gallery": ("ui_gallery.html", samples("normal")),
    "gallery with errors": ("ui_gallery.html", samples("error")),
    "gallery of nothing": ("ui_gallery.html", samples("empty")),
    "a form": ("layouts/form.html", {"form": samples("normal")["form"], "heading": "基础信息"}),
    "a form with errors": ("layouts/form.html", {"form": samples("error")["form"], "heading": "基础信息"}),
    "not found": ("404.html", {}),
    "broken": ("500.html", {}),
    "accessibility": ("accessibility.html", {}),
}
FAULTY = (
    "layouts/form.html",
    {"heading": "示例", "form": SafeString("<p style='color:red'>红</p><img src='/static/img/mark.svg'>")},
)
POLICY = "; ".join(
    f"{name} {' '.join(values)}" for name, values in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
)

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def look(browser):
    """Return a function that opens a page and says what went wrong, and close what it opened."""
    contexts = []

    def open_page(name, *, width=1280, mode="plain", script=True):
        template, values = PAGES.get(name, FAULTY)
        request = RequestFactory().get("/", headers={"cookie": f"mode={mode}"})
        staff = User(kind=User.Kind.STAFF, name="李静（演示）", username="lijing", elder_mode=mode == "elder")
        request.user = staff if "gallery" in name else AnonymousUser()
        html = render_to_string(template, {"unread": 3, **values}, request)  # no database beside the browser
        context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: m.type in {"error", "warning"} and page.complaints.append(m.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.route("**/*", lambda route: _answer(route, html))
        page.goto(f"{ORIGIN}/")
        return page

    yield open_page
    for context in contexts:
        context.close()


def _answer(route, html):
    path = route.request.url.removeprefix(ORIGIN)
    if path == "/":
        headers = {"content-security-policy": POLICY, "content-type": "text/html; charset=utf-8"}
        route.fulfill(body=html, headers=headers)
        return
    found = finders.find(path.removeprefix(settings.STATIC_URL)) if path.startswith(settings.STATIC_URL) else None
    if found is None:
        route.fulfill(status=404, body="")
        return
    route.fulfill(body=Path(found).read_bytes(), content_type=mimetypes.guess_type(found)[0])


def test_this_eye_sees_an_inline_style_and_a_picture_without_words(look):
    page = look("a page with faults")
    assert any("Content Security Policy" in complaint for complaint in page.complaints)
    assert [v["id"] for v in Axe().run(page).response["violations"]] == ["image-alt"]


@pytest.mark.parametrize("mode", ["plain", "elder"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_and_the_browser_find_nothing_to_complain_of(look, name, mode):  # S8
    page = look(name, mode=mode)
    assert [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]] == []
    assert page.complaints == []


@pytest.mark.parametrize("mode", ["plain", "elder"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_has_to_be_scrolled_sideways_on_the_narrowest_screen(look, name, mode):
    page = look(name, width=320, mode=mode)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_elder_mode_has_large_type_and_large_buttons(look):
    page = look("gallery", mode="elder")
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "20px"
    small = page.evaluate(
        "[...document.querySelectorAll('.button')].filter(b => b.offsetParent && b.getBoundingClientRect().height < 48)"
        ".map(b => b.outerHTML)"
    )
    assert small == []


@pytest.mark.parametrize("width", [320, 375])
@pytest.mark.parametrize("mode", ["plain", "elder"])
def test_the_services_name_stands_in_one_line_on_a_telephone(look, mode, width):
    page = look("accessibility", width=width, mode=mode)
    lines = "r => (r.selectNodeContents(document.querySelector('.brand').lastChild), r.getClientRects().length)"
    assert page.evaluate(f"({lines})(document.createRange())") == 1


def test_the_error_summary_takes_focus_and_leads_to_each_field(look):
    page = look("a form with errors")
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    assert page.title().startswith("错误：")
    for link in page.query_selector_all("[data-error-summary] a"):
        link.click()
        assert "#" + page.evaluate("document.activeElement.id") == link.get_attribute("href")


def test_the_counter_counts_rare_characters_as_one(look):
    page = look("a form")
    page.fill("#id_note", "𬘭" * 500)
    assert page.text_content("#id_note_counter") == "还可以输入 0 字（最多 500 字）"
    page.fill("#id_note", "𬘭" * 501)
    assert "超出 1 字" in page.text_content("#id_note_counter")


def test_a_chosen_or_dropped_picture_is_shown_before_it_is_sent(look):
    page = look("a form")
    page.set_input_files("#id_photo", {"name": "照片.png", "mimeType": "image/png", "buffer": PIXEL})
    page.wait_for_selector("[data-upload-preview]", state="visible")
    assert "已选择 照片.png（1KB）" in page.text_content("[data-upload-note]")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["x"], "证书.pdf", {type: "application/pdf"}));
            const box = document.querySelector("[data-upload]");
            box.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }"""
    )
    assert page.evaluate("document.querySelector('#id_photo').files[0].name") == "证书.pdf"
    assert page.is_hidden("[data-upload-preview]")
    assert page.complaints == []


def test_a_second_press_on_the_button_sends_nothing(look):
    page = look("gallery")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.route("**/*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    page.evaluate("() => { const b = document.querySelector('button[value=fail_first]'); b.click(); b.click(); }")
    page.wait_for_timeout(300)
    assert len(sent) == 1


def test_the_keys_j_and_k_walk_through_the_queue(look):
    page = look("gallery")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "陈晨（演示）"
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == "王芳（演示）"


def test_the_first_tab_leads_past_the_menu(look):
    page = look("home")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_without_scripts_the_limits_and_the_next_level_are_still_offered(look):
    page = look("gallery", script=False)
    assert page.text_content("#id_note_counter") == "最多 500 字"
    assert page.is_visible(".cascade button")
