"""The batches of paper certificates: the notice, the places, the lists for the carrier (R-PAP-01…03, R-PAP-08)."""

import io

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from certificates.actions import collecting
from certificates.forms.paper_desk import BatchForm, ReopenForm, TrackingListForm
from certificates.models import PaperBatch
from certificates.queries.paper import counted, notice_text, on_list, place_text, to_export, without_paper
from certificates.tasks import move_paper_on
from certificates.workflows import OPEN_BATCHES, BatchState, PaperState
from swms import downloads
from swms.bulletins.text import render as rendered
from swms.console.history import entries
from swms.console.review import Case, ReviewAdmin
from swms.console.screens import Filter, Found
from swms.jobs import enqueue
from swms.regions.models import Duty
from swms.regions.queries import full_name
from swms.sheets import CSV, XLSX, write
from swms.ui import cn_date, cn_datetime
from swms.workflow import Refused

HEADER = ("序号", "管理号", "收件人", "手机号", "所在地区", "详细地址", "邮政编码", "内件", "付费方式", "快递单号")


@admin.register(PaperBatch)
class PaperBatchAdmin(ReviewAdmin):
    """The batches of the reader's provinces; what the buttons of a batch do to its certificates is done here too."""

    group = "证书"
    duties = (Duty.CERTIFICATE,)
    columns = ("批次", "编号", "状态", "邮寄申请截止", "最后领取日")
    search_words = "批次编号"
    empty_title = "还没有纸质证书批次"
    record_template = "console/paper_batch.html"
    confirmed = ("publish",)

    def page_urls(self):
        return [
            path("new/", self.page(self.new_page), name=self.url_name("add")),
            path("<str:key>/", self.page(self.review_page), name=self.url_name("change")),
            path("<str:key>/edit/", self.page(self.edit_page), name=self.url_name("edit")),
            path("<str:key>/lists/<int:number>/", self.page(self.list_file), name=self.url_name("export")),
        ]

    def records(self, user):
        return PaperBatch.objects.visible_to(user).select_related("region", "bulletin").order_by("-id")

    def filters(self, user):
        rows = self.records(user)
        return [
            Filter("all", "全部", rows, counted=False),
            Filter("draft", "草稿", rows.filter(state=BatchState.DRAFT)),
            Filter("open", "领取中", rows.filter(state__in=OPEN_BATCHES), counted=False),
            Filter("closed", "已截止", rows.filter(state=BatchState.CLOSED), counted=False),
        ]

    def row(self, record):
        return {
            "title": str(record),
            "cells": [
                {"text": record.ref},
                {"badge": record.standing},
                {"date": record.courier_until},
                {"date": record.collect_until},
            ],
        }

    def search(self, user, text):
        return Found(self.records(user).filter(ref=text.strip().upper()))

    def list_context(self, request):
        return super().list_context(request) | {"actions": [{"label": "建立批次", "url": self.url("add")}]}

    # -- the page -------------------------------------------------------------------------------

    def move_form(self, name, record, user, data=None):
        return ReopenForm(data) if name == "reopen" else None

    def make_move(self, record, name, *, actor, seen=None, **said):
        if name == "publish":
            collecting.publish_batch(record, by=actor, seen=seen)
        else:
            collecting.reopen_batch(record, said["collect_until"], by=actor)

    def consequences(self, record, move, form):
        days = f"发布后{record.courier_days}个工作日内" if record.courier_days else "不提供"
        rows = [
            {"label": "批次", "value": str(record)},
            {"label": "列入的证书", "value": f"{without_paper(record).count()}份（社工库中有效的）"},
            {"label": "邮寄申请", "value": days},
            {"label": "最后领取日", "value": cn_date(record.collect_until)},
        ]
        text = "领取通知立即在通知公告中公开，邮寄申请期限从今天起算。以后最后领取日只能推迟，邮寄期限不能更改。"
        return {"text": text, "rows": rows}

    def decide(self, request, record):
        """A move of the batch, or what is done to its certificates (``do``)."""
        doings = {"arrive": self._arrive, "export": self._export, "tracking": self._tracking}
        asked = request.POST.get("do")
        if asked is None:
            return super().decide(request, record)
        if asked not in doings:
            raise BadRequest("no such deed")
        return doings[asked](request, record)

    def _arrive(self, request, record):
        try:
            collecting.arrive(record, by=request.user)
        except Refused as refused:
            messages.error(request, f"{refused.message}。")
        else:
            enqueue(move_paper_on)
            messages.success(request, "已登记制作完成，正在逐份转为可领取并短信通知持证人。")
        return redirect(self.record_url(record))

    def _export(self, request, record):
        try:
            export = collecting.export_requests(record, by=request.user)
        except Refused as refused:
            messages.error(request, f"{refused.message}。")
        else:
            messages.success(request, f"第{export.number}次寄递清单已生成，清单上的地址不再改变。请在下面下载。")
        return redirect(self.record_url(record))

    def _tracking(self, request, record):
        form = TrackingListForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.show_case(request, record, tracking_form=form)
        try:
            sent = collecting.note_tracking(record, form.cleaned_data["numbers"], by=request.user)
        except Refused as refused:
            form.add_error("text" if form.cleaned_data["text"] else "file", refused.extra.get("problems", [])[:50])
            return self.show_case(request, record, tracking_form=form, status=409)
        messages.success(request, f"已登记{sent}件寄出，单号已短信通知持证人。")
        return redirect(self.record_url(record))

    def show_case(self, request, record, *, tracking_form=None, **more):
        numbers = counted(record)
        public = record.state != BatchState.DRAFT
        papers = self.admin_site.get_model_admin(record.papers.model)
        context = {
            "counts": [
                {"label": PaperState(state).label, "number": number} for state, number in numbers.items() if number
            ],
            "papers_url": papers.list_url,
            "public": public,
            "edit_url": "" if record.state == BatchState.CLOSED else self.url("edit", record.ref),
            "producing": numbers[PaperState.PRODUCING] if record.is_open else 0,
            "to_export": to_export(record).count() if public else 0,
            "exports": [self._list(each) for each in record.exports.select_related("by")] if public else [],
            "tracking_form": tracking_form or TrackingListForm(),
            "takes_numbers": bool(numbers[PaperState.MAIL_REQUESTED]) and record.exports.exists(),
            "body": rendered(notice_text(record)) if record.collect_until and not public else "",
        }
        return super().show_case(request, record, **context, **more)

    def _list(self, export) -> dict:
        url = self.url("export", export.batch.ref, export.number)
        return {
            "label": f"第{export.number}次",
            "at": cn_datetime(export.at),
            "who": export.by.name,
            "count": on_list(export).count(),
            "xlsx": url,
            "csv": f"{url}?format={CSV}",
        }

    def case(self, record, user):
        return Case(
            title=str(record),
            badge=record.standing,
            whose_move=f"{record.ref} · {record.region.name}",
            notes=[{"tone": "wait", "title": "还不能发布", "text": f"还缺少：{'、'.join(record.lacking())}。"}]
            if record.state == BatchState.DRAFT and record.lacking()
            else [],
            sections=[
                {"label": "批次", "entries": [_facts(record)]},
                {"label": "现场领取地点", "entries": [_places(record)] if record.places.exists() else []},
            ],
            history=entries(record),
        )

    # -- writing ----------------------------------------------------------------------------------

    def new_page(self, request):
        return require_http_methods(["GET", "HEAD", "POST"])(self._new)(request)

    def _new(self, request):
        form = BatchForm(request.POST if request.method == "POST" else None, user=request.user)
        if request.method == "POST" and request.POST.get("do") != "more" and form.is_valid():
            said = form.cleaned_data
            try:
                batch = collecting.begin_batch(
                    said["region"],
                    exam_year=said["exam_year"],
                    level=said["level"],
                    said=form.said,
                    places=form.places,
                    by=request.user,
                )
            except Refused as refused:
                form.add_error(None, refused.message)
                return self._ask(request, form, "建立批次", status=409)
            messages.success(request, "批次已保存为草稿，还没有公开。请核对后发布领取通知。")
            return redirect(self.record_url(batch))
        return self._ask(request, form, "建立批次")

    def edit_page(self, request, key):
        allowed = require_http_methods(["GET", "HEAD", "POST"])
        return allowed(lambda asked: self._edit(asked, self.record(asked, key)))(request)

    def _edit(self, request, record):
        if record.state == BatchState.CLOSED:
            messages.error(request, "领取已截止，需要时请重新开放领取。")
            return redirect(self.record_url(record))
        form = BatchForm(request.POST if request.method == "POST" else None, user=request.user, batch=record)
        if request.method == "POST" and request.POST.get("do") != "more" and form.is_valid():
            seen = request.POST.get("edition", "")[:9]
            try:
                collecting.edit_batch(
                    record,
                    form.said,
                    form.places,
                    by=request.user,
                    seen=int(seen) if seen.isdecimal() else -1,
                    note=form.cleaned_data.get("change", ""),
                )
            except Refused as refused:
                form.add_error("collect_until" if refused.code == "earlier" else None, refused.message)
                return self._ask(request, form, "修改批次", record, status=409)
            messages.success(request, "修改已保存，领取通知已更新。" if form.public else "修改已保存。")
            return redirect(self.record_url(record))
        return self._ask(request, form, "修改批次", record)

    def _ask(self, request, form, heading, record=None, *, status=200):
        if request.POST.get("do") == "more":
            form = form.unjudged()
        context = {
            "heading": heading,
            "form": form,
            "sections": form.sections(),
            "edition": request.POST.get("edition") or (record.edition if record else ""),
            "public": form.public,
            "back_url": self.record_url(record) if record else self.list_url,
            "back_label": str(record) if record else self.label,
        }
        return self.show(request, "console/paper_batch_form.html", context, status=status)

    # -- the list for the carrier -------------------------------------------------------------------

    def list_file(self, request, key, number):
        """One list for the carrier, as often as it is needed; every time is written down."""
        return require_GET(lambda asked: self._file(asked, self.record(asked, key), number))(request)

    def _file(self, request, record, number):
        export = get_object_or_404(record.exports.select_related("batch"), number=number)
        kind = CSV if request.GET.get("format") == CSV else XLSX
        rows = [_line(place, paper) for place, paper in enumerate(on_list(export), start=1)]
        out = io.BytesIO()
        write(out, kind, "寄递清单", HEADER, rows)
        collecting.note_download(export, by=request.user)
        return downloads.sheet(out.getvalue(), f"{record.ref}-寄递清单{export.number}", kind)


