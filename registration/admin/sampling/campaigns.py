"""抽查批次: a new one in two steps, its announcement, the draw, and how far it is."""

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods

from registration.actions import sampling as actions
from registration.admin.identity import is_reference
from registration.forms.sampling import CampaignForm, SeedForm
from registration.models import SamplingCampaign
from registration.queries import sampling as queries
from registration.workflows import CampaignState, StratifyBy
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, Found
from swms.idnumbers import normalise
from swms.regions.models import Duty
from swms.regions.queries import full_name
from swms.ui import cn_date

C = CampaignState


@admin.register(SamplingCampaign)
class SamplingCampaignAdmin(ReviewAdmin):
    """The campaigns of the reader's office and of those below it."""

    label = "抽查批次"
    duties = (Duty.FINAL_REVIEW,)
    columns = ("名称", "批次编号", "实施区域", "期间", "抽取", "状态")
    search_words = "批次编号或名称"
    empty_title = "还没有抽查批次"
    record_template = "console/sampling_campaign.html"
    confirmed = ("announce", "draw", "start", "close")

    def records(self, user):
        return queries.campaigns_of(user)

    def filters(self, user):
        everything = self.records(user)
        going = (C.DRAFT, C.ANNOUNCED, C.DRAWN, C.UNDER_WAY)
        return [
            Filter("open", "未办结", everything.filter(state__in=going)),
            Filter("all", "全部", everything, counted=False),
        ]

    def row(self, record):
        drawn = sum(each["size"] for each in record.strata)
        return {
            "title": record.title,
            "cells": [
                {"text": record.ref},
                {"text": full_name(record.region)},
                {"text": f"{cn_date(record.period_from)}至{cn_date(record.period_until)}"},
                {"text": f"{drawn}／{record.population}" if record.population else ""},
                {"badge": record.get_state_display()},
            ],
        }

    def search(self, user, text):
        number = normalise(text)
        lookup = {"ref": number} if is_reference(text) else {"title": text}
        return Found(self.records(user).filter(**lookup))

    def list_context(self, request):
        can = bool(queries.offices_of(request.user))
        actions_ = [{"label": "新建抽查批次", "url": self.url("add")}] if can else []
        return super().list_context(request) | {"actions": actions_}

    def page_urls(self):
        return [path("new/", self.page(self.new_page), name=self.url_name("add")), *super().page_urls()]

    # -- the page ---------------------------------------------------------------------------

    def make_move(self, record, name, *, actor, **given):
        if name == "announce":
            actions.announce(record, by=actor)
        else:
            super().make_move(record, name, actor=actor, **given)

    def move_form(self, name, record, user, data=None):
        return SeedForm(data) if name == "draw" else None

    def consequences(self, record, move, form):
        rows = [{"label": "批次", "value": record.title}, {"label": "批次编号", "value": record.ref}]
        match move.name:
            case "announce":
                strata = _strata(record)
                rows += [
                    {"label": "范围内", "value": f"{sum(each['population'] for each in strata)}件"},
                    {"label": "抽取", "value": f"{sum(each['size'] for each in strata)}件"},
                    {"label": "种子", "value": f"{cn_date(record.seed_on)}，{record.seed_source}"},
                ]
            case "draw":
                rows += [
                    {"label": "种子", "value": form.cleaned_data["seed"]},
                    {"label": "核对办法", "value": form.cleaned_data["seed_evidence"]},
                ]
            case "start":
                rows.append({"label": "收到通知的", "value": f"{sum(each['size'] for each in record.strata)}人"})
        return {"text": _CONSEQUENCES[move.name], "rows": rows}

    def case(self, record, user):
        return Case(
            title=record.title,
            badge=record.get_state_display(),
            whose_move=f"{record.ref} · {full_name(record.region)}",
            notes=_notes(record),
            sections=[
                {"label": "批次", "entries": [self._facts(record)]},
                {"label": "各层（抽取／范围内）", "entries": [_stratum_rows(record)]},
                {"label": "种子和名单", "entries": [_seed_rows(record)]},
                *_progress(record),
            ],
            history=entries(record),
        )

    def _facts(self, record) -> list[dict]:
        by = "、".join(StratifyBy(name).label for name in record.strata_by) or "不分层"
        size = f"每层{record.percent}%" if record.percent else f"每层{record.per_stratum}件"
        return [
            {"label": "抽查事由", "value": record.purpose},
            {"label": "需要提交的材料", "value": record.request},
            {"label": "抽查范围", "value": record.get_basis_display()},
            {"label": "期间", "value": f"{cn_date(record.period_from)}至{cn_date(record.period_until)}"},
            {"label": "分层", "value": by},
            {"label": "数量", "value": f"{size}，每层至少1件"},
            {"label": "建立人", "value": record.created_by.name},
        ]

    # -- a new campaign -----------------------------------------------------------------------

    def new_page(self, request):
        """The form (GET); its check, the way back to it and the confirmation (POST, ``do`` names it)."""
        if not queries.offices_of(request.user):
            raise Http404
        return require_http_methods(["GET", "HEAD", "POST"])(self._new)(request)

    def _new(self, request):
        offices = queries.offices_of(request.user)
        if request.method != "POST":
            return self._ask(request, CampaignForm(offices=offices, initial=_suggested(offices)))
        form = CampaignForm(request.POST, offices=offices)
        match request.POST.get("do", "check"):
            case "check" if form.is_valid():
                return self._confirm(request, form)
            case "save" if form.is_valid():
                campaign = actions.begin(form.cleaned_data, by=request.user)
                messages.success(request, "草稿已建立，还没有公告。")
                return redirect(self.record_url(campaign))
            case "check" | "edit" | "save":
                return self._ask(request, form)
        raise BadRequest("no such deed")

    def _ask(self, request, form):
        context = {
            "heading": "新建抽查批次",
            "form": form,
            "sections": form.sections(),
            "list_url": self.list_url,
            "list_label": self.label,
        }
        return self.show(request, "console/sampling_form.html", context)

    def _confirm(self, request, form):
        planned = SamplingCampaign(**form.cleaned_data, key="", created_by=request.user)
        found = queries.candidates(planned)
        strata = queries.preview(planned, found)
        context = {
            "heading": "核对抽查批次",
            "columns": [
                {"label": "层"},
                {"label": "范围内", "number": True},
                {"label": "抽取", "number": True},
            ],
            "strata": [[{"text": e.label}, {"text": e.population}, {"text": e.size}] for e in strata],
            "population": len(found),
            "drawn": sum(each.size for each in strata),
            "facts": self._facts(planned),
            "seed_on": planned.seed_on,
            "hidden": [
                {"name": name, "value": value}
                for name in form.fields
                for value in (request.POST.getlist(name) if name in request.POST else [])
            ],
            "list_url": self.list_url,
        }
        return self.show(request, "console/sampling_confirm.html", context)


