"""The paper certificate and its batch (R-PAP-01…08, rulebook §2.15)."""

import re

from django.db import models
from django.utils import timezone

from swms.dates import today, working_days_after
from swms.ui import cn_date
from swms.workflow import Refused, Step, Transition, Workflow

TRACKING = re.compile(r"[A-Z0-9]{8,30}")


class BatchState(models.TextChoices):
    """Where the collection of a batch stands."""

    DRAFT = "DRAFT", "草稿"
    PUBLISHED = "PUBLISHED", "已发布通知"
    CLOSED = "CLOSED", "领取已截止"
    REOPENED = "REOPENED", "重新开放领取"


class PaperState(models.TextChoices):
    """Where one paper certificate is."""

    PRODUCING = "PRODUCING", "制发中"
    AVAILABLE = "AVAILABLE", "可领取"
    MAIL_REQUESTED = "MAIL_REQUESTED", "已申请邮寄"
    MAILED = "MAILED", "已寄出"
    COLLECTED = "COLLECTED", "已现场领取"
    DELIVERED = "DELIVERED", "已签收"
    RETURNED = "RETURNED", "已退回"
    LOST = "LOST", "寄递异常"
    UNCLAIMED = "UNCLAIMED", "逾期未领（封存）"


class PaperWay(models.TextChoices):
    """How the holder wants it (R-PAP-02)."""

    ONSITE_MZJ = "ONSITE_MZJ", "到民政局现场领取"
    ONSITE_RSJ = "ONSITE_RSJ", "到人力资源和社会保障局现场领取"
    COURIER = "COURIER", "快递邮寄（邮费到付）"


B, S = BatchState, PaperState
OPEN_BATCHES = (B.PUBLISHED, B.REOPENED)
#: Where the holder may still choose between the ways.
UNDECIDED_PAPERS = (S.PRODUCING, S.AVAILABLE)
ENDED_PAPERS = (S.COLLECTED, S.DELIVERED, S.UNCLAIMED)

# --- the batch --------------------------------------------------------------------------------------


def announced_whole(batch, step: Step):
    """R-PAP-01, R-PAP-08: a notice says where, until when and whom to ask."""
    lacking = batch.lacking()
    if lacking:
        raise Refused("incomplete", f"还缺少：{'、'.join(lacking)}", missing=lacking)


def ends_later(batch, step: Step):
    """A collection that is opened ends on a day that is still to come."""
    day = step.data.get("collect_until", batch.collect_until)
    if day is None or day <= today():
        raise Refused("over_already", "最后领取日须晚于今天")


def last_day_passed(batch, step: Step):
    """R-TIME-04: the last day runs to its end."""
    if batch.collect_until >= today():
        raise Refused("still_open", "还没有到最后领取日")


def open_collection(batch, step: Step):
    """R-PAP-03: so many working days from the publication, which is not counted; settled now for good."""
    batch.published_at = timezone.now()
    if batch.courier_days:
        batch.courier_until = working_days_after(today(), batch.courier_days)


def open_again(batch, step: Step):
    """On-site only: the window for the courier was open once."""
    batch.collect_until = step.data["collect_until"]


KEEP_BATCH = "certificates.keep_paper_batch"

PAPER_BATCH = Workflow(
    Transition(
        "publish",
        "发布领取通知",
        B.DRAFT,
        B.PUBLISHED,
        KEEP_BATCH,
        guards=(announced_whole, ends_later),
        effect=open_collection,
    ),
    Transition("close", "领取截止", B.PUBLISHED, B.CLOSED, guards=(last_day_passed,)),
    Transition("close", "领取截止", B.REOPENED, B.CLOSED, guards=(last_day_passed,)),
    Transition("reopen", "重新开放领取", B.CLOSED, B.REOPENED, KEEP_BATCH, guards=(ends_later,), effect=open_again),
)

# --- the certificate: what must hold ------------------------------------------------------------------


