"""What the people of a region were reminded of, and whether it reached them (R-REREG-10)."""

from django.contrib import admin
from django.db.models import Prefetch

from registration.admin.identity import find
from registration.models import Application, DeadlineReminder, Registration
from registration.workflows import ApplicationState
from swms.console.screens import Filter, Screen
from swms.notices.ledger import outside
from swms.notices.models import Delivery
from swms.regions.models import REVIEW_DUTIES
from swms.ui import cn_datetime


@admin.register(DeadlineReminder)
class DeadlineReminderAdmin(Screen):
    """The ledger of reminders, with how each message fared; the case itself shows everything sent about it."""

    group = "审核"
    label = "期限提醒"
    duties = REVIEW_DUTIES
    columns = ("姓名", "事项", "受理编号或登记编号", "截止日期", "提醒时间", "发送")
    search_words = "受理编号、登记证书编号或姓名"
    empty_title = "还没有发送过期限提醒"
    empty_text = "系统每天上午发送：截止前30天、7天和1天，补正截止前7天和1天，学时不足的在到期前6个月。"

    def records(self, user):
        deliveries = Prefetch("notice__deliveries", Delivery.objects.defer("text").order_by("id"))
        rows = DeadlineReminder.objects.visible_to(user).select_related(
            "worker__user", "application", "registration", "notice"
        )
        return rows.prefetch_related(deliveries).order_by("-id")

    def filters(self, user):
        everything = self.records(user)
        return [Filter("all", "全部", everything, counted=False)] + [
            Filter(kind.value, kind.label, everything.filter(kind=kind), counted=False)
            for kind in DeadlineReminder.Kind
        ]

    def record_url(self, record):
        case = record.application
        # A draft is its owner's business alone.
        if case is not None and case.form_version and case.state != ApplicationState.NOT_APPLIED:
            return self.admin_site.get_model_admin(Application).record_url(case)
        if record.registration is not None:
            return self.admin_site.get_model_admin(Registration).record_url(record.registration)
        return ""

    def row(self, record):
        sent = outside(record.notice) if record.notice else []
        words = "；".join(f"{each.channel}{each.status} {cn_datetime(each.when)} {each.to}".strip() for each in sent)
        return {
            "title": record.worker.user.name,
            "cells": [
                {"text": record.get_kind_display()},
                {"text": str(record.application or record.registration)},
                {"date": record.last_day},
                {"text": cn_datetime(record.created_at)},
                {"text": words or "站内"},
            ],
        }

    def search(self, user, text):
        return find(
            self.records(user),
            text,
            name="worker__user__name",
            numbers=("registration__number",),
            reference="application__ref",
        )
