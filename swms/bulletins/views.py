"""The board that everybody reads: the list, its feed, and the page of a bulletin."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from swms.bulletins.forms import BoardForm
from swms.bulletins.models import Bulletin
from swms.bulletins.queries import about, in_force, public
from swms.bulletins.text import render as rendered
from swms.bulletins.workflows import BulletinState
from swms.regions.queries import full_name
from swms.ui import cn_date, cn_datetime

PAGE, FED = 20, 30
COUNTRY = "全国"


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show what is public, the newest first; a module, a province and what is over may be asked for."""
    form = BoardForm(request.GET)
    rows, asked = _chosen(form)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "items": [_line(each) for each in page],
        "feed_url": f"{reverse('bulletins:feed')}?{urlencode(asked)}" if asked else reverse("bulletins:feed"),
        "newer_url": _turned(asked, page.previous_page_number()) if page.has_previous() else "",
        "older_url": _turned(asked, page.next_page_number()) if page.has_next() else "",
        "text": f"共 {page.paginator.count} 则" if page.paginator.count else "",
        "asked": bool(asked),
    }
    return render(request, "bulletins/board.html", context)


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The same as an Atom feed, for who wants to be told."""
    rows, _ = _chosen(BoardForm(request.GET))
    made = Atom1Feed(
        title=f"通知公告 · {settings.SITE_NAME}",
        link=request.build_absolute_uri(reverse("bulletins:board")),
        feed_url=request.build_absolute_uri(),
        description="通知公告",
        language="zh-CN",
    )
    for each in rows[:FED]:
        made.add_item(
            title=each.title,
            link=request.build_absolute_uri(each.get_absolute_url()),
            description=each.body,
            unique_id=f"urn:uuid:{each.uid}",
            pubdate=each.publish_at,
            author_name=_place(each),
            categories=(each.get_module_display(),),
        )
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


@require_safe
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """Show a bulletin and its earlier wordings; a withdrawn one says when and why it was, and nothing else (410)."""
    bulletin = get_object_or_404(Bulletin.objects.select_related("region"), ref=ref)
    if bulletin.state == BulletinState.WITHDRAWN:
        context = {"bulletin": bulletin, "place": _place(bulletin)}
        return render(request, "bulletins/withdrawn.html", context, status=410)
    if bulletin.state != BulletinState.PUBLISHED or not bulletin.is_out:
        raise Http404
    versions = list(bulletin.versions.all())
    shown = versions[0]
    asked = request.GET.get("version", "")[:6]
    if asked.isdecimal() and int(asked) != bulletin.version:
        shown = next((each for each in versions if each.number == int(asked)), None)
        if shown is None:
            raise Http404
    context = {
        "bulletin": bulletin,
        "title": shown.title,
        "body": rendered(shown.body),
        "place": _place(bulletin),
        "is_older": shown.number != bulletin.version,
        "shown": shown,
        "versions": [
            {
                "label": f"第{each.number}版",
                "at": cn_datetime(each.at),
                "note": each.note,
                "url": f"{bulletin.get_absolute_url()}?{urlencode({'version': each.number})}",
                "current": each is shown,
            }
            for each in versions
        ],
        "files": list(bulletin.files.filter(purged_at=None).order_by("pk")),
    }
    return render(request, "bulletins/bulletin.html", context)


def _chosen(form: BoardForm):
    """Return what the reader asked for, and the question itself; what cannot be read asks for nothing."""
    said = form.cleaned_data if form.is_valid() else {}
    rows = public() if said.get("past") else in_force()
    asked = {}
    if said.get("module"):
        rows, asked["module"] = rows.filter(module=said["module"]), said["module"]
    if said.get("region"):
        rows, asked["region"] = about(rows, said["region"]), said["region"].pk
    if said.get("past"):
        asked["past"] = "on"
    return rows, asked


def _turned(asked: dict, number: int) -> str:
    return f"{reverse('bulletins:board')}?{urlencode(asked | {'page': number})}"


def _place(bulletin: Bulletin) -> str:
    return full_name(bulletin.region) if bulletin.region else COUNTRY


def _line(bulletin: Bulletin) -> dict:
    return {
        "title": bulletin.title,
        "url": bulletin.get_absolute_url(),
        "date": bulletin.publish_at,
        "note": f"{_place(bulletin)} · {bulletin.get_module_display()}"
        + (f" · 第{bulletin.version}版" if bulletin.version > 1 else "")
        + (f" · 有效期至{cn_date(bulletin.expires_on)}，已过" if bulletin.is_over else ""),
    }
