"""The audit trail in words."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from swms.audit import trail

#: How deeds that are no moves are called.
TITLES = {
    "begin": "新建",
    "edit": "修改资料",
    "correct": "更正姓名或证件号码",
    "consent": "同意隐私告知",
    "reveal": "查看完整号码",
    "note": "写内部备注",
    "batch": "批量办理",
    "batch_finished": "批量办理完毕",
    "batch_download": "下载批量办理结果",
    "attach": "关联账号",
    "take": "按导入冲突的决定更改",
    "merge": "人员合并",
    "certificate_impossible": "登记证书无法生成",
    "transfer": "随变更转入",
    "read_file": "查看证件照片",
    "search_identity": "按证件号码查找",
    "export": "导出",
    "create_staff": "新建账号",
    "grant_duty": "授予职责",
    "withdraw_duty": "收回职责",
    "set_up_second_factor": "设置第二步验证",
    "reset_second_factor": "重置第二步验证",
    "renew_recovery_codes": "更换恢复码",
    "use_recovery_code": "使用恢复码",
    "reset_password": "重置密码",
    "activate": "启用账号",
    "deactivate": "停用账号",
    "set_policy": "制定省级政策",
    "escalate": "逾期，升级到上级",
    "announce_day": "录入放假安排",
    "take_back_day": "移除放假安排",
    "bind_mobile": "按申诉绑定新手机号",
    "lock_on_objection": "因异议锁定账户",
    "release": "解除锁定",
    "fill": "列入证书",
    "arrive": "证书制作完成",
    "list_parcels": "导出寄递清单",
    "download": "下载寄递清单",
    "send_link": "发送重设密码链接",
    "reset_by_appeal": "按申诉重设密码",
    "bulk_verified": "批量查验证书",
    "logged_afterwards": "补录签发日志",
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened, as ``ui/timeline.html`` takes it."""

    at: datetime
    title: str
    who: str
    note: str
    rules: str = ""


def entries(record, *, for_staff: bool = True) -> list[Entry]:
    """Return what happened to one record, newest first; to the person its moves alone, not who looked or noted."""
    events = trail.history(record).order_by("-id")
    if not for_staff:
        moves = _moves(record._meta.label_lower).keys() | {"begin", "edit"}
        events = [event for event in events if event.verb.rpartition(".")[2] in moves]
    return [
        Entry(event.at, title_of(event.verb), event.actor_name, event.reason, trail.rules_of(event)) for event in events
    ]


@cache
def title_of(verb: str) -> str:
    """Return what a verb of the trail is called on screen; the verb itself where nobody named it."""
    kind, _, name = verb.rpartition(".")
    return _moves(kind).get(name) or TITLES.get(name) or verb


@cache
def state_of(label: str, code: str) -> str:
    """Return what a state of a model is called on screen."""
    try:
        choices = apps.get_model(label)._meta.get_field("state").choices or ()
    except (LookupError, ValueError, FieldDoesNotExist):
        return code
    return dict(choices).get(code, code) if code else "无"


def _moves(label: str) -> dict[str, str]:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return {}
    return {move.name: move.label for move in getattr(model, "workflow", ())}
