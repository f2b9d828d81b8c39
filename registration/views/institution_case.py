"""Following an institution's registration without an account, and the institution's own page with one (§2.9)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from registration.actions import institutions as actions
from registration.forms.institutions import InstitutionForm
from registration.models import Institution
from registration.queries import institutions as queries
from registration.views import proving
from registration.views.institution import MATTER
from registration.workflows import InstitutionState
from swms.idnumbers import mask_mobile
from swms.regions.queries import full_name
from swms.ui import cn_date
from swms.views import InstitutionRequired
from swms.workflow import Refused

SAID = (InstitutionState.RETURNED, InstitutionState.REJECTED, InstitutionState.SUSPENDED, InstitutionState.DEREGISTERED)


class CasePage(proving.CasePage):
    """How the registration stands, why, and what to do next."""

    matter = MATTER

    def next_step(self):
        return queries.next_step(self.record)

    def steps(self):
        return queries.steps(self.record)

    def rows(self):
        return rows_of(self.record)

    def reason(self):
        return reason_of(self.record)


class EditPage(proving.CompletingPage):
    """Complete what was returned."""

    matter = MATTER
    form_class = InstitutionForm
    heading = "修改机构信息"
    names = InstitutionForm.KNOWN

    def get(self, request, ref):
        if self.record.state != InstitutionState.RETURNED:
            return self.closed_to("修改")
        return self.show(InstitutionForm(initial=self.initial(), kept=self.kept()))

    def post(self, request, ref):
        form = self.read_form()
        if form.errors:
            return self.show(form)
        try:
            actions.resubmit(self.record, form.answers, scan=self.files.get("certificate_scan"))
        except Refused as error:
            if error.code != "uscc_taken":
                messages.error(request, error.message)
                return self.back()
            form.add_error("uscc", error.message)
            return self.show(form)
        return self.sent()


@method_decorator(never_cache, name="dispatch")
class OwnPage(InstitutionRequired, View):
    """What an institution's account opens: its data, and where it stands."""

    def get(self, request):
        own = Institution.objects.visible_to(request.user).select_related("region", "certificate_scan")
        one = get_object_or_404(own, account=request.user)
        context = {
            "institution": one,
            "rows": rows_of(one),
            "reason": reason_of(one),
        }
        return render(request, "registration/institution/own.html", context)


def reason_of(one: Institution) -> str:
    """Return the reason of the last decision, where it still stands."""
    return one.decided_reason if one.state in SAID else ""


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
