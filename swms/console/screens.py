"""What every screen of the console is: a list for certain duties, and a page of each record."""

from dataclasses import dataclass
from functools import cached_property

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from swms.audit import trail
from swms.console.counting import numbers_of
from swms.console.facets import CLOCKS, NOT_NARROWED, Narrowing, by_clock, found_in, inside, narrowing
from swms.console.paging import COUNTED, capped, cut
from swms.dates import today, working_days_after
from swms.kept import kept
from swms.regions.models import jurisdictions_of

MOST_FOUND = 50


@dataclass(frozen=True)
class Filter:
    """A part of a list, offered as a link: those of ``base`` that fulfil ``where``, if it is given.

    ``counted`` parts say how many there are; the one called ``mine`` is what waits for the reader. Of the parts offered
    one is shown, so the rows are asked for only then.
    """

    name: str
    label: str
    base: QuerySet
    counted: bool = True
    where: Combinable | Q | None = None

    @cached_property
    def rows(self) -> QuerySet:
        return self.base if self.where is None else self.base.filter(self.where)


def chosen_part(filters: list[Filter], request) -> Filter:
    """Return the part that the address names, the first without one."""
    return next((each for each in filters if each.name == request.GET.get("part")), filters[0])


@dataclass(frozen=True)
class Desk:
    """A line of the front page: what waits, how much of it is near its end, and how much is late."""

    label: str
    url: str
    waiting: int | str
    near: int | str = 0
    late: int | str = 0
    within: int = 0  # working days that count as near; 0 where the line has no clock


def desks_by_clock(label: str, url: str, rows: QuerySet, *, near: int) -> list[Desk]:
    """Return the line of a queue with ``due_on``; ``near`` is within so many working days, none where nothing waits.

    One query, of the hundred most urgent.
    """
    dues = list(rows.order_by("due_on").values_list("due_on", flat=True)[:COUNTED])
    if not dues:
        return []
    day, soon = today(), working_days_after(today(), near)
    late = sum(due is not None and due < day for due in dues)
    hurried = sum(due is not None and day <= due <= soon for due in dues)
    return [Desk(label, url, capped(len(dues)), capped(hurried), capped(late), near)]


@dataclass(frozen=True)
class Alert:
    """Something on the front page that must not wait; ``tone`` is ``bad`` or ``wait``."""

    tone: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Found:
    """The answer of a search; ``by_identity`` searches are audited (R-ACC-13)."""

    rows: QuerySet
    by_identity: bool = False


@dataclass(frozen=True)
class _Address:
    """Where a list is shown as it is now; every choice leads to the first page of another one."""

    list_url: str
    part: str
    region: str | None
    clock: str | None
    size: int | None

    def to(self, **other: str | None) -> str:
        """Return the address with some of its parts replaced."""
        asked = {"part": self.part, "region": self.region, "clock": self.clock, "size": self.size} | other
        # Names of parts, codes and marks are all that comes here: nothing of it needs quoting.
        return f"{self.list_url}?{'&'.join(f'{name}={value}' for name, value in asked.items() if value)}"


def _link(label: str, url: str, current: bool, number: int | str | None = None) -> dict:
    return {"label": label, "url": url, "current": current, "count": number}


