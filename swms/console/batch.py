"""Passing several cases in one go: chosen in the list, confirmed by name, decided each on its own (rulebook §2.3).

A refusal is not offered here: its reasons are for one person (decision 0026).
"""

import re
import uuid

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from swms import downloads, sheets
from swms.audit import trail
from swms.casework.batches import FORBIDDEN, MOST, Choice, carry_out, counted, open_batch
from swms.casework.models import BatchDecision, BatchRow
from swms.console.review import ReviewAdmin
from swms.ui import cn_datetime
from swms.workflow import Refused, Transition

ATTESTATION = "我已逐件查看上列申请及其材料，对每一件的审核决定负责"
SHEETS_SHOWN = 50
GONE = "没有找到这件申请，或者它已不由您办理"

_CHOICE = re.compile(r"([A-Za-z0-9-]{1,32}) (\d{1,9})(?: (\w{1,32}))?")
Outcome = BatchRow.Outcome


class BatchAdmin(ReviewAdmin):
    """A queue whose cases may be passed together: ``batched`` names the moves, ``batch_checks`` what must be green."""

    batched: tuple[str, ...] = ()

    def page_urls(self):
        return [
            path("batch/", self.page(self.batch_page), name=self.url_name("batch")),
            path("batch/<uuid:uid>/", self.page(self.sheet_page), name=self.url_name("sheet")),
            *super().page_urls(),
        ]

    # -- what a subclass tells ----------------------------------------------------------------

    def batch_checks(self, record) -> list:
        """Return the system's checks of a record, every one of which must be green."""
        raise NotImplementedError

    def read_for_checks(self, records: list) -> None:
        """Read at once what ``batch_checks`` asks of each of many records."""

    # -- choosing ---------------------------------------------------------------------------

    def size(self, request) -> int:
        return MOST if request.GET.get("size") == str(MOST) else super().size(request)

    def rows(self, records, user, *, mine=False):
        """The rows of the list, with a box to tick on those that wait for this reader."""
        rows = super().rows(records, user)
        movable = {each.pk for each in records if self._move(each)}
        if movable and not mine:
            waiting = self.waiting(user).order_by().filter(pk__in=movable)
            movable = set(waiting.select_related(None).values_list("pk", flat=True))
        for record, row in zip(records, rows, strict=True):
            # The checks are judged when it is asked for: they read the whole person, a list reads some columns.
            if record.pk in movable:
                row["pick"] = f"{getattr(record, self.key)} {record.form_version}"
        return rows

    def list_context(self, request):
        shown = {name: request.GET[name] for name in ("part", "region", "clock") if request.GET.get(name)}
        larger = f"{self.list_url}?{urlencode(shown | {'size': MOST})}"
        batch = {"url": self.url("batch"), "most": MOST}
        if self.size(request) != MOST and request.method == "GET":
            batch["larger_url"] = larger
        return super().list_context(request) | {"batch": batch}

    def _move(self, record) -> Transition | None:
        """Return the move that passes a record as it stands now."""
        return next(
            (move for move in record.workflow if move.name in self.batched and move.source == record.state), None
        )

    def _open_checks(self, record) -> list:
        return [check for check in self.batch_checks(record) if not check.ok]

    # -- confirming -------------------------------------------------------------------------

    def batch_page(self, request):
        """The reader's own sheets (GET); the page that asks, and carrying out what it asked (POST)."""
        if request.method != "POST":
            return require_http_methods(["GET", "HEAD", "POST"])(self._sheets)(request)
        chosen = self._chosen(request.POST.getlist("page" if "whole" in request.POST else "row"))
        if "carry_out" in request.POST:
            return self._carry_out(request, chosen)
        return self._ask(request, chosen)

    def _chosen(self, values: list[str]) -> list[tuple[str, int, str]]:
        """Return public number, version and move of what was posted, each case once, in its order."""
        found = {}
        for value in values:
            match = _CHOICE.fullmatch(value)
            if match is None:
                raise BadRequest("not a case of the list")
            found.setdefault(match[1], (match[1], int(match[2]), match[3] or ""))
        return list(found.values())

    def _ask(self, request, chosen, *, unattested: bool = False, uid=None):
        refused = "" if chosen else "请先在列表中勾选要通过的申请"
        if len(chosen) > MOST:
            refused = f"一次最多办理{MOST}件，您选了{len(chosen)}件，请分几次办理"
        ready, left = ([], []) if refused else self._sorted(request.user, chosen)
        context = {
            "refused": refused,
            "ready": ready,
            "left": left,
            "values": [f"{each['ref']} {each['seen']} {each['move'].name}" for each in ready],
            "key": uid or uuid.uuid4(),
            "attestation": ATTESTATION,
            "unattested": unattested,
            "batch_url": self.url("batch"),
            "list_url": self.list_url,
            "list_label": self.label,
        }
        return self.show(request, "console/batch_confirm.html", context, status=400 if refused else 200)

    def _sorted(self, user, chosen) -> tuple[list[dict], list[dict]]:
        """Return what would be passed, and what would not with the reason, as things stand now."""
        found = self._named(user, [ref for ref, _, _ in chosen])
        records = {getattr(each, self.key): each for each in found}
        self.read_for_checks(list(records.values()))
        rows = {getattr(each, self.key): {"url": self.record_url(each)} | self.row(each) for each in self.listed(found)}
        ready, left = [], []
        for ref, seen, _ in chosen:
            row = {"ref": ref, "seen": seen, "title": ref, "url": ""} | rows.get(ref, {})
            try:
                ready.append(row | {"move": self._judged(records.get(ref), seen, user)})
            except Refused as refused:
                left.append(row | {"why": refused.message})
            except PermissionDenied:
                left.append(row | {"why": FORBIDDEN})
        return ready, left

    def _named(self, user, refs: list[str]):
        """Return the cases with these public numbers that the reader may see."""
        return self.records(user).filter(**{f"{self.key}__in": refs})

    def _judged(self, record, seen: int, user) -> Transition:
        """Return the move that would be made, or raise what would keep it from being made."""
        move = self._offered(record, seen, "")
        refused = record.workflow.refusal(record, move.name, actor=user, seen=seen)
        if refused:
            raise refused
        return move

    def _offered(self, record, seen: int, name: str) -> Transition:
        """Return the move that passes the record, which must be ``name`` where that was confirmed."""
        if record is None:
            raise Refused("gone", GONE)
        move = self._move(record)
        if move is None or (name and move.name != name):
            raise Refused("wrong_state", f"当前状态为“{record.get_state_display()}”，不能执行此操作")
        if record.form_version != seen:
            raise Refused("changed", "资料已更新，请重新查看")
        open_checks = self._open_checks(record)
        if open_checks:
            labels = "、".join(check.label for check in open_checks)
            raise Refused("checks", f"系统核对有{len(open_checks)}项需要看：{labels}，请逐件办理")
        return move

    # -- carrying out -----------------------------------------------------------------------

    def _carry_out(self, request, chosen):
        uid = _uuid(request.POST.get("key", ""))
        if request.POST.get("attest") != "yes":
            return self._ask(request, chosen, unattested=True, uid=uid)
        labels = {move.name: move.label for move in self.model.workflow if move.name in self.batched}
        if any(name not in labels for _, _, name in chosen):
            raise BadRequest("not a move that is made in a batch")
        choices = [Choice(ref, seen, name, labels[name]) for ref, seen, name in chosen]
        try:
            kind = self.opts.label_lower
            batch = open_batch(uid, kind, choices, by=request.user, attestation=ATTESTATION)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(self.list_url)
        return self._decided(request, batch)

    def _decided(self, request, batch: BatchDecision):
        carry_out(batch, lambda row: self._decide(row, request.user))
        return redirect(self.url("sheet", batch.uid))

    def _decide(self, row: BatchRow, user) -> None:
        """Pass one case; what the list and the page that asked found green is looked at once more."""
        record = self.records(user).filter(**{self.key: row.ref}).first()
        self._offered(record, row.seen, row.move)
        self.make_move(record, row.move, actor=user, seen=row.seen)

    # -- the sheets -------------------------------------------------------------------------

    def _own(self, user):
        return BatchDecision.objects.filter(by=user, kind=self.opts.label_lower)

    def _sheets(self, request):
        numbers = {name: Count("rows", filter=Q(rows__outcome=name)) for name in (Outcome.DONE, Outcome.REFUSED)}
        batches = self._own(request.user).annotate(number=Count("rows"), **numbers)[:SHEETS_SHOWN]
        rows = [
            {
                "url": self.url("sheet", each.uid),
                "title": cn_datetime(each.at),
                "cells": [{"text": each.number}, {"text": each.done}, {"text": each.refused}],
            }
            for each in batches
        ]
        columns = [{"label": name} for name in ("确认时间", "申请", "已办理", "未办理")]
        context = {"rows": rows, "columns": columns, "list_url": self.list_url, "list_label": self.label}
        return self.show(request, "console/batches.html", context)

    def sheet_page(self, request, uid):
        """What came of each case of a batch (GET), as a table too; going on with one that was interrupted (POST)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._sheet)(request, uid)

    def _sheet(self, request, uid):
        batch = self._own(request.user).filter(uid=uid).first()
        if batch is None:
            raise Http404
        if request.method == "POST":
            return self._decided(request, batch)
        rows = list(batch.rows.all())
        refs = [row.ref for row in rows]
        seen = {getattr(each, self.key): each for each in self.listed(self._named(request.user, refs))}
        shown = [
            {
                "ref": row.ref,
                "title": self.row(seen[row.ref])["title"] if row.ref in seen else "",
                "url": self.record_url(seen[row.ref]) if row.ref in seen else "",
                "move": row.move_label,
                "outcome": row.get_outcome_display(),
                "refused": row.outcome == Outcome.REFUSED,
                "waiting": row.outcome == Outcome.WAITING,
                "words": row.words,
                "code": row.code,
            }
            for row in rows
        ]
        if request.GET.get("format") == "csv":
            trail.record("console.batch_download", batch, actor=request.user)
            return _table(batch, shown)
        context = {
            "batch": batch,
            "number": counted(batch) | {"all": len(rows)},
            "parts": [
                {"label": label, "rows": [row for row in shown if row["outcome"] == label]}
                for label in (Outcome.REFUSED.label, Outcome.WAITING.label, Outcome.DONE.label)
            ],
            "sheet_url": self.url("sheet", batch.uid),
            "batch_url": self.url("batch"),
            "list_url": self.list_url,
            "list_label": self.label,
        }
        return self.show(request, "console/batch_sheet.html", context)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise BadRequest("no key") from error


def _table(batch: BatchDecision, rows: list[dict]) -> HttpResponseBase:
    """Return a sheet as CSV."""
    header = ("受理编号", "姓名", "操作", "结果", "原因代码", "原因")
    cells = ([row[name] for name in ("ref", "title", "move", "outcome", "code", "words")] for row in rows)
    written = b"".join(sheets.csv_chunks(header, cells))
    return downloads.sheet(written, f"批量办理-{batch.at:%Y%m%d-%H%M}", sheets.CSV)
