"""The audit trail and its chain, for the auditor, who reads and never writes (S12, S15)."""

from django.contrib import admin
from django.urls import path
from django.views.decorators.http import require_safe

from swms.accounts.models import User
from swms.audit import trail
from swms.audit.models import AuditEvent
from swms.console.exports import EXPORTED
from swms.console.history import state_of, title_of
from swms.console.screens import Filter, Found, Screen
from swms.regions.models import Duty
from swms.ui import cn_datetime

#: Deeds by which somebody saw personal data in full (R-ACC-13).
SEEN = ("reveal", "search_identity", "read_file")


@admin.register(AuditEvent)
class TrailScreen(Screen):
    """Who did what to which record, newest first."""

    group = "审计"
    label = "审计记录"
    duties = (Duty.AUDIT,)
    key = "pk"
    columns = ("时间", "操作人", "操作", "对象", "说明", "来源地址")
    search_words = "操作人姓名或对象编号"

    def records(self, user):
        return AuditEvent.objects.order_by("-id")

    def filters(self, user):
        everything = self.records(user)
        seen = everything.none()
        for name in SEEN:
            seen |= everything.filter(verb__endswith=name)
        return [
            Filter("all", "全部", everything, counted=False),
            Filter("seen", "查看个人信息", seen.order_by("-id"), counted=False),
            Filter("exports", "导出", everything.filter(verb=EXPORTED), counted=False),
            Filter("staff", "账号与职责", everything.filter(verb__startswith="accounts."), counted=False),
            Filter("system", "系统", everything.filter(actor=None), counted=False),
        ]

    def search(self, user, text):
        everything = self.records(user)
        actors = User.objects.filter(name=text).values("pk")
        return Found(everything.filter(actor__in=actors) | everything.filter(target_repr=text))

    def row(self, record):
        return {
            "title": cn_datetime(record.at),
            "cells": [
                {"text": record.actor_name},
                {"text": title_of(record.verb)},
                {"text": record.target_repr},
                {"text": _told(record)},
                {"text": record.ip or ""},
            ],
        }

    def page_urls(self):
        return [path("chain/", self.page(self.chain_page), name=self.url_name("chain"))]

    def list_context(self, request):
        return super().list_context(request) | {"actions": [{"label": "核对审计链", "url": self.url("chain")}]}

    def chain_page(self, request):
        """Recompute the whole chain and compare it with the anchor outside the database."""
        return require_safe(self._chain)(request)

    def _chain(self, request):
        context = {"report": trail.verify(), "anchor": trail.last_anchor(), "list_url": self.list_url}
        return self.show(request, "console/chain.html", context)


def _told(event: AuditEvent) -> str:
    """Return the reason of an event; of an export, what was taken along as well."""
    if event.verb == EXPORTED:
        return f"用途：{event.reason}；{_changes(event)}"
    return event.reason or _changes(event)


def _changes(event: AuditEvent) -> str:
    """Return the changes of an event in one line."""
    told = dict(event.changes)
    states = [state_of(event.target_type, code) for code in told.pop("state", ())]
    lines = [f"状态：{' → '.join(states)}"] if states else []
    if told.pop("rules", ""):
        lines.append(trail.rules_of(event))
    return "；".join(lines + [f"{name}: {_side(value)}" for name, value in told.items()])


def _side(value) -> str:
    if isinstance(value, list) and len(value) == 2:
        return f"{value[0] or '无'} → {value[1] or '无'}"
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
