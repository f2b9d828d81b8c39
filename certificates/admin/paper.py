"""The desk of the paper certificates: find one, hand it over, note where it is (R-PAP-02…07)."""

from django.contrib import admin
from django.db.models import F
from django.http import Http404

from certificates.actions import collecting
from certificates.forms.paper_desk import HandOverForm, TrackingForm
from certificates.models import PaperBatch, PaperCertificate
from certificates.queries.paper import place_text
from certificates.workflows import PaperState
from registration.admin.identity import find
from registration.models import Qualification
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter
from swms.idnumbers import mask_id, mask_mobile
from swms.notices.ledger import told
from swms.regions.models import Duty
from swms.regions.queries import full_name
from swms.ui import cn_date, cn_datetime

S = PaperState
SHOWN = ("qualification__worker__user", "qualification__province", "batch__region", "place", "region", "export")
#: Parts of the list that somebody at the desk has to do with.
PARTS = (
    ("producing", (S.PRODUCING,), True),
    ("available", (S.AVAILABLE,), False),
    ("requested", (S.MAIL_REQUESTED,), True),
    ("mailed", (S.MAILED,), False),
    ("back", (S.RETURNED, S.LOST), True),
    ("over", (S.COLLECTED, S.DELIVERED, S.UNCLAIMED), False),
)
LABELS = {
    "producing": "制发中",
    "available": "可领取",
    "requested": "已申请邮寄",
    "mailed": "已寄出",
    "back": "退回和异常",
    "over": "已办结",
}


@admin.register(PaperCertificate)
class PaperAdmin(ReviewAdmin):
    """Paper certificates of the reader's provinces; who comes to the counter is found by the identity number."""

    group = "证书"
    label = "纸质证书发放"
    duties = (Duty.CERTIFICATE,)
    key = "mgmt_no"
    columns = ("姓名", "管理号", "批次", "领取方式", "状态", "最后领取日")
    search_words = "管理号、姓名、证件号码或快递单号"
    empty_title = "这里没有纸质证书"
    empty_text = "发布批次的领取通知后，该批证书自动列入。"
    record_template = "console/record.html"
    secrets = {"id_number": "证件号码", "mobile": "收件人手机号", "address": "收件地址"}

    def records(self, user):
        rows = PaperCertificate.objects.visible_to(user).select_related(*SHOWN)
        return rows.annotate(mgmt_no=F("qualification__mgmt_no")).order_by("-id")

    def record_url(self, record):
        return self.url("change", record.qualification.mgmt_no)

    def filters(self, user):
        rows = self.records(user)
        parts = [
            Filter(name, LABELS[name], rows.filter(state__in=states), counted=counted)
            for name, states, counted in PARTS
        ]
        return [Filter("all", "全部", rows, counted=False), *parts]

    def row(self, record):
        return {
            "title": record.qualification.name,
            "cells": [
                {"text": record.qualification.mgmt_no},
                {"text": _batch(record.batch)},
                {"text": record.get_way_display() or "未选择"},
                {"badge": record.get_state_display()},
                {"date": record.batch.collect_until},
            ],
        }

    def search(self, user, text):
        return find(
            self.records(user),
            text,
            name="qualification__name",
            numbers=("qualification__mgmt_no", "tracking_no"),
            owner="qualification__",
            reference=None,
        )

    # -- the page -------------------------------------------------------------------------------

    def moves(self, record, user):
        return [move for move in record.moves_for(user) if move.perm == "certificates.keep_paper"]

    def move_form(self, name, record, user, data=None):
        if name == "hand_over":
            return HandOverForm(data, paper=record)
        if name == "mail":
            return TrackingForm(data)
        return None

    def make_move(self, record, name, **given):
        given.pop("seen", None)
        if name == "mail":
            collecting.mail(record, given["tracking_no"], by=given["actor"])
        elif name in ("request_mail", "cancel_mail", "cancel_mail_early"):
            raise Http404  # the holder's own
        else:
            record.move(name, **given)

    def secret(self, record, name):
        return (record.qualification.id_number if name == "id_number" else getattr(record, name)) or ""

    def case(self, record, user):
        return Case(
            title=f"{record.qualification.name} · 纸质证书",
            badge=record.get_state_display(),
            whose_move=f"管理号{record.qualification.mgmt_no} · {_batch(record.batch)}",
            notes=_notes(record),
            sections=[
                {"label": "证书", "entries": [self._certificate(record)]},
                {"label": "领取", "entries": [_collection(record)]},
            ],
            history=entries(record),
            sent=told(record),
        )

    def _certificate(self, record) -> list[dict]:
        row = record.qualification
        roster = self.admin_site.get_model_admin(Qualification)
        batches = self.admin_site.get_model_admin(PaperBatch)
        return [
            {"label": "姓名", "value": row.name},
            {"label": "证件号码", "value": mask_id(row.id_number), "secret": "id_number"},
            {"label": "级别", "value": row.get_level_display()},
            {"label": "管理号", "value": row.mgmt_no, "url": roster.record_url(row)},
            {"label": "证书状态", "badge": row.get_state_display()},
            {"label": "批次", "value": str(record.batch), "url": batches.record_url(record.batch)},
            {"label": "最后领取日", "value": cn_date(record.batch.collect_until)},
        ]


