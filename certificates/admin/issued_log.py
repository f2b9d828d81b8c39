"""签发日志 in the console: what was issued and withdrawn, and the alarms of whoever reads the files again."""

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone

from certificates.models import EntryKind, FileCheck, FileFault, LogEntry
from certificates.models.documents import Certificate
from swms.console.screens import Alert, Filter, Found, Screen
from swms.idnumbers import normalise
from swms.regions.models import Duty
from swms.ui import cn_datetime

NAMED = 5
STALLED = timedelta(hours=6)


@admin.register(LogEntry)
class LogScreen(Screen):
    """The log for those who answer for it; it names no person, so it has no region either."""

    group = "证书"
    label = "签发日志"
    duties = (Duty.CERTIFICATE, Duty.SYSTEM, Duty.AUDIT)
    columns = ("日志编号", "类别", "编号", "事由", "文件指纹", "时间")
    search_words = "登记证书编号（第几版写 v1）、加注编号或管理号"
    empty_title = "还没有签发过文件"

    def records(self, user):
        return LogEntry.objects.select_related("leaf").order_by("-id")

    def filters(self, user):
        everything = self.records(user)
        return [Filter("all", "全部", everything, counted=False)] + [
            Filter(kind.value, kind.label, everything.filter(kind=kind), counted=False) for kind in EntryKind
        ]

    def alerts(self, user):
        return _faults() + _stalled()

    def row(self, record):
        return {
            "title": f"第 {record.leaf.place + 1} 号" if hasattr(record, "leaf") else "待编号",
            "cells": [
                {"text": record.get_kind_display()},
                {"text": record.number},
                {"text": record.reason},
                {"text": f"{record.sha256[:16]}…" if record.sha256 else ""},
                {"text": cn_datetime(record.at)},
            ],
        }

    def search(self, user, text):
        number, _, version = normalise(text).partition("V")
        exact = [normalise(text), f"{number} v{version}"] if version else [number]
        found = self.records(user).filter(number__in=exact)
        return Found(found if found.exists() else self.records(user).filter(number__startswith=f"{number} v"))


def _faults() -> list[Alert]:
    """Return one alert that names what the re-verifier found; nothing when all is well."""
    kept = list(FileFault.objects.filter(cleared_at=None).order_by("found_at", "pk")[: NAMED + 1])
    if not kept:
        return []
    named = "；".join(f"{each.number}：{each.text}" for each in kept[:NAMED]) + ("等" if len(kept) > NAMED else "")
    return [Alert("bad", f"已签发文件复核发现问题：{named}。请立即联系系统管理员核查，恢复后警报自动解除。")]


def _stalled() -> list[Alert]:
    """Return an alert when nobody has read files again for hours although there are some."""
    at = FileCheck.objects.order_by("at").first()
    issued = Certificate.objects.exclude(sha256="").order_by("pk").first()
    limit = timezone.now() - STALLED
    if issued is None or issued.created_at > limit or (at and at.at and at.at > limit):
        return []
    since = f"，上一次是{cn_datetime(at.at)}" if at and at.at else ""
    return [Alert("wait", f"已签发文件的复核没有在进行{since}。请系统管理员检查后台任务。")]
