"""The roster of certificate holders (社工库): exact search, revoking and cancelling."""

from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from registration.admin.identity import find, identity
from registration.models import Qualification, RosterMerge
from registration.queries.merging import formerly
from registration.workflows import QualificationState, RosterMergeState
from swms.codes import CertificateLevel
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, Found
from swms.idnumbers import mask_id
from swms.regions.models import Duty
from swms.regions.queries import name_of
from swms.ui import cn_date, cn_datetime

#: What the list shows of a record.
_LISTED = ("name", "mgmt_no", "level", "exam_year", "issue_date", "state", "province")


@admin.register(Qualification)
class QualificationAdmin(ReviewAdmin):
    """One certificate a row; found by its number, the exact name, or an identity number (audited)."""

    group = "证书"
    label = "社工库"
    duties = (Duty.CERTIFICATE, Duty.FINAL_REVIEW)
    key = "mgmt_no"
    columns = ("姓名", "管理号", "级别", "考试年度", "签发日期", "省份", "状态")
    search_words = "管理号、姓名或证件号码"
    empty_title = "社工库中还没有记录"
    empty_text = "导入名单后会出现在这里。"
    secrets = {"id_number": "证件号码"}
    joins = False
    depth = 1  # the roster knows provinces

    def records(self, user):
        return Qualification.objects.visible_to(user).select_related("province", "worker__user").order_by("-id")

    def filters(self, user):
        everything = self.records(user)
        return [Filter("all", "全部", everything, counted=False)] + [
            Filter(state.value.lower(), state.label, everything, counted=False, where=Q(state=state))
            for state in QualificationState
        ]

    def listed(self, rows):
        return rows.select_related(None).only(*_LISTED)

    def row(self, record):
        return {
            "title": record.name,
            "cells": [
                {"text": record.mgmt_no},
                {"text": CertificateLevel(record.level).label},
                {"text": f"{record.exam_year}年"},
                {"date": record.issue_date},
                {"text": name_of(record.province_id)},
                {"badge": QualificationState(record.state).label},
            ],
        }

    def search(self, user, text):
        """Whoever was merged into another is found by the former number too."""
        found = find(self.records(user), text, name="name", numbers=("mgmt_no",), owner="", reference=None)
        if not found.by_identity:
            return found
        known = Q(id_index__in=identity(text)) | Q(pk__in=formerly(identity(text)).values("pk"))
        return Found(self.records(user).filter(known), by_identity=True)

    def case(self, record, user):
        rows = [
            {"label": "姓名", "value": record.name},
            {"label": "证件类型", "value": record.get_id_type_display()},
            {"label": "证件号码", "value": record.masked_id, "secret": "id_number"},
            {"label": "证书级别", "value": record.get_level_display()},
            {"label": "管理号", "value": record.mgmt_no},
            {"label": "考试年度", "value": f"{record.exam_year}年"},
            {"label": "签发日期", "value": cn_date(record.issue_date)},
            {"label": "省份", "value": record.province.name},
            {"label": "来源", "value": f"{record.get_source_display()}，{cn_datetime(record.created_at)}入库"},
            {"label": "账号", "value": "已注册" if record.worker else "未注册"},
        ]
        rows += _formerly(record)
        if record.moves_for(user):
            url = f"{reverse('admin:registration_rostermerge_add')}?{urlencode({'keep': record.mgmt_no})}"
            rows.append({"label": "重复人员", "value": "与另一条记录合并", "url": url})
        return Case(
            title=f"{record.name} · {record.get_level_display()}证书",
            badge=record.get_state_display(),
            sections=[{"label": "职业水平证书", "entries": [rows]}],
            history=entries(record),
        )


def _formerly(record: Qualification) -> list[dict]:
    """Return the number under which the person was known before two records were made one."""
    merges = RosterMerge.objects.filter(state=RosterMergeState.MERGED, moved__qualifications__contains=record.pk)
    return [
        {
            "label": "曾用证件号码",
            "value": f"{mask_id(each.old_number)}（{each.old_name}，{cn_date(each.decided_at)}并入）",
        }
        for each in merges.order_by("pk")
    ]
