"""首次登记 and 再登记: status, check answers and 承诺, receipt, 撤回, 修改并重新申请 (R-REG-08…20, R-REREG-09)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse

from registration import actions, queries
from registration.forms.application import LatePromiseForm, PromiseForm
from registration.models import Application
from registration.promise import PROMISE_TEXT
from registration.queries.dates import personal_dates, under_review
from registration.queries.profile import ITEMS
from registration.requirements import balances, in_words
from registration.views.corrections import left_unmended, refusal_shown, unsent_banner
from registration.views.page import WorkerPage
from registration.views.profile import certificates_to_view
from registration.workflows import ApplicationState
from registration.workflows.application import MAKEUP_KINDS, accepted_as, filing_refused, filing_window
from swms.regions.queries import full_name
from swms.ui import cn_date, masked_id, masked_mobile
from swms.workflow import Refused

#: Where each button leads: nothing binding happens without a page that says what will.
PAGES = {"apply": "application_check", "withdraw": "application_withdraw", "reopen": "application_reopen"}
#: What is said of a renewal that ended without a decision (§2.4).
ENDED = {
    ApplicationState.LAPSED: {
        "title": "没有在受理期限内提交再登记",
        "text": "这次再登记已经结束，登记已过期。职业水平证书本身仍然有效；所在省份受理补登记时，可以办理补登记。",
    },
    ApplicationState.VOID: {
        "title": "这次再登记已失效",
        "text": "登记已被撤销、注销，或者已由更高级别的登记替代，因此不再办理。",
    },
}
MASKS = {"id_number": masked_id, "mobile": masked_mobile}
REFUSED_AT = {
    "promise_missing": "promise",
    "late_reason_required": "late_reason",
    "late_reason_too_long": "late_reason",
}


class ApplicationPage(WorkerPage):
    """Where the application stands, whose move it is, and what may be done."""

    def get(self, request, ref):
        application = self.application(ref)
        steps = queries.progress(application)
        editable = application.state == ApplicationState.NOT_APPLIED
        moves = [
            {"label": move.label, "url": reverse(f"registration:{PAGES[move.name]}", args=[ref]), "name": move.name}
            for move in application.moves_for(request.user)
        ]
        closed = queries.reopen_refused(application)
        refusal, unsent = refusal_shown(application), unsent_banner(application)
        if unsent and refusal and refusal["first"] and unsent["url"] == request.path:
            unsent["url"] = refusal["first"]
        context = {
            "application": application,
            "submitted": application.submitted_at is not None,
            "steps": steps,
            "whose": queries.whose_move(application),
            "dates": personal_dates(application, []),
            "moves": [] if closed else moves,
            "reopen_refused": closed and closed.message,
            "ended": ENDED.get(application.state),
            "refusal": refusal,
            "unsent": unsent,
            "late": _late(application),
            "sent_form": _sections(application) if application.form_version and not editable else [],
            "viewable": certificates_to_view(request.user, [application]),
            "entries": queries.timeline(application),
        }
        return render(request, "registration/application.html", context)


def _late(application: Application) -> dict | None:
    """Say in words why it cannot be filed today, and by which rule (R-REG-03, R-REG-05)."""
    if application.state != ApplicationState.NOT_APPLIED:
        return None
    refused = filing_refused(application)
    if refused is None:
        return None
    window = filing_window(application)
    if refused.code == "window_not_open":
        return {"title": refused.message, "text": f"{cn_date(window.opens)}起可以申请。"}
    if application.is_renewal:
        return {
            "title": refused.message,
            "text": (
                f"原登记有效期至{cn_date(application.term_end)}，再登记的受理期限到{cn_date(window.last_day)}为止"
                "（最后一天是休息日的，顺延到下一个工作日）。登记区域所在省份受理补登记时，可以办理补登记。"
                "职业水平证书本身仍然有效。"
            ),
        }
    issued = cn_date(application.qualification.issue_date)
    return {
        "title": refused.message,
        "text": (
            f"首次登记的受理期限为通过社会工作者职业水平考试后1年内。您的证书签发日期是{issued}，"
            f"受理期限到{cn_date(window.last_day)}为止（最后一天是休息日的，顺延到下一个工作日）。"
            "已在地方领取登记证书的，不受这个期限限制，请在个人信息中填写。职业水平证书本身仍然有效。"
        ),
    }


def _sections(application: Application, *, change: bool = False) -> list[dict]:
    """Return the form as summary lists, numbers masked (R-ACC-13); with ``change``, 更改 beside what is open."""
    content = queries.check_answers(application)
    sections, parts = [], queries.editable_parts(application.worker) if change else ()
    for section in content["sections"]:
        url = reverse(section["url_name"]) if section["url_name"] and section["name"] in parts else ""
        entries = [
            [
                {
                    "label": row["label"],
                    "value": MASKS.get(row["key"], str)(row["value"]),
                    "files": row.get("files", ()),
                }
                for row in entry
            ]
            for entry in section["entries"]
        ]
        sections.append({"name": section["name"], "label": section["label"], "entries": entries, "change_url": url})
    photo = content["photo"]
    if photo or change:
        url = reverse(ITEMS["photo"]) if "photo" in parts else ""
        sections.insert(1, {"name": "photo", "label": "照片", "photo": photo, "entries": [], "change_url": url})
    return sections


class CheckPage(WorkerPage):
    """Check the answers, tick 承诺声明, send (R-REG-08). Nothing has been sent before this page's button."""

    def get(self, request, ref):
        application = self.application(ref)
        if application.state != ApplicationState.NOT_APPLIED:
            return redirect("registration:application", ref)
        return self._show(application, self._form(application))

    def post(self, request, ref):
        application = self.application(ref)
        form = self._form(application, request.POST)
        if not form.is_valid():
            return self._show(application, form)
        late_reason = form.cleaned_data.get("late_reason", "")
        try:
            actions.apply(application, by=request.user, promise_version=form.promised, late_reason=late_reason)
        except Refused as refused:
            if refused.code == "wrong_state":  # pressed twice, or sent from another page
                messages.info(request, refused.message)
                return redirect("registration:application", ref)
            field = REFUSED_AT.get(refused.code)
            form.add_error(field if field in form.fields else None, refused.message)
            return self._show(application, form)
        return redirect("registration:application_receipt", ref)

    def _form(self, application, *data):
        """Return the form of the channel that is open: a late application also says why (R-REG-05)."""
        late = filing_refused(application) is None and accepted_as(application) in MAKEUP_KINDS
        return (LatePromiseForm if late else PromiseForm)(*data)

    def _show(self, application, form):
        kind = application.get_kind_display()
        short = balances(application) if application.is_renewal else []
        context = {
            "application": application,
            "send_label": f"申请{kind}" if application.is_renewal else "申请登记证书",
            "lead": (
                f"这是从个人信息同步的{application.form_title}。请核对，需要修改的点“更改”；确认无误后在页面最下方提交。"
            ),
            "conditions": [in_words(each) for each in short if each.short],
            "sections": _sections(application, change=True),
            "missing": self.worker.missing(),
            "late": _late(application),
            "dates": personal_dates(application, []),
            "unmended": left_unmended(application),
            "form": form,
            "promise_text": PROMISE_TEXT,
            "region": full_name(self.worker.region) if self.worker.region else "",
            "office": queries.office(self.worker.region),
            "back_url": application.get_absolute_url(),
            "back_label": "返回申请",
        }
        return render(self.request, "registration/check.html", context)


