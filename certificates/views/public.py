"""证书查验 without an account (R-VER-01): by number and name, by file, by QR code."""

from datetime import timedelta

from django.http import JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from certificates.actions import look_up, look_up_code, look_up_file
from certificates.forms import FileForm, NumberForm
from certificates.models import VerificationCount
from certificates.queries.issued_log import proof_of
from certificates.queries.verification import document_of
from certificates.views.frame import menu, wants_json
from swms import throttle
from swms.middleware import client_ip

PER_MINUTE = timedelta(minutes=1)


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class VerifyNumber(View):
    """The home of the module: three ways to verify, and the menu to 证书下载."""

    def get(self, request):
        typed = {name: request.GET.get(name, "")[:50] for name in ("number", "name")}
        return self._page(NumberForm(initial=typed))

    def post(self, request):
        if "asked" not in request.POST:  # from the front page, which does not ask the question
            typed = {name: request.POST.get(name, "")[:50] for name in ("number", "name")}
            return self._page(NumberForm(initial=typed))
        form = NumberForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        found = look_up(form.cleaned_data["number"], form.cleaned_data["name"], ip=client_ip(request))
        return render(request, "certificates/verification.html", {"result": found, "menu": menu("verify")})

    def _page(self, form):
        context = {"form": form, "file_form": FileForm(prefix="pdf"), "menu": menu("verify")}
        return render(self.request, "certificates/verify.html", context)


@method_decorator(never_cache, name="dispatch")
class VerifyFile(View):
    """Verification by dropping the PDF on the page; the file is read and not kept."""

    def get(self, request):
        return self._page(FileForm(prefix="pdf"))

    def post(self, request):
        throttle.hit("verify_file", client_ip(request), 10, PER_MINUTE)
        form = FileForm(request.POST, request.FILES, prefix="pdf")
        if not form.is_valid():
            return self._page(form)
        found = look_up_file(form.cleaned_data["file"].read())
        context = {"result": found, "menu": menu("verify"), "again": "certificates:verify_file"}
        return render(request, "certificates/verification.html", context)

    def _page(self, form):
        return render(self.request, "certificates/verify_file.html", {"form": form, "menu": menu("verify")})


@method_decorator(never_cache, name="dispatch")
class VerifyToken(View):
    """Where a QR code leads: a page, or JSON for who asks for it; no account, no question."""

    def get(self, request, token):
        throttle.hit("verify_token", client_ip(request), 60, PER_MINUTE)
        for_program = wants_json(request)
        way = VerificationCount.Way.API if for_program else VerificationCount.Way.CODE
        found = look_up_code(token, way=way)
        status = 200 if found.is_found else 404
        if for_program:
            return JsonResponse(found.as_json(), status=status, json_dumps_params={"ensure_ascii": False})
        context = {"result": found, "menu": menu("verify")}
        return render(request, "certificates/verification.html", context, status=status)


@method_decorator(never_cache, name="dispatch")
class Proof(View):
    """That a document is in 签发日志, for programs: its leaf, the path to the root, the signed head."""

    def get(self, request, token):
        throttle.hit("verify_token", client_ip(request), 60, PER_MINUTE)
        document = document_of(token)
        proof = proof_of(document) if document else None
        if proof is None:
            body, status = {"code": "not_found", "message": "签发日志中没有这份文件"}, 404
        else:
            body, status = proof.as_json(), 200
        return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
