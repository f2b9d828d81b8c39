"""Institutions at the office: the feedback of workers about them, and their own registration (§2.8, §2.9)."""

from django.contrib import admin

from registration.admin.escalations import raised, raised_part
from registration.admin.identity import find
from registration.admin.mended import mended_since
from registration.forms.institutions import MergeForm
from registration.models import Institution, InstitutionFeedback
from registration.queries import institution_checks as checks
from registration.queries import institutions as queries
from registration.queries.reminding import REMIND_WITH_LEFT_ON_INSTITUTION
from registration.workflows import InstitutionFeedbackState, InstitutionState
from swms.audit import trail
from swms.console.evidence import shown
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, desks_by_clock
from swms.idnumbers import mask_mobile
from swms.regions.models import REVIEW_DUTIES, Duty
from swms.regions.queries import full_name
from swms.ui import cn_date


class _Waiting(ReviewAdmin):
    """What both screens share: a queue with a clock, and the contact's mobile masked."""

    secrets = {"contact_mobile": "联系人手机号"}
    near = REMIND_WITH_LEFT_ON_INSTITUTION

    def desks(self, user):
        return desks_by_clock(self.label, f"{self.list_url}?part=mine", self.waiting(user), near=self.near)


@admin.register(InstitutionFeedback)
class InstitutionFeedbackAdmin(_Waiting):
    """Institutions that workers miss; approving one invites it (R-PRO-10)."""

    label = "机构反馈"
    duties = (Duty.FIRST_REVIEW,)
    columns = ("机构名称", "回执编号", "统一社会信用代码", "机构所在区域", "状态", "办结期限")
    search_words = "回执编号、机构名称或统一社会信用代码"
    empty_title = "现在没有等您处理的机构反馈"

    def records(self, user):
        shown = ("region", "worker__user", "institution")
        return InstitutionFeedback.objects.visible_to(user).select_related(*shown).order_by("-id")

    def waiting(self, user):
        return queries.feedbacks_awaiting(user)

    def filters(self, user):
        everything = self.records(user)
        return [
            Filter("mine", "等我处理", self.waiting(user)),
            raised_part(InstitutionFeedback, everything),
            Filter("invited", "已通知机构", everything.filter(state=InstitutionFeedbackState.APPROVED)),
            Filter("all", "全部", everything, counted=False),
        ]

    def row(self, record):
        return {
            "title": record.name,
            "cells": [
                {"text": record.ref},
                {"text": record.uscc or "未填写"},
                {"text": full_name(record.region)},
                {"badge": record.get_state_display()},
                self.clock(record),
            ],
        }

    def search(self, user, text):
        return find(self.records(user), text, name="name", numbers=("uscc",))

    def move_form(self, name, record, user, data=None):
        return MergeForm(data, candidates=queries.merge_candidates(record)) if name == "merge" else None

    def case(self, record, user):
        rows = [
            {"label": "机构名称", "value": record.name},
            {"label": "统一社会信用代码", "value": record.uscc},
            {"label": "机构所在区域", "value": full_name(record.region)},
            {"label": "机构联系人", "value": record.contact_name},
            {"label": "联系人手机号", "value": mask_mobile(record.contact_mobile), "secret": "contact_mobile"},
            {"label": "反馈人", "value": record.worker.user.name},
        ]
        return Case(
            title=f"{record.name} · 机构反馈",
            badge=record.get_state_display(),
            whose_move=f"{record.ref} · {full_name(record.region)}",
            due=record.due_on,
            notes=[*raised(record), *_decision(record)],
            checks=checks.of_feedback(record),
            sections=[{"label": "反馈内容", "entries": [rows]}, *self._institutions(record, user)],
            history=entries(record),
        )

    def _institutions(self, record, user) -> list[dict]:
        """Return the institutions to compare with, or the one that the feedback led to."""
        found = [record.institution] if record.institution else queries.alike(record)
        screen = self.admin_site.get_model_admin(Institution)
        visible = set(screen.records(user).filter(pk__in=[each.pk for each in found]).values_list("pk", flat=True))
        rows = [
            {
                "label": each.get_state_display(),
                "value": f"{each.name}（{each.uscc or each.released_uscc or '代码未知'}）",
                "url": screen.record_url(each) if each.pk in visible else "",
            }
            for each in found
        ]
        return [{"label": "系统中的机构", "entries": [rows]}] if rows else []


