"""The console's lists at national scale, beside the lists that Django's admin makes of the same rows by itself.

    python -m bench.queue [rows of the roster]

Fills a throw-away cluster with a roster (2,000,000 rows), every holder of which has applied once: 300,000 of the
cases are open. Renders whole pages: ours as the portal serves them, through all its middleware and with the reader's
scope; the admin's by the view alone, which spares it the middleware and the scope. Both have the same columns,
filters and searches. Everything else of the admin is as Django sets it. Beside it stands an admin that somebody
tuned: fifty rows as ours, and what the columns come from is joined. Runs take turns. Printed are medians of the
processors' time, ours and the database's together, and how many of our pages are made while the admin makes one.

The console keeps the numbers beside its links for some seconds (decision 0035): ``anew`` is the page that counts
them, ours is the one after it. Our pages are measured over the first ten thousand rows too: they should not grow.

Rows are copies of a few that were made by real moves: personal data are those of nobody, and every look-up
index has as many different values as in the real thing.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.cluster import installation
from bench.rows import OPEN, Country

ACTED = "acted"  # the cookie of swms.kept, which may be imported only when the settings are read

ROWS = 2_000_000
FIRST = 10_000  # rows of the roster of the small measurement
RUNS = 5
TARGET = 20  # times the admin
SHOWN = 50  # rows of our page, and of the tuned admin's
DEFAULT = 100  # rows of the admin's
ALONE = "-c max_parallel_workers_per_gather=0"  # helpers of a connection would work unseen


@dataclass
class Page:
    """One page as each console makes it: ``ours``, ``anew``, the ``admins`` and the ``tuned`` one's."""

    name: str
    ways: dict[str, Callable[[], bytes]]
    says: str = ""  # what must stand on our page
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # ms

    def median(self, which: str) -> float:
        return statistics.median(self.times[which])

    def ratio(self, which: str = "admins") -> float:
        """How many of our pages are made while another console makes one."""
        return self.median(which) / self.median("ours")


# --- the two consoles ------------------------------------------------------------------------------


class Ours:
    """A reader of the console, whose pages come through the whole portal."""

    def __init__(self, name: str, *duties: tuple):
        from swms.regions.models import Jurisdiction
        from tests import factories
        from tests.people import signed_in

        self.user = factories.staff(name)
        Jurisdiction.objects.bulk_create(Jurisdiction(user=self.user, duty=d, region_id=code) for d, code in duties)
        self.browser = signed_in(self.user, SERVER_NAME="127.0.0.1")
        self.browser.get("/console/")

    def get(self, path: str) -> dict[str, Callable[[], bytes]]:
        return {"ours": lambda: self._page(self.browser.get(path)), "anew": lambda: self._anew(path)}

    def post(self, path: str, text: str) -> dict[str, Callable[[], bytes]]:
        return {"ours": lambda: self._page(self.browser.post(path, {"text": text}))}

    def _anew(self, path: str) -> bytes:
        self.browser.cookies[ACTED] = "1"
        try:
            return self._page(self.browser.get(path))
        finally:
            del self.browser.cookies[ACTED]

    @staticmethod
    def _page(answer) -> bytes:
        if answer.status_code != 200:
            raise RuntimeError(f"answered {answer.status_code}")
        return answer.content