class ReceiptPage(WorkerPage):
    """What a person keeps of an application that was sent; the address keeps working."""

    def get(self, request, ref):
        application = self.application(ref)
        if application.submitted_at is None:
            messages.info(request, "这份申请目前没有提交，因此没有回执。")
            return redirect("registration:application", ref)
        final = queries.office_of(application, final=True)
        first = queries.office_of(application)
        waits = under_review(application)
        context = {
            "title": f"{application.get_kind_display()}申请已提交",
            "application": application,
            "next": [
                f"{first}进行初审。",
                f"初审通过后，{final}进行终审。",
                "终审通过后，系统完成登记并生成登记证书，您可以在“个人信息”下方查看。",
            ]
            if waits
            else [],
            "by": application.due_on if waits else None,
            "office": f"{first}和{final}" if waits else "",
            "ask": f"{first}（登记区域：{full_name(application.region)}）",
        }
        return render(request, "registration/receipt.html", context)


class ConfirmPage(WorkerPage):
    """Ask before a move, then make it; subclasses say which."""

    name = ""
    heading = ""
    text = ""
    submit_label = ""
    kind = "primary"
    done = ""

    def get(self, request, ref):
        application = self.application(ref)
        if self.name not in [move.name for move in application.moves_for(request.user)]:
            messages.info(request, f"申请处于“{application.get_state_display()}”状态，不能{self.heading}。")
            return redirect("registration:application", ref)
        context = {
            "heading": self.heading,
            "text": self.text,
            "rows": [
                {"label": "受理编号", "value": application.ref},
                {"label": "证书", "value": application.qualification.get_level_display()},
                {"label": "状态", "badge": application.get_state_display()},
            ],
            "submit_label": self.submit_label,
            "kind": self.kind,
            "cancel_url": application.get_absolute_url(),
        }
        return render(request, "registration/confirm.html", context)

    def post(self, request, ref):
        application = self.application(ref)
        try:
            self.move(application)
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, self.done)
        return redirect("registration:application", ref)

    def move(self, application: Application) -> None:
        """Call the action; may raise ``Refused``."""
        raise NotImplementedError


class WithdrawPage(ConfirmPage):
    """撤回 (R-REG-19)."""

    name = "withdraw"
    heading = "撤回申请"
    text = (
        "撤回后，申请回到提交之前，审核停止。填写的内容都会保留，在受理期限内可以再次提交，"
        "审核期限从再次提交起重新计算。"
    )
    submit_label = "撤回申请"
    kind = "danger"
    done = "申请已撤回，现在没有提交。修改后可以再次申请。"

    def move(self, application):
        actions.withdraw(application, by=self.request.user)


class ReopenPage(ConfirmPage):
    """修改并重新申请 (R-REG-14)."""

    name = "reopen"
    heading = "修改并重新申请"
    text = (
        "将开始新一轮申请：上次填写的内容全部保留，只需修改审核意见指出的项目。修改完成后要再次提交，"
        "未通过之日起30日内提交的，按首次提交的时间受理。"
    )
    submit_label = "开始修改"
    done = "可以修改了。修改完成后请再次提交，提交之前审核不会开始。"

    def move(self, application):
        actions.reopen(application, by=self.request.user)
