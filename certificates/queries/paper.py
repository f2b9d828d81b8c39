"""Reads about paper certificates: whose are in a batch, what is due at night, what the notice says (R-PAP-01…08)."""

from collections import Counter
from datetime import timedelta

from django.db.models import Count, F, Q, QuerySet

from certificates.models import PaperBatch, PaperCertificate
from certificates.pdf.page import EQUAL_FORCE
from certificates.workflows import OPEN_BATCHES, BatchState, PaperState, PaperWay
from registration.models import Qualification
from registration.workflows import QualificationState
from swms.dates import today
from swms.regions.models import Duty, holds_duty
from swms.ui import cn_date

REMIND_DAYS = 7  # §2.15
NOT_REISSUED = "纸质证书遗失、损毁或者逾期未领的，不再补发，请使用电子证书。"


def without_paper(batch: PaperBatch) -> QuerySet[Qualification]:
    """Return the roster's valid certificates that belong to a batch and are not in it yet."""
    rows = Qualification.objects.filter(
        province=batch.region_id, exam_year=batch.exam_year, level=batch.level, state=QualificationState.VALID
    )
    return rows.filter(paper=None).order_by("pk")


def counted(batch: PaperBatch) -> dict[str, int]:
    """Return how many papers of a batch are in each state."""
    rows = batch.papers.order_by().values_list("state").annotate(number=Count("pk"))
    found = Counter(dict(rows))
    return {state: found[state] for state in PaperState}


def to_export(batch: PaperBatch) -> QuerySet[PaperCertificate]:
    """Return the requests that are on no list for the carrier yet; of valid certificates only."""
    waiting = batch.papers.filter(state=PaperState.MAIL_REQUESTED, export=None)
    return waiting.filter(qualification__state=QualificationState.VALID).order_by("pk")


def on_list(export) -> QuerySet[PaperCertificate]:
    """Return what a list for the carrier holds: those taken back since are not on it any more."""
    return export.papers.select_related("qualification", "region").order_by("pk")


def papers_of(worker) -> list[PaperCertificate]:
    """Return the worker's paper certificates, the newest batch first."""
    mine = PaperCertificate.objects.filter(qualification__worker=worker)
    shown = ("qualification__worker__user", "qualification__province", "batch__region", "batch__bulletin", "place")
    return list(mine.select_related(*shown).order_by("-batch__published_at", "-pk"))


# --- what the jobs look for --------------------------------------------------------------------------


def batches_over() -> QuerySet[PaperBatch]:
    """Return the batches whose last day is over and that nobody closed."""
    return PaperBatch.objects.filter(state__in=OPEN_BATCHES, collect_until__lt=today()).order_by("pk")


def open_batches() -> QuerySet[PaperBatch]:
    return PaperBatch.objects.filter(state__in=OPEN_BATCHES, collect_until__gte=today()).order_by("pk")


def papers_arrived() -> QuerySet[PaperCertificate]:
    """Return what was in production when its batch was said to be ready; what was made again since is not.

    Of batches alone whose keeper, who said so, still keeps them: the others wait until somebody says so again.
    """
    said = open_batches().filter(arrived_by__is_active=True).select_related("arrived_by", "region")
    kept = [batch.pk for batch in said if holds_duty(batch.arrived_by, Duty.CERTIFICATE, batch.region)]
    ready = PaperCertificate.objects.filter(
        state=PaperState.PRODUCING,
        qualification__state=QualificationState.VALID,
        batch__in=kept,
        created_at__lte=F("batch__arrived_at"),
    )
    return ready.filter(Q(remade_at=None) | Q(remade_at__lte=F("batch__arrived_at"))).order_by("pk")


def papers_unclaimed() -> QuerySet[PaperCertificate]:
    """Return what lies ready after its batch's last day (R-PAP-06)."""
    over = PaperCertificate.objects.filter(state=PaperState.AVAILABLE, batch__collect_until__lt=today())
    return over.order_by("pk")


def papers_to_unseal() -> QuerySet[PaperCertificate]:
    """Return what was sealed away and may be collected again (§2.15)."""
    sealed = PaperCertificate.objects.filter(state=PaperState.UNCLAIMED, batch__state=BatchState.REOPENED)
    return sealed.filter(batch__collect_until__gte=today()).order_by("pk")


def papers_to_remind() -> QuerySet[PaperCertificate]:
    """Return what lies ready a week before the last day, of people with an account not yet reminded of that day."""
    near = PaperCertificate.objects.filter(
        state=PaperState.AVAILABLE,
        batch__in=open_batches().filter(collect_until__lte=today() + timedelta(days=REMIND_DAYS)),
        qualification__worker__user__is_active=True,
    )
    return near.exclude(reminded_of=F("batch__collect_until")).order_by("pk")


def addresses_due(before) -> QuerySet[PaperCertificate]:
    """Return what was over before that moment and still knows an address."""
    return PaperCertificate.objects.filter(ended_at__lt=before, mobile__isnull=False).order_by("pk")


# --- the notice ------------------------------------------------------------------------------------------


def notice_title(batch: PaperBatch) -> str:
    return f"{batch.region.name}{batch.exam_year}年度{batch.get_level_display()}纸质证书领取通知"


def notice_text(batch: PaperBatch) -> str:
    """Return what the bulletin of a batch says, in the plain text of the board (R-PAP-01, R-PAP-02, R-PAP-08)."""
    parts = [
        f"{batch.exam_year}年度通过社会工作者职业水平考试、取得{batch.get_level_display()}证书的人员，可以领取纸质证书。"
        f"最后领取日为{cn_date(batch.collect_until)}。"
    ]
    if batch.courier_days:
        parts += [
            "# 快递邮寄",
            f"自愿申请，由{batch.carrier}寄递，邮费到付。请在{cn_date(batch.courier_until)}前登录系统申请"
            f"（自发布之日起{batch.courier_days}个工作日，发布当日不计），逾期不再受理。",
            "请准确填写地址。因地址有误或者拒收被退回的，改为现场领取。",
        ]
    places = list(batch.places.all())
    if places:
        parts += ["# 现场领取", *(place_text(each) for each in places)]
        parts.append(
            "本人领取须携带身份证原件。"
            + (
                "可以代领，代领人须携带本人和代领人双方的身份证原件以及委托书。"
                if batch.proxy_allowed
                else "不能代领。"
            )
        )
    parts += ["# 注意事项", f"- {EQUAL_FORCE}\n- {NOT_REISSUED}"]
    if batch.note.strip():
        parts.append(batch.note.strip())
    parts += ["# 咨询", batch.contact]
    return "\n\n".join(parts)


def place_text(place) -> str:
    """Return a place in lines: kind and name, address, when, telephone."""
    days = "至".join(cn_date(each) for each in (place.from_day, place.until_day) if each)
    if days and not place.until_day:
        days += "起"
    elif days and not place.from_day:
        days = f"至{days}"
    lines = [
        f"{place.get_kind_display()}：{place.name}",
        f"地址：{place.address}",
        f"时间：{'，'.join(part for part in (days, place.hours) if part)}",
        f"电话：{place.enquiries}",
    ]
    return "\n".join(lines)


def ways_of(batch: PaperBatch) -> list[str]:
    """Return the ways that a batch offers (R-PAP-02)."""
    kinds = {place.kind for place in batch.places.all()}
    ways = [way for way in (PaperWay.ONSITE_MZJ, PaperWay.ONSITE_RSJ) if way in kinds]
    return ways + ([PaperWay.COURIER] if batch.courier_days else [])