_CONSEQUENCES = {
    "announce": (
        "名单按现在的登记锁定，不能再改；名单的SHA-256、各层件数和种子来源立即在公示页公开。"
        "此后到种子公布之前，没有人能知道会抽中谁。"
    ),
    "draw": "抽取结果由锁定的名单和种子决定，立即公开，不能重抽。请核对种子与公布的一字不差。",
    "start": "向每一位抽中的人发出通知和短信，提交材料的期限从今天起算。",
    "close": "公布各项件数，不公布姓名。办结后不能再改。",
}


def _suggested(offices) -> dict:
    """Return what most campaigns have in common."""
    return {
        "region": offices[0].code,
        "basis": SamplingCampaign.Basis.COMPLETED,
        "strata_by": [StratifyBy.LEVEL, StratifyBy.PLACE],
        "percent": 5,
    }


def _strata(record: SamplingCampaign) -> list[dict]:
    """Return the strata as they are frozen, or, of a draft, as they would be now."""
    if record.state != C.DRAFT:
        return record.strata
    return [each.stored for each in queries.preview(record, queries.candidates(record))]


def _stratum_rows(record: SamplingCampaign) -> list[dict]:
    strata = _strata(record)
    rows = [{"label": each["label"], "value": f"{each['size']}／{each['population']}件"} for each in strata]
    total = f"{sum(each['size'] for each in strata)}／{sum(each['population'] for each in strata)}件"
    return [*rows, {"label": "合计", "value": total}]


def _seed_rows(record: SamplingCampaign) -> list[dict]:
    rows = [
        {"label": "种子来源", "value": record.seed_source},
        {"label": "种子公布日期", "value": cn_date(record.seed_on)},
    ]
    if record.sha256:
        rows.append({"label": "名单的SHA-256", "value": record.sha256})
    if record.seed:
        rows += [{"label": "种子", "value": record.seed}, {"label": "核对办法", "value": record.seed_evidence}]
    return rows


def _notes(record: SamplingCampaign) -> list[dict]:
    match record.state:
        case C.DRAFT:
            text = f"还没有公告。须在{cn_date(record.seed_on)}之前公告；需要改动的，取消后重新建立。"
            return [{"tone": "wait", "title": "草稿", "text": text}]
        case C.ANNOUNCED:
            text = f"名单已锁定。{cn_date(record.seed_on)}种子公布后抽取。"
            return [{"tone": "info", "title": "", "text": text}]
        case C.CANCELLED:
            return [{"tone": "bad", "title": "取消的原因", "text": record.cancelled_reason}]
    return []


def _progress(record: SamplingCampaign) -> list[dict]:
    if record.state == C.CLOSED:
        return [{"label": "结果", "entries": [queries.result_rows(record)]}]
    counts = queries.progress(record) if record.started_at else []
    rows = [{"label": each["label"], "value": f"{each['count']}件"} for each in counts]
    return [{"label": "进展", "entries": [rows]}] if rows else []
