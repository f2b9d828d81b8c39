"""纸质证书领取: where each is, the courier or a place, taking a request back (R-PAP-02…07)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from certificates.actions import collecting
from certificates.forms.paper import AddressForm, PlaceForm
from certificates.models import PaperCertificate
from certificates.pdf.page import EQUAL_FORCE
from certificates.queries.paper import NOT_REISSUED, papers_of
from certificates.queries.paper_page import facts, journey, next_step, open_ways
from certificates.views.frame import menu
from certificates.workflows import UNDECIDED_PAPERS, PaperState, courier_refused
from registration.models import Qualification
from swms.ui import cn_date
from swms.views import WorkerRequired
from swms.workflow import Refused


@method_decorator(never_cache, name="dispatch")
class PaperPage(WorkerRequired, View):
    """A page about the reader's own paper certificates."""

    def paper(self, mgmt_no: str) -> PaperCertificate:
        """Return the reader's paper certificate of that number; 404 for everybody else's."""
        mine = PaperCertificate.objects.visible_to(self.request.user).select_related(
            "qualification__worker__user", "qualification__province", "batch__region", "batch__bulletin", "place",
            "region", "export",
        )  # fmt: skip
        return get_object_or_404(mine, qualification__mgmt_no=mgmt_no)

    def page(self, template: str, context: dict, *, status: int = 200):
        frame = {"menu": menu("paper"), "equal_force": EQUAL_FORCE, "not_reissued": NOT_REISSUED}
        return render(self.request, f"certificates/{template}", frame | context, status=status)


class Papers(PaperPage):
    """The paper certificates of the reader, and those that no batch has yet (R-PAP-01)."""

    def get(self, request):
        worker = request.user.worker
        papers = papers_of(worker)
        there = {paper.qualification_id for paper in papers}
        others = [
            {"label": each.get_level_display(), "mgmt_no": each.mgmt_no, "place": each.province.name}
            for each in Qualification.objects.filter(worker=worker).select_related("province").order_by("-exam_year")
            if each.pk not in there and each.is_valid
        ]
        cards = [{"paper": paper, "next": next_step(paper)} for paper in papers]
        return self.page("papers.html", {"cards": cards, "others": others})


class Status(PaperPage):
    """Where one certificate is, and what its holder may do."""

    def get(self, request, mgmt_no):
        paper = self.paper(mgmt_no)
        moves = {move.name for move in paper.moves_for(request.user)}
        context = {
            "paper": paper,
            "next": next_step(paper),
            "steps": journey(paper),
            "rows": facts(paper),
            "ways": open_ways(paper),
            "editable": paper.state == PaperState.MAIL_REQUESTED and paper.export_id is None,
            "cancellable": bool(moves & {"cancel_mail", "cancel_mail_early"}) and courier_refused(paper) is None,
        }
        return self.page("paper.html", context)


@method_decorator(sensitive_post_parameters("mobile", "address"), name="dispatch")
class Courier(PaperPage):
    """The address for the courier; the same page changes it while it is on no list (R-PAP-03)."""

    def get(self, request, mgmt_no):
        paper = self.paper(mgmt_no)
        closed = self._closed(paper)
        return closed or self._show(paper, AddressForm(initial=self._known(paper)))

    def post(self, request, mgmt_no):
        paper = self.paper(mgmt_no)
        form = AddressForm(request.POST)
        if not form.is_valid():
            return self._closed(paper) or self._show(paper, form)
        try:
            collecting.request_mail(paper, form.answers, by=request.user)
        except Refused as refused:
            form.add_error(None, refused.message)
            return self._show(paper, form, status=409)
        messages.success(request, "邮寄申请已保存。交给快递公司之前，可以修改地址。")
        return redirect(paper)

    def _closed(self, paper):
        """Return the way back with the reason where no address is asked for any more."""
        why = ""
        if paper.state == PaperState.MAIL_REQUESTED:
            why = "地址已经交给快递公司，不能再修改。" if paper.export_id else ""
        elif paper.state not in UNDECIDED_PAPERS:
            why = f"证书{paper.get_state_display()}，不能申请邮寄。"
        elif refused := courier_refused(paper):
            why = f"{refused.message}。"
        if not why:
            return None
        messages.error(self.request, why)
        return redirect(paper)

    def _known(self, paper) -> dict:
        if paper.state == PaperState.MAIL_REQUESTED:
            names = ("recipient", "mobile", "region", "address", "postcode")
            return {name: getattr(paper, name) for name in names} | {"pays": True}
        worker = paper.qualification.worker
        return {
            "recipient": worker.user.name,
            "mobile": worker.user.mobile,
            "region": worker.address_region,
            "address": worker.address,
        }

    def _show(self, paper, form, *, status=200):
        until = cn_date(paper.batch.collect_until if paper.remade_at else paper.batch.courier_until)
        context = {
            "form": form,
            "heading": "申请邮寄纸质证书",
            "lead": f"由{paper.batch.carrier}寄递，邮费到付。{until}前可以申请和撤销，交给快递公司后地址不能再改。",
            "submit_label": "保存地址" if paper.state == PaperState.MAIL_REQUESTED else "提交邮寄申请",
            "cancel_url": paper.get_absolute_url(),
        }
        return self.page("paper_form.html", context, status=status)