def _line(place: int, paper) -> tuple:
    where = full_name(paper.region) if paper.region else ""
    what = f"{paper.qualification.get_level_display()}证书"
    return (
        place,
        paper.qualification.mgmt_no,
        paper.recipient,
        paper.mobile,
        where,
        paper.address,
        paper.postcode,
        what,
        "到付",
        paper.tracking_no,
    )


def _facts(record: PaperBatch) -> list[dict]:
    if not record.courier_days:
        courier = "不提供"
    elif record.courier_until:
        until = cn_date(record.courier_until)
        courier = f"{until}前（自发布之日起{record.courier_days}个工作日），{record.carrier}，到付"
    else:
        courier = f"自发布之日起{record.courier_days}个工作日，{record.carrier}，到付"
    rows = [
        {"label": "邮寄申请", "value": courier},
        {"label": "最后领取日", "value": cn_date(record.collect_until)},
        {"label": "他人代领", "value": "允许" if record.proxy_allowed else "不允许"},
        {"label": "咨询", "value": record.contact},
        {"label": "补充说明", "value": record.note or "无"},
    ]
    if record.bulletin:
        rows.append({"label": "领取通知", "value": record.bulletin.title, "url": record.bulletin.get_absolute_url()})
    if record.arrived_at:
        rows.append({"label": "制作完成", "value": cn_datetime(record.arrived_at)})
    return rows


def _places(record: PaperBatch) -> list[dict]:
    return [{"label": f"地点{number}", "value": place_text(each)} for number, each in enumerate(record.places.all(), 1)]
