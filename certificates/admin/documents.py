"""The console's screens of issued and annotated certificates: to look things up and to see what is late."""

from django.contrib import admin
from django.db.models import Q
from django.urls import reverse

from certificates.models import Annotation, Certificate
from certificates.queries import alarms, impossible
from certificates.workflows import AnnotationState, DocumentState
from registration.models import Application
from swms.console.screens import Alert, Filter, Found, Screen
from swms.idnumbers import normalise
from swms.regions.models import REVIEW_DUTIES, Duty, jurisdictions_of
from swms.ui import cn_datetime

#: How an alarm of ``queries.alarms`` reads on the front page.
_LEVELS = {"warn": ("wait", "已过半程"), "page": ("bad", "即将超过期限"), "breach": ("bad", "已超过期限")}

NAMED = 5  # applications that an alert names


@admin.register(Annotation)
class AnnotationScreen(Screen):
    """Annotations of qualification certificates, found by their number or the certificate's."""

    group = "证书"
    label = "证书加注"
    duties = (Duty.CERTIFICATE,)
    key = "number"
    columns = ("加注编号", "姓名", "管理号", "使用场景", "申请日期", "有效期至", "状态", "完成期限")
    search_words = "加注编号、管理号或姓名"
    empty_title = "还没有加注"

    def records(self, user):
        return Annotation.objects.visible_to(user).select_related("qualification", "scenario").order_by("-id")

    def filters(self, user):
        everything = self.records(user)
        return [Filter("all", "全部", everything, counted=False)] + [
            Filter(
                state.value.lower(),
                state.label,
                everything.filter(state=state),
                counted=state == AnnotationState.SUBMITTED,
            )
            for state in AnnotationState
        ]

    def alerts(self, user):
        found = []
        for alarm in alarms():
            tone, words = _LEVELS[alarm.level]
            text = f"{alarm.label}：{alarm.count} 件{words}，最早的一件自{cn_datetime(alarm.oldest)}起等待。"
            found.append(Alert(tone, text))
        return found + _impossible(_kept_by(user))

    def row(self, record):
        waiting = record.state == AnnotationState.SUBMITTED
        return {
            "title": record.number,
            "cells": [
                {"text": record.qualification.name},
                {"text": record.qualification.mgmt_no},
                {"text": record.scenario.label},
                {"date": record.applied_on},
                {"date": record.valid_until},
                {"badge": record.standing.label},
                {"text": cn_datetime(record.deadline_at) if waiting else ""},
            ],
        }

    def search(self, user, text):
        visible, plain = self.records(user), normalise(text)
        if visible.filter(number=plain).exists():
            return Found(visible.filter(number=plain))
        if visible.filter(qualification__mgmt_no=plain).exists():
            return Found(visible.filter(qualification__mgmt_no=plain))
        return Found(visible.filter(qualification__name=text))


@admin.register(Certificate)
class CertificateScreen(Screen):
    """Registration certificates in production and issued."""

    group = "证书"
    label = "登记证书"
    duties = REVIEW_DUTIES
    columns = ("登记证书编号", "姓名", "版本", "状态", "签发时间")
    search_words = "登记证书编号或姓名"
    empty_title = "还没有登记证书"

    def records(self, user):
        visible = Certificate.objects.visible_to(user)
        return visible.select_related("registration__worker__user").defer("sealed").order_by("-id")

    def filters(self, user):
        everything = self.records(user)
        return [Filter("all", "全部", everything, counted=False)] + [
            Filter(
                state.value.lower(), state.label, everything.filter(state=state), counted=state == DocumentState.QUEUED
            )
            for state in DocumentState
        ]

    def alerts(self, user):
        visible = Application.objects.visible_to(user)
        return _impossible(visible, url=reverse("admin:registration_application_changelist") + "?part=done")

    def row(self, record):
        return {
            "title": record.registration.number,
            "cells": [
                {"text": record.registration.worker.user.name},
                {"text": f"第 {record.version} 版"},
                {"badge": record.get_state_display()},
                {"text": cn_datetime(record.issued_at)},
            ],
        }

    def search(self, user, text):
        visible = self.records(user)
        if visible.filter(registration__number=normalise(text)).exists():
            return Found(visible.filter(registration__number=normalise(text)))
        return Found(visible.filter(registration__qualification__name=text))


def _kept_by(user):
    """Return the applications of the regions whose certificates the user keeps; they are counted, not opened."""
    mine = Q(pk__in=())
    for each in jurisdictions_of(user):
        if each.duty == Duty.CERTIFICATE:
            mine |= Q(region__path__startswith=each.path)
    return Application.objects.filter(mine)


def _impossible(applications, url: str = "") -> list[Alert]:
    """Return an alert that names the applications whose certificate cannot be begun; nothing where there are none."""
    found = impossible(applications)
    if not found:
        return []
    named = "、".join(each.ref for each in found[:NAMED]) + (f"等 {len(found)} 件" if len(found) > NAMED else "")
    text = f"登记证书无法生成：{named}。登记已完成，但系统中找不到证件照文件，请联系系统管理员，文件恢复后会自动生成。"
    return [Alert("bad", text, url)]
