"""通知公告 at the office: drafts, what is public, and the page on which a bulletin is written."""

from django.contrib import admin, messages
from django.db.models import Q
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from swms.bulletins import actions
from swms.bulletins.forms import BulletinForm
from swms.bulletins.models import Bulletin
from swms.bulletins.rules import may_publish
from swms.bulletins.text import render as rendered
from swms.bulletins.workflows import BulletinState
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, Found
from swms.dates import today
from swms.regions.models import REVIEW_DUTIES, Duty
from swms.regions.queries import full_name
from swms.ui import cn_date, cn_datetime
from swms.uploads.refusal import UploadRefused
from swms.workflow import Refused


@admin.register(Bulletin)
class BulletinAdmin(ReviewAdmin):
    """The bulletins of the reader's region; new ones in the matters of the reader's duty."""

    group = "公告"
    duties = (*REVIEW_DUTIES, Duty.CERTIFICATE, Duty.SYSTEM)
    columns = ("标题", "编号", "发布区域", "栏目", "状态", "发布时间")
    search_words = "编号或标题"
    empty_title = "还没有公告"
    record_template = "console/bulletin.html"
    confirmed = ("withdraw", "discard")

    def page_urls(self):
        return [
            path("new/", self.page(self.new_page), name=self.url_name("add")),
            path("<str:key>/", self.page(self.review_page), name=self.url_name("change")),
            path("<str:key>/edit/", self.page(self.edit_page), name=self.url_name("edit")),
        ]

    def records(self, user):
        return Bulletin.objects.visible_to(user).select_related("region").order_by("-id")

    def filters(self, user):
        rows, now = self.records(user), timezone.now()
        out = rows.filter(state=BulletinState.PUBLISHED)
        return [
            Filter("all", "全部", rows.exclude(state=BulletinState.DISCARDED), counted=False),
            Filter("draft", "草稿", rows.filter(state=BulletinState.DRAFT)),
            Filter("coming", "待发布", out.filter(publish_at__gt=now)),
            Filter(
                "public",
                "公开中",
                out.filter(Q(expires_on=None) | Q(expires_on__gte=today()), publish_at__lte=now),
                counted=False,
            ),
            Filter("withdrawn", "已撤回", rows.filter(state=BulletinState.WITHDRAWN), counted=False),
        ]

    def row(self, record):
        return {
            "title": record.title,
            "cells": [
                {"text": record.ref},
                {"text": _place(record)},
                {"text": record.get_module_display()},
                {"badge": record.standing},
                {"text": cn_datetime(record.publish_at)},
            ],
        }

    def search(self, user, text):
        rows = self.records(user)
        return Found(rows.filter(Q(ref=text.upper()) | Q(title=text)))

    def list_context(self, request):
        return super().list_context(request) | {"actions": [{"label": "起草公告", "url": self.url("add")}]}

    # -- the page -------------------------------------------------------------------------------

    def moves(self, record, user):
        # Of 取消定时发布 and 撤回 one fits, by the clock; the moves' own guards have the last word.
        other = "unschedule" if record.is_out else "withdraw"
        return [move for move in record.moves_for(user) if move.name != other]

    def make_move(self, record, name, *, actor, seen=None, **said):
        if name == "publish":
            actions.publish(record, by=actor, seen=seen)
        elif name == "unschedule":
            actions.unschedule(record, by=actor)
        else:
            record.move(name, actor=actor, **said)

    def consequences(self, record, move, form):
        if move.name == "discard":
            return {"text": "这份草稿作废后不能再修改和发布。", "rows": self._rows(record)}
        text = "公告和附件立即不能再看，原网址显示撤回时间和原因。撤回后不能恢复，需要时另发公告。"
        return {"text": text, "rows": self._rows(record)}

    def case(self, record, user):
        return Case(
            title=record.title,
            badge=record.standing,
            whose_move=f"{record.ref} · {_place(record)} · {record.get_module_display()}",
            sections=[{"label": "公告", "entries": [self._rows(record)]}],
            files=[
                {
                    "label": "附件",
                    "name": file.name,
                    "url": f"{file.get_absolute_url()}?inline=1",
                    "media_type": file.media_type,
                    "size": file.size,
                }
                for file in record.files.filter(purged_at=None).order_by("pk")
            ],
            history=entries(record),
        )

    def _rows(self, record) -> list[dict]:
        public = record.state == BulletinState.PUBLISHED and record.is_out
        rows = [
            {"label": "标题", "value": record.title, "url": record.get_absolute_url() if public else ""},
            {"label": "发布时间", "value": cn_datetime(record.publish_at) or "点“发布”后立即公开"},
            {"label": "有效期至", "value": cn_date(record.expires_on) or "一直有效"},
        ]
        if record.version > 1:
            rows.append({"label": "版本", "value": f"第{record.version}版"})
        if record.withdrawn_at:
            rows.append({"label": "撤回", "value": f"{cn_datetime(record.withdrawn_at)}\n{record.withdrawn_reason}"})
        return rows

    def show_case(self, request, record, **more):
        may = may_publish(request.user, record.module, record.region)
        editable = may and record.state in (BulletinState.DRAFT, BulletinState.PUBLISHED)
        shown = {"body": rendered(record.body), "edit_url": self.url("edit", record.ref) if editable else ""}
        return super().show_case(request, record, **shown, **more)

    # -- writing ----------------------------------------------------------------------------------

    def new_page(self, request):
        """The form of a bulletin that is begun."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._new)(request)

    def _new(self, request):
        form = BulletinForm(*_posted(request), user=request.user)
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, form, "起草公告")
        said = form.cleaned_data
        try:
            bulletin = actions.draft(
                region=said["region"],
                module=said["module"],
                by=request.user,
                files=form.files_to_add,
                **form.written,
            )
        except UploadRefused as refused:
            form.add_error("files_added", refused.message)
            return self._ask(request, form, "起草公告")
        messages.success(request, "草稿已保存，还没有公开。请核对后发布。")
        return redirect(self.record_url(bulletin))

    def edit_page(self, request, key):
        """The form of a bulletin that is there."""
        allowed = require_http_methods(["GET", "HEAD", "POST"])
        return allowed(lambda asked: self._edit(asked, self.record(asked, key)))(request)

    def _edit(self, request, record):
        if record.state not in (BulletinState.DRAFT, BulletinState.PUBLISHED):
            messages.info(request, f"公告{record.get_state_display()}，不能再修改。")
            return redirect(self.record_url(record))
        if not may_publish(request.user, record.module, record.region):
            messages.error(request, "这则公告属于其他职责的栏目，您可以查看，不能修改。")
            return redirect(self.record_url(record))
        written = {name: getattr(record, name) for name in ("title", "body", "publish_at", "expires_on")}
        form = BulletinForm(*_posted(request), user=request.user, bulletin=record, initial=written)
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, form, "修改公告", record)
        seen = request.POST.get("edition", "")[:9]
        try:
            actions.edit(
                record,
                form.written,
                by=request.user,
                seen=int(seen) if seen.isdecimal() else -1,
                note=form.cleaned_data.get("note", ""),
                files=form.files_to_add,
                removed=form.files_to_remove,
            )
        except Refused as refused:
            fields = {"note_required": "note", "too_many": "files_added"}
            field = "files_added" if isinstance(refused, UploadRefused) else fields.get(refused.code)
            form.add_error(field, refused.message)
            return self._ask(request, form, "修改公告", record, status=409)
        messages.success(request, "修改已保存。")
        return redirect(self.record_url(record))

    def _ask(self, request, form, heading, record=None, *, status=200):
        context = {
            "heading": heading,
            "form": form,
            "edition": request.POST.get("edition") or (record.edition if record else ""),
            "is_out": form.is_out,
            "submit_label": "保存修改" if record else "保存草稿",
            "back_url": self.record_url(record) if record else self.list_url,
            "back_label": record.title if record else self.label,
        }
        return self.show(request, "console/bulletin_form.html", context, status=status)


def _posted(request) -> tuple:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _place(record: Bulletin) -> str:
    return full_name(record.region) if record.region else "全国"
