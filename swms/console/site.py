"""The console's site: who may come in, what the menu offers, and the front page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import include, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_safe

from swms import ui
from swms.console.counting import numbers_of
from swms.console.screens import Screen
from swms.kept import count_anew, kept
from swms.notices.inbox import unread
from swms.regions.models import jurisdictions_of
from swms.regions.queries import full_name

#: The menu's headings, in this order; a screen that names another one comes last.
GROUPS = ("审核", "证书", "机构", "公告", "系统", "安全", "审计")


@dataclass(frozen=True)
class Link:
    """A page outside of the console that stands in its menu for those whom it is open to."""

    group: str
    label: str
    page: str
    opens_to: Callable


class ConsoleSite(AdminSite):
    """The reviewers' console at /console/, for staff with their second factor (S10).

    Everybody else who is signed in gets 404: that there is a console is not their business.
    """

    site_header = site_title = "工作台"

    def __init__(self, name="admin"):
        super().__init__(name)
        self._links: list[Link] = []

    def offer(self, link: Link) -> None:
        """Put a page of an app into the menu."""
        self._links.append(link)

    def register(self, model_or_iterable, admin_class=None, **options):
        """Take our own screens only: what libraries register would be pages that nobody scoped."""
        if admin_class and issubclass(admin_class, Screen):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request) -> bool:
        user = request.user
        return user.is_active and getattr(user, "is_staff", False) and user.is_verified()

    def admin_view(self, view, cacheable=False):
        """Let staff through; strangers sign in first, the second factor is asked for by its middleware."""

        def inner(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise Http404
            return count_anew(request, view(request, *args, **kwargs))

        return update_wrapper(csrf_protect(never_cache(inner)), view)

    def get_urls(self):
        """Only our own pages: signing in, out and the password are the portal's, the rest has no use here."""
        pages = [
            path("", self.admin_view(require_safe(self.index)), name="index"),
            path("ui/", self.admin_view(ui.gallery), name="gallery"),
        ]
        for model, screen in self._registry.items():
            pages.append(path(f"{model._meta.app_label}/{model._meta.model_name}/", include(screen.urls)))
        return pages

    def login(self, request, extra_context=None):
        """There is one door for everybody."""
        return redirect(f"{reverse('signin:sign_in')}")

    def screens(self, user) -> list:
        """Return the screens that the user's duties open."""
        return [screen for screen in self._registry.values() if screen.opens_to(user)]

    def each_context(self, request) -> dict:
        """Return what every page of the console needs: the menu with what waits, and the reader's duties."""
        user, here = request.user, request.path
        front = {"label": "总览", "url": reverse("admin:index"), "count": None}
        nav = [{"label": None, "items": [front | {"current": here == front["url"]}]}]
        for label, items in kept(request, "menu", lambda: self._menu(user)).items():
            nav.append({"label": label, "items": [item | {"current": here.startswith(item["url"])} for item in items]})
        return {
            "console_nav": nav,
            "duty_label": duty_label(user),
            "unread": kept(request, "unread", lambda: unread(user)),
        }

    def _menu(self, user) -> dict[str, list[dict]]:
        """Return the links under each heading, with how much waits at each screen where anything ever does."""
        screens = self.screens(user)
        waiting = numbers_of(user, "menu", lambda: _waiting(screens, user))
        groups: dict[str, list] = {name: [] for name in GROUPS}
        for screen in screens:
            item = {"label": screen.label, "url": screen.list_url, "count": waiting.get(screen.list_url)}
            groups.setdefault(screen.group, []).append(item)
        for link in self._links:
            if link.opens_to(user):
                item = {"label": link.label, "url": reverse(link.page), "count": None}
                groups.setdefault(link.group, []).append(item)
        return {name: items for name, items in groups.items() if items}

    def index(self, request, extra_context=None):
        """The front page: what waits, what is near its end, what is late."""
        screens = self.screens(request.user)
        desks = [desk for screen in screens for desk in screen.desks(request.user)]
        context = self.each_context(request) | {
            "desks": desks,
            "near_words": "，".join(f"{desk.label}{desk.within}个工作日" for desk in desks if desk.within),
            "alerts": [alert for screen in screens for alert in screen.alerts(request.user)],
        }
        return render(request, "console/index.html", context)


def _waiting(screens: list, user) -> dict[str, QuerySet]:
    """Return what waits for the user at each screen where anything ever does, by the address of its list."""
    return {screen.list_url: rows for screen in screens if (rows := screen.waiting(user)) is not None}


def duty_label(user) -> str:
    """Return the user's duties in words, ``北京市 朝阳区 · 初审``."""
    held: dict[str, list[str]] = {}
    for each in jurisdictions_of(user):
        held.setdefault(full_name(each.region) if each.region else "全国", []).append(each.get_duty_display())
    return "；".join(f"{place} · {'、'.join(duties)}" for place, duties in held.items())
