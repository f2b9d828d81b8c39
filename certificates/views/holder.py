"""证书下载: 服务须知, the holder's certificates, 加注 and the annotated copies (R-CERT-02…06, R-ANN-01…13)."""

import logging
import uuid

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from certificates import actions, queries
from certificates.forms import AnnotationForm, TermsForm
from certificates.models import TERMS_VERSION, Annotation, FileDamaged
from certificates.queries.counts import verification_table
from certificates.queries.verdicts import of_qualification
from certificates.views.frame import DAMAGED, HolderPage, closed, document, menu
from certificates.views.titles import title_url
from certificates.workflows import AnnotationState
from registration.models import Qualification
from swms.signin.views.answers import safe_next
from swms.views import WorkerRequired
from swms.workflow import Refused

log = logging.getLogger(__name__)

#: Why a copy cannot be opened, by where it stands: code, title, text (R-CERT-06, R-ANN-03).
CLOSED = {
    AnnotationState.SUBMITTED: (
        "in_production",
        "证书生成中…",
        "加注正在生成，完成后即可查看和下载，最迟不超过提交后 24 小时。",
    ),
    AnnotationState.EXPIRED: (
        "expired",
        "加注已过期",
        "加注有效期已过，不能再查看和下载。需要使用时，请重新申请加注。",
    ),
    AnnotationState.FAILED: ("failed", "生成失败", "这次加注没有生成成功，不占用次数，请重新申请。"),
    AnnotationState.ENDED: ("ended", "加注已终止", "您已终止这次加注，不能再查看和下载。需要使用时，请重新申请加注。"),
    AnnotationState.REVOKED: ("revoked", "加注已撤销", "登记已被撤销，这份加注件不能再使用。"),
}


class Terms(WorkerRequired, View):
    """服务须知, with 同意 at its end (R-CERT-03)."""

    def get(self, request):
        return self._page(TermsForm())

    def post(self, request):
        form = TermsForm(request.POST)
        try:
            if not form.is_valid():
                raise Refused("terms_changed", "服务须知已更新，请重新阅读")
            actions.agree_to_terms(request.user, form.cleaned_data["version"])
        except Refused as refused:
            form = TermsForm({"version": TERMS_VERSION})
            form.is_valid()
            form.add_error(None, refused.message)
            return self._page(form)
        # An address, never the name of a page: `redirect` would look "next" up among the names.
        return HttpResponseRedirect(safe_next(request, request.GET.get("next", "")) or reverse("certificates:list"))

    def _page(self, form):
        context = {"form": form, "menu": menu("list"), "agreed": queries.has_agreed(self.request.user)}
        return render(self.request, "certificates/terms.html", context)


class List(HolderPage, View):
    """The holder's certificates (证书下载)."""

    def get(self, request):
        return self.page("list.html", {"cards": queries.my_certificates(request.user)})


class Certificate(HolderPage, View):
    """One certificate: check its information, apply for an annotation, see the earlier ones."""

    def get(self, request, mgmt_no):
        return self._page(AnnotationForm(initial={"key": uuid.uuid4()}))

    def post(self, request, mgmt_no):
        form = AnnotationForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                annotation = actions.request_annotation(
                    self._qualification(),
                    scenario=data["scenario"],
                    valid_days=data["valid_days"],
                    info_confirmed=data["info_confirmed"],
                    terms_version=TERMS_VERSION,
                    idempotency_key=data["key"],
                    by=request.user,
                )
                return redirect(annotation)
            except Refused as refused:
                form.add_error(None, refused.message)
                return self._page(form, status=409)
        return self._page(form)

    def _qualification(self) -> Qualification:
        mine = Qualification.objects.visible_to(self.request.user).select_related("province", "worker__photo")
        return get_object_or_404(mine, mgmt_no=self.kwargs["mgmt_no"])

    def _page(self, form, *, status=200):
        qualification = self._qualification()
        past = list(qualification.annotations.select_related("scenario").order_by("-id"))
        for each in past:
            each.qualification = qualification
        in_hand = next((each for each in past if each.state == AnnotationState.SUBMITTED), None)
        quota = queries.quota(qualification)
        context = {
            "qualification": qualification,
            "facts": queries.qualification_facts(qualification),
            "titles_url": title_url(qualification),
            "annotatable": qualification.is_valid and queries.has_e_certificate(qualification),
            "paper_only": not queries.has_e_certificate(qualification),
            "quota": quota,
            "in_hand": in_hand,
            "open": [each for each in past if each.is_open],
            "past": past,
            "form": form if qualification.is_valid else None,
            "verified": verification_table(qualification),
        }
        return self.page("qualification.html", context, status=status)


@method_decorator(never_cache, name="dispatch")
class Annotated(HolderPage, View):
    """One annotation: 证书生成中…, then the copy to view and download, later why it is closed."""

    def get(self, request, number):
        annotation = own_annotation(request.user, number)
        code, title, text = why_closed(annotation)
        context = {"annotation": annotation, "closed_title": title, "closed_text": text}
        context["closed_tone"] = "bad" if code in ("revoked", "cancelled") else "wait"
        partial = request.htmx and annotation.standing == AnnotationState.SUBMITTED
        response = self.page("annotation_wait.html" if partial else "annotation.html", context)
        if request.htmx and not partial:
            response = HttpResponse(headers={"HX-Refresh": "true"})
        return response


@method_decorator(never_cache, name="dispatch")
class File(HolderPage, View):
    """The annotated PDF, in the page or as a download, while it is open (R-ANN-04); 409 otherwise (R-ANN-03)."""

    download = False

    def get(self, request, number):
        annotation = own_annotation(request.user, number)
        if not annotation.is_open:
            return closed(request, *why_closed(annotation), annotation=annotation)
        try:
            data = annotation.read()
        except FileDamaged:
            log.exception("annotation_file_damaged", extra={"annotation": annotation.number})
            return closed(request, *DAMAGED, annotation=annotation)
        return document(data, f"{annotation.number}.pdf", download=self.download)


class End(HolderPage, View):
    """Confirm, then end the annotation at once (§2.13)."""

    def get(self, request, number):
        annotation = own_annotation(request.user, number)
        if not annotation.is_open:
            raise Http404
        rows = [
            {"label": "加注编号", "value": annotation.number},
            {"label": "使用场景", "value": annotation.scenario.label},
            {"label": "有效期至", "value": annotation.valid_until},
        ]
        return self.page("end.html", {"annotation": annotation, "rows": rows})

    def post(self, request, number):
        annotation = own_annotation(request.user, number)
        actions.end(annotation, by=request.user)
        return redirect(annotation)


def why_closed(annotation: Annotation) -> tuple[str, str, str]:
    """Return why a copy cannot be opened, empty while it can; as at verification, the certificate's end goes first."""
    if not annotation.qualification.is_valid:
        answer = of_qualification(annotation.qualification)
        return answer.code, answer.title, f"{answer.text}这份加注件不能再使用。"
    return CLOSED.get(annotation.standing, ("", "", ""))


def own_annotation(user, number: str) -> Annotation:
    """Return the holder's annotation of this number, or raise 404."""
    rows = Annotation.objects.visible_to(user).select_related("scenario", "qualification__province")
    return get_object_or_404(rows, number=number)
