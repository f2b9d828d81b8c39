"""Importing a roster: upload, what would happen, what did happen, and the rows to correct."""

import rules
from django import forms
from django.contrib import admin, messages
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registration import roster
from registration.forms.roster import UndoForm
from registration.models import RosterConflict, RosterImport
from registration.workflows import RosterConflictState
from swms import downloads
from swms.console.screens import Screen
from swms.forms import Form
from swms.sheets import XLSX
from swms.ui import cn_datetime
from swms.workflow import Refused

TEMPLATE_NAME = "社工库导入模板"

Outcome = RosterImport.Outcome


class UploadForm(Form):
    """A list of certificate holders."""

    file = forms.FileField(
        label="名单文件",
        help_text="CSV 或 XLSX 文件，第一行是列名。先试运行，核对无误后再导入。",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )


@admin.register(RosterImport)
class RosterImportScreen(Screen):
    """The imports so far, and a new one; nothing enters the roster before it was confirmed."""

    group = "证书"
    label = "导入名单"
    columns = ("文件", "时间", "操作人", "方式", "结果", "总行数", "新增", "更新", "未变", "有误", "冲突")
    empty_title = "还没有导入过名单"
    empty_text = "选择文件后先试运行，不会改动社工库。"
    list_template = "console/imports.html"

    def opens_to(self, user):
        """Only a keeper of certificates for the whole country: a list may name any province."""
        return rules.has_perm("registration.import_roster", user)

    def records(self, user):
        return RosterImport.objects.visible_to(user).select_related("by").order_by("-id")

    def row(self, record):
        counts = (
            record.rows_total,
            record.rows_created,
            record.rows_updated,
            record.rows_unchanged,
            record.rows_refused,
            record.rows_conflicting,
        )
        return {
            "title": record.file_name,
            "cells": [
                {"text": cn_datetime(record.started_at)},
                {"text": record.by.name if record.by else "系统"},
                {"text": "试运行" if record.dry_run else "导入"},
                {"badge": record.get_outcome_display(), "tone": _TONES[record.outcome]},
                *({"text": str(number)} for number in counts),
            ],
        }

    def record_url(self, record):
        return self.url("change", record.uid)

    def page_urls(self):
        return [
            path("template/", self.page(self.template_page), name=self.url_name("template")),
            path("<uuid:uid>/", self.page(self.result_page), name=self.url_name("change")),
            path("<uuid:uid>/progress/", self.page(self.progress_page), name=self.url_name("progress")),
            path("<uuid:uid>/confirm/", self.page(self.confirm_page), name=self.url_name("confirm")),
            path("<uuid:uid>/errors/", self.page(self.errors_page), name=self.url_name("errors")),
            path("<uuid:uid>/undo/", self.page(self.undo_page), name=self.url_name("undo")),
        ]

    def list_context(self, request):
        more = {"form": UploadForm(), "template_url": self.url("template")}
        return super().list_context(request) | more

    def list_page(self, request):
        """The upload and the imports so far (GET); a file to try (POST)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._upload)(request)

    def _upload(self, request):
        if request.method != "POST":
            return self._part(request)
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                staged = roster.stage(file.file, name=file.name, by=request.user)
            except roster.FileRefused as refused:
                form.add_error("file", refused.message)
            else:
                return redirect(self.record_url(staged))
        context = {"rows": self.rows(list(self.records(request.user)[: self.page_size]), request.user), "form": form}
        return self.show(request, self.list_template, self.list_context(request) | context)

    def template_page(self, request):
        """The template, with its columns as text so that numbers keep their zeros."""
        return require_safe(lambda asked: downloads.sheet(roster.template_xlsx(), TEMPLATE_NAME, XLSX))(request)

    def result_page(self, request, uid):
        """How far it is, then what would happen or what did."""
        return require_safe(self._result)(request, uid)

    def _result(self, request, uid):
        record = self.record(request, uid)
        finished = record.outcome == Outcome.FINISHED
        open_conflicts = record.conflicts.filter(state=RosterConflictState.OPEN).count()
        changes = record.rows_created + record.rows_updated + record.rows_conflicting
        context = {
            "import": record,
            "running": record.outcome in (Outcome.RUNNING, Outcome.UNDOING),
            "percent": roster.progress(record),
            "problems": roster.problems(record),
            "may_confirm": finished and record.dry_run and changes > 0,
            "has_error_file": finished and record.rows_refused + record.rows_conflicting > 0,
            "left_out": record.rows_refused + record.rows_conflicting,
            "may_undo": record.may_be_undone,
            "open_conflicts": open_conflicts,
            "conflicts_url": self.admin_site.get_model_admin(RosterConflict).list_url,
            "kept": _kept(record),
            "kept_count": record.kept.count(),
            "undo_url": self.url("undo", uid),
            "list_url": self.list_url,
            "record_url": self.record_url(record),
            "progress_url": self.url("progress", uid),
            "confirm_url": self.url("confirm", uid),
            "errors_url": self.url("errors", uid),
        }
        return self.show(request, "console/import.html", context)

    def progress_page(self, request, uid):
        """The panel that follows a running import; at its end the whole page is loaded again."""
        return require_safe(self._progress)(request, uid)

    def _progress(self, request, uid):
        record = self.record(request, uid)
        context = {"percent": roster.progress(record), "progress_url": self.url("progress", uid)}
        response = render(request, "console/import_progress.html", context)
        if record.outcome not in (Outcome.RUNNING, Outcome.UNDOING):
            response["HX-Refresh"] = "true"
        return response

    def confirm_page(self, request, uid):
        """Import what was tried."""
        return require_POST(self._confirm)(request, uid)

    def _confirm(self, request, uid):
        record = self.record(request, uid)
        try:
            started = roster.confirm(record, by=request.user)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(self.record_url(record))
        return redirect(self.record_url(started))

    def errors_page(self, request, uid):
        """The rows that were refused, with the reason beside each, to be corrected and sent again."""
        return require_safe(self._errors)(request, uid)

    def _errors(self, request, uid):
        found = roster.error_file(self.record(request, uid))
        if found is None:
            raise Http404
        response = FileResponse(found.open(), content_type=found.content_type)
        return downloads.as_download(response, found.name)

    def undo_page(self, request, uid):
        """Ask why, and say what will happen (GET); have the import undone (POST)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._undo)(request, uid)

    def _undo(self, request, uid):
        record = self.record(request, uid)
        if not record.may_be_undone:
            messages.error(request, "这次导入不能撤回，或已经撤回")
            return redirect(self.record_url(record))
        form = UndoForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                roster.ask_to_undo(record, by=request.user, reason=form.cleaned_data["reason"])
            except Refused as refused:
                messages.error(request, refused.message)
            return redirect(self.record_url(record))
        context = {
            "heading": f"撤回导入 {record.file_name}",
            "text": "新增的记录从社工库移除，更新的记录恢复原样。"
            "已注册账户、此后又有更改或已据此办理业务的人员保留，并列出原因。",
            "rows": [
                {"label": "导入时间", "value": cn_datetime(record.started_at)},
                {"label": "新增", "value": str(record.rows_created)},
                {"label": "更新", "value": str(record.rows_updated)},
            ],
            "form": form,
            "record_url": self.record_url(record),
        }
        return self.show(request, "console/import_undo.html", context)


MOST_LISTED = 500


def _kept(record: RosterImport) -> list[dict]:
    """Return the rows that stayed when the import was undone, the first of them, with the reason."""
    rows = record.kept.select_related("qualification").order_by("qualification_id")[:MOST_LISTED]
    return [
        {
            "name": each.qualification.name,
            "mgmt_no": each.qualification.mgmt_no,
            "url": reverse("admin:registration_qualification_change", args=[each.qualification.mgmt_no]),
            "reason": each.get_reason_display(),
        }
        for each in rows
    ]


_TONES = {
    Outcome.RUNNING: "info",
    Outcome.FINISHED: "good",
    Outcome.FAILED: "bad",
    Outcome.UNDOING: "info",
    Outcome.UNDONE: "idle",
}
