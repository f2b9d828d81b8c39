"""Following an institution's registration without an account, and the institution's own page with one (§2.9)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from registration.actions import institutions as actions
from registration.forms.institutions import InstitutionForm, InstitutionStatus
from registration.models import Institution
from registration.queries import institutions as queries
from registration.views import by_receipt
from registration.views.institution import FORM, MATTER
from registration.workflows import InstitutionState
from swms.idnumbers import mask_mobile
from swms.regions.queries import full_name
from swms.ui import cn_date
from swms.views import InstitutionRequired
from swms.workflow import Refused

SAID = (InstitutionState.RETURNED, InstitutionState.REJECTED, InstitutionState.SUSPENDED, InstitutionState.DEREGISTERED)


class StatusPage(by_receipt.StatusPage):
    matter = MATTER
    form_class = InstitutionStatus
    lead = "凭回执编号和联系人手机号查询，不需要账户。被退回的，也在这里修改后重新提交。"
    not_yet = "还没有提交过，去注册"


class StatusCodePage(by_receipt.StatusCodePage):
    matter = MATTER


class FollowingPage(by_receipt.FollowingPage):
    matter = MATTER


class CasePage(FollowingPage):
    """How the registration stands, why, and what to do next."""

    def get(self, request, ref):
        one = self.record
        return self.show_case(
            queries.next_step(one),
            steps=queries.steps(one),
            rows=rows_of(one),
            reason=one.decided_reason if one.state in SAID else "",
            heading="机构信息",
        )


class EditPage(by_receipt.Writing, FollowingPage):
    """Complete what was returned."""

    form_class = InstitutionForm
    kept_as = FollowingPage.kept_as

    def get(self, request, ref):
        one = self.record
        if one.state != InstitutionState.RETURNED:
            return self.closed_to("修改")
        known = {name: getattr(one, name) for name in InstitutionForm.KNOWN}
        return self._show(InstitutionForm(initial=known, kept=self.kept()))

    def post(self, request, ref):
        form = self.read_form()
        if form.errors:
            return self._show(form)
        try:
            actions.resubmit(self.record, form.answers, scan=self.image)
        except Refused as error:
            if error.code != "uscc_taken":
                messages.error(request, error.message)
                return self.back()
            form.add_error("uscc", error.message)
            return self._show(form)
        messages.success(request, "修改后的机构信息已重新提交，请等待审核。")
        return self.proven_anew()

    @property
    def former(self):
        scan = self.record.certificate_scan
        return scan if scan and not scan.purged_at else None

    def _show(self, form):
        context = {
            "heading": "修改机构信息",
            "form": form,
            "mobile": mask_mobile(self.facts["mobile"]),
            "reason": self.record.decided_reason,
            "status": "修改尚未提交。按“重新提交”后才算提交。",
            "submit_label": "重新提交",
            "cancel_url": MATTER.url("case", self.record.ref),
        }
        return render(self.request, FORM, context)


class EndPage(by_receipt.EndPage):
    matter = MATTER


@method_decorator(never_cache, name="dispatch")
class OwnPage(InstitutionRequired, View):
    """What an institution's account opens: its data, and where it stands."""

    def get(self, request):
        own = Institution.objects.visible_to(request.user).select_related("region", "certificate_scan")
        one = get_object_or_404(own, account=request.user)
        context = {
            "institution": one,
            "rows": rows_of(one),
            "reason": one.decided_reason if one.state in SAID else "",
        }
        return render(request, "registration/institution/own.html", context)


def rows_of(one: Institution) -> list[dict]:
    """Return the institution's data as summary rows."""
    scan = one.certificate_scan
    return [
        {"label": "机构名称", "value": one.name},
        {"label": "统一社会信用代码", "value": one.uscc or one.released_uscc},
        {"label": "机构类型", "value": one.get_org_type_display()},
        {"label": "登记管理区域", "value": full_name(one.region)},
        {"label": "业务主管单位", "value": one.business_authority},
        {"label": "法定代表人", "value": one.legal_rep},
        {"label": "成立日期", "value": cn_date(one.established)},
        {"label": "住所", "value": one.address},
        {"label": "联系人", "value": one.contact_name},
        {"label": "联系人手机号", "value": mask_mobile(one.contact_mobile or "")},
        {"label": "电子邮箱", "value": one.email},
        {"label": "业务范围", "value": one.business_scope},
        {"label": "专职人员数", "value": "" if one.staff_total is None else f"{one.staff_total}人"},
        {
            "label": "其中：持证或社工专业本科以上",
            "value": "" if one.staff_licensed is None else f"{one.staff_licensed}人",
        },
        {"label": "登记证书扫描件", "value": "已清除" if scan and scan.purged_at else scan.name if scan else ""},
        {"label": "机构简介", "value": one.intro},
    ]
