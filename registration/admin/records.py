"""What has been decided: the register."""

from django.contrib import admin

from registration.admin.identity import find
from registration.forms.review import EndForm
from registration.models import Application, Registration, SampledCase
from registration.queries.sampling import of_registration
from registration.queries.statistics import in_force
from registration.workflows import CancelCause, RegistrationState
from registration.workflows.sampling.case import is_settled
from swms.console.exports import Exported
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter
from swms.idnumbers import mask_id
from swms.notices.ledger import told
from swms.regions.models import REVIEW_DUTIES
from swms.regions.queries import full_name
from swms.ui import cn_date


@admin.register(Registration)
class RegistrationAdmin(Exported, ReviewAdmin):
    """The register; a final reviewer revokes and cancels here (R-REG-24)."""

    label = "登记记录"
    duties = REVIEW_DUTIES
    key = "number"
    columns = ("姓名", "登记证书编号", "级别", "登记区域", "有效期至", "状态")
    search_words = "登记证书编号、管理号、姓名或证件号码"
    empty_title = "还没有登记记录"
    secrets = {"id_number": "证件号码"}
    confirmed = ("revoke", "cancel")
    export_header = (
        "姓名", "证件类型", "证件号码", "登记证书编号", "管理号", "级别",
        "登记区域", "首次登记时间", "有效期起", "有效期至", "状态",
    )  # fmt: skip

    def records(self, user):
        return (
            Registration.objects.visible_to(user)
            .select_related("worker__user", "qualification", "region")
            .order_by("-id")
        )

    def filters(self, user):
        everything = self.records(user)
        return [
            Filter("all", "全部", everything, counted=False),
            Filter("in_force", "现行有效", everything.filter(in_force()), counted=False),
        ] + [
            Filter(state.value.lower(), state.label, everything.filter(state=state), counted=False)
            for state in RegistrationState
        ]

    def row(self, record):
        return {
            "title": record.worker.user.name,
            "cells": [
                {"text": record.number},
                {"text": record.qualification.get_level_display()},
                {"text": full_name(record.region)},
                {"date": record.valid_until},
                {"badge": record.standing.label},
            ],
        }

    def export_cells(self, record):
        user, certificate = record.worker.user, record.qualification
        return [
            user.name,
            user.get_id_type_display(),
            mask_id(user.id_number or ""),
            record.number,
            certificate.mgmt_no,
            certificate.get_level_display(),
            full_name(record.region),
            record.first_registered_on,
            record.valid_from,
            record.valid_until,
            record.standing.label,
        ]

    def search(self, user, text):
        return find(
            self.records(user),
            text,
            name="qualification__name",
            numbers=("number", "qualification__mgmt_no"),
            owner="worker__user__",
            reference=None,
        )

    def secret(self, record, name):
        return getattr(record.worker.user, name) or ""

    def reason_form(self, record, data=None):
        return EndForm(data)

    def consequences(self, record, move, form):
        said = form.cleaned_data
        cause = [{"label": "注销原因", "value": CancelCause(said["cause"]).label}] if said["cause"] else []
        return {
            "text": _CONSEQUENCES[move.name],
            "rows": [
                {"label": "姓名", "value": record.worker.user.name},
                {"label": "登记证书编号", "value": record.number},
                {"label": "登记状态", "badge": record.standing.label},
                *cause,
                {"label": "理由", "value": said["reason"]},
            ],
        }

    def case(self, record, user):
        application = self._application_row(record)
        failed = of_registration(record)
        if failed:
            url = self.admin_site.get_model_admin(SampledCase).record_url(failed)
            application.append({"label": "抽查", "value": f"{failed.ref}，{failed.get_state_display()}", "url": url})
        rows = [
            {"label": "姓名", "value": record.worker.user.name},
            {"label": "证件号码", "value": mask_id(record.worker.user.id_number or ""), "secret": "id_number"},
            {"label": "证书级别", "value": record.qualification.get_level_display()},
            {"label": "管理号", "value": record.qualification.mgmt_no},
            {"label": "登记证书编号", "value": record.number},
            {"label": "登记区域", "value": full_name(record.region)},
            {"label": "首次登记时间", "value": cn_date(record.first_registered_on)},
            {"label": "有效期", "value": f"{cn_date(record.valid_from)}至{cn_date(record.valid_until)}"},
            *application,
        ]
        if record.cancel_cause:
            rows.append({"label": "注销原因", "value": record.get_cancel_cause_display()})
        return Case(
            title=f"{record.worker.user.name} · 登记记录",
            badge=record.standing.label,
            notes=_notes(record, failed),
            sections=[{"label": "登记", "entries": [rows]}],
            history=entries(record),
            sent=told(record),
        )

    def _application_row(self, record) -> list[dict]:
        period = record.periods.select_related("application").last()
        if period is None:
            return []
        url = self.admin_site.get_model_admin(Application).record_url(period.application)
        return [{"label": "登记申请", "value": period.application.ref, "url": url}]


def _notes(record: Registration, failed: SampledCase | None) -> list[dict]:
    """Say that an inspection was not passed: what follows from it is decided here (decision 0029)."""
    if failed is None or record.state in (RegistrationState.REVOKED, RegistrationState.CANCELLED):
        return []
    settled = is_settled(failed)
    until = "" if settled else f"本人可以在{cn_date(failed.due_on)}前申请复核，期满以后再办理。"
    text = f"抽查件{failed.ref}的理由：{failed.decided_reason} {until}需要撤销的，在本页办理。"
    return [{"tone": "bad" if settled else "wait", "title": "抽查不合格", "text": text}]


#: What 撤销 and 注销 do, for the page that asks once more; both at once and for good (R-REG-24, decision 0023).
_CONSEQUENCES = {
    "revoke": (
        "撤销后不能恢复。查验时立即显示“已撤销”，所有版本的登记证书同时失效，该职业水平证书已有的加注件一并作废；"
        "正在办理的再登记和换发终止，没有其他登记的，变更也终止。本人会收到短信。"
    ),
    "cancel": (
        "注销后不能恢复。查验时立即显示“已注销”，所有版本的登记证书同时失效；正在办理的再登记和换发终止，没有其他登记的，变更也终止。"
        "职业水平证书本身和它的加注件不受影响。本人会收到短信。"
    ),
}
