"""Bulk verification for institutions and the offices' staff (R-VER-01): one file in, one answer for every row."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from certificates.actions import bulk
from certificates.forms import BulkForm
from certificates.rules import may_check_many
from certificates.views.frame import menu
from registration.roster.files import FileRefused
from swms import downloads
from swms.dates import today


@method_decorator(never_cache, name="dispatch")
class Bulk(LoginRequiredMixin, View):
    """The form, and the result in the page or as a file; nothing of it is kept."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not may_check_many(request.user):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self._page(BulkForm())

    def post(self, request):
        form = BulkForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(form)
        try:
            checked = bulk.check_file(form.cleaned_data["file"], by=request.user)
        except FileRefused as refused:
            form.add_error("file", refused.message)
            return self._page(form)
        kind = form.cleaned_data["kind"]
        if kind == "page":
            return self._page(BulkForm(), checked)
        return downloads.sheet(bulk.written(checked, kind), f"批量查验结果-{today():%Y%m%d}", kind)

    def _page(self, form, checked=None):
        rows = [
            [{"text": one.row}, one.number, one.name, {"text": one.cells[3]}, one.cells[4]] for one in checked or []
        ]
        context = {
            "form": form,
            "rows": rows,
            "columns": [{"label": label} for label in bulk.HEADER[:5]],
            "found": sum(one.found is not None and one.found.is_found for one in checked or []),
            "bad": sum(one.found is None for one in checked or []),
            "most": bulk.MOST_ROWS,
            "hourly": bulk.HOURLY,
            "menu": menu("verify"),
        }
        return render(self.request, "certificates/bulk.html", context)
