"""Two records of the roster that are one person: proposed by one keeper, confirmed by another (§2.16)."""

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods

from registration import actions
from registration.admin.identity import find, identity, is_number
from registration.forms.roster import RosterMergeForm
from registration.models import Qualification, RosterMerge
from registration.queries.merging import against_merging, person_of, preview
from registration.workflows import RosterMergeState
from swms.console.history import entries
from swms.console.paging import count
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Desk, Filter, Found
from swms.idnumbers import mask_id, normalise
from swms.notices.ledger import told
from swms.regions.models import Duty
from swms.ui import cn_datetime
from swms.workflow import Refused


@admin.register(RosterMerge)
class RosterMergeAdmin(ReviewAdmin):
    """Merges to be confirmed, and those there were; a former number finds them."""

    group = "证书"
    label = "人员合并"
    duties = (Duty.CERTIFICATE,)
    key = "uid"
    columns = ("并入的人", "保留的人", "提出人", "提出时间", "状态")
    search_words = "管理号、并入的姓名或证件号码"
    empty_title = "现在没有等您复核的合并"
    empty_text = "发现社工库中的两个人其实是同一人时，在这里提出合并。"
    secrets = {"old_number": "并入的证件号码"}
    confirmed = ("approve",)

    def page_urls(self):
        return [path("add/", self.page(self.add_page), name=self.url_name("add")), *super().page_urls()]

    def records(self, user):
        shown = ("keep__province", "keep__worker__user", "join", "proposed_by", "decided_by")
        return RosterMerge.objects.visible_to(user).select_related(*shown).order_by("-id")

    def waiting(self, user):
        mine = self.records(user).filter(state=RosterMergeState.PROPOSED).exclude(proposed_by=user)
        return mine.order_by("id")

    def filters(self, user):
        everything = self.records(user)
        return [
            Filter("mine", "等我复核", self.waiting(user)),
            Filter("proposed", "我提出的", everything.filter(proposed_by=user, state=RosterMergeState.PROPOSED)),
            Filter("all", "全部", everything, counted=False),
        ]

    def desks(self, user):
        waiting = count(self.waiting(user))
        return [Desk(self.label, self.list_url, waiting)] if waiting else []

    def list_context(self, request):
        return super().list_context(request) | {"actions": [{"label": "提出合并", "url": self.url("add")}]}

    def row(self, record):
        return {
            "title": f"{record.old_name} {mask_id(record.old_number)}",
            "cells": [
                {"text": f"{record.keep.name} {record.keep.masked_id}"},
                {"text": record.proposed_by.name},
                {"text": cn_datetime(record.proposed_at)},
                {"badge": record.get_state_display()},
            ],
        }

    def search(self, user, text):
        rows = self.records(user)
        if is_number(text):
            number = normalise(text)
            numbered = rows.filter(Q(keep__mgmt_no=number) | Q(join__mgmt_no=number))
            if numbered.exists():
                return Found(numbered)
            known = Q(old_index__in=identity(text)) | Q(keep__id_index__in=identity(text))
            return Found(rows.filter(known), by_identity=True)
        return find(rows, text, name="old_name", reference=None)

    # -- deciding -------------------------------------------------------------------------------

    def moves(self, record, user):
        mine = record.proposed_by_id == user.pk
        return [move for move in record.moves_for(user) if mine == (move.name == "withdraw")]

    def make_move(self, record, name, **given):
        record.move(name, looked_at=given.pop("seen", None), **given)

    def consequences(self, record, move, form):
        text = "两人成为一人，不能再分开。并入的证件号码今后仍能查到此人；已出具的证书照常可以查验。"
        return {"text": text, "rows": _preview_rows(record.keep, record.join)}

    def case(self, record, user):
        is_open = record.state == RosterMergeState.PROPOSED
        reasons = against_merging(person_of(record.keep), person_of(record.join)) if is_open else []
        notes = [{"tone": "bad", "title": "现在不能合并", "text": text} for text in reasons]
        if is_open and record.proposed_by_id == user.pk:
            notes.append({"tone": "info", "text": "由您提出，须由另一位证书管理人员复核。"})
        screen = self.admin_site.get_model_admin(Qualification)
        facts = [
            {
                "label": "保留",
                "value": f"{record.keep.name} {record.keep.masked_id}",
                "url": screen.record_url(record.keep),
            },
            {"label": "并入", "value": record.old_name, "url": screen.record_url(record.join)},
            {"label": "并入的证件号码", "value": mask_id(record.old_number), "secret": "old_number"},
            {"label": "依据", "value": record.reason},
            {"label": "提出人", "value": f"{record.proposed_by.name}，{cn_datetime(record.proposed_at)}"},
        ]
        if record.decided_by:
            facts.append({"label": "复核人", "value": f"{record.decided_by.name}，{cn_datetime(record.decided_at)}"})
        if record.decided_reason:
            facts.append({"label": "复核意见", "value": record.decided_reason})
        moving = [{"label": "合并后", "entries": [_preview_rows(record.keep, record.join)[2:]]}] if is_open else []
        return Case(
            title=f"{record.old_name} · 人员合并",
            badge=record.get_state_display(),
            notes=notes,
            changes=_side_by_side(record.keep, record.join) if is_open else [],
            changes_since="两人的信息",
            old_label="并入",
            new_label="保留",
            sections=[{"label": "合并申请", "entries": [facts]}, *moving],
            history=entries(record),
            sent=told(record),
        )

    # -- proposing ------------------------------------------------------------------------------

    def add_page(self, request):
        """The form (GET); what would happen, the way back and the proposal itself (POST, ``do`` names it)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._add)(request)

    def _add(self, request):
        finder = self._finder(request)
        if request.method != "POST":
            named = {name: request.GET.get(name, "")[:40] for name in ("keep", "join")}
            return self._ask(request, RosterMergeForm(initial=named, find=finder))
        form = RosterMergeForm(request.POST, find=finder)
        do = request.POST.get("do", "check")
        if do not in ("check", "edit", "save"):
            raise BadRequest("no such deed")
        if do == "edit" or not form.is_valid():
            return self._ask(request, form)
        return self._check(request, form) if do == "check" else self._save(request, form)

    def _finder(self, request):
        """Return the look-up of a row by 管理号 or identity number; the second is written down (R-ACC-13)."""
        visible = Qualification.objects.visible_to(request.user).select_related("province", "worker__user")

        def row(text: str) -> Qualification | None:
            found = find(visible, text, name="mgmt_no", numbers=("mgmt_no",), owner="", reference=None)
            one = found.rows.order_by("pk").first()
            if found.by_identity:
                self.note_search(request.user, [one] if one else [], "mgmt_no")
            return one

        return row

    def _ask(self, request, form):
        context = {"heading": "提出合并", "form": form, "list_url": self.list_url, "list_label": self.label}
        return self.show(request, "console/merge_form.html", context)

    def _check(self, request, form, *, refused="", status=200):
        keep, join = form.cleaned_data["keep"], form.cleaned_data["join"]
        reasons = against_merging(person_of(keep), person_of(join))
        context = {
            "heading": "核对两条记录",
            "reasons": reasons or ([refused] if refused else []),
            "changes": _side_by_side(keep, join),
            "rows": _preview_rows(keep, join)[2:],
            "hidden": [
                {"name": "keep", "value": keep.mgmt_no},
                {"name": "join", "value": join.mgmt_no},
                {"name": "reason", "value": form.cleaned_data["reason"]},
            ],
            "list_url": self.list_url,
        }
        return self.show(request, "console/merge_check.html", context, status=status)

    def _save(self, request, form):
        said = form.cleaned_data
        try:
            merge = actions.merging.propose(said["keep"], said["join"], reason=said["reason"], by=request.user)
        except Refused as refused:
            return self._check(request, form, refused=refused.message, status=409)
        messages.success(request, "合并已提出，等待另一位证书管理人员复核。")
        return redirect(self.record_url(merge))


def _side_by_side(keep: Qualification, join: Qualification) -> list[dict]:
    sides = [_facts(join), _facts(keep)]
    return [{"label": label, "old": sides[0][label], "new": sides[1][label]} for label in sides[0]]


def _facts(row: Qualification) -> dict[str, str]:
    person = person_of(row)
    awards = [f"{each.mgmt_no}（{each.get_level_display()} {each.exam_year}年）" for each in person.rows]
    held = [each.registration.number for each in person.rows if getattr(each, "registration", None)]
    return {
        "姓名": person.name,
        "证件类型": row.get_id_type_display(),
        "证件号码": person.masked_id,
        "证书": "、".join(awards),
        "账户": "已注册" if person.user else "未注册",
        "登记": "、".join(held) or "无",
    }


def _preview_rows(keep: Qualification, join: Qualification) -> list[dict]:
    two = person_of(keep), person_of(join)
    named = [
        {"label": "保留", "value": f"{two[0].name} {two[0].masked_id}"},
        {"label": "并入", "value": f"{two[1].name} {two[1].masked_id}"},
    ]
    return named + [{"label": label, "value": value} for label, value in preview(*two)]
