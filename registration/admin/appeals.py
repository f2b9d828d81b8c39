"""The queue of appeals (申诉, R-APL-01…05): first reviewers of the account's region, otherwise the security desk."""

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from registration.actions import appeals as actions
from registration.admin.escalations import raised, raised_part
from registration.admin.identity import find
from registration.admin.mended import mended_since
from registration.forms.appeal import AppealReason, ReleaseForm
from registration.models import Appeal, Qualification, Worker
from registration.queries import AutomaticCheck
from registration.queries.appeals import earlier, mended
from registration.queries.reminding import REMIND_WITH_LEFT_ON_APPEAL
from registration.workflows import AppealState
from registration.workflows.appeal import account_of, holder_of
from swms.console.evidence import shown
from swms.console.history import entries
from swms.console.paging import count
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Alert, Filter, desks_by_clock
from swms.idnumbers import mask_id, mask_mobile
from swms.regions.models import Duty, holds_duty, jurisdictions_of
from swms.regions.queries import full_name
from swms.signin.actions import user_of_mobile
from swms.ui import cn_date, cn_datetime
from swms.workflow import Refused

EARLIER_SHOWN = 10
SECURITY_DESK = "安全管理员"


@admin.register(Appeal)
class AppealAdmin(ReviewAdmin):
    """Appeals of people who lost the bound mobile; accounts that were locked on an objection."""

    label = "申诉"
    duties = (Duty.FIRST_REVIEW, Duty.SECURITY)
    columns = ("姓名", "回执编号", "账户的登记区域", "状态", "办结期限")
    near = REMIND_WITH_LEFT_ON_APPEAL
    search_words = "回执编号、姓名或身份证号"
    empty_title = "现在没有等您处理的申诉"
    record_template = "console/appeal.html"
    secrets = {"id_number": "身份证号", "mobile": "新手机号"}

    def page_urls(self):
        release = path("<str:key>/release/", self.page(self.release_page), name=self.url_name("release"))
        return [*super().page_urls(), release]

    def records(self, user):
        return Appeal.objects.visible_to(user).select_related("region", "front", "back", "account").order_by("-id")

    def waiting(self, user):
        mine = Q(pk__in=())
        for each in jurisdictions_of(user):
            if each.duty == Duty.FIRST_REVIEW:
                mine |= Q(state=AppealState.SUBMITTED, region__path__startswith=each.path)
            elif each.duty == Duty.SECURITY:
                mine |= Q(state=AppealState.SUBMITTED, region=None) | _locked()
        waiting = Appeal.objects.visible_to(user).filter(mine)
        if user.id_index:
            waiting = waiting.exclude(id_index=user.id_index)
        return waiting.select_related("region").order_by("due_on", "id")

    def filters(self, user):
        everything = self.records(user)
        parts = [
            Filter("mine", "等我处理", self.waiting(user)),
            raised_part(Appeal, everything),
            Filter("more", "等待补充", everything.filter(state=AppealState.NEED_MORE)),
            Filter("approved", "已通过", everything.filter(state=AppealState.APPROVED)),
            Filter("all", "全部", everything, counted=False),
        ]
        if holds_duty(user, Duty.SECURITY):
            parts.insert(1, Filter("locked", "账户已锁定", everything.filter(_locked())))
        return parts

    def desks(self, user):
        return desks_by_clock(self.label, self.list_url, self.waiting(user), near=self.near)

    def alerts(self, user):
        if not holds_duty(user, Duty.SECURITY):
            return []
        locked = count(self.records(user).filter(_locked()))
        text = f"{locked} 个账户因原手机号提出异议而锁定，等待核实。"
        return [Alert("bad", text, f"{self.list_url}?part=locked")] if locked else []

    def row(self, record):
        return {
            "title": record.name,
            "changed": record.round > 1 and record.state == AppealState.SUBMITTED,
            "cells": [
                {"text": record.ref},
                {"text": _office(record)},
                {"badge": record.get_state_display()},
                self.clock(record),
            ],
        }

    def search(self, user, text):
        return find(self.records(user), text, name="name", owner="")

    def reason_form(self, record, data=None):
        return AppealReason(data)

    def changes_between(self, record, seen):
        return mended_since(record, seen, _rows(record))

    def case(self, record, user):
        account = record.account or account_of(record)
        return Case(
            title=f"{record.name} · 申诉",
            badge=record.get_state_display(),
            whose_move=f"{record.ref} · {_office(record)}",
            due=record.due_on,
            notes=[*raised(record), *_notes(record)],
            checks=_checks(record),
            sections=[
                {"label": "申诉内容", "entries": [_rows(record)]},
                *_account_section(record, account),
                *self._earlier(record, user),
            ],
            files=_files(record, account, user),
            history=entries(record),
        )

    def show_case(self, request, record, *, release_form=None, **more):
        """The page, and for the security administrator the way to release an account that is locked."""
        locked = record.state == AppealState.BLOCKED and not record.released_at
        if release_form is None and locked and request.user.has_perm("registration.release_account", record):
            release_form = ReleaseForm()
        url = self.url("release", record.ref)
        return super().show_case(request, record, release_form=release_form, release_url=url, **more)

    def release_page(self, request, key: str):
        """Release the account that was locked on an objection; whoever may not finds no such page."""
        return require_POST(lambda asked: self._release(asked, self.record(asked, key)))(request)

    def _release(self, request, record):
        if not request.user.has_perm("registration.release_account", record):
            raise Http404
        form = ReleaseForm(request.POST)
        if not form.is_valid():
            return self.show_case(request, record, release_form=form)
        try:
            actions.release(record, **form.cleaned_data, by=request.user)
        except Refused as refused:
            return self.show_case(request, record, release_form=form, refused=refused.message, status=409)
        messages.success(request, f"账户已解除锁定：{record}")
        return redirect(self.record_url(record))

    def _earlier(self, record, user) -> list[dict]:
        rows = [
            {
                "label": each.ref,
                "value": f"{cn_date(each.created_at)}提交，{each.get_state_display()}",
                "url": self.record_url(each),
            }
            for each in earlier(record, user)[:EARLIER_SHOWN]
        ]
        return [{"label": "同一身份证号的其他申诉", "entries": [rows]}] if rows else []


