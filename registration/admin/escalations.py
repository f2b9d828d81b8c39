"""逾期升级: what offices below let run out of time, for those above them (R-REG-16, R-CHG-10, decision 0027)."""

from collections import defaultdict

from django.apps import apps
from django.contrib import admin
from django.db.models import ExpressionWrapper, Q
from django.db.models.fields import BooleanField

from registration.admin.identity import find
from registration.models import Escalation
from registration.queries import escalations as queries
from swms.console.history import state_of
from swms.console.paging import count
from swms.console.review import ReviewAdmin
from swms.console.screens import Alert, Desk, Filter, Screen
from swms.regions.models import REVIEW_DUTIES, Duty, holds_duty
from swms.ui import cn_datetime


def raised(record) -> list[dict]:
    """Return the callout of a case that offices above were told of, for its page."""
    told = queries.of_case(record)
    if not told:
        return []
    words = "，".join(f"{cn_datetime(each.at)}升级到{queries.office_name(each)}" for each in told)
    return [{"tone": "bad", "title": "已升级", "text": f"{words}。逾期不会自动通过，也不会自动不通过。"}]


def raised_part(model: type, rows) -> Filter:
    """Return 已升级 as a part of a queue."""
    return Filter("raised", "已升级", rows, counted=False, where=queries.is_raised(model))


@admin.register(Escalation)
class EscalationAdmin(Screen):
    """What was raised to the reader's offices; a line leads to the case where the reader's duties open it."""

    group = "审核"
    label = "逾期升级"
    duties = (*REVIEW_DUTIES, Duty.SYSTEM)
    columns = ("受理编号", "业务", "逾期的环节", "逾期的部门", "办结期限", "升级到", "升级时间", "状态")
    search_words = "受理编号或回执编号"
    empty_title = "没有升级到您这里的事项"
    empty_text = "下级部门超过办理时限没有办结的，会出现在这里。"

    def records(self, user):
        return self._linked(queries.in_region(user), user)

    def waiting(self, user):
        return self._linked(queries.raised_to(user), user)

    def _linked(self, rows, user):
        opened = [
            screen.opts.label_lower
            for screen in self.admin_site.screens(user)
            if isinstance(screen, ReviewAdmin) and not holds_duty(user, Duty.SYSTEM)
        ]
        return rows.annotate(opens=ExpressionWrapper(Q(kind__in=opened), output_field=BooleanField()))

    def filters(self, user):
        everything = self.records(user)
        return [
            Filter("mine", "升级到本级", self.waiting(user)),
            Filter("open", "本级和下级，未办理", everything.filter(closed_at=None), counted=False),
            Filter("all", "全部", everything, counted=False),
        ]

    def desks(self, user):
        waiting = count(self.waiting(user))
        return [Desk(self.label, self.list_url, waiting, late=waiting)] if waiting else []

    def alerts(self, user):
        waiting = count(self.waiting(user))
        if not waiting:
            return []
        if holds_duty(user, Duty.SYSTEM):
            text = f"{waiting} 件业务超过办理时限，并且没有上级部门可以督促。请联系安全管理员授予职责。"
        else:
            text = f"{waiting} 件业务超过办理时限，已升级到本级。请督促办理，有权办理的也可以直接办理。"
        return [Alert("bad", text, self.list_url)]

    def rows(self, records, user, *, mine=False):
        urls = self._urls(records)
        return [{"url": urls.get(record.pk, "")} | self.row(record) for record in records]

    def _urls(self, records) -> dict[int, str]:
        """Return the address of each case that the reader's duties open; one query for each kind that needs one."""
        by_kind = defaultdict(list)
        for record in records:
            if record.opens:
                by_kind[record.kind].append(record)
        urls = {}
        for kind, rows in by_kind.items():
            screen = self.admin_site.get_model_admin(apps.get_model(kind))
            cases = screen.model.objects.filter(pk__in=[each.case_id for each in rows])
            keys = dict(cases.values_list("pk", screen.key))
            urls |= {each.pk: screen.url("change", keys[each.case_id]) for each in rows}
        return urls

    def row(self, record):
        return {
            "title": record.ref,
            "cells": [
                {"text": str(apps.get_model(record.kind)._meta.verbose_name)},
                {"text": state_of(record.kind, record.state)},
                {"text": queries.late_name(record)},
                {"date": record.due_on},
                {"text": queries.office_name(record)},
                {"text": cn_datetime(record.at)},
                {"badge": "已办理" if record.closed_at else "逾期未办", "tone": "idle" if record.closed_at else "bad"},
            ],
        }

    def search(self, user, text):
        return find(self.records(user), text, name="ref")
