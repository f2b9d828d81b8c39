"""查看证书 of the registration: for its owner and for the reviewers of its region (R-REG-20)."""

import logging

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from certificates import queries
from certificates.models import FileDamaged
from certificates.pdf.page import EQUAL_FORCE
from certificates.queries.counts import verification_table
from certificates.queries.verdicts import of_certificate
from certificates.views.frame import DAMAGED, closed, document, menu
from certificates.workflows import DocumentState, refused_now
from registration.models import Registration
from swms.ui import cn_date

log = logging.getLogger(__name__)

MAKING = ("in_production", "证书生成中…", "登记已完成，证书文件正在生成，一般只需几秒钟，请稍后再试。")


@method_decorator(never_cache, name="dispatch")
class Page(LoginRequiredMixin, View):
    """The certificate's facts at once (首次登记已完成), its signed PDF as soon as that exists (已出证)."""

    def get(self, request, number):
        registration = visible_registration(request.user, number)
        certificate = queries.current_certificate(registration)
        context = {
            "registration": registration,
            "certificate": certificate,
            "ready": queries.served_certificate(registration) is not None,
            "withdrawn": queries.is_withdrawn(registration),
            "renewing": certificate is not None and certificate.state == DocumentState.QUEUED,
            "answer": of_certificate(registration, certificate),
            "facts": queries.registration_facts(registration, certificate),
            "equal_force": EQUAL_FORCE,
            "versions": _versions(registration),
            "version_columns": [{"label": label} for label in ("版本", "签发时间", "原因", "状态")],
            "replacing": _replacing(registration) if request.user.is_worker else None,
            "menu": menu("") if request.user.is_worker else None,
            "verified": verification_table(registration) if request.user.is_worker else None,
        }
        return render(request, "certificates/registration.html", context)


def _versions(registration: Registration) -> list[list]:
    """Return the rows of 版本记录: which version, when and why it was issued, and whether it counts (R-REP-03).

    What has become of the registration goes before what has become of the version, as at verification.
    """
    return [
        [
            f"第 {each.version} 版",
            {"text": cn_date(each.issued_at) or "尚未签发"},
            each.why,
            {"badge": DocumentState(each.state).label if each.state == DocumentState.QUEUED else answer.status},
        ]
        for each in queries.versions(registration)
        for answer in [of_certificate(registration, each)]
    ]


def _replacing(registration: Registration) -> dict:
    """Return what the owner may do about 换发: go on with the open one, begin one, or be told why not (R-REP-02)."""
    there = queries.open_replacement(registration.worker)
    if there and there.registration_id == registration.pk:
        return {
            "url": there.get_absolute_url(),
            "label": "查看换发申请",
            "note": f"{there.ref}，{there.get_state_display()}",
        }
    refused = refused_now(registration)
    if refused:
        return {"note": f"{refused.message}。"}
    url = reverse("certificates:replacement_start", args=[registration.number])
    return {"url": url, "label": "换发登记证书", "note": "纸质证书遗失、姓名或证件号码更正、地方旧证换新时办理。"}


@method_decorator(never_cache, name="dispatch")
class File(LoginRequiredMixin, View):
    """The signed PDF of the 登记证书; 409 while it is in production, and of what was undone (R-REG-24)."""

    download = False

    def get(self, request, number):
        registration = visible_registration(request.user, number)
        certificate = queries.served_certificate(registration)
        if queries.is_withdrawn(registration):
            answer = of_certificate(registration, certificate)
            return closed(request, answer.code, answer.title, answer.text, registration=registration)
        if certificate is None:
            return closed(request, *MAKING, registration=registration)
        try:
            data = certificate.read()
        except FileDamaged:
            log.exception("certificate_file_damaged", extra={"certificate": str(certificate)})
            return closed(request, *DAMAGED, registration=registration)
        return document(data, f"{registration.number}.pdf", download=self.download)


def visible_registration(user, number: str) -> Registration:
    """Return the registration of this number if ``user`` may see it, or raise 404."""
    if not user.is_authenticated:
        raise Http404
    rows = Registration.objects.visible_to(user).select_related("region", "worker__user", "qualification__province")
    return get_object_or_404(rows, number=number)
