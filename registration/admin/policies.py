"""省级政策: what a province has settled, what is to come, and a new version in two steps (Q5, Q6, Q14)."""

import rules
from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from registration import actions
from registration.forms.policies import WINDOWS, PolicyForm, taken_over
from registration.models import Policy, ProvincePolicy
from registration.models.policies import FinalReview, FirstReview, Span
from registration.queries.policies import history, not_settled, offices_below, policy_of, without_reviewer
from swms.console.screens import Alert, Screen
from swms.current import once
from swms.dates import today
from swms.regions.models import Duty, Region, holds_duty, jurisdictions_of
from swms.ui import cn_date
from swms.workflow import Refused

NAMED = 8  # offices that a warning names one by one
FATES = {
    "current": ("现行", "good"),
    "coming": ("待生效", "wait"),
    "past": ("已失效", "idle"),
    "replaced": ("未生效即被取代", "idle"),
}


@admin.register(ProvincePolicy)
class PolicyScreen(Screen):
    """The policies of the provinces for which the reader may speak; the system administrator reads all of them."""

    group = "审核"
    duties = (Duty.FINAL_REVIEW, Duty.SYSTEM)
    columns = ("省份", "现行版本", "初审", "终审", "首次登记补登记", "再登记补登记", "免继续教育证明")

    def opens_to(self, user):
        return bool(self.provinces(user))

    def provinces(self, user) -> list[Region]:
        """Return the provinces whose policy the user may read."""
        if holds_duty(user, Duty.SYSTEM):
            provinces = Region.objects.filter(level=Region.Level.PROVINCE, valid_to=None).order_by("code")
            return once("provinces", lambda: list(provinces))  # the frame asks of every screen whether it opens
        return self.settled_by(user)

    def settled_by(self, user) -> list[Region]:
        """Return the provinces whose policy the user may set."""
        held = {j.region for j in jurisdictions_of(user) if j.duty == Duty.FINAL_REVIEW and j.region}
        mine = [region for region in held if rules.has_perm("registration.set_policy", user, region)]
        return sorted(mine, key=lambda region: region.code)

    def province(self, request, code: str) -> Region:
        """Return one of the reader's provinces, or answer 404."""
        for region in self.provinces(request.user):
            if region.code == code:
                return region
        raise Http404

    def page_urls(self):
        return [
            path("<str:code>/", self.page(self.province_page), name=self.url_name("change")),
            path("<str:code>/new/", self.page(self.new_page), name=self.url_name("add")),
        ]

    def alerts(self, user):
        """Where reviewers work by the default because nobody has settled anything."""
        open_ones = not_settled(self.provinces(user))
        if not open_ones:
            return []
        names = "、".join(each.name for each in open_ones[:NAMED])
        more = f"等{len(open_ones)}个省份" if len(open_ones) > NAMED else ""
        return [Alert("wait", f"{names}{more}还没有制定过省级政策，现在按默认规则办理。", self.list_url)]

    # -- looking --------------------------------------------------------------------------------

    def list_page(self, request):
        """The one province of the reader, or all of them to choose from."""
        return require_safe(self._provinces)(request)

    def _provinces(self, request):
        provinces = self.provinces(request.user)
        if len(provinces) == 1:
            return self._show_province(request, provinces[0])
        ProvincePolicy.read_ahead(provinces)
        rows = [{"url": self.url("change", each.code), **self.row(each)} for each in provinces]
        return self.show(request, self.list_template, self.list_context(request) | {"rows": rows})

    def row(self, record):
        policy = policy_of(record)
        cells = [_name(policy), *(row["value"] for row in _rows(policy)[1:6])]
        return {"title": record.name, "cells": [{"text": text} for text in cells]}

    def province_page(self, request, code):
        """What holds in a province, what is to come, and what held before."""
        return require_safe(lambda asked: self._show_province(asked, self.province(asked, code)))(request)

    def _show_province(self, request, province):
        versions = history(province)
        policy = policy_of(province)
        context = {
            "heading": f"{self.label} · {province.name}",
            "name": _name(policy),
            "current": _rows(policy),
            "coming": [
                {"name": _name(each.row.policy), "from": each.row.effective_from, "rows": _rows(each.row.policy)}
                for each in versions
                if each.is_coming
            ],
            "versions": [_entry(each) for each in versions],
            "new_url": self.url("add", province.code) if province in self.settled_by(request.user) else "",
            "list_url": self.list_url if len(self.provinces(request.user)) > 1 else "",
            "list_label": self.label,
        }
        return self.show(request, "console/policy.html", context)

    # -- a new version ----------------------------------------------------------------------------

    def new_page(self, request, code):
        """The form (GET); its check, the way back to it and the confirmation (POST, ``do`` names it)."""
        allowed = require_http_methods(["GET", "HEAD", "POST"])
        return allowed(lambda asked: self._new(asked, self._settled(asked, code)))(request)

    def _settled(self, request, code: str) -> Region:
        province = self.province(request, code)
        if not rules.has_perm("registration.set_policy", request.user, province):
            raise Http404
        return province

    def _new(self, request, province):
        newest = province.policies.order_by("-version").first()
        prefectures = bool(offices_below(province))
        if request.method != "POST":
            form = PolicyForm(initial=taken_over(newest), prefectures=prefectures)
            return self._ask(request, province, form, newest)
        form = PolicyForm(request.POST, prefectures=prefectures)
        match request.POST.get("do", "check"):
            case "check" if form.is_valid():
                return self._confirm(request, province, form, newest)
            case "save" if form.is_valid():
                return self._save(request, province, form, newest)
            case "check" | "edit" | "save":
                return self._ask(request, province, form, newest)
        raise BadRequest("no such deed")

    def _ask(self, request, province, form, newest):
        context = {
            "heading": f"制定新版本 · {province.name}",
            "form": form,
            "sections": form.sections(),
            "newest": newest,
            "province_url": self.url("change", province.code),
            "province_label": f"{self.label} · {province.name}",
        }
        return self.show(request, "console/policy_form.html", context)

    def _confirm(self, request, province, form, newest, *, refused="", status=200):
        said = form.cleaned_data
        day = said["effective_from"]
        until_now, planned = policy_of(province, day), _planned(said)
        notes = [{"tone": "bad", "text": refused}] if refused else []
        notes += _notes(province, day, until_now, planned)
        context = {
            "heading": f"核对第{newest.version + 1 if newest else 1}版 · {province.name}",
            "day": day,
            "notes": notes,
            "changes": _compared(until_now, planned, said["note"]),
            "old_label": f"不改动时（{_name(until_now)}）",
            "hidden": [{"name": name, "value": form[name].value() or ""} for name in form.fields],
            "seen": newest.version if newest else 0,
            "province_url": self.url("change", province.code),
        }
        return self.show(request, "console/policy_confirm.html", context, status=status)

    def _save(self, request, province, form, newest):
        seen = request.POST.get("seen", "")[:9]
        try:
            version = actions.set_policy(
                province, form.cleaned_data, by=request.user, seen=int(seen) if seen.isdecimal() else -1
            )
        except Refused as refused:
            return self._confirm(request, province, form, newest, refused=refused.message, status=409)
        messages.success(request, f"第{version.version}版已保存，{cn_date(version.effective_from)}起生效。")
        return redirect(self.url("change", province.code))


