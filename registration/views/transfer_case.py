"""变更: how it stands, checking and sending it, its receipt, taking it back, beginning again (R-CHG-06…10)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse

from registration import queries as hub
from registration.actions import transfers as actions
from registration.models import Transfer
from registration.queries import transfers as queries
from registration.views.transfer import TransferPage, step_url
from registration.workflows import PENDING_STATES, TransferState
from registration.workflows.transfer import REVIEW_WORKING_DAYS
from swms.regions.queries import full_name
from swms.ui import cn_date
from swms.workflow import Refused


class CasePage(TransferPage):
    """Where the change stands, why, and what may be done."""

    def get(self, request, ref):
        one = self.transfer
        step = queries.next_step(one)
        copies = step.url_name == "transfer_copy"
        if copies and not queries.may_copy(one):
            step = queries.TransferStep(step.title, "这件变更已经办结。", "", "")
        context = {
            "transfer": one,
            "step": step,
            "step_url": step_url(one, step),
            "reason": one.decided_reason if one.state in (TransferState.REJECTED, TransferState.CANCELLED) else "",
            "decided_at": one.decided_at,
            "steps": queries.steps(one),
            "pairs": queries.before_and_after(one),
            "rows": _rows(one),
            "entries": queries.timeline(one),
            "withdrawable": queries.may_withdraw(one),
            "draft": one.state == TransferState.DRAFT,
        }
        return render(request, "registration/transfers/case.html", context)


def _rows(transfer: Transfer) -> list[dict]:
    """Return what was answered and uploaded as summary rows."""
    rows = [
        {"label": "变更日期", "value": cn_date(transfer.effective_date)},
        {"label": "变更原因", "value": transfer.reason},
    ]
    if not transfer.to_institution and transfer.changes_employer:
        rows.insert(0, {"label": "单位性质", "value": transfer.get_to_type_display()})
    for label, file in queries.proofs(transfer):
        rows.append({"label": label, "value": file.name, "url": file.get_absolute_url()})
    return rows


class CheckPage(TransferPage):
    """Check the answers, then send. Nothing has been sent before this page's button."""

    def get(self, request, ref):
        return self._show(self.transfer) if self._is_draft() else self.to_case(self.transfer)

    def post(self, request, ref):
        seen = request.POST.get("version", "")[:9]
        try:
            actions.submit(self.transfer, by=request.user, seen=int(seen) if seen.isdecimal() else None)
        except Refused as refused:
            if refused.code == "wrong_state":  # pressed twice, or sent from another page
                messages.info(request, refused.message)
                return self.to_case(self.transfer)
            del self.transfer
            return self._show(self.transfer, refused=refused.message, status=409)
        return redirect("registration:transfer_receipt", ref)

    def _is_draft(self) -> bool:
        return self.transfer.state == TransferState.DRAFT

    def _show(self, transfer, *, refused="", status=200):
        edit = reverse("registration:transfer_edit", args=[transfer.ref])
        context = {
            "transfer": transfer,
            "kind": transfer.get_kind_display() or "没有变更",
            "pairs": queries.before_and_after(transfer),
            "rows": _rows(transfer),
            "missing": queries.missing(transfer),
            "refused": refused,
            "next": _what_follows(transfer),
            "edit_url": edit,
            "back_url": transfer.get_absolute_url(),
            "back_label": "返回变更申请",
        }
        return render(self.request, "registration/transfers/check.html", context, status=status)


def _what_follows(transfer: Transfer) -> list[str]:
    """Return what happens after sending, by whom and by when, in order (R-CHG-06)."""
    old, new = hub.office(transfer.from_region), hub.office(transfer.to_region)
    days = f"{REVIEW_WORKING_DAYS}个工作日"
    moved = "变更完成：工作单位和登记区域同时更新，登记证书编号和有效期不变。"
    if transfer.moves_region:
        return [f"{old}（转出地）在{days}内审核。", f"转出地同意后，{new}（转入地）在{days}内审核。", moved]
    return [f"{new}在{days}内审核。", "变更完成：工作单位更新，登记区域、登记证书编号和有效期不变。"]