@admin.register(Institution)
class InstitutionAdmin(_Waiting):
    """The institutions of the region: those to review, and what becomes of them (R-SVC-07, §2.9)."""

    group = "机构"
    label = "社会工作服务机构"
    duties = REVIEW_DUTIES
    key = "uid"
    columns = ("机构名称", "统一社会信用代码", "类型", "登记管理区域", "状态", "办结期限")
    search_words = "机构名称、统一社会信用代码或回执编号"
    empty_title = "没有机构"

    def records(self, user):
        return Institution.objects.visible_to(user).select_related("region", "certificate_scan").order_by("-id")

    def waiting(self, user):
        return queries.awaiting(user)

    def filters(self, user):
        everything = self.records(user)
        parts = [Filter("all", "全部", everything, counted=False)]
        if self.is_first_reviewer(user):
            parts.append(Filter("mine", "等我审核", self.waiting(user)))
        parts.append(raised_part(Institution, everything))
        return parts + [
            Filter(state.value.lower(), state.label, everything.filter(state=state), counted=False)
            for state in InstitutionState
            if state != InstitutionState.SUBMITTED or not self.is_first_reviewer(user)
        ]

    @staticmethod
    def is_first_reviewer(user) -> bool:
        return any(each.duty == Duty.FIRST_REVIEW for each in queries.jurisdictions_of(user))

    def row(self, record):
        return {
            "title": record.name,
            "changed": record.round > 1 and record.state == InstitutionState.SUBMITTED,
            "cells": [
                {"text": record.uscc or record.released_uscc or "未填写"},
                {"text": record.get_org_type_display()},
                {"text": full_name(record.region)},
                {"badge": record.get_state_display()},
                self.clock(record),
            ],
        }

    def search(self, user, text):
        return find(self.records(user), text, name="name__icontains", numbers=("uscc", "released_uscc"))

    def changes_between(self, record, seen):
        return mended_since(record, seen, _rows(record))

    def case(self, record, user):
        scan = record.certificate_scan
        return Case(
            title=f"{record.name} · 机构",
            badge=record.get_state_display(),
            whose_move=" · ".join(filter(None, (record.ref, full_name(record.region)))),
            due=record.due_on,
            notes=[*raised(record), *_decision(record)],
            checks=checks.of_institution(record),
            sections=[{"label": "机构信息", "entries": [_rows(record)]}, *self._feedbacks(record, user)],
            files=[shown("登记证书扫描件", scan)] if scan and not scan.purged_at else [],
            history=entries(record),
        )

    def _feedbacks(self, record, user) -> list[dict]:
        screen = self.admin_site.get_model_admin(InstitutionFeedback)
        visible = screen.records(user).filter(institution=record) if screen.opens_to(user) else ()
        rows = [
            {"label": each.ref, "value": each.get_state_display(), "url": screen.record_url(each)} for each in visible
        ]
        return [{"label": "社工的反馈", "entries": [rows]}] if rows else []


def _decision(record) -> list[dict]:
    """Return what was said by the latest decision, and what was mended since."""
    if not record.decided_reason:
        return []
    title = f"上次审核意见（{cn_date(record.decided_at)}）"
    notes = [{"tone": "wait", "title": title, "text": record.decided_reason}]
    if record.state == InstitutionState.SUBMITTED:
        edit = trail.history(record).filter(verb="registration.institution.edit").last()
        names = edit.changes["fields"] if edit else []
        mended = "、".join(str(Institution._meta.get_field(name).verbose_name) for name in names)
        notes.append({"tone": "info", "title": "补正时修改了", "text": mended or "没有修改"})
    return notes


def _rows(record: Institution) -> list[dict]:
    return [
        {"label": "机构名称", "value": record.name},
        {"label": "统一社会信用代码", "value": record.uscc or record.released_uscc},
        {"label": "机构类型", "value": record.get_org_type_display()},
        {"label": "登记管理区域", "value": full_name(record.region)},
        {"label": "业务主管单位", "value": record.business_authority},
        {"label": "法定代表人", "value": record.legal_rep},
        {"label": "成立日期", "value": cn_date(record.established)},
        {"label": "住所", "value": record.address},
        {"label": "联系人", "value": record.contact_name},
        {
            "label": "联系人手机号",
            "value": mask_mobile(record.contact_mobile or ""),
            "secret": "contact_mobile" if record.contact_mobile else "",
        },
        {"label": "电子邮箱", "value": record.email},
        {"label": "业务范围", "value": record.business_scope},
        {"label": "专职人员数", "value": _number(record.staff_total)},
        {"label": "其中：持证或社工专业本科以上", "value": _number(record.staff_licensed)},
        {"label": "机构简介", "value": record.intro},
        {"label": "机构账户", "value": record.account.username if record.account else "尚未开立"},
    ]


def _number(value: int | None) -> str:
    return "" if value is None else f"{value}人"
