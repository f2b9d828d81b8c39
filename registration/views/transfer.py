"""变更: beginning one, choosing the employer, and the draft (R-CHG-01…04, R-CHG-09)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from registration import queries as hub
from registration.actions import transfers as actions
from registration.actions.transfers import Employer
from registration.forms.answers import LATER
from registration.forms.transfer import TransferForm
from registration.models import Transfer
from registration.queries import transfers as queries
from registration.views.page import WorkerPage
from registration.workflows import TransferState
from swms.regions.queries import full_name
from swms.ui import cn_date
from swms.uploads.refusal import UploadRefused
from swms.workflow import Refused


class TransferPage(WorkerPage):
    """A page about the reader's own change."""

    @cached_property
    def transfer(self) -> Transfer:
        """The change that the address names; 404 for everybody else's."""
        mine = Transfer.objects.visible_to(self.request.user).select_related(*queries.SHOWN)
        return get_object_or_404(mine, ref=self.kwargs["ref"], worker=self.worker)

    def to_case(self, transfer: Transfer) -> HttpResponse:
        return redirect("registration:transfer", transfer.ref)


class ListPage(WorkerPage):
    """变更: what it is for, the one that is open, and those that ended."""

    def get(self, request):
        changes = Transfer.objects.visible_to(request.user).filter(worker=self.worker).select_related(*queries.SHOWN)
        changes = list(changes.order_by("-id"))
        open_one = queries.open_change(self.worker)
        step = queries.next_step(open_one) if open_one else None
        context = {
            "refused": queries.beginning_refused(self.worker),
            "open": open_one,
            "step": step,
            "step_url": step_url(open_one, step) if open_one else "",
            "ended": [
                {"title": each.get_kind_display() or "变更", "transfer": each, "rows": _ended_rows(each)}
                for each in changes
                if open_one is None or each.pk != open_one.pk
            ],
        }
        return render(request, "registration/transfers/list.html", context)


def step_url(transfer: Transfer, step) -> str:
    """Return the address of the next step, empty where there is nothing to press."""
    if not step.url_name:
        return ""
    return reverse(f"registration:{step.url_name}", args=[] if step.url_name == "dashboard" else [transfer.ref])


def _ended_rows(transfer: Transfer) -> list[dict]:
    region = transfer.to_region or transfer.from_region
    return [
        {"label": "受理编号", "value": transfer.ref, "url": transfer.get_absolute_url()},
        {"label": "状态", "badge": transfer.get_state_display()},
        {"label": "工作单位", "value": transfer.new_employer},
        {"label": "登记区域", "value": full_name(region)},
        {"label": "办结时间", "value": cn_date(transfer.decided_at)},
    ]


class EmployerPage(TransferPage):
    """Choose the new employer as in 工作经历, or say that it stays; for a new change, and for a draft."""

    def get(self, request, ref=None):
        if ref and self.transfer.state != TransferState.DRAFT:
            return self.to_case(self.transfer)
        if not ref and (refused := queries.beginning_refused(self.worker)):
            messages.info(request, refused.message)
            return redirect("registration:transfers")
        if not ref and (open_one := queries.open_change(self.worker)):
            return self.to_case(open_one)
        here = reverse("registration:transfer_edit", args=[ref]) if ref else reverse("registration:transfer_new")
        text = request.GET.get("q", "").strip()
        context = {
            "q": text,
            "found": [
                {
                    "name": each.name,
                    "region": full_name(each.region),
                    "url": f"{here}?{urlencode({'institution': each.uid})}",
                }
                for each in hub.institutions_named(text)
            ],
            "typed_url": f"{here}?typed=1",
            "stays_url": f"{here}?stays=1" if queries.may_keep_employer(self.worker) else "",
            "back_url": reverse("registration:transfers"),
            "back_label": "返回变更",
        }
        return render(request, "registration/transfers/employer.html", context)


