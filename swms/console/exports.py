"""Lists as a sheet: who took which part of one, for what, and how many rows it had (S16, decision 0028).

The whole sheet is written before anything is sent: so the trail knows its rows, a fault is an answer that
says so, and nobody gets half a list. Rows are read in steps by their key and go to the disk as they come.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.urls import path
from django.views.decorators.http import require_http_methods

from swms import sheets
from swms.audit import trail
from swms.console.screens import chosen_part
from swms.dates import today
from swms.downloads import as_download
from swms.forms import Form
from swms.regions.places import Place, place_of, places_to_choose

MOST = 20_000  # rows of one sheet: a few seconds of work
STEP = 2_000
IN_MEMORY = 1024 * 1024  # bytes of a sheet before it goes to the disk
EXPORTED = "console.export"


class ExportForm(Form):
    """In which form, and what for."""

    kind = forms.ChoiceField(
        label="文件格式",
        choices=[(sheets.XLSX, "XLSX（用 Excel 或 WPS 打开）"), (sheets.CSV, "CSV（供其他程序读取）")],
        initial=sheets.XLSX,
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
    )
    purpose = forms.CharField(
        label="用途",
        min_length=5,
        max_length=200,
        help_text="写明导出后作什么用。用途会记入审计记录。",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"min_length": "请写%(limit_value)d字以上，说明作什么用"},
    )


class ListExportForm(ExportForm):
    """The same for a list, of which a division may be taken."""

    region = forms.ChoiceField(label="区域")
    field_order = ("region", "kind", "purpose")

    def __init__(self, data=None, *, places, **rest):
        super().__init__(data, **rest)
        self.fields["region"].choices = places


def send(file: BinaryIO, name: str, kind: str) -> FileResponse:
    """Return a written sheet as a download; it is closed when it was sent."""
    size = file.tell()
    file.seek(0)
    response = FileResponse(file, content_type=sheets.CONTENT_TYPES[kind])
    response["Content-Length"] = size
    return as_download(response, f"{name}.{kind}")


def new_file() -> BinaryIO:
    """Return a nameless file that a sheet is written to."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


def in_steps(rows: QuerySet) -> Iterator:
    """Yield all the rows, the newest first, reading some at a time: neither memory nor a long query grows with them."""
    rows, last = rows.order_by("-pk"), None
    while True:
        step = list((rows if last is None else rows.filter(pk__lt=last))[:STEP])
        yield from step
        if len(step) < STEP:
            return
        last = step[-1].pk


class Exported:
    """Mix into a screen whose list may be taken along as a sheet: the part that is shown, of a division.

    Subclasses say ``export_header`` and ``export_cells``, which masks identity numbers and reads no more than
    the record and what ``export_joined`` names.
    """

    export_header: tuple[str, ...] = ()
    export_joined = ("worker__user", "qualification", "region")
    export_region = "region"

    def export_cells(self, record) -> list:
        """Return the cells of a record, in the order of the header."""
        raise NotImplementedError

    def page_urls(self):
        return [path("export/", self.page(self.export_page), name=self.url_name("export")), *super().page_urls()]

    def list_context(self, request):
        context = super().list_context(request)
        shown = urlencode({name: request.GET[name] for name in ("part", "region") if request.GET.get(name)})
        action = {"label": "导出", "url": f"{self.url('export')}?{shown}"}
        return context | {"actions": [*context.get("actions", ()), action]}

    def export_page(self, request):
        """What the sheet will hold (GET), and the sheet (POST)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._export)(request)

    def _export(self, request):
        filters = self.filters(request.user)
        part = chosen_part(filters, request)
        here = place_of(request.user, (request.POST or request.GET).get("region", ""), self.duties)
        if here is None:
            raise Http404
        places = places_to_choose(request.user, here, self.duties)
        if request.method != "POST":
            form = ListExportForm(places=places, initial={"region": here.code, "kind": sheets.XLSX})
            return self._show_export(request, form, filters, part, here)
        form = ListExportForm({"region": here.code} | request.POST.dict(), places=places)
        rows = part.rows.filter(here.inside(self.export_region))
        if form.is_valid() and self._count(rows) > MOST:
            form.add_error("region", f"{here.name}的记录超过{MOST}条，请选择下级区域，分几次导出")
        if not form.is_valid():
            return self._show_export(request, form, filters, part, here)
        return self._written(request, form.cleaned_data, part, here, rows)

    @staticmethod
    def _count(rows: QuerySet) -> int:
        """Return how many rows there are, or one more than a sheet may have."""
        return rows.order_by().values("pk")[: MOST + 1].count()

    def _written(self, request, said: dict, part, here: Place, rows: QuerySet):
        file, kind = new_file(), said["kind"]
        rows = rows.select_related(None).select_related(*self.export_joined)
        cells = (self.export_cells(record) for record in in_steps(rows))
        count = sheets.write(file, kind, self.label, self.export_header, cells)
        told(request.user, self.label, said, here, count, 范围=part.label)
        return send(file, f"{self.label}-{part.label}-{here.name.replace(' ', '')}-{today()}", kind)

    def _show_export(self, request, form, filters, part, here):
        count = self._count(part.rows.filter(here.inside(self.export_region)))
        context = {
            "heading": f"导出{self.label}",
            "form": form,
            "parts": [
                {
                    "label": each.label,
                    "url": f"?part={each.name}&region={here.code}",
                    "current": each is part,
                    "count": None,
                }
                for each in filters
            ],
            "where": here.name,
            "count": count if count <= MOST else f"{MOST}以上",
            "too_many": count > MOST,
            "most": MOST,
            "header": "、".join(self.export_header),
            "list_url": self.list_url,
            "list_label": self.label,
        }
        return self.show(request, "console/export.html", context)


def told(user, what: str, said: dict, here: Place, rows: int, **more) -> None:
    """Write down who took what, for what purpose, and how many rows it was."""
    changes = {"名单": what, **more, "区域": here.name, "格式": said["kind"].upper(), "行数": rows}
    trail.record(EXPORTED, user, actor=user, reason=said["purpose"], changes=changes)