def _locked() -> Q:
    """Appeals whose account waits for the security administrator."""
    return Q(state=AppealState.BLOCKED, released_at=None)


def _office(record: Appeal) -> str:
    return full_name(record.region) if record.region else SECURITY_DESK


def _notes(record: Appeal) -> list[dict]:
    """Return what a reviewer should know first."""
    notes = []
    if record.decided_reason:
        title = f"上次审核意见（{cn_date(record.decided_at)}）"
        notes.append({"tone": "wait", "title": title, "text": record.decided_reason})
    if record.round > 1 and record.state == AppealState.SUBMITTED:
        changed = mended(record)
        if changed is None:
            notes.append({"tone": "bad", "title": "期限内没有补充", "text": "补充期限已过，请按现有材料决定。"})
        else:
            notes.append({"tone": "info", "title": "补充时修改了", "text": "、".join(changed) or "没有修改"})
    if record.state == AppealState.APPROVED:
        text = f"新密码已于{cn_datetime(record.reset_at)}设置" if record.reset_at else "新密码尚未设置"
        notes.append({"tone": "info", "title": "原手机号在通过后24小时内可以提出异议", "text": f"{text}。"})
    if record.state == AppealState.BLOCKED:
        text = "账户已解除锁定。" if record.released_at else "绑定已撤销，账户已锁定，由安全管理员核实身份后解除。"
        notes.append({"tone": "bad", "title": "原手机号提出了异议", "text": text})
    return notes


def _rows(record: Appeal) -> list[dict]:
    rows = [
        {"label": "姓名", "value": record.name},
        {"label": "身份证号", "value": mask_id(record.id_number), "secret": "id_number"},
        {"label": "新手机号", "value": mask_mobile(record.mobile), "secret": "mobile"},
        {"label": "申诉理由", "value": record.reason or "无"},
        {"label": "提交时间", "value": cn_datetime(record.created_at)},
    ]
    for side in ("front", "back"):
        image = getattr(record, side)
        if image and image.purged_at:
            label = Appeal._meta.get_field(side).verbose_name
            rows.append({"label": label, "value": f"{cn_date(image.purged_at)}删除，SHA-256 {image.sha256}"})
    return rows


def _account_section(record: Appeal, account) -> list[dict]:
    """Return the account's facts to compare with; that there is none is said by the check above."""
    if account is None:
        return []
    held = Qualification.objects.filter(worker__user=account).order_by("-level", "pk")
    certificates = "\n".join(f"{each.get_level_display()} {each.mgmt_no}" for each in held)
    mobile = record.old_mobile or ("" if record.account else account.mobile) or ""
    rows = [
        {"label": "姓名", "value": account.name},
        {"label": "身份证号", "value": account.masked_id},
        {"label": "原手机号", "value": mask_mobile(mobile) if mobile else "没有绑定"},
        {"label": "登记区域", "value": full_name(account.worker.region) if account.worker.region else "没有填写"},
        {"label": "职业水平证书", "value": certificates or "无"},
        {"label": "注册时间", "value": cn_datetime(account.created_at)},
        {"label": "上次修改密码", "value": cn_datetime(account.password_changed_at) or "没有修改过"},
    ]
    return [{"label": "账户信息（核对用）", "entries": [rows]}]


def _checks(record: Appeal) -> list[AutomaticCheck]:
    """Compare with the accounts. Only reviewers see it: the person must not learn whether there is one (R-APL-03)."""
    if record.state not in (AppealState.SUBMITTED, AppealState.NEED_MORE):
        return []
    holder, account, other = holder_of(record.id_number), account_of(record), user_of_mobile(record.mobile)
    if account:
        note = "" if account.is_active else "账户已锁定，解除锁定前不能通过"
    else:
        note = "无对应账号，不能通过" + ("；该身份证号有账户，但姓名不同" if holder else "")
    checks = [
        AutomaticCheck("account", "姓名和身份证号与账户一致", bool(account and account.is_active), note),
        AutomaticCheck(
            "mobile",
            "新手机号没有绑定其他账户",
            other is None or other == account,
            "" if other is None else "就是账户现在绑定的手机号" if other == account else "已绑定其他账户，不能通过",
        ),
    ]
    if account:
        checks.append(AutomaticCheck("images", "身份证图片与本人、与填写的内容一致", None, "请对照图片"))
    return checks


def _files(record: Appeal, account, user) -> list[dict]:
    """Return both sides of the card, each look at which is written down, and the photo of the account."""
    sides = [(Appeal._meta.get_field(side).verbose_name, getattr(record, side)) for side in ("front", "back")]
    worker = account and Worker.objects.visible_to(user).select_related("photo").filter(user=account).first()
    if worker:
        sides.append(("账户照片（核对用）", worker.photo))
    return [shown(str(label), image) for label, image in sides if image and not image.purged_at]
