"""Staff and their duties, for the security administrator."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.core.validators import RegexValidator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.http import require_http_methods

from swms.accounts.models import User
from swms.audit import trail
from swms.console import staff
from swms.console.history import Entry, title_of
from swms.console.screens import Filter, Found, Screen
from swms.forms import Form
from swms.regions.fields import RegionField
from swms.regions.models import ADMINISTRATORS, Duty, Jurisdiction
from swms.regions.queries import full_name
from swms.workflow import Refused

PAGES = ["GET", "HEAD", "POST"]


class NewStaffForm(Form):
    """Who is to have an account."""

    name = forms.CharField(label="姓名", min_length=2, max_length=50)
    username = forms.CharField(
        label="用户名",
        max_length=32,
        help_text="登录时使用，3至32个小写字母、数字或连字符，以字母开头。",
        validators=[RegexValidator(r"^[a-z][a-z0-9-]{2,31}\Z", "请用3至32个小写字母、数字或连字符，以字母开头")],
    )


class GrantForm(Form):
    """A duty, and where."""

    duty = forms.ChoiceField(label="职责", choices=[("", "请选择"), *Duty.choices])
    region = RegionField(
        label="管辖区域", leaf_only=False, required=False, help_text="包括其下的所有区域。三类管理员不分区域。"
    )
    nationwide = forms.BooleanField(label="全国", required=False)

    def clean(self):
        """A region or the whole country must be meant, not forgotten."""
        said = super().clean()
        if said.get("duty") and said["duty"] not in ADMINISTRATORS and "region" not in self.errors:
            if not said.get("region") and not said.get("nationwide"):
                self.add_error("region", "请选择管辖区域，或勾选“全国”")
            if said.get("region") and said.get("nationwide"):
                self.add_error("nationwide", "已选择管辖区域，请不要同时勾选“全国”")
        return said


@admin.register(User)
class StaffScreen(Screen):
    """Members of staff: new accounts, duties, second factors (S15)."""

    group = "安全"
    label = "工作人员"
    duties = (Duty.SECURITY,)
    columns = ("姓名", "用户名", "职责", "状态")
    search_words = "姓名或用户名"
    empty_title = "还没有工作人员"

    def records(self, user):
        held = Prefetch("jurisdictions", Jurisdiction.objects.select_related("region"))
        return User.objects.filter(kind=User.Kind.STAFF).prefetch_related(held).order_by("-id")

    def filters(self, user):
        everything = self.records(user)
        return [
            Filter("active", "启用", everything.filter(is_active=True), counted=False),
            Filter("closed", "停用", everything.filter(is_active=False), counted=False),
        ]

    def search(self, user, text):
        everything = self.records(user)
        return Found(everything.filter(username=text) | everything.filter(name=text))

    def row(self, record):
        words = "；".join(_words(held) for held in record.jurisdictions.all())
        status = {"badge": "启用", "tone": "good"} if record.is_active else {"badge": "停用"}
        return {"title": record.name, "cells": [{"text": record.username}, {"text": words or "无"}, status]}

    def record_url(self, record):
        return self.url("change", record.uid)

    def page_urls(self):
        return [
            path("new/", self.page(self.new_page), name=self.url_name("add")),
            path("<uuid:uid>/", self.page(self.person_page), name=self.url_name("change")),
        ]

    def list_context(self, request):
        return super().list_context(request) | {"actions": [{"label": "新建账号", "url": self.url("add")}]}

    def new_page(self, request):
        """Ask for a name and a user name; answer with the password, once."""
        return require_http_methods(PAGES)(self._new)(request)

    def _new(self, request):
        form = NewStaffForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                user, password = staff.create(**form.cleaned_data, by=request.user)
            except Refused as refused:
                form.add_error("username", refused.message)
            else:
                return self._show_person(request, user, password=password)
        return self.show(request, "console/staff_new.html", {"form": form, "list_url": self.list_url})

    def person_page(self, request, uid):
        """One person (GET); what is done to the account (POST, ``do`` names it)."""
        return require_http_methods(PAGES)(self._person)(request, uid)

    def _person(self, request, uid):
        user = get_object_or_404(self.records(request.user), uid=uid)
        if request.method != "POST":
            return self._show_person(request, user)
        deed = self._deeds.get(request.POST.get("do"))
        if deed is None:
            raise BadRequest("no such deed")
        try:
            answer = deed(self, request, user)
        except Refused as refused:
            messages.error(request, refused.message)
            answer = None
        return answer or redirect(self.record_url(user))

    def _grant(self, request, user):
        form = GrantForm(request.POST)
        if not form.is_valid():
            return self._show_person(request, user, form=form)
        said = form.cleaned_data
        held = staff.grant(user, duty=said["duty"], region=said["region"], by=request.user)
        messages.success(request, f"已授予{user.name}：{_words(held)}")
        return None

    def _withdraw(self, request, user):
        held = get_object_or_404(user.jurisdictions.select_related("region"), pk=_number(request.POST.get("held", "")))
        words = _words(held)
        staff.withdraw(held, by=request.user)
        messages.success(request, f"已收回{user.name}的职责：{words}")

    def _reset_second_factor(self, request, user):
        staff.reset_second_factor(user, by=request.user)
        messages.success(request, f"{user.name}下次登录时需重新设置第二步验证")

    def _reset_password(self, request, user):
        password = staff.reset_password(user, by=request.user)
        return self._show_person(request, user, password=password)

    def _deactivate(self, request, user):
        staff.set_active(user, False, by=request.user)
        messages.success(request, f"已停用{user.name}的账号")

    def _activate(self, request, user):
        staff.set_active(user, True, by=request.user)
        messages.success(request, f"已启用{user.name}的账号")

    _deeds = {
        "grant": _grant,
        "withdraw": _withdraw,
        "reset_second_factor": _reset_second_factor,
        "reset_password": _reset_password,
        "deactivate": _deactivate,
        "activate": _activate,
    }

    def _show_person(self, request, user, *, form=None, password=""):
        events = trail.history(user).order_by("-id")[:50]
        context = {
            "person": user,
            "own": user.pk == request.user.pk,
            "held": [{"pk": each.pk, "words": _words(each)} for each in user.jurisdictions.select_related("region")],
            "form": form or GrantForm(),
            "password": password,
            "history": [Entry(e.at, title_of(e.verb), e.actor_name, _changed(e.changes)) for e in events],
            "list_url": self.list_url,
            "record_url": self.record_url(user),
        }
        return self.show(request, "console/staff_person.html", context)


def _number(text: str) -> int:
    """Return the key of a row, 0 for what is none."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _words(held: Jurisdiction) -> str:
    return f"{full_name(held.region) if held.region else '全国'} · {held.get_duty_display()}"


def _changed(changes: dict) -> str:
    """Return a granted or withdrawn duty in words."""
    for told in changes.get("duty", ()):
        if told:
            duty, _, code = told.partition(":")
            return f"{Duty(duty).label}（{code if code != 'all' else '全国'}）"
    return ""