# --- in words ------------------------------------------------------------------------------------


def _name(policy: Policy) -> str:
    return f"第{policy.version}版" if policy.version else "默认政策"


def _span(span: Span | None, closed: str) -> str:
    return f"{cn_date(span.first)}至{cn_date(span.last)}" if span else closed


def _rows(policy: Policy) -> list[dict]:
    """Return what a policy says, for ``ui/summary.html``."""
    waiver = _span(policy.ce_waived, "不免")
    if policy.ce_waived_notice:
        waiver += f"，依据{policy.ce_waived_notice}"
    return [
        {"label": "生效日期", "value": cn_date(policy.effective_from) or "没有制定过政策，按默认办理"},
        {"label": "初审", "value": _first(policy)},
        {"label": "终审", "value": _final(policy)},
        {"label": WINDOWS["makeup_first"], "value": _span(policy.makeup_first, "不开放")},
        {"label": WINDOWS["makeup_renew"], "value": _span(policy.makeup_renew, "不开放")},
        {"label": WINDOWS["ce_waived"], "value": waiver},
    ]


def _entry(version) -> dict:
    """Return a version for the history: what it says in lines, who made it and when."""
    row = version.row
    label, tone = FATES[version.fate]
    return {
        "name": _name(row.policy),
        "fate": label,
        "tone": tone,
        "rows": [*_rows(row.policy), *([{"label": "说明", "value": row.note}] if row.note else [])],
        "who": row.by.name,
        "at": row.at,
    }


