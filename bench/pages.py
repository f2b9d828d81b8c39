"""How long the pages of the demo take, and how many queries each asks.

    python -m bench.pages [--here] [seconds]

Makes the demo data in a throw-away cluster (with `--here`: takes the installation that the environment
names, which must have them), signs in everybody whom the demo names, and follows every link they are
shown. The two slowest addresses of each page are then fetched again, in turns so that a busy machine slows
all of them alike, fifteen times or as often as `seconds` allow.

Printed for each page is its worst address: the median of the time from request to whole answer, the part
of it that the processor worked on it here (waiting for the database is not in it, nor for a neighbour on
the machine), and the most queries. Over 50 ms or 20 queries is marked.
"""

import contextlib
import html
import os
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

from bench import cluster

MOST_MS, MOST_QUERIES = 50, 20
RUNS = 15
SLOWEST = 2  # addresses of each page that are fetched again
ALIKE, TRIES = 2, 4  # pages, and attempts, of one form by one person: the records of a list resemble each other
LINK = re.compile(r'(?:href|src)="(/[^"#]*)')


@dataclass
class Visit:
    """One address, opened by one person."""

    route: str
    path: str
    who: str
    browser: object = field(repr=False)
    status: int = 0
    queries: int = 0
    wall: list[float] = field(default_factory=list)  # ms, of each fetch
    cpu: list[float] = field(default_factory=list)  # ms, of each fetch

    @property
    def ms(self) -> float:
        """The median time; of the first fetch only where there was no other."""
        return statistics.median(self.wall[1:] or self.wall)

    @property
    def cpu_ms(self) -> float:
        """The median time of the processor; of the first fetch only where there was no other."""
        return statistics.median(self.cpu[1:] or self.cpu)

    @property
    def trouble(self) -> str:
        """What is wrong with the page: it breaks, or is over its budget; empty where nothing is."""
        if self.status >= 500:
            return f"answers {self.status}"
        return "over" if self.ms > MOST_MS or self.queries > MOST_QUERIES else ""

    def fetch(self):
        """Open the address once more, note what it took, and return the answer and its content."""
        asked = Queries()
        wall, cpu = time.perf_counter(), time.process_time()
        with asked.counted():
            answer = self.browser.get(self.path)
            content = answer.getvalue()
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)
        self.queries = max(self.queries, asked.count)
        self.status = answer.status_code
        return answer, content


class Queries:
    """Counts what is asked of the database."""

    count = 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count every statement until the end of the block."""
        from django.db import connection

        with connection.execute_wrapper(self):
            yield

    def __call__(self, execute, sql, params, many, context):
        self.count += 1
        return execute(sql, params, many, context)


def measure(*, seconds: float = 60) -> list[Visit]:
    """Return the worst visit of each page, slowest first, after about `seconds` of fetching again.

    Needs the demo data.
    """
    from tests.architecture.routes import routes

    starts = ["/" + route for route in routes() if "<" not in route]
    visits = defaultdict(list)
    for who, browser in _browsers():
        for visit in _walk(who, browser, starts):
            visits[visit.route].append(visit)
    again = [one for each in visits.values() for one in sorted(each, key=lambda v: v.wall[0])[-SLOWEST:]]
    until = time.monotonic() + seconds
    for _ in range(RUNS):
        if time.monotonic() > until:
            break
        for visit in again:
            visit.fetch()
    worst = []
    for each in visits.values():
        one = max((v for v in each if len(v.wall) > 1), key=lambda v: (v.status, v.ms), default=each[0])
        one.queries = max(v.queries for v in each)
        worst.append(one)
    return sorted(worst, key=lambda v: -v.ms)


def _browsers():
    """Return a stranger's browser, and one for everybody whom the demo names, signed in."""
    from django.test import Client

    from certificates.management.demo.offices import NAMED_STAFF
    from certificates.management.demo.stories import STORIES
    from swms.accounts.models import User
    from tests.people import signed_in

    named = [username for username, *_ in NAMED_STAFF] + [story.username for story in STORIES if story.username]
    host = {"SERVER_NAME": "127.0.0.1", "raise_request_exception": False}
    yield "stranger", Client(**host)
    for user in User.objects.filter(username__in=named).order_by("pk"):
        yield user.username.removeprefix("demo-"), signed_in(user, **host)


