"""Batches of paper certificates for tests, made the way the portal makes them."""

from datetime import timedelta

from certificates.actions import collecting
from certificates.models import PaperBatch, PaperCertificate, PaperPlace
from certificates.workflows import PaperWay
from registration.models import Qualification
from swms.dates import today
from tests import factories

PLACE = {
    "kind": PaperWay.ONSITE_MZJ,
    "name": "朝阳区民政局服务大厅",
    "address": "示例路1号",
    "hours": "工作日9:00—17:00",
    "enquiries": "010-00000000",
    "from_day": None,
    "until_day": None,
}


def drafted(by, *, year: int | None = None, level: int = 1, places=(PLACE,), province: str = "110000", **said):
    """Return a batch that is yet to be published: 12 working days for the courier, sixty days in all."""
    facts = {
        "courier_days": 12,
        "collect_until": today() + timedelta(days=60),
        "proxy_allowed": True,
        "contact": "北京市社会工作者考试服务中心 010-00000000",
    }
    return collecting.begin_batch(
        factories.region(province),
        exam_year=year or (today() - timedelta(days=100)).year,
        level=level,
        said=facts | said,
        places=list(places),
        by=by,
    )


def published(by, qualification: Qualification | None = None, **said) -> PaperBatch:
    """Return a published batch; of the year and level of a certificate, if one is named."""
    if qualification:
        said |= {"year": qualification.exam_year, "level": qualification.level}
    return collecting.publish_batch(drafted(by, **said), by=by)


def paper_of(qualification: Qualification) -> PaperCertificate:
    """Return its paper certificate as it is stored now."""
    rows = PaperCertificate.objects.select_related("qualification__worker__user", "batch__region", "place", "region")
    return rows.get(qualification=qualification)


def address(**changes) -> dict:
    """Return where a courier brings it."""
    return {
        "recipient": "王芳",
        "mobile": factories.mobile(),
        "region": factories.region("110105"),
        "address": "示例街道2号院3单元404",
        "postcode": "100020",
    } | changes


def place_of(batch: PaperBatch) -> PaperPlace:
    return batch.places.get()


def mailed(qualification: Qualification, by, number: str = "EX000000001CN") -> PaperCertificate:
    """Return a paper certificate that its holder asked for by courier and that is on its way."""
    paper = paper_of(qualification)
    collecting.request_mail(paper, address(), by=qualification.worker.user)
    collecting.export_requests(paper.batch, by=by)
    return collecting.mail(paper_of(qualification), number, by=by)
