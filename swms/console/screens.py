"""What every screen of the console is: a list for certain duties, and a page of each record."""

from dataclasses import dataclass

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from swms.audit import trail
from swms.console.paging import COUNTED, capped, count, cut
from swms.dates import today, working_days_after
from swms.regions.models import holds_duty

MOST_FOUND = 50


@dataclass(frozen=True)
class Filter:
    """A part of a list, offered as a link; ``counted`` parts say how many there are."""

    name: str
    label: str
    rows: QuerySet
    counted: bool = True


@dataclass(frozen=True)
class Desk:
    """A line of the front page: what waits, how much of it is near its end, and how much is late."""

    label: str
    url: str
    waiting: int | str
    near: int | str = 0
    late: int | str = 0


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
    return [Desk(label, url, capped(len(dues)), capped(hurried), capped(late))]


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

    def __init__(self, model, site):
        super().__init__(model, site)
        self.label = self.label or str(model._meta.verbose_name_plural)

    # -- who may ------------------------------------------------------------------------------

    def opens_to(self, user) -> bool:
        """Whether one of the user's duties needs this screen."""
        return any(holds_duty(user, duty) for duty in self.duties)

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

    @property
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
        filters = self.filters(request.user)
        chosen = next((each for each in filters if each.name == request.GET.get("part")), filters[0])
        size = self.size(request)
        page = cut(chosen.rows, after=request.GET.get("after"), before=request.GET.get("before"), size=size)
        parts = f"{self.list_url}?part={chosen.name}{f'&size={size}' if size != self.page_size else ''}"
        links = [
            {
                "label": each.label,
                "url": f"{self.list_url}?part={each.name}",
                "current": each is chosen,
                "count": count(each.rows) if each.counted else None,
            }
            for each in filters
        ]
        context = {
            "filters": links if len(links) > 1 else [],
            "rows": self.rows(page.rows, request.user),
            "newer_url": f"{parts}&before={page.newer}" if page.newer else None,
            "older_url": f"{parts}&after={page.older}" if page.older else None,
        }
        return self.show(request, self.list_template, self.list_context(request) | context)

    def _found(self, request, text: str):
        found = self.search(request.user, text) if text else Found(self.model.objects.none())
        rows = list(found.rows[:MOST_FOUND])
        if found.by_identity:
            keys = [str(getattr(row, self.key)) for row in rows]
            changes = {"screen": self.label, "found": keys}
            trail.record("console.search_identity", request.user, actor=request.user, changes=changes)
        context = {
            "searched": True,
            "text": "" if found.by_identity else text,
            "rows": self.rows(rows, request.user),
            "cut_short": len(rows) == MOST_FOUND,
        }
        return self.show(request, self.list_template, self.list_context(request) | context)

    def size(self, request) -> int:
        """Return how many rows a page of the list has."""
        return self.page_size

    def rows(self, records: list, user) -> list[dict]:
        """Return the rows of the list as this reader sees them."""
        return [{"url": self.record_url(record)} | self.row(record) for record in records]

    def list_context(self, request) -> dict:
        """Return what the list's template needs besides its rows."""
        return {
            "heading": self.label,
            "columns": [{"label": name, "number": False} for name in self.columns],
            "search_words": self.search_words,
            "empty_title": self.empty_title,
            "empty_text": self.empty_text,
            "list_url": self.list_url,
        }

    def show(self, request, template: str, context: dict, status: int = 200):
        """Render a page inside the console's frame."""
        return render(request, template, self.admin_site.each_context(request) | context, status=status)
