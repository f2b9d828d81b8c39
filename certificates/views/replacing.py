"""换发登记证书: why, the answers, check, receipt, status, 撤回 (R-REP-01…03)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from certificates import queries
from certificates.actions import replacing as actions
from certificates.forms import ReasonForm, ReplacementForm
from certificates.models import Replacement
from certificates.queries.replacement_page import beside, steps, whose_move
from certificates.workflows import ReplacementState, refused_now
from registration.models import Registration
from registration.queries import office_of
from swms.console.history import entries
from swms.dates import today, working_days_left
from swms.regions.queries import full_name
from swms.ui import cn_date
from swms.uploads.refusal import UploadRefused
from swms.views import WorkerRequired
from swms.workflow import Refused


@method_decorator(never_cache, name="dispatch")
class ReplacementPage(WorkerRequired, View):
    """A page about the reader's own replacement."""

    def replacement(self, ref: str) -> Replacement:
        """Return the reader's replacement of that reference; 404 for everybody else's."""
        mine = Replacement.objects.visible_to(self.request.user).select_related(
            "worker__user", "registration__region", "registration__qualification", "correction"
        )
        return get_object_or_404(mine, ref=ref, worker__user=self.request.user)


class Start(ReplacementPage):
    """Why the certificate is to be replaced. An open replacement is led to instead."""

    def get(self, request, number):
        registration = self.registration(number)
        there = queries.open_replacement(registration.worker)
        if there and there.state != ReplacementState.DRAFT:
            messages.info(request, f"已有一件没有办结的换发申请（{there.ref}），不能同时再申请一件。")
            return redirect(there)
        mine = there and there.registration_id == registration.pk
        return self._show(registration, ReasonForm(initial={"reason": there.reason} if mine else None))

    def post(self, request, number):
        registration = self.registration(number)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._show(registration, form)
        try:
            replacement = actions.begin(registration, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refused:
            if refused.extra.get("ref"):
                messages.info(request, f"{refused.message}。")
                return redirect("certificates:replacement", refused.extra["ref"])
            form.add_error(None, refused.message)
            return self._show(registration, form, status=409)
        return redirect("certificates:replacement_edit", replacement.ref)

    def registration(self, number: str) -> Registration:
        """Return the reader's registration of that number; 404 for everybody else's."""
        mine = Registration.objects.visible_to(self.request.user).select_related(
            "region", "worker__user", "qualification"
        )
        return get_object_or_404(mine, number=number, worker__user=self.request.user)

    def _show(self, registration, form, *, status=200):
        context = {
            "registration": registration,
            "refused": refused_now(registration),
            "form": form,
            "back_url": reverse("certificates:registration", args=[registration.number]),
        }
        return render(self.request, "certificates/replacement_start.html", context, status=status)


@method_decorator(sensitive_post_parameters("new_id_number"), name="dispatch")
class Edit(ReplacementPage):
    """What the reason asks for; kept as a draft until it is submitted."""

    def get(self, request, ref):
        replacement = self.replacement(ref)
        if replacement.state != ReplacementState.DRAFT:
            return redirect(replacement)
        return self._show(replacement, ReplacementForm(replacement=replacement))

    def post(self, request, ref):
        replacement = self.replacement(ref)
        form = ReplacementForm(request.POST, request.FILES, replacement=replacement)
        if not form.is_valid():
            return self._show(replacement, form)
        try:
            actions.fill_in(
                replacement, form.answers, by=request.user, files=form.files_to_add, removed=form.files_to_remove
            )
        except UploadRefused as refused:
            form.add_error("files_added", refused.message)
            return self._show(replacement, form)
        except Refused as refused:
            if refused.code == "not_draft":  # sent from another page meanwhile
                messages.info(request, refused.message)
                return redirect(replacement)
            form.add_error("files_added", refused.message)
            return self._show(replacement, form)
        return redirect("certificates:replacement_check", ref)

    def _show(self, replacement, form):
        user = replacement.worker.user
        now = [{"label": "现在的姓名", "value": user.name}, {"label": "现在的证件号码", "value": user.masked_id}]
        context = {
            "form": form,
            "heading": replacement.get_reason_display(),
            "status": "申请尚未提交。填写后还要核对，核对无误再提交。",
            "submit_label": "下一步：核对",
            "cancel_url": reverse("certificates:replacement_start", args=[replacement.registration.number]),
            "cancel_label": "改选换发原因",
            "now": now if replacement.is_correction else [],
        }
        return render(self.request, "certificates/replacement_form.html", context)


class Check(ReplacementPage):
    """Check the answers, send. Nothing has been sent before this page's button."""

    def get(self, request, ref):
        replacement = self.replacement(ref)
        if replacement.state != ReplacementState.DRAFT:
            return redirect(replacement)
        return self._show(replacement)

    def post(self, request, ref):
        replacement = self.replacement(ref)
        try:
            actions.submit(replacement, by=request.user)
        except Refused as refused:
            if refused.code == "wrong_state":  # pressed twice, or sent from another page
                return redirect(replacement)
            return self._show(self.replacement(ref), refused.message, status=409)
        return redirect("certificates:replacement_receipt", ref)

    def _show(self, replacement, refused="", *, status=200):
        edit = reverse("certificates:replacement_edit", args=[replacement.ref])
        start = reverse("certificates:replacement_start", args=[replacement.registration.number])
        first = {"label": "换发原因", "value": replacement.get_reason_display(), "change_url": start}
        context = {
            "replacement": replacement,
            "rows": [_registration_row(replacement), first],
            "answers": [row | {"change_url": edit} for row in _answers(replacement, typed=True)],
            "edit_url": edit,
            "lacking": replacement.lacking(),
            "refused": refused,
            "offices": _offices(replacement),
        }
        return render(self.request, "certificates/replacement_check.html", context, status=status)


class Receipt(ReplacementPage):
    """What a person keeps of a replacement that was sent; the address keeps working."""

    def get(self, request, ref):
        replacement = self.replacement(ref)
        if replacement.submitted_at is None:
            messages.info(request, "这件申请还没有提交，因此没有回执。")
            return redirect(replacement)
        first, *final = _offices(replacement)
        context = {
            "replacement": replacement,
            "next": [
                f"{first}{'初审' if final else '审核'}。",
                *(f"{each}终审。" for each in final),
                "通过后，系统生成新版登记证书，编号和有效期不变；旧版查验时显示“已换发”。",
            ]
            if replacement.due_on
            else [],
            "by": replacement.due_on,
            "office": "和".join([first, *final]),
        }
        return render(request, "certificates/replacement_receipt.html", context)


class Status(ReplacementPage):
    """Where the replacement stands, whose move it is, and what may be done."""

    def get(self, request, ref):
        replacement = self.replacement(ref)
        if replacement.state == ReplacementState.DRAFT:
            next_url = reverse("certificates:replacement_check", args=[ref])
        elif replacement.state == ReplacementState.REJECTED and not refused_now(replacement.registration):
            next_url = reverse("certificates:replacement_start", args=[replacement.registration.number])
        else:
            next_url = ""
        context = {
            "replacement": replacement,
            "whose": whose_move(replacement),
            "steps": steps(replacement),
            "left": replacement.due_on and working_days_left(today(), replacement.due_on),
            "rows": [_registration_row(replacement), *_answers(replacement)],
            "withdrawable": any(move.name == "withdraw" for move in replacement.moves_for(request.user)),
            "next_url": next_url,
            "entries": [
                {"at": each.at, "title": each.title, "note": each.note}  # officials are not named in public
                for each in entries(replacement, for_staff=False)
            ],
        }
        return render(request, "certificates/replacement.html", context)


class Withdraw(ReplacementPage):
    """Ask before giving up or taking back, then do it."""

    def get(self, request, ref):
        replacement = self.replacement(ref)
        if not any(move.name == "withdraw" for move in replacement.moves_for(request.user)):
            messages.info(request, f"申请处于“{replacement.get_state_display()}”状态，不能撤回。")
            return redirect(replacement)
        sent = replacement.submitted_at is not None
        context = {
            "heading": "撤回换发申请" if sent else "放弃换发申请",
            "text": "这件申请就此结束，登记证书不变。需要换发时，可以重新申请。",
            "rows": [
                {"label": "受理编号", "value": replacement.ref},
                {"label": "换发原因", "value": replacement.get_reason_display()},
                {"label": "状态", "badge": replacement.get_state_display()},
            ],
            "submit_label": "撤回申请" if sent else "放弃申请",
            "cancel_url": replacement.get_absolute_url(),
        }
        return render(request, "certificates/replacement_withdraw.html", context)

    def post(self, request, ref):
        replacement = self.replacement(ref)
        try:
            actions.withdraw(replacement, by=request.user)
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, "换发申请已撤回，登记证书不变。")
        return redirect(replacement)


def _registration_row(replacement: Replacement) -> dict:
    registration = replacement.registration
    level, until = registration.qualification.get_level_display(), cn_date(registration.valid_until)
    return {"label": "登记证书", "value": f"{registration.number}\n{level}，有效期至{until}"}


def _answers(replacement: Replacement, *, typed: bool = False) -> list[dict]:
    """Return what was filled in. A number just typed is shown in full, once, to be checked digit by digit."""
    rows = []
    for row in beside(replacement):
        new = row["new"]
        if typed and row["label"] == "证件号码":
            new = replacement.new_id_number
        rows.append({"label": f"{row['label']}更正", "value": f"原：{row['old']}\n更正为：{new}"})
    if replacement.note:
        rows.append({"label": "说明", "value": replacement.note})
    files = [file.name for file in replacement.evidence.filter(purged_at=None).order_by("pk")]
    if files:
        rows.append({"label": "证明材料", "value": "\n".join(files)})
    return rows


def _offices(replacement: Replacement) -> list[str]:
    first = f"{office_of(replacement)}（登记区域：{full_name(replacement.region)}）"
    return [first, office_of(replacement, final=True)] if replacement.is_correction else [first]