def _walk(who: str, browser, starts: list[str]) -> Iterator[Visit]:
    """Open `starts` and every link found on the way; yield the visits that were answered with a page."""
    waiting, known = list(starts), set(starts)
    opened, tried = defaultdict(int), defaultdict(int)
    while waiting:
        path = waiting.pop(0)
        form = _form(path)
        if form is None or opened[form] == ALIKE or tried[form] == TRIES:
            continue
        tried[form] += 1
        visit = Visit(form[0], path, who, browser)
        answer, content = visit.fetch()
        found = [urljoin(path, answer.headers.get("Location", ""))] if 300 <= answer.status_code < 400 else []
        if answer.status_code == 200 or answer.status_code >= 500:
            opened[form] += 1
            yield visit
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                found = [html.unescape(link) for link in LINK.findall(content.decode())]
        waiting += [link for link in dict.fromkeys(found) if link not in known]
        known.update(found)


def _form(path: str) -> tuple | None:
    """Return the route of an address with the names of what follows the question mark; None for others' addresses."""
    from django.urls import Resolver404, resolve

    parts = urlsplit(path)
    if parts.netloc:
        return None
    try:
        route = resolve(parts.path).route
    except Resolver404:
        return None
    return route, tuple(sorted(name for name, _ in parse_qsl(parts.query)))


def unseen(visits: list[Visit]) -> list[str]:
    """Return the routes that are pages to somebody, but that no link of the demo led to."""
    from tests.architecture.access_matrix import MATRIX

    pages = {route for route, row in MATRIX.items() if any(get == 200 for get, _ in row.answers.values())}
    return sorted(pages - {visit.route for visit in visits})


def report(visits: list[Visit]) -> str:
    """Return the lines that `main` prints."""
    runs = max(len(visit.wall) for visit in visits) - 1
    lines = [f"pages of the demo, worst address of each, median of {runs} runs (load {os.getloadavg()[0]:.1f})"]
    lines.append("       ms   cpu ms  queries  who           page")
    for visit in visits:
        mark = f"  <- {visit.trouble}" if visit.trouble else ""
        lines.append(f"  {visit.ms:7.1f}  {visit.cpu_ms:7.1f}  {visit.queries:7}  {visit.who:12}  /{visit.route}{mark}")
    troubled = sum(bool(visit.trouble) for visit in visits)
    lines.append(f"  {len(visits)} pages, {troubled} over {MOST_MS} ms or {MOST_QUERIES} queries, or broken")
    if os.getloadavg()[0] > (os.cpu_count() or 1):
        lines.append("  the machine is busy: ms tells of its other work too, cpu ms of the page alone")
    if missing := unseen(visits):
        lines.append("  not reached by links: " + ", ".join(missing))
    return "\n".join(lines)


def main(*, here: bool = False, seconds: float = 60) -> None:
    """Measure the pages for about `seconds` and print the table."""
    with _here() if here else _demo():
        sys.stdout.write(report(measure(seconds=seconds)) + "\n\n")


@contextlib.contextmanager
def _here() -> Iterator[None]:
    """The installation that the environment names."""
    from swms import embedded

    os.environ["SWMS_DEMO"] = "1"
    embedded.ensure()
    cluster.set_up()
    yield


@contextlib.contextmanager
def _demo() -> Iterator[None]:
    """A new installation that has the demo data."""
    with cluster.installation("pages", regions=True, static=True, SWMS_DEMO="1"):
        from django.core.management import call_command

        with open(os.devnull, "w", encoding="utf-8") as nobody:
            call_command("demo", stdout=nobody)
        yield


if __name__ == "__main__":
    arguments = sys.argv[1:]
    numbers = [float(each) for each in arguments if each != "--here"]
    main(here="--here" in arguments, **({"seconds": numbers[0]} if numbers else {}))
