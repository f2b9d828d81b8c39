"""The console's lists at national scale, beside the lists that Django's admin makes of the same rows by itself.

    python -m bench.queue [rows of the roster] [open cases]

Fills a throw-away cluster with a roster (2,000,000 rows) and open applications (300,000), and renders whole
pages: ours as the portal serves them, through all its middleware and with the reader's scope; the admin's by
the view alone, which spares it the middleware and the scope. Both show fifty rows and the same columns, filters
and searches. Runs take turns. Printed are medians of the processors' time, ours and the database's together, and how
many of our pages are made while the admin makes one. Our pages are measured over the first ten thousand rows
too: they should not grow.

Rows are copies of a few that were made by real moves: personal data are those of nobody, and every look-up
index has as many different values as in the real thing.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.cluster import installation

ROWS, CASES = 2_000_000, 300_000
FIRST = 10_000  # rows of the roster of the small measurement; of the cases the same part
RUNS = 5
TARGET = 20  # times the admin
SHOWN = 50  # rows of a page
ALONE = "-c max_parallel_workers_per_gather=0"  # helpers of a connection would work unseen
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"  # fmt: skip  # noqa: E501
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海燕玲春梓涵宇轩子欣怡思雨晨浩然佳慧婷雪琳俊辉鹏飞凯峰博云龙"  # fmt: skip  # noqa: E501


@dataclass
class Page:
    """One page, as two consoles make it."""

    name: str
    ours: Callable[[], bytes]
    admins: Callable[[], bytes]
    says: str = ""  # what must stand on our page
    times: dict[str, list[float]] = field(default_factory=lambda: {"ours": [], "admins": [], "small": []})  # ms

    def median(self, which: str) -> float:
        return statistics.median(self.times[which])

    @property
    def ratio(self) -> float:
        """How many of our pages are made while the admin makes one."""
        return self.median("admins") / self.median("ours")


# --- the rows --------------------------------------------------------------------------------------


class Country:
    """A roster and open cases, copied from a few real ones as often as is asked for."""

    def __init__(self):
        from registration.models import Decision
        from swms.regions.models import Duty
        from tests import factories

        first = factories.staff("李静", (Duty.FIRST_REVIEW, "110000"))
        case = factories.submitted("王芳")
        factories.submitted("陈晨").move("pass_first", actor=first, seen=1)
        self.originals = (
            (case.worker.user, _USER),
            (case.worker, _WORKER),
            (case.qualification, _QUALIFICATION),
            (case, _APPLICATION),
            (Decision.objects.get(), _DECISION),
        )
        self.rows = self.cases = 0

    def grow(self, rows: int, cases: int) -> None:
        """Have so many rows in the roster, and so many open cases of people in it."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_row")
            cursor.execute(_NUMBERED, [SURNAMES, GIVEN, GIVEN, rows])
            for original, columns in self.originals:
                known, wanted = self.cases, cases
                if columns is _QUALIFICATION:
                    known, wanted = self.rows, rows
                    columns = columns | {"worker_id": f"CASE WHEN b.i <= {cases} THEN b.id END"}
                    cursor.execute(_HOLDERS, [1000 + self.cases, 1000 + min(cases, self.rows)])
                self._copy(cursor, original, columns, known, wanted)
            cursor.execute("VACUUM ANALYZE")  # as autovacuum leaves it
        self.rows, self.cases = rows, cases

    @staticmethod
    def _copy(cursor, original, changed: dict[str, str], known: int, wanted: int) -> None:
        names = [each.column for each in original._meta.concrete_fields]
        values = ", ".join(changed.get(name) or f't."{name}"' for name in names)
        columns, table = ", ".join(f'"{name}"' for name in names), original._meta.db_table
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM bench_row b, {table} t"
            f" WHERE t.id = %s AND b.i > %s AND b.i <= %s AND {changed.get('only', 'true')} ORDER BY b.i",
            [original.pk, known, wanted],
        )