class Screen(admin.ModelAdmin):
    """A list of records, read through the reader's eyes and edited nowhere.

    Subclasses say ``duties``, ``group``, ``columns`` and ``row``; the rest has defaults. ``key`` names
    the field that stands for a record in addresses: a public number or a uid.
    """

    duties: tuple[str, ...] = ()
    group = "系统"
    label = ""
    key = "uid"
    columns: tuple[str, ...] = ()
    search_words = ""
    empty_title = "没有记录"
    empty_text = ""
    list_template = "console/list.html"
    page_size = 50
    near: int | None = None  # working days; with it the list can be narrowed to what is near its end or late
    running: tuple[str, ...] = ()  # the states in which the clock runs; without any, wherever a day is set
    joins = True  # whether ``row`` shows anything of other tables
    depth = 0  # levels of divisions by which the list can be narrowed: 1 provinces, 3 down to counties

    def __init__(self, model, site):
        super().__init__(model, site)
        self.label = self.label or str(model._meta.verbose_name_plural)

    # -- who may ------------------------------------------------------------------------------

    def opens_to(self, user) -> bool:
        """Whether one of the user's duties needs this screen."""
        return any(each.duty in self.duties for each in jurisdictions_of(user))

    def has_module_permission(self, request):
        return self.opens_to(request.user)

    def has_view_permission(self, request, obj=None):
        return self.opens_to(request.user)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    # -- addresses ----------------------------------------------------------------------------

    def get_urls(self):
        """The list and whatever ``page_urls`` adds; Django's pages for editing are left out."""
        return [path("", self.page(self.list_page), name=self.url_name("changelist")), *self.page_urls()]

    def page_urls(self) -> list:
        """Return the addresses of the other pages of this screen."""
        return []

    def page(self, view):
        """Return a view that is there for this screen's duties only."""

        def inner(request, *args, **kwargs):
            if not self.opens_to(request.user):
                raise Http404
            return view(request, *args, **kwargs)

        return self.admin_site.admin_view(inner)

    def url_name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def url(self, page: str, *args) -> str:
        return reverse(f"admin:{self.url_name(page)}", args=args)

    @cached_property
    def list_url(self) -> str:
        return self.url("changelist")

    def record_url(self, record) -> str:
        """Return the record's page, or nothing where records have none."""
        return ""

    # -- what is there ----------------------------------------------------------------------

    def records(self, user) -> QuerySet:
        """Return what the user may see, ordered for paging."""
        return self.model.objects.visible_to(user).order_by("-id")

    def waiting(self, user) -> QuerySet | None:
        """Return what waits for the user, for the menu's number; ``None`` where nothing ever does."""
        return None

    def filters(self, user) -> list[Filter]:
        """Return the parts of the list; the first is shown when none was chosen."""
        return [Filter("all", "全部", self.records(user), counted=False)]

    def desks(self, user) -> list[Desk]:
        return []

    def alerts(self, user) -> list[Alert]:
        return []

    def listed(self, rows: QuerySet) -> QuerySet:
        """Return the rows with the columns that ``row`` shows; a list has fifty, and records have many columns."""
        return rows

    def row(self, record) -> dict:
        """Return a row of the list as ``ui/queue.html`` takes it, without its url."""
        raise NotImplementedError

    def search(self, user, text: str) -> Found:
        """Return the visible records that are exactly what was typed."""
        raise NotImplementedError

    def record(self, request, key: str):
        """Return one record that the reader may see, or answer 404."""
        return get_object_or_404(self.records(request.user), **{self.key: key})

    # -- pages ------------------------------------------------------------------------------

    def list_page(self, request):
        """The list. A search is posted: what is looked for may be an identity number, and addresses are kept."""
        if request.method == "POST" and self.search_words:
            return self._found(request, request.POST.get("text", "").replace("\0", "").strip())
        return require_GET(self._part)(request)

    def _part(self, request):
        user, filters = request.user, self.filters(request.user)
        chosen = chosen_part(filters, request)
        clock = request.GET.get("clock") if self.near is not None and request.GET.get("clock") in CLOCKS else None
        where = NOT_NARROWED
        if self._regions:
            where = narrowing(user, self.duties, request.GET.get("region"), depth=self.depth)
        size = self.size(request)
        larger = size if size != self.page_size else None
        address = _Address(self.list_url, chosen.name, where.chosen and where.chosen.code, clock, larger)
        rows = self._narrowed(chosen.rows, where, clock)
        place = {"after": request.GET.get("after"), "before": request.GET.get("before"), "size": size}
        if self.joins:
            page = cut(rows, lambda: self.listed(self.records(user)), **place)
        else:
            page = cut(self.listed(rows), **place)
        found = kept(request, address.to(), lambda: self._numbers(user, address.to(), filters, chosen, where, clock))
        context = {
            **self._links(filters, chosen, clock, address, found),
            "places": self._place_links(where, address, found),
            "narrowed": bool(clock or where.chosen),
            "part_url": address.to(region=None, clock=None),
            "rows": self.rows(page.rows, user, mine=chosen.name == "mine"),
            "newer_url": address.to(before=page.newer) if page.newer else None,
            "older_url": address.to(after=page.older) if page.older else None,
        }
        return self.show(request, self.list_template, self.list_context(request) | context)

    @property
    def _regions(self) -> tuple[str, ...]:
        """The lookups to the regions by which the list can be narrowed."""
        return self.model.scope.lookups if self.depth else ()

    def _narrowed(self, rows: QuerySet, where: Narrowing, clock: str | None) -> QuerySet:
        if where.chosen:
            rows = inside(rows, self._regions, where.chosen.path)
        return self._urgent(rows, clock)

    def _urgent(self, rows: QuerySet, clock: str | None) -> QuerySet:
        return by_clock(rows, clock, near=self.near, states=self.running) if clock else rows

    def _numbers(self, user, shown: str, filters: list[Filter], chosen: Filter, where: Narrowing, clock) -> dict:
        """Return the numbers of a list by what they stand beside: ``part``, ``clock`` or ``region``, and its name.

        ``shown`` is the address of the list as it is. One query for all parts and clocks, one for all regions.
        """
        parts = [each for each in filters if each.counted] if len(filters) > 1 else []  # of one part no link is shown
        clocks = CLOCKS if self.near is not None else ()
        found = numbers_of(
            user,
            shown,
            lambda: (
                {("part", each.name): self._narrowed(each.rows, where, clock) for each in parts}
                | {("clock", name): self._narrowed(chosen.rows, where, name) for name in clocks}
            ),
        )
        if where.offered:
            places = found_in(self._urgent(chosen.rows, clock), self._regions, where.offered)
            found |= {("region", code): number for code, number in places.items()}
        return found

    def _links(self, filters: list[Filter], chosen: Filter, clock: str | None, address, numbers: dict) -> dict:
        """Return the links to the other parts, and those to what is urgent."""
        parts = filters if len(filters) > 1 else []
        clocks = [_link("不限", address.to(clock=None), clock is None)] + [
            _link(label, address.to(clock=name), clock == name, numbers.get(("clock", name)))
            for name, label in CLOCKS.items()
        ]
        return {
            "filters": [
                _link(part.label, address.to(part=part.name), part is chosen, numbers.get(("part", part.name)))
                for part in parts
            ],
            "clocks": clocks if self.near is not None else [],
        }

    def _place_links(self, where: Narrowing, address, numbers: dict) -> list:
        if not (where.offered or where.chosen):
            return []
        code = where.chosen and where.chosen.code
        links = [_link("不限", address.to(region=None), code is None)]
        links += [_link(each.name, address.to(region=each.code), each.code == code) for each in where.chain]
        for each in where.offered:
            number = numbers.get(("region", each.code), 0)
            links.append(_link(each.name, address.to(region=each.code), each.code == code, number))
        return links

    def _found(self, request, text: str):
        found = self.search(request.user, text) if text else Found(self.model.objects.none())
        rows = list(self.listed(found.rows)[:MOST_FOUND])
        if found.by_identity:
            self.note_search(request.user, rows)
        context = {
            "searched": True,
            "text": "" if found.by_identity else text,
            "rows": self.rows(rows, request.user),
            "cut_short": len(rows) == MOST_FOUND,
        }
        return self.show(request, self.list_template, self.list_context(request) | context)

    def note_search(self, user, rows: list, key: str = "") -> None:
        """Write down who looked for an identity number, and which records were found (R-ACC-13)."""
        changes = {"screen": self.label, "found": [str(getattr(row, key or self.key)) for row in rows]}
        trail.record("console.search_identity", user, actor=user, changes=changes)

    def size(self, request) -> int:
        """Return how many rows a page of the list has."""
        return self.page_size

    def rows(self, records: list, user, *, mine: bool = False) -> list[dict]:
        """Return the rows of the list as this reader sees them; ``mine`` says that all of them wait for her."""
        return [{"url": self.record_url(record)} | self.row(record) for record in records]

    def list_context(self, request) -> dict:
        """Return what the list's template needs besides its rows."""
        return {
            "heading": self.label,
            "columns": [{"label": name} for name in self.columns],
            "search_words": self.search_words,
            "empty_title": self.empty_title,
            "empty_text": self.empty_text,
            "list_url": self.list_url,
            "near": self.near,
        }

    def show(self, request, template: str, context: dict, status: int = 200):
        """Render a page inside the console's frame."""
        return render(request, template, self.admin_site.each_context(request) | context, status=status)
