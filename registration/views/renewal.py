"""再登记 of one registration: what is open today and why, and the button that begins it (R-REREG-01…08)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render

from registration import actions, queries
from registration.models import Application, Registration
from registration.views.page import WorkerPage
from registration.workflows import RENEWAL_KINDS, ApplicationKind
from registration.workflows.application import filing_refused, renewal_window
from swms.ui import cn_date
from swms.workflow import Refused


class RenewalPage(WorkerPage):
    """Leads to the open renewal of a registration; without one it says why not yet, or lets it begin.

    The daily job opens the case on the window's first day. This page does so too, so that a late job keeps
    nobody waiting.
    """

    def get(self, request, number):
        record = self.record(number)
        there = _open_case(record)
        if there:
            return redirect(there)
        begin = queries.may_begin(record)
        window = renewal_window(record.valid_until)
        context = {
            "record": record,
            "begin": begin,
            "begin_label": "开始补登记" if begin == "makeup" else "开始再登记",
            "why": _why(record, begin, window),
            "rows": [
                {"label": "登记证书编号", "value": record.number},
                {"label": "证书级别", "value": record.qualification.get_level_display()},
                {"label": "登记有效期", "value": f"{cn_date(record.valid_from)}至{cn_date(record.valid_until)}"},
                {"label": "登记状态", "badge": record.standing.label},
                {"label": "再登记受理期限", "value": f"{cn_date(window.opens)}至{cn_date(window.last_day)}"},
            ],
        }
        return render(request, "registration/renewal.html", context)

    def post(self, request, number):
        record = self.record(number)
        try:
            if queries.may_begin(record) == "makeup":
                application = actions.open_makeup(record, by=request.user)
            else:
                application = actions.open_renewal(record, by=request.user)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect("registration:renewal", number)
        return redirect(application) if application else redirect("registration:renewal", number)

    def record(self, number: str) -> Registration:
        """Return the reader's registration of that number; 404 for everybody else's."""
        mine = Registration.objects.visible_to(self.request.user).select_related("qualification", "region", "worker")
        return get_object_or_404(mine, number=number, worker=self.worker)


def _open_case(record: Registration) -> Application | None:
    """Return the renewal to go on with: the newest one that is not over."""
    last = record.applications.filter(kind__in=RENEWAL_KINDS).order_by("-pk").first()
    return last if last and queries.goes_on(last) else None


def _why(record: Registration, begin: str, window) -> str:
    """Say in words why it can be begun, or why not."""
    if begin == "makeup":
        return "登记已过期，登记区域所在省份正在受理补登记。补登记须说明逾期原因，审核通过之日起重新计算有效期。"
    if begin:
        until = cn_date(window.last_day)
        return f"现在是再登记的受理期限，请在{until}前提交申请。开始之后还要核对并提交，提交之前审核不会开始。"
    draft = Application(
        kind=ApplicationKind.RENEW, registration=record, qualification=record.qualification, term_end=record.valid_until
    )
    refused = filing_refused(draft)
    return f"{refused.message}。" if refused else "这份登记目前不需要办理再登记。"