# What is settled of row number i, once for all its tables: names by frequency, the county by chance.
_NUMBERED = """
    CREATE UNLOGGED TABLE bench_row AS
    WITH leaf AS (
        SELECT row_number() OVER (ORDER BY code) - 1 AS n, code, substr(path, 2, 6) AS province
        FROM regions_region WHERE is_leaf AND valid_to IS NULL
    ), many AS (SELECT count(*) AS leaves FROM leaf)
    SELECT i, i + 1000 AS id, leaf.code AS county, leaf.province,
           substr(%s, 1 + (100 * c.a ^ 3)::int, 1) || substr(%s, 1 + (58 * c.b ^ 2)::int, 1)
               || CASE WHEN c.d < 0.8 THEN substr(%s, 1 + (58 * c.d ^ 2)::int, 1) ELSE '' END AS name,
           encode(sha256(i::text::bytea), 'base64') AS id_index,
           i %% 1000 AS part
    FROM generate_series(1, %s) i
    CROSS JOIN LATERAL (SELECT
        (hashint8(i) & 65535) / 65536.0 AS a, (hashint8(i + 1e9::bigint) & 65535) / 65536.0 AS b,
        (hashint8(i + 2e9::bigint) & 65535) / 65536.0 AS d) c
    CROSS JOIN many
    JOIN leaf ON leaf.n = (hashint8(i + 3e9::bigint) & 2147483647) %% many.leaves
"""
_HOLDERS = "UPDATE registration_qualification SET worker_id = id WHERE id > %s AND id <= %s"
_USER = {
    "id": "b.id",
    "uid": "gen_random_uuid()",
    "username": "md5(b.i::text)",
    "name": "b.name",
    "id_index": "b.id_index",
    "mobile": "NULL",
    "mobile_index": "NULL",
}
_WORKER = {"id": "b.id", "uid": "gen_random_uuid()", "user_id": "b.id", "region_id": "b.county"}
_QUALIFICATION = {
    "id": "b.id",
    "uid": "gen_random_uuid()",
    "name": "b.name",
    "id_index": "b.id_index",
    "mgmt_no": "'9' || b.province || lpad(b.i::text, 11, '0')",
    "level": "1 + b.i %% 3",
    "exam_year": "2008 + b.i %% 18",
    "issue_date": "date '2008-09-01' + (b.i %% 6200)",
    "province_id": "b.province",
    "state": "CASE WHEN b.part = 7 THEN 'REVOKED' WHEN b.part < 7 THEN 'CANCELLED' ELSE 'VALID' END",
}
_APPLICATION = {
    "id": "b.id",
    "uid": "gen_random_uuid()",
    "ref": "'DJ-' || b.county || '-2026-' || lpad(b.i::text, 7, '0')",
    "worker_id": "b.id",
    "qualification_id": "b.id",
    "region_id": "b.county",
    "state": "CASE WHEN b.i %% 5 < 3 THEN 'PENDING_REVIEW' ELSE 'INITIAL_APPROVED' END",
    "due_on": "current_date - 10 + (b.part %% 42)",
}
_DECISION = {"id": "b.id", "application_id": "b.id", "only": "b.i %% 5 >= 3"}


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

    def get(self, path: str) -> Callable[[], bytes]:
        return lambda: self._page(self.browser.get(path))

    def post(self, path: str, text: str) -> Callable[[], bytes]:
        return lambda: self._page(self.browser.post(path, {"text": text}))

    @staticmethod
    def _page(answer) -> bytes:
        if answer.status_code != 200:
            raise RuntimeError(f"answered {answer.status_code}")
        return answer.content


class Admin:
    """Django's own admin over the same rows, on a site of its own; only its views are called."""

    def __init__(self, user):
        from django.contrib import admin
        from django.test import RequestFactory
        from django.urls import include, path

        from registration.models import Application, Qualification

        class Everything(admin.ModelAdmin):
            list_per_page = SHOWN

            def has_view_permission(self, request, obj=None):
                return True

        class Roster(Everything):
            list_display = ("name", "mgmt_no", "level", "exam_year", "issue_date", "province", "state")
            list_filter = ("state", "province")
            search_fields = ("mgmt_no", "name")

        class Cases(Everything):
            list_display = ("worker", "ref", "kind", "qualification", "region", "state", "due_on")
            list_filter = ("state", "kind", "region")
            search_fields = ("ref", "worker__user__name")
            list_select_related = ("worker__user", "qualification", "region")

        site = admin.AdminSite()
        self.user, self.requests = user, RequestFactory()
        self.views = {
            "roster": Roster(Qualification, site).changelist_view,
            "cases": Cases(Application, site).changelist_view,
        }
        site.register(Qualification, Roster)
        site.register(Application, Cases)
        # The portal's own names are there for what its templates link to, the admin's are the site's.
        self.urls = (path("admin/", site.urls), path("", include("swms.urls")))

    def get(self, what: str, **asked: str) -> Callable[[], bytes]:
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