class Admin:
    """Django's own admin over the same rows, on a site of its own; only its views are called."""

    def __init__(self, user, *, tuned: bool):
        from django.contrib import admin
        from django.test import RequestFactory
        from django.urls import include, path

        from registration.models import Application, Qualification

        class Everything(admin.ModelAdmin):
            list_per_page = SHOWN if tuned else DEFAULT

            def has_view_permission(self, request, obj=None):
                return True

        class Roster(Everything):
            list_display = ("name", "mgmt_no", "level", "exam_year", "issue_date", "province__name", "state")
            list_filter = ("state", "province")
            search_fields = ("mgmt_no", "name")
            list_select_related = ("province",) if tuned else False

        class Cases(Everything):
            list_display = (
                "worker__user__name", "ref", "kind", "qualification__level", "region__name", "state", "due_on",
            )  # fmt: skip
            list_filter = ("state", "kind", "region", "region__parent", "region__parent__parent")
            search_fields = ("ref", "worker__user__name")
            list_select_related = ("worker__user", "qualification", "region") if tuned else False

        site = admin.AdminSite()
        self.user, self.requests = user, RequestFactory()
        self.per_page = Everything.list_per_page
        self.views = {
            "roster": Roster(Qualification, site).changelist_view,
            "cases": Cases(Application, site).changelist_view,
        }
        site.register(Qualification, Roster)
        site.register(Application, Cases)
        # The portal's own names are there for what its templates link to, the admin's are the site's.
        self.urls = (path("admin/", site.urls), path("", include("swms.urls")))

    def get(self, what: str, *, row: int | None = None, **asked: str) -> Callable[[], bytes]:
        """Return what makes the list, or its page on which the row with this place stands."""
        asked |= {} if row is None else {"p": str(1 + row // self.per_page)}
        return lambda: self._page(what, asked)

    def _page(self, what: str, asked: dict) -> bytes:
        from django.urls import set_urlconf

        request = self.requests.get("/admin/", asked)
        request.user, request.session = self.user, {}
        set_urlconf(self.urls)
        try:
            answer = self.views[what](request)
            if answer.status_code != 200:
                raise RuntimeError(f"the admin answered {answer.status_code}")
            return answer.render().content
        finally:
            set_urlconf(None)


# --- what is compared ------------------------------------------------------------------------------

ROSTER = "/console/registration/qualification/"
QUEUE = "/console/registration/application/"
PROVINCE, PREFECTURE, COUNTY = "510000", "510100", "510104"  # 四川省, with more counties than any other
#: What each reader has; the admin's reader has to choose it among the filters.
PLACES = {
    "nation": {},
    "province": {"region__parent__parent__code__exact": PROVINCE},
    "prefecture": {"region__parent__code__exact": PREFECTURE},
    "county": {"region__code__exact": COUNTY},
}


class Comparison:
    """Who reads, and the pages that both consoles make of the country as it is now."""

    def __init__(self, country: Country):
        from swms.regions.models import Duty

        both = (Duty.FIRST_REVIEW, Duty.FINAL_REVIEW)
        self.country = country
        self.keeper = Ours("周燕", (Duty.CERTIFICATE, None))
        self.readers = {
            name: Ours(f"审核{number}", *((duty, code) for duty in both))
            for number, (name, code) in enumerate(zip(PLACES, (None, PROVINCE, PREFECTURE, COUNTY), strict=True))
        }
        self.admins = {"admins": Admin(self.keeper.user, tuned=False), "tuned": Admin(self.keeper.user, tuned=True)}

    def _page(self, name: str, ours: dict, what: str, *, says: str = "", **asked) -> Page:
        others = {which: admin.get(what, **asked) for which, admin in self.admins.items()}
        return Page(name, ours | others, says)

    def pages(self) -> list[Page]:
        """Return the pages, new for each size of the country: numbers to look for differ."""
        from registration.models import Application, Qualification
        from swms.console.paging import cut
        from swms.dates import today

        row = Qualification.objects.get(pk=1000 + self.country.rows // 2)
        case = Application.objects.select_related("worker__user").get(pk=1001 + self.country.rows // 40 * 20)  # open
        after_row = cut(Qualification.objects.filter(pk__lte=row.pk).order_by("-id"), size=1).older
        after_case = cut(Application.objects.filter(pk__lte=case.pk).order_by("-id"), size=1).older
        keeper, nation, page = self.keeper, self.readers["nation"], self._page
        name = case.worker.user.name
        pages = [
            page("roster", keeper.get(ROSTER), "roster"),
            page(
                "roster, province and state", keeper.get(f"{ROSTER}?part=revoked&region={PROVINCE}"),
                "roster", province__code__exact=PROVINCE, state__exact="REVOKED",
            ),
            page("roster, halfway", keeper.get(f"{ROSTER}?after={after_row}"), "roster", row=self.country.rows // 2),
            page("roster, a number", keeper.post(ROSTER, row.mgmt_no), "roster", says=row.name, q=row.mgmt_no),
            page("roster, a name", keeper.post(ROSTER, row.name), "roster", says=row.name, q=row.name),
            page("cases", nation.get(f"{QUEUE}?part=all"), "cases"),
            page(
                "cases, county and state", nation.get(f"{QUEUE}?part=first&region={COUNTY}"),
                "cases", region__code__exact=COUNTY, state__exact="PENDING_REVIEW",
            ),
            page("cases, halfway", nation.get(f"{QUEUE}?part=all&after={after_case}"), "cases",
                 row=self.country.rows // 2),
            page("cases, a reference", nation.post(QUEUE, case.ref), "cases", says=case.ref, q=case.ref),
            page("cases, a name", nation.post(QUEUE, name), "cases", says=name, q=name),
        ]  # fmt: skip
        mine, late = {"state__exact": "PENDING_REVIEW"}, {"due_on__lt": today().isoformat()}
        for (name, reader), place in zip(self.readers.items(), PLACES.values(), strict=True):
            pages.append(page(f"waiting for a {name}", reader.get(QUEUE), "cases", **place, **mine))
            pages.append(
                page(f"late in a {name}", reader.get(f"{QUEUE}?part=mine&clock=late"), "cases", **place, **mine, **late)
            )
            if place:
                pages.append(page(f"all of a {name}", reader.get(f"{QUEUE}?part=all"), "cases", **place))
        return pages


def measure(rows: int = ROWS, *, first: int = FIRST) -> list[Page]:
    """Return the pages, measured at full size, ours also over the first few."""
    country = Country()
    country.grow(first)
    comparison = Comparison(country)
    small = comparison.pages()
    _in_turns(small, ("anew", "ours"))
    country.grow(rows)
    pages = comparison.pages()
    _in_turns(pages, ("anew", "ours", "admins", "tuned"))
    for before, page in zip(small, pages, strict=True):
        page.times["small"] = before.times["ours"]
    return pages


def work() -> float:
    """Return the milliseconds that processors have worked for this process and for its database connection.

    Neither waiting nor what others do on the machine is in it, so the figures of a busy machine stand too.
    """
    from django.db import connection

    connection.ensure_connection()
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text(encoding="ascii")
    return time.process_time() * 1000 + int(backend.split()[0]) / 1e6


def _in_turns(pages: list[Page], which: tuple[str, ...]) -> None:
    """Make every page some times and note how long each took; what stands beside several is made once in a round."""
    for number in range(RUNS + 1):  # the first round fills caches and is not counted
        taken: dict[Callable, float] = {}
        for page, name in ((page, name) for page in pages for name in which if name in page.ways):
            way = page.ways[name]
            if way not in taken:
                began = work()
                content = way()
                taken[way] = work() - began
                if name == "ours" and page.says not in content.decode():
                    raise RuntimeError(f"{page.name}: the page does not say {page.says}")
            if number:
                page.times[name].append(taken[way])


def report(pages: list[Page], rows: int) -> str:
    """Return the lines that `main` prints."""
    lines = [
        f"lists over {rows:,} rows of the roster and {int(rows * OPEN):,} open cases: processor time of {RUNS} runs,"
        " medians",
        "  ours, ms   anew  against few rows  admin, ms   times  tuned, ms   times  page",
    ]
    for page in pages:
        ours, mark = page.median("ours"), "" if page.ratio() >= TARGET else f"  <- below {TARGET}"
        anew = f"{page.median('anew'):5.1f}" if "anew" in page.ways else "     "
        lines.append(
            f"  {ours:8.1f}  {anew}  {ours / page.median('small'):16.2f}"
            f"  {page.median('admins'):9.1f}  {page.ratio():6.1f}  {page.median('tuned'):9.1f}"
            f"  {page.ratio('tuned'):6.1f}  {page.name}{mark}"
        )
    return "\n".join(lines)


def main(rows: int = ROWS) -> None:
    """Measure the lists and print the table."""
    with installation("queue", regions=True, static=True, PGOPTIONS=ALONE):
        sys.stdout.write(report(measure(rows), rows) + "\n\n")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
