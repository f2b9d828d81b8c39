"""How every message fared, and whether the system keeps its promises: for the system administrator."""

from django.contrib import admin
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from swms.console.screens import Alert, Filter, Found, Screen
from swms.heartbeats import Heartbeat
from swms.idnumbers import mask_mobile
from swms.invariants import judge
from swms.notices.models import Delivery
from swms.regions.models import Duty
from swms.ui import cn_datetime

Status = Delivery.Status


@admin.register(Delivery)
class DeliveryScreen(Screen):
    """The ledger of messages. Their text stays sealed: codes travel in it."""

    label = "短信与邮件"
    duties = (Duty.SYSTEM,)
    columns = ("时间", "收件人", "渠道", "事项", "状态", "次数", "发送时间", "错误")
    search_words = "收件人姓名"

    def records(self, user):
        return Delivery.objects.select_related("recipient").defer("text").order_by("-id")

    def filters(self, user):
        everything = self.records(user)
        return [Filter("all", "全部", everything, counted=False)] + [
            Filter(status.value, status.label, everything.filter(status=status), status != Status.SENT)
            for status in Status
        ]

    def search(self, user, text):
        return Found(self.records(user).filter(recipient__name=text))

    def row(self, record):
        who = record.recipient.name if record.recipient else ""
        to = record.address if record.channel == Delivery.Channel.EMAIL else mask_mobile(record.address)
        return {
            "title": cn_datetime(record.created_at),
            "cells": [
                {"text": f"{who} {_masked_mail(to)}".strip()},
                {"text": record.get_channel_display()},
                {"text": record.kind},
                {"badge": record.get_status_display()},
                {"text": record.attempts},
                {"text": cn_datetime(record.sent_at)},
                {"text": record.error},
            ],
        }

    def alerts(self, user):
        failed = Delivery.objects.filter(status=Status.FAILED, created_at__date=timezone.localdate()).exists()
        return [Alert("wait", "今天有短信或邮件发送失败。", f"{self.list_url}?part={Status.FAILED}")] if failed else []


@admin.register(Heartbeat)
class PromisesScreen(Screen):
    """The promises of the system, judged on demand."""

    label = "运行检查"
    duties = (Duty.SYSTEM,)
    key = "name"

    def records(self, user):
        return Heartbeat.objects.order_by("name")

    def list_page(self, request):
        """When the jobs last gave a sign of life (GET); every promise judged now (POST, as it reads everything)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._promises)(request)

    def _promises(self, request):
        context = {
            "heading": self.label,
            "beats": self.records(request.user),
            "verdicts": judge() if request.method == "POST" else None,
        }
        return self.show(request, "console/promises.html", context)


def _masked_mail(address: str) -> str:
    name, at, host = address.partition("@")
    return f"{name[:1]}***@{host}" if at else address
