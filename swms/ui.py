"""How values look on screen: dates, masks, tones, bars and differences, and the display mode.

Pure functions first (``swms.templatetags.ui`` hands them to the templates), then the two views
that belong to no app: the 适老 switch and the living gallery of components.
"""

import datetime as dt
import difflib
import re
from dataclasses import dataclass
from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from swms.context import MODE_COOKIE, MODES
from swms.idnumbers import mask_id, mask_mobile

YEAR = 365 * 24 * 3600

#: The tone of every label that a status badge may carry. Labels are the source's own, so they are
#: the key: the portal, the console and the public page cannot colour one label differently.
TONES = {
    "good": (
        "首次登记已完成",
        "再登记已完成",
        "已出证",
        "有效",
        "已完成",
        "已加注",
        "审核通过",
        "已通过",
        "已重置",
        "已送达",
        "已办理",
        "变更完成",
        "已符合",
        "已合并",
        "正常",
        "审核通过（已通知机构）",
        "机构已注册",
        "合格",
        "已发布",
        "已发布通知",
        "可领取",
        "已现场领取",
        "已签收",
    ),
    "info": (
        "已提交",
        "初审通过",
        "终审通过",
        "进行中",
        "处理中",
        "可以开始",
        "已发送",
        "转出地已同意",
        "已邀请",
        "已有机构（并入）",
        "已公告",
        "已抽取",
        "审查中",
        "待决定",
        "复核中",
        "制发中",
        "已申请邮寄",
        "已寄出",
        "重新开放领取",
        "采用来件",
        "正在撤回",
    ),
    "wait": (
        "尚未满年限",
        "还需日期",
        "待审核",
        "待转出地审核",
        "待转入地审核",
        "待处理",
        "待复核",
        "退回来源单位",
        "等待办理",
        "待补正",
        "待提交材料",
        "待陈述",
        "退回补正",
        "证书生成中…",
        "证书生成中",
        "再登记审核中",
        "即将到期",
        "未提交",
        "待发送",
        "需要补充",
        "补充材料",
        "需要加注",
        "退回",
        "暂停",
        "待发布",
        "已退回",
    ),
    "bad": (
        "初审未通过",
        "终审未通过",
        "审核未通过",
        "审核不通过",
        "未通过",
        "已过期",
        "登记已过期",
        "逾期未申请",
        "加注已过期",
        "已撤销",
        "已逾期",
        "链接过期",
        "原号码提出异议",
        "发送失败",
        "生成失败",
        "证书已撤销",
        "不一致",
        "不合格",
        "复核维持不合格",
        "寄递异常",
        "逾期未领（封存）",
        "未办理",
    ),
}
_TONE_OF = {label: tone for tone, labels in TONES.items() for label in labels}

#: A Chinese character is a word of its own; Latin words and numbers stay whole.
_WORDS = re.compile(r"[A-Za-z]+|\d+|\s+|.", re.DOTALL)


def tone(label: str) -> str:
    """Return the badge tone of a status label: good, info, wait, bad, or idle for any other."""
    return _TONE_OF.get(str(label), "idle")


def cn_date(value: dt.date | dt.datetime | None) -> str:
    """Return ``2026年11月23日`` in local time (R-TIME-01); empty for nothing."""
    if not value:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{value.year}年{value.month}月{value.day}日"


def cn_datetime(value: dt.datetime | None) -> str:
    """Return ``2026年11月23日 14:05`` in local time (R-TIME-01); empty for nothing."""
    if not value:
        return ""
    value = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{cn_date(value)} {value:%H:%M}"


def masked_id(value: str | None) -> str:
    """Return an identity number fit for the screen, ``110105********005X`` (R-ACC-13)."""
    return mask_id(str(value or ""))


def masked_mobile(value: str | None) -> str:
    """Return a mobile number fit for the screen, ``138****5678`` (R-ACC-13)."""
    return mask_mobile(str(value or ""))


def file_size(value: int | None) -> str:
    """Return a number of bytes as ``812KB`` or ``1.5MB`` (1 KB = 1,024 bytes, R-PRO-03)."""
    size = int(value or 0)
    if size < 1024:
        return f"{size}字节"
    if size < 1024 * 1024:
        return f"{-(-size // 1024)}KB"
    return f"{size / 1024 / 1024:.1f}MB"


def percent(value: float | Decimal, total: float | Decimal) -> int:
    """Return the share of ``value`` in ``total`` as a whole percentage for drawing, within 0 and 100.

    Rounded down, so that only what is full looks full; but something is never drawn as nothing.
    """
    value, total = Decimal(str(value or 0)), Decimal(str(total or 0))
    if total <= 0 or value <= 0:
        return 0
    return max(1, min(100, int(value * 100 / total)))


@dataclass(frozen=True)
class Piece:
    """A run of text in a comparison; ``kind`` is ``same``, ``gone`` or ``new``."""

    kind: str
    text: str


def compare(old: object, new: object) -> tuple[list[Piece], list[Piece]]:
    """Return the two sides of a comparison as pieces, so that changed words can be marked."""
    before, after = (_WORDS.findall("" if side is None else str(side)) for side in (old, new))
    left, right = [], []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if i2 > i1:
            left.append(Piece("same" if tag == "equal" else "gone", "".join(before[i1:i2])))
        if j2 > j1:
            right.append(Piece("same" if tag == "equal" else "new", "".join(after[j1:j2])))
    return left, right


@require_http_methods(["GET", "POST"])
def set_mode(request: HttpRequest, mode: str) -> HttpResponse:
    """Switch the display mode and go back to the page that ``next`` names.

    Public. A link (GET) changes only a cookie of this browser; a signed-in person posts, and the
    profile keeps the choice.
    """
    if mode not in MODES:
        raise Http404
    asked = request.POST if request.method == "POST" else request.GET
    target = asked.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    if request.method == "POST" and request.user.is_authenticated:
        request.user.elder_mode = mode == "elder"
        request.user.save(update_fields=["elder_mode"])
    response = HttpResponseRedirect(target)
    response.set_cookie(MODE_COOKIE, mode, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure())
    return response


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in every state to staff; ``?state=error`` and ``?state=empty`` vary the forms."""
    if not request.user.is_staff:
        raise Http404
    # Only here: the samples are of no use to any other page.
    from swms.gallery import samples

    return render(request, "ui_gallery.html", samples(request.GET.get("state", "normal")))
