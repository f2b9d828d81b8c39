"""Sample data for the living page of components (``/console/ui/``). All of it is fictitious."""

import datetime as dt

from django import forms
from django.utils import timezone

from swms.forms import CodeField, DateField, Form

TODAY = dt.date(2026, 11, 23)
NOW = dt.datetime(2026, 11, 23, 14, 5, tzinfo=dt.UTC)


class SampleForm(Form):
    """Every kind of control that the portal uses."""

    name = forms.CharField(label="姓名", min_length=2, max_length=50, help_text="与证书上的姓名一致。")
    number = CodeField(label="身份证号", help_text="18 位，最后一位可以是 X。")
    mobile = forms.CharField(
        label="手机号", widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "tel"})
    )
    code = forms.CharField(
        label="短信验证码", widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"})
    )
    password = forms.CharField(label="密码", strip=False, widget=forms.PasswordInput())
    education = forms.ChoiceField(label="学历", choices=[("", "请选择"), ("20", "大学本科"), ("30", "大学专科")])
    awarded = DateField(label="证书签发日期", required=False)
    days = forms.IntegerField(label="加注有效期（天）", min_value=1, max_value=90)
    plan = forms.ChoiceField(
        label="是否属于三区计划或牵手计划",
        choices=[("1", "是"), ("0", "否")],
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
    )
    areas = forms.MultipleChoiceField(
        label="服务领域",
        required=False,
        choices=[("a", "老年人服务"), ("b", "儿童和青少年服务"), ("c", "社区服务")],
        widget=forms.CheckboxSelectMultiple,
    )
    photo = forms.FileField(
        label="证件照",
        help_text="一寸或两寸证件照，JPG 或 PNG 格式，不超过 500KB。",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
    )
    note = forms.CharField(label="说明", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    promise = forms.BooleanField(label="本人承诺所填内容真实、准确，并愿意承担相应责任。")

    def clean(self):
        """Fail as a whole too when everything is empty, so that the gallery shows such a message."""
        if not self.cleaned_data.get("name") and self.is_bound:
            raise forms.ValidationError("资料还不完整，不能提交。")
        return self.cleaned_data


def sample_cascade() -> dict:
    """Return the context of a region cascade with two levels chosen."""
    return {
        "name": "region",
        "next_name": "region-next",
        "needs_next": True,
        "full_name": "河北省 石家庄市",
        "children_url": "/regions/CODE/children.json",
        "attrs": {},
        "levels": [
            _level(0, "省（自治区、直辖市）", "请选择省份", [("110000", "北京市", False), ("130000", "河北省", True)]),
            _level(
                1, "市（地区、自治州、盟）", "请选择城市", [("130100", "石家庄市", True), ("130200", "唐山市", False)]
            ),
            _level(2, "区县（市、旗）", "请选择区县", [("130102", "长安区", False), ("130104", "桥西区", False)]),
        ],
    }


def _level(index: int, label: str, blank: str, options: list[tuple[str, str, bool]]) -> dict:
    return {
        "name": f"region_{index}",
        "id": f"id_region_{index}",
        "label": label,
        "blank": blank,
        "hidden": False,
        "options": [{"code": c, "name": n, "selected": s, "leaf": index == 2} for c, n, s in options],
    }


def sample_nav() -> list[dict]:
    """Return a console navigation with counts."""
    return [
        {
            "label": "审核",
            "items": [
                {"label": "首次登记", "url": "#queue", "current": True, "count": 42},
                {"label": "变更业务", "url": "#queue", "current": False, "count": 3},
                {"label": "反馈", "url": "#queue", "current": False, "count": 0},
            ],
        },
        {"label": "系统", "items": [{"label": "组件", "url": "#main", "current": False, "count": None}]},
    ]


def samples(state: str) -> dict:
    """Return the gallery's context; ``state`` is ``normal``, ``error`` (a bound, empty form) or ``empty``."""
    today = timezone.localdate()
    empty = state == "empty"
    step = {"office": "北京市朝阳区民政局", "date": TODAY}
    record = [
        {"label": "姓名", "value": "王芳（演示）", "change_url": "#summary"},
        {"label": "身份证号", "value": "110000********001X"},
        {"label": "工作单位", "value": "北京市朝阳区春风社会工作服务中心（演示）", "change_url": "#summary"},
        {"label": "学位", "value": "", "change_url": "#summary"},
        {"label": "状态", "badge": "待审核"},
    ]
    return {
        "state": state,
        "form": SampleForm({} if state == "error" else None),
        "console_nav": sample_nav(),
        "duty_label": "北京市朝阳区 · 初审员",
        "states": [
            "未申请登记证书",
            "待审核",
            "初审通过",
            "初审未通过",
            "终审通过",
            "终审未通过",
            "首次登记已完成",
            "已出证",
            "有效",
            "已过期",
            "已撤销",
            "已注销",
            "已换发",
            "证书生成中…",
        ],
        "steps": [
            {"label": "提交申请", "state": "done", **step},
            {
                "label": "初审",
                "state": "current",
                "office": "北京市朝阳区民政局",
                "expected": dt.date(2026, 12, 25),
                "note": "您现在不需要做什么。",
            },
            {"label": "终审", "state": "next", "office": "北京市民政局"},
            {"label": "登记完成，出具证书", "state": "next"},
        ],
        "failed_steps": [
            {"label": "提交申请", "state": "done", **step},
            {
                "label": "初审未通过",
                "state": "failed",
                **step,
                "note": "证件照背景不符合要求。",
                "url": "#steps",
                "url_label": "修改并重新申请",
            },
        ],
        "tasks": [
            {"label": "基础信息", "url": "#tasks", "status": "已填写"},
            {"label": "工作经历", "url": "#tasks", "status": "进行中", "hint": "至少一条"},
            {"label": "个人荣誉", "url": "#tasks", "status": "可以开始", "hint": "没有可以不填"},
            {"label": "核对并提交", "url": None, "status": "尚不能开始"},
        ],
        "record": record,
        "widget": sample_cascade(),
        "now": NOW,
        "due": dt.date(2026, 12, 25),
        "receipt_next": [
            "北京市朝阳区民政局初审。",
            "北京市民政局终审。",
            "通过后系统自动出具登记证书，并发短信通知您。",
        ],
        "entries": []
        if empty
        else [
            {
                "at": NOW,
                "title": "初审未通过",
                "who": "李静（演示）· 北京市朝阳区民政局",
                "note": "证件照背景不符合要求，请上传白底证件照。",
            },
            {"at": NOW - dt.timedelta(days=3), "title": "申请登记证书", "who": "王芳（演示）"},
        ],
        "files": []
        if empty
        else [
            {
                "label": "证件照",
                "name": "照片.jpg",
                "url": "/static/img/mark.svg",
                "media_type": "image/svg+xml",
                "size": 412_000,
            },
            {
                "label": "学历证明",
                "name": "毕业证书.pdf",
                "url": "/static/img/mark.svg",
                "media_type": "application/pdf",
                "size": 1_230_000,
                "pages": [{"number": number, "url": "/static/img/mark.svg"} for number in (1, 2)],
            },
        ],
        "diff": [
            {"label": "工作单位", "old": "北京市朝阳区春风社会工作服务中心", "new": "北京市海淀区春风社会工作服务站"},
            {"label": "联系电话", "old": "19900000001", "new": "19900000021"},
            {"label": "学历", "old": "大学本科", "new": "大学本科"},
            {"label": "说明", "old": "", "new": "已更换证件照"},
        ],
        "columns": [
            {"label": "证书编号"},
            {"label": "级别"},
            {"label": "有效期至"},
            {"label": "学时", "number": True},
            {"label": "状态"},
        ],
        "rows": [
            ["演示0001", "助理社会工作师", {"date": dt.date(2027, 3, 1)}, "72.0", {"badge": "有效"}],
            ["演示0002", "社会工作师", {"date": dt.date(2026, 3, 1)}, "18.5", {"badge": "已过期"}],
        ],
        "queue_columns": [
            {"label": "申请人"},
            {"label": "业务"},
            {"label": "区域"},
            {"label": "状态"},
            {"label": "办理期限"},
        ],
        "queue_rows": []
        if empty
        else [
            {
                "url": "#case",
                "title": name,
                "changed": changed,
                "cells": [
                    {"text": "首次登记"},
                    {"text": "北京市朝阳区"},
                    {"badge": "待审核"},
                    {"due": today + dt.timedelta(days=left), "left": left},
                ],
            }
            for name, changed, left in (
                ("王芳（演示）", True, -2),
                ("陈晨（演示）", False, 4),
                ("买买提·阿卜杜拉（演示）", False, 23),
            )
        ],
        "filters": [
            {"label": "全部", "url": "#filters", "current": True, "count": 42},
            {"label": "已逾期", "url": "#filters", "current": False, "count": 1},
            {"label": "即将到期", "url": "#filters", "current": False, "count": 4},
        ],
        "checks": [
            {"ok": True, "label": "姓名和身份证号与社工库一致"},
            {"ok": None, "label": "证件照", "note": "请核对是否本人"},
            {"ok": False, "label": "登记区域与工作单位所在地", "note": "朝阳区 / 海淀区"},
        ],
        "bars": [
            {"label": "北京市", "value": 1280},
            {"label": "河北省", "value": 640, "tone": "wait"},
            {"label": "西藏自治区", "value": 12, "tone": "good"},
        ],
        "moves": [
            {"name": "pass_first", "label": "初审通过", "needs_reason": False},
            {"name": "fail_first", "label": "初审不通过", "needs_reason": True},
        ],
        "confirm_hidden": [{"name": "intent", "value": "withdraw"}],
    }
