"""What the pages of this module share: its left menu, its gate, and how a document leaves the portal."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode

from certificates.pdf.page import EQUAL_FORCE
from certificates.queries import has_agreed
from swms.views import WorkerRequired

#: A file that is not there or not as it was recorded: code, title, text.
DAMAGED = ("file_damaged", "文件暂时无法提供", "请稍后再试，我们已经收到报警。")


def menu(current: str) -> list[dict]:
    """Return the left menu: 证书查验, 证书下载 (R-CERT-02) and 纸质证书 (R-PAP-02)."""
    return [
        {"label": label, "url": reverse(f"certificates:{name}"), "current": name == current}
        for name, label in (("verify", "证书查验"), ("list", "证书下载"), ("paper", "纸质证书"))
    ]


class HolderPage(WorkerRequired):
    """A page of the module that opens only after 服务须知 was agreed to (R-CERT-03)."""

    def dispatch(self, request, *args, **kwargs):
        user = request.user
        if user.is_authenticated and user.is_worker and not has_agreed(user):
            return redirect(f"{reverse('certificates:terms')}?{urlencode({'next': request.get_full_path()})}")
        return super().dispatch(request, *args, **kwargs)

    def page(self, template: str, context: dict, *, status: int = 200) -> HttpResponse:
        """Answer with a page of the module in its frame."""
        frame = {"menu": menu("list"), "equal_force": EQUAL_FORCE}
        return render(self.request, f"certificates/{template}", frame | context, status=status)


def closed(request, code: str, title: str, text: str, **whose) -> HttpResponse:
    """Answer 409 with why a document cannot be opened now, in words or for programs (R-ANN-03).

    ``whose`` names the annotation or the registration that the page leads back to.
    """
    if wants_json(request):
        body = {"code": code, "message": f"{title}。{text}" if text else title}
        return JsonResponse(body, status=409, json_dumps_params={"ensure_ascii": False})
    context = {"title": title, "text": text, "menu": menu("list" if "annotation" in whose else ""), **whose}
    return render(request, "certificates/closed.html", context, status=409)


def wants_json(request) -> bool:
    """Tell whether a program asks; a browser, or who does not say, gets a page."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def document(data: bytes, name: str, *, download: bool) -> HttpResponse:
    """Answer with a signed document: never stored on the way, never guessed at (S6)."""
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(download, name)
    # A browser's own viewer does not open in a sandbox; what is served here was written by us alone.
    response["Content-Security-Policy"] = "default-src 'none'; " + (
        "sandbox" if download else "object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