def still_valid(paper, step: Step):
    """Nothing is handed out or sent of a certificate that was revoked or cancelled."""
    if not paper.qualification.is_valid:
        raise Refused("certificate_not_valid", f"职业水平证书{paper.qualification.get_state_display()}，不能发放")


def collection_open(paper, step: Step):
    """R-PAP-06: until the last day, whatever the nightly job has done by now."""
    if not paper.batch.is_open:
        raise Refused("collection_over", f"已过最后领取日（{cn_date(paper.batch.collect_until)}），重新开放后才能办理")


def courier_open(paper, step: Step):
    """R-PAP-03: within the window. What the post lost is made again and may be sent again (R-PAP-07)."""
    refused = courier_refused(paper)
    if refused:
        raise refused


def courier_refused(paper) -> Refused | None:
    """Return why the courier cannot be asked for today, ``None`` if it can."""
    batch = paper.batch
    if not batch.courier_days:
        return Refused("no_courier", "这批证书不提供邮寄，请到现场领取")
    if not batch.is_open:
        return Refused("collection_over", f"已过最后领取日（{cn_date(batch.collect_until)}）")
    if batch.courier_until < today() and not paper.remade_at:
        until = cn_date(batch.courier_until)
        return Refused(
            "window_closed", f"邮寄申请已于{until}截止，不再受理；请在{cn_date(batch.collect_until)}前到现场领取"
        )
    return None


def addressed(paper, step: Step):
    """§3.13: recipient, mobile, region, address and postcode."""
    if not all(step.data.get(name) for name in ("recipient", "mobile", "region", "address", "postcode")):
        raise Refused("incomplete", "请填写收件人、手机号、所在地区、详细地址和邮政编码")


def made_already(paper, step: Step):
    """Taken back, it lies ready."""
    if paper.available_at is None:
        raise Refused("not_made_yet", "证书还在制发")


def not_made_yet(paper, step: Step):
    """Taken back, it is made like the others."""
    if paper.available_at is not None:
        raise Refused("made_already", "证书已经可以领取")


def mail_can_be_taken_back(paper, step: Step):
    """§2.15: the holder cancels while the window is open."""
    courier_open(paper, step)


def identity_checked(paper, step: Step):
    """R-PAP-05: originals were looked at; a proxy only where the batch allows one, and on record."""
    if not step.data.get("id_checked"):
        raise Refused("id_unchecked", "请核对领取人的身份证原件")
    if step.data.get("collected_by") != "proxy":
        return
    if not paper.batch.proxy_allowed:
        raise Refused("no_proxy", "这批证书不允许代领，须由本人领取")
    if not all(step.data.get(name) for name in ("proxy_name", "proxy_last4", "proxy_relation")):
        raise Refused("incomplete", "请登记代领人的姓名、身份证后四位和与本人的关系")


def exported(paper, step: Step):
    """The parcel goes where the list for the carrier says: only an address that can no longer change."""
    if paper.export_id is None:
        raise Refused("not_exported", "这份证书还没有列入寄递清单，请先导出清单再登记单号")


def numbered(paper, step: Step):
    """A number of a carrier, in capitals and digits."""
    if not TRACKING.fullmatch(step.data.get("tracking_no", "")):
        raise Refused("tracking_no", "快递单号由8至30位数字和字母组成")


def collection_over(paper, step: Step):
    """R-PAP-06: nobody's certificate is sealed before the last day is over."""
    if paper.batch.collect_until >= today():
        raise Refused("still_open", "还没有到最后领取日")


def collection_reopened(paper, step: Step):
    """§2.15: only with a new date for the whole batch."""
    if not paper.batch.is_open:
        raise Refused("collection_over", "这批证书没有重新开放领取")


# --- what comes of it ----------------------------------------------------------------------------------


def shelve(paper, step: Step):
    """It lies ready."""
    paper.available_at = timezone.now()
    paper.ended_at = None


