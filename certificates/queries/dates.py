"""The dates of annotated copies in 登记时钟: until when a copy is open, and when one more may be asked for."""

from collections import defaultdict
from collections.abc import Iterator

from django.urls import reverse

from certificates.models import Annotation
from certificates.queries.annotations import QUOTA, QUOTA_DAYS, has_agreed, has_e_certificate, quota_of
from certificates.queries.contents import sex_and_birth
from certificates.workflows import COUNTED_STATES, AnnotationState
from registration.models import Qualification, Worker
from registration.queries.clock import Action, ClockEntry, Link, Rule
from swms.dates import today, window_back
from swms.ui import cn_date

TERM = Rule("R-ANN-07", "加注有效期自申请之日起算，到当日24时为止，提交时已经确定，不能延长。")
LIMIT = Rule("R-ANN-08", f"同一证书{QUOTA_DAYS}日内最多申请{QUOTA}次加注，自申请当日起向前计算。")


def annotation_dates(worker: Worker, qualifications: list[Qualification]) -> Iterator[ClockEntry]:
    """Yield the open copies of a worker's certificates and the quota of each; two queries for any number."""
    rows = defaultdict(list)
    for each in Annotation.objects.filter(qualification__in=qualifications).order_by("applied_on", "pk"):
        rows[each.qualification_id].append(each)
    agreed = bool(rows) and has_agreed(worker.user)
    for qualification in qualifications:
        copies = rows[qualification.pk]
        qualification.worker = worker
        for copy in copies:
            copy.qualification = qualification
            if copy.is_open:
                yield _open_copy(copy)
        if copies and qualification.is_valid and has_e_certificate(qualification):
            yield _quota(qualification, copies, agreed=agreed)


def _open_copy(copy: Annotation) -> ClockEntry:
    return ClockEntry(
        "annotation",
        copy.qualification,
        label="加注有效期",
        text=f"加注编号{copy.number}，{cn_date(copy.valid_until)}24时前可以查看和下载。",
        rule=TERM,
        part=copy.number,
        last_day=copy.valid_until,
        why_not="到期后需要使用的，重新申请加注。",
        link=Link("查看加注件", copy.get_absolute_url()),
    )


def _quota(qualification: Qualification, copies: list[Annotation], *, agreed: bool) -> ClockEntry:
    """Return how often the certificate may still be annotated, and when one more becomes possible."""
    first, last = window_back(today(), QUOTA_DAYS)
    quota = quota_of([c.applied_on for c in copies if c.state in COUNTED_STATES and first <= c.applied_on <= last])
    here = reverse("certificates:qualification", args=[qualification.mgmt_no])
    in_hand = any(c.state == AnnotationState.SUBMITTED for c in copies)
    why_not = ""
    if in_hand:
        why_not = "这份证书的加注正在生成，完成后才能再次申请。"
    elif not quota.left:
        why_not = f"次数已经用完，{cn_date(quota.next_on)}起可以再次申请。"
    elif not agreed:
        why_not = "请先阅读并同意服务须知。"
    elif not all(sex_and_birth(qualification)):
        why_not = "请先在个人信息中填写性别和出生日期，证书上要印这两项。"
    return ClockEntry(
        "annotation_quota",
        qualification,
        label="加注次数",
        text=f"{quota.words}。",
        rule=LIMIT,
        opens=quota.next_on,
        action=None if why_not else Action("annotate", "申请加注", here),
        why_not=why_not,
        link=Link("查看证书和加注记录", here) if why_not else None,
    )
