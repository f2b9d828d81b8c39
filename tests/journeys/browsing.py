"""A person at a browser: what they press and type, and what every page they see must be like."""

import os
import re
import shutil
from itertools import count
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

from swms.accounts.models import Authenticator, User
from swms.notices.models import Delivery
from tests.people import PASSWORD
from tests.processes import until

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
RESULTS = Path(__file__).resolve().parents[2] / "test-results"
WIDE, PHONE, TWICE = 1280, 375, 640  # CSS px; 640 is what a window of 1280 shows at 200 % zoom
PATIENCE = 10_000  # milliseconds
NUMERALS = "零一二三四五六七八九十"
_addresses = count(1)


class Visitor:
    """One person with a browser of their own (cookies, and an address in the test range 203.0.113.0/24)."""

    def __init__(self, browser, portal, *, script=True, width=WIDE, judged: set):
        self.portal = portal
        self.script = script
        self.context = browser.new_context(
            base_url=portal.address,
            locale="zh-CN",
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            extra_http_headers={"X-Forwarded-For": f"203.0.113.{next(_addresses)}"},
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.complaints = []
        self._judged = judged
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._answered)

    # -- what a person does ------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Go to a page and look at it."""
        self.page.goto(path)
        self.look()

    def press(self, words: str) -> None:
        """Press the button or follow the link of these words, and look at the page it leads to."""
        self.find(words).click()
        self.page.wait_for_load_state()
        self.look()

    def find(self, words: str):
        """Return the button or link that a reader would take: in the main part first, named exactly so first."""
        places = self.page.locator("main"), self.page.locator("body")
        for place, exact in [(place, exact) for place in places for exact in (True, False)]:
            for role in ("button", "link"):
                found = place.get_by_role(role, name=words, exact=exact)
                if found.count():
                    return found.first
        raise AssertionError(f"nothing on {self.page.url} is called {words}")

    def fill(self, **fields: str) -> None:
        """Type into fields by name, choose, tick (``on``), or pick a file."""
        for name, value in fields.items():
            self._put(name, str(value))

    def choose_region(self, name: str, *codes: str) -> None:
        """Choose a region step by step; without scripts each step is a page."""
        for level, code in enumerate(codes):
            select = self.page.locator(f"[name={name}_{level}]")
            select.wait_for()
            select.locator(f"option[value='{code}']").wait_for(state="attached")
            select.select_option(code)
            if not self.script and level + 1 < len(codes):
                self.page.locator(f"button[name={name}-next]").click()

    def answer_question(self) -> None:
        """Answer 三加五等于几."""
        a, b = re.search("([一二三四五六七八九十])加([一二三四五六七八九十])", self.page.inner_text("main")).groups()
        self.fill(answer=NUMERALS.index(a) + NUMERALS.index(b))

    def sign_in(self, user: User) -> None:
        """Sign in with the password, staff with the second factor too, from wherever sign-in is shown."""
        if "/sign-in/" not in self.page.url:
            self.open("/account/sign-in/")
        self.fill(username=user.username if user.needs_second_factor else user.id_number, password=PASSWORD)
        self.press("登录")
        if user.needs_second_factor:
            first_time = "/set-up/" in self.page.url
            self.fill(code=authenticator_code(user))
            self.page.locator("main form button[type=submit]").first.click()
            self.page.wait_for_load_state()
            self.look()
            if first_time:
                self.page.locator("main a.button").first.click()
                self.page.wait_for_load_state()

    def save(self) -> None:
        """Press 保存 and find no mistake."""
        self.press("保存")
        mistakes = self.page.locator("[data-error-summary]")
        assert not mistakes.count(), mistakes.inner_text()

    def see_picture(self, selector: str) -> None:
        """Wait until a picture of the page is drawn: a page is loaded before what it fetches late."""
        drawn = self.page.locator(selector)
        until(
            lambda: drawn.evaluate("image => image.complete && image.naturalWidth > 0"),
            within=PATIENCE / 1000,
            what=f"drawn {selector}",
        )

    # -- what must hold of every page ----------------------------------------------------------

    @property
    def text(self) -> str:
        """Return the words in the main part of the page."""
        return self.page.inner_text("main")

    def look(self) -> None:
        """Judge the page as it is now; the same page in the same state is judged once in a run."""
        heading = self.page.locator("h1").first.inner_text() if self.page.locator("h1").count() else ""
        path = re.sub(r"(?<=/)([A-Z]{2}[-A-Z0-9]{6,}|\d{3,}|[0-9a-f-]{36}|[\w-]{20,})(?=/|$)", "…", self._path())
        state = (path, self.page.title(), heading, self.script, self._is_large())
        if state not in self._judged:
            self._judged.add(state)
            self._judge(state)
        assert self.complaints == [], self.complaints

    def _judge(self, state) -> None:
        width = self.page.viewport_size["width"]
        for each in sorted({WIDE, TWICE, PHONE, width}):
            self.page.set_viewport_size({"width": each, "height": 900})
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > each:
                self.complaints.append(f"{self.page.url} at {each} px is {wide} px wide")
            if (folder := os.environ.get("SWMS_SCREENSHOTS")) and each in (WIDE, PHONE):
                self._shot(Path(folder), state, each)
        self.page.set_viewport_size({"width": width, "height": 900})
        if self.script:
            for found in Axe().run(self.page).response["violations"]:
                self.complaints.append(f"{self.page.url}: axe {found['id']}: {found['nodes'][0]['html']}")

    def _shot(self, folder: Path, state, width: int) -> None:
        path, title, _, script, large = state
        words = re.sub(r"[^\w…：-]", "", "-".join([path.strip("/").replace("/", "_") or "home", title.split(" ")[0]]))
        marks = ("-large" if large else "") + ("" if script else "-plain")
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{words}{marks}-{width}.png", full_page=True)

    def _is_large(self) -> bool:
        return any(each["name"] == "mode" and each["value"] == "elder" for each in self.context.cookies())

    def _path(self) -> str:
        return self.page.url.removeprefix(self.portal.address).partition("#")[0].partition("?")[0]

    def _heard(self, message) -> None:
        own_status = message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url
        if message.type in {"error", "warning"} and not own_status:  # _answered judges the status of the page itself
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _answered(self, response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.url} answered {response.status}")

    def _put(self, name: str, value: str) -> None:
        page = self.page
        control = page.locator(f"[name={name}]")
        kind = control.first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
        if kind == "select":
            control.select_option(value)
        elif kind in ("radio", "checkbox"):
            page.check(f"[name={name}][value='{value}']" if value != "on" else f"[name={name}]")
        elif kind == "file":
            control.set_input_files(value)
        else:
            control.fill(value)


class Visits:
    """Call it for a new person with a browser; on leaving, all of their browsers close."""

    def __init__(self, browser, portal, judged: set):
        self._given = browser, portal
        self._judged = judged
        self._visitors: list[Visitor] = []

    def __call__(self, **options) -> Visitor:
        self._visitors.append(Visitor(*self._given, judged=self._judged, **options))
        return self._visitors[-1]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for visitor in self._visitors:
            visitor.context.close()

    def leave_pictures(self, name: str) -> None:
        """Save what everybody sees to test-results/."""
        RESULTS.mkdir(exist_ok=True)
        for number, visitor in enumerate(self._visitors, start=1):
            visitor.page.screenshot(path=RESULTS / f"{name}-{number}.png", full_page=True)


def authenticator_code(user: User) -> str:
    """Return what the authenticator of this person shows; journeys are faster than its clock, so it may come twice."""
    device = Authenticator.objects.get(user=user)
    Authenticator.objects.filter(pk=device.pk).update(last_step=-1)
    return device.code()


def newest_code(mobile: str) -> str:
    """Return the code in the newest SMS to a mobile."""
    message = next(each for each in Delivery.objects.order_by("-id") if each.mobile == mobile)
    return re.search(r"\d{6}", message.text)[0]
