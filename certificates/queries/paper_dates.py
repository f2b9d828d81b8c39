"""The dates of paper certificates in 登记时钟: the courier's window and the last day (R-PAP-03, R-PAP-06)."""

from collections.abc import Iterator

from django.urls import reverse

from certificates.models import PaperCertificate
from certificates.workflows import UNDECIDED_PAPERS, courier_refused
from registration.models import Qualification, Worker
from registration.queries.clock import Action, ClockEntry, Link, Rule
from swms.ui import cn_date

COURIER = Rule("R-PAP-03", "邮寄自愿申请，邮费到付；申请期限自通知发布的次日起按工作日计算，逾期不再受理。")
COLLECT = Rule("R-PAP-06", "纸质证书逾期未领的封存，不再补发，可以使用电子证书。")


def paper_dates(worker: Worker, qualifications: list[Qualification]) -> Iterator[ClockEntry]:
    """Yield what the holder has to do about paper certificates that are not on their way yet; one query."""
    rows = PaperCertificate.objects.filter(qualification__in=qualifications, state__in=UNDECIDED_PAPERS)
    known = {each.pk: each for each in qualifications}
    for paper in rows.select_related("batch__region", "place").order_by("pk"):
        qualification = paper.qualification = known[paper.qualification_id]
        qualification.worker = worker
        if not paper.batch.is_open or not qualification.is_valid:
            continue
        here = reverse("certificates:paper_status", args=[qualification.mgmt_no])
        if not paper.place and not paper.remade_at and courier_refused(paper) is None:
            until = paper.batch.courier_until
            yield ClockEntry(
                "paper_courier",
                qualification,
                label="纸质证书邮寄申请",
                text=f"{cn_date(until)}24时前可以申请邮寄，也可以选择现场领取。",
                rule=COURIER,
                last_day=until,
                action=Action("paper", "选择领取方式", here),
            )
        yield ClockEntry(
            "paper_collect",
            qualification,
            label="纸质证书最后领取日",
            text=f"{cn_date(paper.batch.collect_until)}前领取{f'，地点：{paper.place.name}' if paper.place else ''}。",
            rule=COLLECT,
            last_day=paper.batch.collect_until,
            why_not="逾期封存，不再补发。",
            link=Link("查看纸质证书", here),
        )