class Place(PaperPage):
    """Where the holder collects it, and who comes instead (R-PAP-05)."""

    def get(self, request, mgmt_no):
        paper = self.paper(mgmt_no)
        known = {
            "place": paper.place_id,
            "who": "proxy" if paper.proxy_name else "self",
            "proxy_name": paper.proxy_name,
            "proxy_last4": paper.proxy_last4,
            "proxy_relation": paper.proxy_relation,
        }
        return self._closed(paper) or self._show(paper, PlaceForm(initial=known, paper=paper))

    def post(self, request, mgmt_no):
        paper = self.paper(mgmt_no)
        form = PlaceForm(request.POST, paper=paper)
        if not form.is_valid():
            return self._closed(paper) or self._show(paper, form)
        try:
            collecting.choose_place(paper, form.cleaned_data["place"], by=request.user, proxy=form.proxy)
        except Refused as refused:
            form.add_error(None, refused.message)
            return self._show(paper, form, status=409)
        messages.success(request, "领取地点已保存。领取之前可以改选。")
        return redirect(paper)

    def _closed(self, paper):
        if paper.state in UNDECIDED_PAPERS and paper.batch.is_open and paper.batch.places.exists():
            return None
        messages.error(self.request, "这份证书现在不能选择现场领取地点。")
        return redirect(paper)

    def _show(self, paper, form, *, status=200):
        context = {
            "form": form,
            "heading": "选择现场领取地点",
            "lead": f"请在{cn_date(paper.batch.collect_until)}前携带身份证原件领取。"
            + ("" if paper.batch.proxy_allowed else "不能由他人代领。"),
            "submit_label": "保存",
            "cancel_url": paper.get_absolute_url(),
        }
        return self.page("paper_form.html", context, status=status)


class Cancel(PaperPage):
    """Ask before a request is taken back, then do it."""

    def get(self, request, mgmt_no):
        paper = self.paper(mgmt_no)
        refused = courier_refused(paper)
        if paper.state != PaperState.MAIL_REQUESTED or refused:
            why = refused.message if refused else f"证书{paper.get_state_display()}，没有可以撤销的邮寄申请"
            messages.error(request, f"{why}。")
            return redirect(paper)
        text = "撤销后，收件地址随即删除，可以重新申请邮寄，或者改为现场领取。"
        if not paper.batch.places.exists():
            text = "撤销后，收件地址随即删除。需要时请在申请期限内重新申请邮寄。"
        context = {
            "heading": "撤销邮寄申请",
            "text": text,
            "rows": facts(paper),
            "submit_label": "撤销申请",
            "cancel_url": paper.get_absolute_url(),
        }
        return self.page("replacement_withdraw.html", context)

    def post(self, request, mgmt_no):
        paper = self.paper(mgmt_no)
        try:
            collecting.cancel_mail(paper, by=request.user)
        except Refused as refused:
            messages.error(request, f"{refused.message}。")
        else:
            messages.success(request, "邮寄申请已撤销，收件地址已删除。")
        return redirect(paper)