def _planned(said: dict) -> Policy:
    """Return the version that the form describes, as a value."""
    return ProvincePolicy(version=0, **said).policy


def _compared(old: Policy, new: Policy, note: str) -> list[dict]:
    """Return both policies side by side, for ``ui/diff.html``."""
    rows = [
        {"label": before["label"], "old": before["value"], "new": after["value"]}
        for before, after in zip(_rows(old)[1:], _rows(new)[1:], strict=True)
    ]
    return [*rows, {"label": "说明", "old": "", "new": note}] if note else rows


def _notes(province: Region, day, until_now: Policy, planned: Policy) -> list[dict]:
    """Return what to think of before it is saved."""
    notes = []
    gone = [v for v in history(province) if v.is_coming and v.row.effective_from >= day]
    if gone:
        names = "、".join(f"{_name(v.row.policy)}（原定{cn_date(v.row.effective_from)}起）" for v in gone)
        notes.append({"tone": "wait", "text": f"保存后，{names}被这一版取代，不再生效。"})
    later = [v for v in history(province) if v.is_coming and today() < v.row.effective_from < day]
    if later:
        names = "、".join(f"{_name(v.row.policy)}（{cn_date(v.row.effective_from)}起）" for v in later)
        notes.append({"tone": "info", "text": f"在此之前，{names}仍按原定日期生效。"})
    changed = [
        f"由{after}{stage}"
        for stage, before, after in (
            ("初审", _first(until_now), _first(planned)),
            ("终审", _final(until_now), _final(planned)),
        )
        if before != after
    ]
    if changed:
        text = f"自{cn_date(day)}起提交的申请，{'，'.join(changed)}；此前已提交的，仍按提交时的规则办完。"
        notes.append({"tone": "info", "text": text})
    for wanted, duty, stage in (
        (planned.at_prefecture, Duty.FIRST_REVIEW, "初审"),
        (planned.ends_at_prefecture, Duty.FINAL_REVIEW, "终审"),
    ):
        if empty := without_reviewer(province, duty) if wanted else []:
            names = "、".join(each.name for each in empty[:NAMED]) + (f"等{len(empty)}处" if len(empty) > NAMED else "")
            lack = f"{names}还没有地市级{stage}人员，"
            left = "那里的申请将无人初审" if duty == Duty.FIRST_REVIEW else "那里的申请只能由省级终审"
            text = f"{lack}生效后{left}。请在生效前联系安全管理员授予职责。"
            notes.append({"tone": "bad" if duty == Duty.FIRST_REVIEW else "wait", "text": text})
    return notes


def _first(policy: Policy) -> str:
    return f"{FirstReview(policy.first_review_level).label}民政部门"


def _final(policy: Policy) -> str:
    return f"{FinalReview(policy.final_review_level).label}民政部门"
