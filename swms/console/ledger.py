"""The ledger of notices and of the messages that went out, for the system administrator."""

from django.contrib import admin
from django.utils import timezone

from swms.console.screens import Alert, Filter, Found, Screen
from swms.notices.models import Delivery, Notice
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
        return {
            "title": cn_datetime(record.created_at),
            "cells": [
                {"text": f"{who} {record.masked_address}".strip()},
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


@admin.register(Notice)
class NoticeScreen(Screen):
    """What stands in people's inboxes; what it says is theirs."""

    label = "站内消息"
    duties = (Duty.SYSTEM,)
    columns = ("时间", "收件人", "事项", "标题", "阅读时间")
    search_words = "收件人姓名"

    def records(self, user):
        return Notice.objects.select_related("recipient").defer("body").order_by("-id")

    def search(self, user, text):
        return Found(self.records(user).filter(recipient__name=text))

    def row(self, record):
        return {
            "title": cn_datetime(record.created_at),
            "cells": [
                {"text": record.recipient.name},
                {"text": record.kind},
                {"text": record.title},
                {"text": cn_datetime(record.read_at) or "未读"},
            ],
        }