def send_to(paper, step: Step):
    """The address as it was given now; an earlier parcel is history."""
    for name in ("recipient", "mobile", "region", "address", "postcode"):
        setattr(paper, name, step.data[name])
    paper.way = PaperWay.COURIER
    paper.requested_at = timezone.now()
    paper.place = paper.export = paper.mailed_at = None
    paper.tracking_no = ""
    paper.proxy_name, paper.proxy_last4, paper.proxy_relation = "", None, ""


def keep_here(paper, step: Step):
    """The address is of no use any more."""
    paper.way, paper.requested_at, paper.export = "", None, None
    paper.forget_address()


def collect(paper, step: Step):
    """R-PAP-05: who took it is kept with it."""
    by_proxy = step.data["collected_by"] == "proxy"
    paper.proxy_name = step.data["proxy_name"] if by_proxy else ""
    paper.proxy_last4 = step.data["proxy_last4"] if by_proxy else None
    paper.proxy_relation = step.data["proxy_relation"] if by_proxy else ""
    paper.collected_by_proxy = by_proxy
    paper.ended_at = timezone.now()


def hand_to_carrier(paper, step: Step):
    paper.tracking_no = step.data["tracking_no"]
    paper.carrier = paper.batch.carrier
    paper.mailed_at = timezone.now()


def end(paper, step: Step):
    paper.ended_at = timezone.now()


def make_again(paper, step: Step):
    """R-PAP-07: free of charge, and like a new one from here on."""
    paper.remade_at = timezone.now()
    paper.available_at = None
    paper.tracking_no = ""
    keep_here(paper, step)


OWN = "certificates.own_paper"
KEEP = "certificates.keep_paper"

_REQUEST = {"guards": (still_valid, courier_open, addressed), "effect": send_to}

PAPER = Workflow(
    Transition(
        "make_available",
        "制作完成，可以领取",
        S.PRODUCING,
        S.AVAILABLE,
        KEEP,
        guards=(still_valid, collection_open),
        effect=shelve,
    ),
    Transition("request_mail", "申请邮寄", S.PRODUCING, S.MAIL_REQUESTED, OWN, **_REQUEST),
    Transition("request_mail", "申请邮寄", S.AVAILABLE, S.MAIL_REQUESTED, OWN, **_REQUEST),
    Transition(
        "cancel_mail",
        "撤销邮寄申请",
        S.MAIL_REQUESTED,
        S.AVAILABLE,
        OWN,
        guards=(made_already, mail_can_be_taken_back),
        effect=keep_here,
    ),
    Transition(
        "cancel_mail_early",
        "撤销邮寄申请",
        S.MAIL_REQUESTED,
        S.PRODUCING,
        OWN,
        guards=(not_made_yet, mail_can_be_taken_back),
        effect=keep_here,
    ),
    Transition(
        "hand_over",
        "现场发放",
        S.AVAILABLE,
        S.COLLECTED,
        KEEP,
        guards=(still_valid, collection_open, identity_checked),
        effect=collect,
    ),
    Transition(
        "mail",
        "登记寄出",
        S.MAIL_REQUESTED,
        S.MAILED,
        KEEP,
        guards=(still_valid, exported, numbered),
        effect=hand_to_carrier,
    ),
    Transition("deliver", "登记签收", S.MAILED, S.DELIVERED, KEEP, effect=end),
    Transition("give_back", "登记退回", S.MAILED, S.RETURNED, KEEP, needs_reason=True),
    Transition("lose", "登记寄递异常", S.MAILED, S.LOST, KEEP, needs_reason=True),
    Transition(
        "shelve",
        "退回入库，可现场领取",
        S.RETURNED,
        S.AVAILABLE,
        KEEP,
        guards=(still_valid, collection_open),
        effect=shelve,
    ),
    Transition("remake", "免费重新制作", S.LOST, S.PRODUCING, KEEP, guards=(still_valid,), effect=make_again),
    Transition("seal_up", "逾期封存", S.AVAILABLE, S.UNCLAIMED, guards=(collection_over,), effect=end),
    Transition("unseal", "重新开放领取", S.UNCLAIMED, S.AVAILABLE, guards=(collection_reopened,), effect=shelve),
)