class ReceiptPage(TransferPage):
    """What a person keeps of a change that was sent; the address keeps working."""

    def get(self, request, ref):
        one = self.transfer
        if one.submitted_at is None:
            messages.info(request, "这份变更申请没有提交，因此没有回执。")
            return self.to_case(one)
        waits = one.state in PENDING_STATES
        where = queries.place(one)
        context = {
            "transfer": one,
            "next": _what_follows(one) if waits else [],
            "by": one.due_on if waits else None,
            "office": hub.office(where) if waits else "",
            "ask": f"{hub.office(where)}（{full_name(where)}）",
            "pairs": queries.before_and_after(one),
        }
        return render(request, "registration/transfers/receipt.html", context)


class ConfirmPage(TransferPage):
    """Ask before something is done with the change; subclasses say what."""

    heading = ""
    text = ""
    submit_label = ""
    kind = "primary"
    done = ""

    def get(self, request, ref):
        one = self.transfer
        if not self.possible(one):
            messages.info(request, f"变更申请处于“{one.get_state_display()}”状态，不能{self.heading}。")
            return self.to_case(one)
        context = {
            "heading": self.heading,
            "text": self.text,
            "rows": [
                {"label": "受理编号", "value": one.ref},
                {"label": "变更类型", "value": one.get_kind_display()},
                {"label": "工作单位", "value": one.new_employer},
                {"label": "状态", "badge": one.get_state_display()},
            ],
            "submit_label": self.submit_label,
            "kind": self.kind,
            "cancel_url": one.get_absolute_url(),
        }
        return render(request, "registration/confirm.html", context)

    def post(self, request, ref):
        try:
            answer = self.act(self.transfer)
        except Refused as refused:
            messages.error(request, refused.message)
            return self.to_case(self.transfer)
        messages.success(request, self.done)
        return answer or self.to_case(self.transfer)

    def possible(self, transfer: Transfer) -> bool:
        raise NotImplementedError

    def act(self, transfer: Transfer):
        """Call the action; may raise ``Refused``, may return where to go."""
        raise NotImplementedError


class WithdrawPage(ConfirmPage):
    """撤回, until the first approval (R-CHG-10)."""

    heading = "撤回变更申请"
    text = "撤回后审核停止，工作单位和登记区域不变。填写的内容和材料会保留，可以修改后重新申请。"
    submit_label = "撤回变更申请"
    kind = "danger"
    done = "变更申请已撤回，没有任何变动。"

    def possible(self, transfer):
        return queries.may_withdraw(transfer)

    def act(self, transfer):
        actions.withdraw(transfer, by=self.request.user)


class DiscardPage(ConfirmPage):
    """放弃草稿: its files go, as nobody has seen them."""

    heading = "放弃草稿"
    text = "放弃后，填写的内容不再保留，上传的材料会清除，不能恢复。"
    submit_label = "放弃草稿"
    kind = "danger"
    done = "草稿已放弃，没有提交任何申请。"

    def possible(self, transfer):
        return transfer.state == TransferState.DRAFT

    def act(self, transfer):
        actions.discard(transfer, by=self.request.user)
        return redirect("registration:transfers")


class CopyPage(ConfirmPage):
    """修改并重新申请: a new draft with what this one said (§2.5)."""

    heading = "重新申请"
    text = "将建立一份新的变更申请草稿，这次填写的内容和材料都会带入，修改后需要再次提交。"
    submit_label = "开始修改"
    done = "可以修改了。修改完成后请再次提交，提交之前审核不会开始。"

    def possible(self, transfer):
        return queries.may_copy(transfer)

    def act(self, transfer):
        draft = actions.copy(transfer, by=self.request.user)
        return redirect("registration:transfer_edit", draft.ref)