class Comparison:
    """Who reads, and the pages that both consoles make of the country as it is now."""

    def __init__(self, country: Country):
        from swms.regions.models import Duty

        both = (Duty.FIRST_REVIEW, Duty.FINAL_REVIEW)
        self.country = country
        self.keeper = Ours("周燕", (Duty.CERTIFICATE, None))
        self.readers = {
            name: Ours(f"审核{number}", *((duty, code) for duty in both))
            for number, (name, code) in enumerate(
                {"nation": None, "province": PROVINCE, "prefecture": PREFECTURE, "county": COUNTY}.items()
            )
        }
        self.admin = Admin(self.keeper.user)

    def pages(self) -> list[Page]:
        """Return the pages, new for each size of the country: numbers to look for differ."""
        from registration.models import Application, Qualification
        from swms.console.paging import cut

        row = Qualification.objects.get(pk=1000 + self.country.rows // 2)
        case = Application.objects.select_related("worker__user").get(pk=1000 + self.country.cases // 2)
        after_row = cut(Qualification.objects.filter(pk__lte=row.pk).order_by("-id"), size=1).older
        after_case = cut(Application.objects.filter(pk__lte=case.pk).order_by("-id"), size=1).older
        keeper, nation, admin = self.keeper, self.readers["nation"], self.admin
        state, region = {"state__exact": "REVOKED"}, {"region__code__exact": COUNTY, "state__exact": "PENDING_REVIEW"}
        deep_row, deep_case = (str(n // 2 // SHOWN) for n in (self.country.rows, self.country.cases))
        pages = [
            Page("roster", keeper.get(ROSTER), admin.get("roster")),
            Page(
                "roster, province and state",
                keeper.get(f"{ROSTER}?part=revoked&region={PROVINCE}"),
                admin.get("roster", province__code__exact=PROVINCE, **state),
            ),
            Page("roster, halfway", keeper.get(f"{ROSTER}?after={after_row}"), admin.get("roster", p=deep_row)),
            Page("roster, a number", keeper.post(ROSTER, row.mgmt_no), admin.get("roster", q=row.mgmt_no), row.name),
            Page("roster, a name", keeper.post(ROSTER, row.name), admin.get("roster", q=row.name), row.name),
            Page("cases", nation.get(f"{QUEUE}?part=all"), admin.get("cases")),
            Page(
                "cases, county and state",
                nation.get(f"{QUEUE}?part=first&region={COUNTY}"),
                admin.get("cases", **region),
            ),
            Page("cases, halfway", nation.get(f"{QUEUE}?part=all&after={after_case}"), admin.get("cases", p=deep_case)),
            Page("cases, a reference", nation.post(QUEUE, case.ref), admin.get("cases", q=case.ref), case.ref),
            Page(
                "cases, a name",
                nation.post(QUEUE, case.worker.user.name),
                admin.get("cases", q=case.worker.user.name),
                case.worker.user.name,
            ),
        ]
        plain = admin.get("cases")
        for name, reader in self.readers.items():
            pages.append(Page(f"waiting for a {name}", reader.get(QUEUE), plain))
            pages.append(Page(f"late in a {name}", reader.get(f"{QUEUE}?part=mine&clock=late"), plain))
            if name != "nation":
                pages.append(Page(f"all of a {name}", reader.get(f"{QUEUE}?part=all"), plain))
        return pages


def measure(rows: int = ROWS, cases: int = CASES, *, first: int = FIRST) -> list[Page]:
    """Return the pages, measured at full size, ours also over the first few."""
    country = Country()
    country.grow(first, max(1, cases * first // rows))
    comparison = Comparison(country)
    small = comparison.pages()
    _in_turns(small, ("ours",))
    country.grow(rows, cases)
    pages = comparison.pages()
    _in_turns(pages, ("ours", "admins"))
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
        for page, name in ((page, name) for page in pages for name in which):
            way = getattr(page, name)
            if way not in taken:
                began = work()
                content = way()
                taken[way] = work() - began
                if name == "ours" and page.says not in content.decode():
                    raise RuntimeError(f"{page.name}: the page does not say {page.says}")
            if number:
                page.times[name].append(taken[way])


def report(pages: list[Page], rows: int, cases: int) -> str:
    """Return the lines that `main` prints."""
    lines = [f"lists over {rows:,} rows of the roster and {cases:,} open cases: processor time of {RUNS} runs, medians"]
    lines.append("  ours, ms  admin, ms  times as fast  against few rows  page")
    for page in pages:
        ours, mark = page.median("ours"), "" if page.ratio >= TARGET else f"  <- below {TARGET}"
        growth = ours / page.median("small")
        lines.append(
            f"  {ours:8.1f}  {page.median('admins'):9.1f}  {page.ratio:13.1f}  {growth:16.2f}  {page.name}{mark}"
        )
    return "\n".join(lines)


def main(rows: int = ROWS, cases: int = CASES) -> None:
    """Measure the lists and print the table."""
    with installation("queue", regions=True, static=True, PGOPTIONS=ALONE):
        sys.stdout.write(report(measure(rows, cases), rows, cases) + "\n\n")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
