"""Verification without a network: a page that keeps itself, and the script behind it (docs/decisions/0031)."""

import base64
import json

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from certificates.forms import StatementForm
from certificates.pdf import statement_keys
from certificates.queries.offline import CAVEAT, LABELS, WORDS, judge_text
from certificates.queries.printed import Row
from certificates.views.frame import menu
from swms.ui import cn_date

#: Where a field of a label stands in a statement.
_PLACES = ("kind", "number", "name", "id_number", "level", "certificate", "purpose", "edition", "valid_until")


@method_decorator(never_cache, name="dispatch")
class Offline(View):
    """The page; who has no scripts gets the same answer from the server."""

    def get(self, request):
        return self._page(StatementForm())

    def post(self, request):
        form = StatementForm(request.POST)
        return self._page(form, judge_text(form.cleaned_data["text"]) if form.is_valid() else None)

    def _page(self, form, answer=None):
        keys = statement_keys.published()
        labels = {
            kind: (title, [(label, _PLACES.index(name)) for label, name in rows])
            for kind, (title, rows) in LABELS.items()
        }
        context = {
            "form": form,
            "answer": answer,
            "answers": [(reading.value, words) for reading, words in WORDS.items()],
            "caveat": CAVEAT,
            "labels": json.dumps(labels, ensure_ascii=False),
            "keys": json.dumps([
                {
                    "name": name.hex(),
                    "spki": base64.b64encode(key.spki).decode(),
                    "since": key.since.isoformat(),
                    "until": key.until.isoformat(),
                }
                for name, key in keys.items()
            ]),
            "published": [
                Row(f"密钥 {name.hex()}", f"{cn_date(key.since)}至{cn_date(key.until)}") for name, key in keys.items()
            ],
            "saved_at": timezone.now(),
            "menu": menu("verify"),
        }  # fmt: skip
        return render(self.request, "certificates/offline.html", context)


class Worker(View):
    """The script that answers for the page and for QR links without a network: its address decides what for."""

    def get(self, request):
        file = settings.BASE_DIR / "static" / "js" / "offline-worker.js"
        response = HttpResponse(file.read_bytes(), content_type="text/javascript; charset=utf-8")
        response["Service-Worker-Allowed"] = "/"
        response["Cache-Control"] = "no-cache"
        return response
