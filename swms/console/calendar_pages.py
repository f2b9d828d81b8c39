"""放假安排: the working days that the State Council announces, for the system administrator (R-TIME-06)."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from swms import dates
from swms.calendar import actions, announcements, years
from swms.calendar.models import AnnouncedDay
from swms.console.screens import Alert, Screen
from swms.forms import DateField, Form, tidy
from swms.regions.models import Duty
from swms.ui import cn_date, cn_datetime
from swms.workflow import Refused

LONGEST_FILE = 64 * 1024
LONGEST_LIST = 10_000  # characters; a year with a line for every day stays below
WORKING, OFF = "班", "休"
SOURCE_HELP = "公布放假安排的文件名称和文号。"


class DayForm(Form):
    """One announced day."""

    date = DateField(label="日期")
    kind = forms.ChoiceField(
        label="安排", choices=[(OFF, "休（放假）"), (WORKING, "班（上班）")], widget=forms.RadioSelect
    )
    source = forms.CharField(label="依据", max_length=200, help_text=SOURCE_HELP)


class YearForm(Form):
    """A year's whole list, pasted or as a file; ``cleaned_data["days"]`` holds what it says."""

    text = forms.CharField(
        label="全年名单",
        required=False,
        max_length=LONGEST_LIST,
        help_text="每行一个日期，后面写“班”或“休”。普通的周末和工作日不用列出。",
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    file = forms.FileField(label="或者上传文件", required=False, help_text="同样格式的文本文件，不超过64KB。")
    source = forms.CharField(label="依据", max_length=200, help_text=SOURCE_HELP)

    def __init__(self, *args, year: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.year = year

    def clean_file(self):
        """Return the text of the file, whatever program saved it."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > LONGEST_FILE:
            raise forms.ValidationError("文件超过64KB，请确认选对了文件")
        data = file.read()
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                text = tidy(data.decode(encoding))
            except UnicodeDecodeError:
                continue
            if len(text) > LONGEST_LIST:
                raise forms.ValidationError("文件内容过长，请只保留这一年的名单")
            return text
        raise forms.ValidationError("文件不是文本文件，请另存为文本文件（.txt）后再上传")

    def clean(self):
        """Read the list; every line that is wrong has its own message, and none is used then."""
        said = super().clean()
        if "text" in self.errors or "file" in self.errors:
            return said
        text, file = said["text"], said["file"]
        if text and file:
            self.add_error("text", "粘贴名单和上传文件请只选一种")
        elif not (text or file):
            self.add_error("text", "请粘贴全年名单，或上传文件")
        else:
            said["list"] = text or file
            said["days"], problems = announcements.read(said["list"], year=self.year)
            if problems:
                self.add_error("text" if text else "file", problems)
        return said


@admin.register(AnnouncedDay)
class CalendarScreen(Screen):
    """The announced days by year: what is known, what was entered, and by whom."""

    duties = (Duty.SYSTEM,)
    columns = ("年份", "放假安排", "录入的休息日", "录入的上班日")

    def page_urls(self):
        return [path("<int:year>/", self.page(self.year_page), name=self.url_name("change"))]

    def alerts(self, user):
        return [
            Alert("wait", f"{year}年的放假安排尚未录入，办理期限按法定节假日推算。", self.url("change", year))
            for year in years.missing(dates.today())
        ]

    # -- the years ------------------------------------------------------------------------------

    def list_page(self, request):
        """Every year around today and every year that has days."""
        return require_safe(self._years)(request)

    def _years(self, request):
        entered = years.entered()
        rows = []
        for year in years.shown(dates.today()):
            off, on = entered.get(year, (0, 0))
            badge = _standing(year, bool(off or on))
            cells = [badge, {"text": f"{off}天"}, {"text": f"{on}天"}]
            rows.append({"url": self.url("change", year), "title": f"{year}年", "cells": cells})
        return self.show(request, "console/calendar.html", self.list_context(request) | {"rows": rows})

    # -- one year -------------------------------------------------------------------------------

    def year_page(self, request, year):
        """A year's days (GET); a day more, a day less, or the whole list anew (POST, ``do`` names it)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._year)(request, year)

    def _year(self, request, year):
        if year not in years.shown(dates.today()):
            raise Http404
        if request.method != "POST":
            return self._show_year(request, year)
        deed = self._deeds.get(request.POST.get("do"))
        if deed is None:
            raise BadRequest("no such deed")
        return deed(self, request, year)

    def _add(self, request, year):
        form = DayForm(request.POST, prefix="day")
        if not form.is_valid():
            return self._show_year(request, year, day_form=form)
        said = form.cleaned_data
        working = said["kind"] == WORKING
        try:
            row = actions.announce_day(
                said["date"], is_working=working, source=said["source"], year=year, by=request.user
            )
        except Refused as refused:
            form.add_error("date", refused.message)
            return self._show_year(request, year, day_form=form)
        messages.success(request, f"已录入：{cn_date(row.date)} {row.kind}")
        return redirect(self.url("change", year))

    def _remove(self, request, year):
        for row in actions.announced(year):
            if str(row.date) == request.POST.get("date"):
                actions.take_back_day(row.date, by=request.user)
                messages.success(request, f"已移除：{cn_date(row.date)} {row.kind}")
                return redirect(self.url("change", year))
        messages.info(request, "这一天已经不在名单中。")
        return redirect(self.url("change", year))

    def _check(self, request, year):
        form = YearForm(request.POST, request.FILES, prefix="list", year=year)
        if not form.is_valid():
            return self._show_year(request, year, list_form=form)
        return self._confirm(request, year, form)

    def _edit(self, request, year):
        form = YearForm(request.POST, prefix="list", year=year)
        return self._show_year(request, year, list_form=form)

    def _save(self, request, year):
        form = YearForm(request.POST, prefix="list", year=year)
        if not form.is_valid():
            return self._show_year(request, year, list_form=form)
        said = form.cleaned_data
        looked_at = request.POST.get("seen", "")
        try:
            count = actions.announce_year(
                year, said["days"], source=said["source"], by=request.user, looked_at=looked_at
            )
        except Refused as refused:
            return self._confirm(request, year, form, refused=refused.message, status=409)
        messages.success(request, f"已保存{year}年的放假安排，共{count}天。")
        return redirect(self.url("change", year))

    _deeds = {"add": _add, "remove": _remove, "check": _check, "edit": _edit, "save": _save}

    def _confirm(self, request, year, form, *, refused="", status=200):
        said = form.cleaned_data
        changed = actions.changes(said["days"], year=year)
        context = {
            "heading": f"核对{year}年的放假安排",
            "refused": refused,
            "total": len(said["days"]),
            "source": said["source"],
            "changes": [{"label": _day(each.date), "old": _kind(each.old), "new": _kind(each.new)} for each in changed],
            "hidden": [
                {"name": "list-text", "value": said["list"]},
                {"name": "list-source", "value": said["source"]},
                {"name": "seen", "value": actions.seen(actions.announced(year))},
            ],
            "year_url": self.url("change", year),
        }
        return self.show(request, "console/calendar_confirm.html", context, status=status)

    def _show_year(self, request, year, *, day_form=None, list_form=None):
        days = actions.announced(year)
        standing = _standing(year, bool(days))
        context = {
            "heading": f"{year}年放假安排",
            "standing": standing,
            "built_in": dates.has_schedule_built_in(year),
            "days": [
                {
                    "date": str(row.date),
                    "words": _day(row.date),
                    "kind": row.kind,
                    "source": row.source,
                    "who": f"{row.by.name}，{cn_datetime(row.at)}",
                }
                for row in days
            ],
            "form": day_form or list_form,
            "day_form": day_form or DayForm(prefix="day"),
            "list_form": list_form or YearForm(prefix="list", year=year),
            "list_url": self.list_url,
            "list_label": self.label,
        }
        return self.show(request, "console/calendar_year.html", context)


def _standing(year: int, entered: bool) -> dict:
    """Return the badge that says whether a year's schedule is known."""
    if entered:
        return {"badge": "已录入", "tone": "good"}
    if dates.has_schedule_built_in(year):
        return {"badge": "系统内置", "tone": "good"}
    return {"badge": "尚未录入", "tone": "wait"}


def _day(day) -> str:
    return f"{cn_date(day)} {announcements.weekday(day)}"


def _kind(is_working: bool | None) -> str:
    return {None: "不在名单中", True: WORKING, False: OFF}[is_working]