def _batch(batch: PaperBatch) -> str:
    return f"{batch.region.name}{batch.exam_year}年度{batch.get_level_display()}"


def _notes(record: PaperCertificate) -> list[dict]:
    """Return what whoever stands at the desk should know first."""
    if not record.qualification.is_valid:
        text = f"职业水平证书{record.qualification.get_state_display()}，不能发放和寄出。"
        return [{"tone": "bad", "title": "", "text": text}]
    if record.state == S.MAIL_REQUESTED:
        text = (
            f"已列入第{record.export.number}次寄递清单，取得单号后登记寄出。"
            if record.export
            else "还没有列入寄递清单。请在批次页面导出清单，导出后地址不再改变。"
        )
        return [{"tone": "info", "title": "", "text": text}]
    if record.state == S.AVAILABLE and not record.batch.is_open:
        return [{"tone": "wait", "title": "", "text": "已过最后领取日，今晚封存。继续发放须先重新开放领取。"}]
    if record.state in (S.RETURNED, S.LOST) and not record.batch.is_open:
        return [{"tone": "wait", "title": "", "text": "已过最后领取日。继续发放须先重新开放领取。"}]
    return []


def _collection(record: PaperCertificate) -> list[dict]:
    rows = [{"label": "领取方式", "value": record.get_way_display() or "未选择"}]
    if record.place:
        rows.append({"label": "领取地点", "value": place_text(record.place)})
    if record.proxy_name:
        last4 = f"，身份证后四位{record.proxy_last4}" if record.proxy_last4 else ""
        rows.append({"label": "代领人", "value": f"{record.proxy_name}（{record.proxy_relation}）{last4}"})
    if record.mobile:
        rows += [
            {"label": "收件人", "value": record.recipient},
            {"label": "收件人手机号", "value": mask_mobile(record.mobile), "secret": "mobile"},
            {
                "label": "收件地址",
                "value": f"{full_name(record.region)} ******" if record.region else "******",
                "secret": "address",
            },
            {"label": "邮政编码", "value": record.postcode},
        ]
    if record.tracking_no:
        rows.append({"label": "快递单号", "value": f"{record.carrier} {record.tracking_no}"})
    for label, at in (
        ("可领取", record.available_at),
        ("申请邮寄", record.requested_at),
        ("寄出", record.mailed_at),
        ("重新制作", record.remade_at),
        ("办结", record.ended_at),
    ):
        if at:
            rows.append({"label": f"{label}时间", "value": cn_datetime(at)})
    return rows
