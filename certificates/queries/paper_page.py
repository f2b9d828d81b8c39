"""One paper certificate as its holder reads it: the next thing to do, the steps, the facts (R-PAP-02…07)."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from certificates.models import PaperCertificate
from certificates.queries.paper import place_text, ways_of
from certificates.queries.replacement_page import Step
from certificates.workflows import UNDECIDED_PAPERS, PaperState, PaperWay, courier_refused
from swms.idnumbers import mask_mobile
from swms.regions.queries import full_name
from swms.ui import cn_date

S = PaperState


@dataclass(frozen=True)
class Next:
    """What to do now, as ``ui/next.html`` takes it."""

    title: str
    text: str
    url: str = ""
    label: str = ""


def next_step(paper: PaperCertificate) -> Next:
    """Return the one thing that matters to the holder now."""
    batch = paper.batch
    until = cn_date(batch.collect_until)
    e_certificate = {"url": reverse("certificates:list"), "label": "使用电子证书"}
    if not paper.qualification.is_valid:
        return Next("证书不能发放", f"职业水平证书{paper.qualification.get_state_display()}，纸质证书不再发放。")
    match paper.state:
        case S.COLLECTED:
            return Next("已经领取", "请妥善保管。遗失、损毁不补发，可以使用电子证书。", **e_certificate)
        case S.DELIVERED:
            return Next("已经签收", "请妥善保管。遗失、损毁不补发，可以使用电子证书。", **e_certificate)
        case S.UNCLAIMED:
            text = f"过了最后领取日{until}没有领取，已封存，不再补发。电子证书与纸质证书具有同等法律效力。"
            return Next("逾期未领", text, **e_certificate)
        case S.MAILED:
            return Next("正在寄递", f"{paper.carrier}，单号{paper.tracking_no}。请保持电话畅通，当面验收，邮费到付。")
        case S.RETURNED:
            return Next("包裹被退回", "入库后会短信通知您到现场领取。")
        case S.LOST:
            return Next("寄递异常", "证书在途中遗失或者损毁，将免费重新制作，您不需要申请。")
        case S.MAIL_REQUESTED:
            waits = "制作完成后寄出" if paper.available_at is None else "即将寄出"
            return Next("已申请邮寄", f"证书{waits}，寄出后短信告知单号。")
    return _undecided(paper, until, e_certificate)


def _undecided(paper: PaperCertificate, until: str, e_certificate: dict) -> Next:
    if not paper.batch.is_open:
        text = f"已过最后领取日{until}，证书不再发放，也不补发。电子证书与纸质证书具有同等法律效力。"
        return Next("领取已截止", text, **e_certificate)
    ready = paper.state == S.AVAILABLE
    if paper.place:
        when = f"请在{until}前携带身份证原件到{paper.place.name}领取。" if ready else "制作完成后会短信通知您。"
        return Next("等待您现场领取" if ready else "证书正在制作", when)
    courier = courier_refused(paper) is None
    text = f"最后领取日{until}，逾期封存，不再补发。"
    if courier and not paper.remade_at:
        text = f"邮寄须在{cn_date(paper.batch.courier_until)}前申请；现场领取到{until}为止。"
    return Next("请选择领取方式", text)


def open_ways(paper: PaperCertificate) -> list[dict]:
    """Return the ways that the holder may choose among, each with its page; why one is closed where it is."""
    if paper.state not in UNDECIDED_PAPERS or not paper.batch.is_open or not paper.qualification.is_valid:
        return []
    offered, mgmt_no = ways_of(paper.batch), paper.qualification.mgmt_no
    ways = []
    if PaperWay.COURIER in offered:
        refused = courier_refused(paper)
        ways.append(
            {
                "label": "快递邮寄（邮费到付）",
                "url": "" if refused else reverse("certificates:paper_courier", args=[mgmt_no]),
                "why_not": f"{refused.message}。" if refused else "",
            }
        )
    onsite = [way for way in offered if way != PaperWay.COURIER]
    if onsite:
        names = {PaperWay.ONSITE_MZJ: "民政局", PaperWay.ONSITE_RSJ: "人力资源和社会保障局"}
        label = f"到{'或'.join(names[way] for way in onsite)}现场领取"
        ways.append({"label": label, "url": reverse("certificates:paper_place", args=[mgmt_no]), "why_not": ""})
    return ways


def facts(paper: PaperCertificate) -> list[dict]:
    """Return what is known of it, for ``ui/summary.html``; the mobile is masked."""
    one, batch = paper, paper.batch
    rows = [
        {"label": "证书", "value": f"{one.qualification.get_level_display()}\n管理号{one.qualification.mgmt_no}"},
        {"label": "批次", "value": f"{batch.region.name}{batch.exam_year}年度"},
    ]
    if one.way:
        rows.append({"label": "领取方式", "value": one.get_way_display()})
    if one.place and one.state not in (S.DELIVERED, S.MAILED):
        rows.append({"label": "领取地点", "value": place_text(one.place)})
    if one.proxy_name:
        rows.append({"label": "代领人", "value": f"{one.proxy_name}（{one.proxy_relation}）"})
    if one.mobile:
        where = f"{full_name(one.region)} {one.address}" if one.region else one.address
        rows.append(
            {"label": "收件人", "value": f"{one.recipient}，{mask_mobile(one.mobile)}\n{where}\n{one.postcode}"}
        )
    if one.tracking_no:
        rows.append({"label": "快递单号", "value": f"{one.carrier} {one.tracking_no}"})
    rows.append({"label": "最后领取日", "value": cn_date(batch.collect_until)})
    rows.append({"label": "咨询", "value": batch.contact})
    return rows


def journey(paper: PaperCertificate) -> list[Step]:
    """Return the steps that this certificate takes, as ``ui/steps.html`` shows them."""
    by_post = paper.way == PaperWay.COURIER
    office = "证书管理单位"
    plan = [("制作", office, paper.available_at or paper.mailed_at)]
    if by_post:
        plan += [
            ("申请邮寄", "本人", paper.requested_at),
            ("寄出", office, paper.mailed_at),
            ("签收", "本人", paper.ended_at if paper.state == S.DELIVERED else None),
        ]
        if paper.available_at is None and paper.mailed_at is None:
            plan[0], plan[1] = plan[1], plan[0]
    else:
        label = "现场领取" if paper.way or paper.state == S.COLLECTED else "领取或者邮寄"
        plan.append((label, "本人或者代领人", paper.ended_at if paper.state == S.COLLECTED else None))
    failed = paper.state in (S.UNCLAIMED, S.RETURNED, S.LOST)
    shown, current = [], False
    for label, who, at in plan:
        if at:
            shown.append(Step(label, "done", who, date=timezone.localdate(at)))
        elif not current:
            shown.append(Step(label, "failed" if failed else "current", who))
            current = True
        else:
            shown.append(Step(label, "next", who))
    return shown