class DraftPage(TransferPage):
    """The form of a draft. Whatever was answered rightly is kept, also when something else is not."""

    def chosen(self) -> Employer | None:
        """Return what was chosen on the page of employers; ``None`` where the address does not say."""
        asked = self.request.GET
        if "institution" in asked:
            found = hub.institution_chosen(asked["institution"])
            if found is None:
                raise Http404
            return Employer(institution=found)
        if "stays" in asked or "typed" in asked:
            return Employer(stays="stays" in asked)
        return None

    def answer(self, transfer: Transfer, *, begun: bool) -> HttpResponse:
        """Keep what was posted for the draft; go on when nothing is wrong with it."""
        request = self.request
        form = TransferForm(request.POST, request.FILES, instance=transfer)
        valid = form.is_valid()
        try:
            seen = None if begun else form.seen
            kept = actions.save_draft(transfer, form.answers, by=request.user, seen=seen, files=form.good_files)
        except UploadRefused as refused:
            form.add_error(None, refused.message)
            return self.show(form, transfer)
        except Refused as refused:
            return self._not_kept(form, transfer, refused)
        if valid and LATER in request.POST:
            messages.success(request, "草稿已保存，申请尚未提交。")
            return self.to_case(kept)
        if valid:
            return redirect("registration:transfer_check", kept.ref)
        form.kept_as(kept)
        return self.show(form, kept)

    def _not_kept(self, form: TransferForm, transfer: Transfer, refused: Refused) -> HttpResponse:
        if refused.code == "wrong_state":  # sent from another page
            messages.info(self.request, refused.message)
            return self.to_case(transfer)
        beside = form.beside
        form.offer_again()
        form.add_error(None, refused.message)
        form.choose_files_again()
        return self.show(form, transfer, beside=beside)

    def show(self, form: TransferForm, transfer: Transfer, **context) -> HttpResponse:
        saved = transfer.pk is not None
        employer = (
            reverse("registration:transfer_employer", args=[transfer.ref])
            if saved
            else reverse("registration:transfer_start")
        )
        context |= {
            "form": form,
            "heading": "填写变更申请",
            "status": "申请尚未提交。填写后还要核对，按“提交变更申请”后才算提交。",
            "transfer": transfer,
            "kind": transfer.get_kind_display(),
            "from_region": full_name(transfer.from_region),
            "to_region": full_name(transfer.to_region) if transfer.to_region else "",
            "employer_url": employer,
            "later": LATER,
            "cancel_url": transfer.get_absolute_url() if saved else reverse("registration:transfers"),
            "before": transfer.copied_from if transfer.copied_from_id else None,
        }
        return render(self.request, "registration/transfers/form.html", context)


class NewPage(DraftPage):
    """The first look at the form: nothing is kept before it is sent once."""

    def get(self, request):
        employer = self.chosen()
        if employer is None:
            return redirect("registration:transfer_start")
        if open_one := queries.open_change(self.worker):
            return redirect(f"{reverse('registration:transfer_edit', args=[open_one.ref])}?{request.GET.urlencode()}")
        try:
            transfer = actions.preview(self.worker, employer)
        except Refused as refused:
            messages.info(request, refused.message)
            return redirect("registration:transfers")
        return self.show(TransferForm(instance=transfer), transfer)

    def post(self, request):
        employer = self.chosen()
        if employer is None:
            return redirect("registration:transfer_start")
        begun = queries.open_change(self.worker) is None
        try:
            transfer = actions.begin(self.worker, employer, by=request.user)
        except Refused as refused:
            messages.info(request, refused.message)
            return redirect("registration:transfers")
        return self.answer(transfer, begun=begun)


class EditPage(DraftPage):
    """The draft; with another employer where the address names one, kept once the form is sent."""

    def get(self, request, ref):
        transfer, employer = self.transfer, self.chosen()
        if transfer.state != TransferState.DRAFT:
            messages.info(request, f"变更申请处于“{transfer.get_state_display()}”状态，不能修改。")
            return self.to_case(transfer)
        try:
            shown = actions.preview(self.worker, employer, transfer) if employer else transfer
        except Refused as refused:
            messages.info(request, refused.message)
            return redirect("registration:transfer_edit", ref)
        return self.show(TransferForm(instance=shown), shown)

    def post(self, request, ref):
        transfer, employer = self.transfer, self.chosen()
        try:
            chosen = actions.choose(transfer, employer, by=request.user) if employer else transfer
        except Refused as refused:
            messages.info(request, refused.message)
            return self.to_case(transfer)
        return self.answer(chosen, begun=False)
