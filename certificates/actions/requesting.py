"""What the holder does: agree, ask for an annotation, end it; and what revocation does to it."""

from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from certificates.models import MAX_DAYS, TERMS_VERSION, Annotation, Scenario, TermsAgreement
from certificates.queries.annotations import has_agreed, has_e_certificate, quota, turn_of
from certificates.queries.clock import database_now
from certificates.queries.contents import qualification_content
from certificates.workflows import AnnotationState
from registration.models import Qualification
from swms.audit.trail import record
from swms.dates import today, valid_through
from swms.references import next_reference
from swms.workflow import Refused

LIVE_STATES = (AnnotationState.SUBMITTED, AnnotationState.ACTIVE)


@transaction.atomic
def agree_to_terms(user, version: str) -> TermsAgreement:
    """Keep that ``user`` agrees to 服务须知 (R-CERT-03). Raises ``Refused("terms_changed")`` for an older text."""
    if version != TERMS_VERSION:
        raise Refused("terms_changed", "服务须知已更新，请重新阅读")
    agreement, new = TermsAgreement.objects.get_or_create(user=user, version=version)
    if new:
        record("certificates.terms.agree", user, actor=user, changes={"version": version})
    return agreement


@transaction.atomic
def request_annotation(
    qualification: Qualification,
    *,
    scenario: Scenario,
    valid_days: int,
    info_confirmed: bool,
    terms_version: str,
    idempotency_key: UUID,
    by,
) -> Annotation:
    """Take in 加注申请 and return its row, which is the work to do (R-ANN-01, R-ANN-02).

    The same key again gives the same row (R-ANN-09). The certificate's row is locked while the quota
    is counted. Raises PermissionDenied for anybody but the holder, ``Refused``: ``terms_missing``,
    ``info_unconfirmed``, ``scenario_closed``, ``days_out_of_range``, ``certificate_not_valid``,
    ``paper_only``, ``facts_missing``, ``in_hand``, ``quota_used`` (extra ``next_on``), ``key_reused``.
    """
    qualification = (
        Qualification.objects.select_for_update(of=("self",))
        .select_related("worker", "province")
        .get(pk=qualification.pk)
    )
    if qualification.worker is None or qualification.worker.user_id != by.pk:
        raise PermissionDenied
    asked_before = Annotation.objects.filter(idempotency_key=idempotency_key).first()
    if asked_before:
        if asked_before.qualification_id != qualification.pk:
            raise Refused("key_reused", "这个页面已经用过，请刷新后重新提交")
        return asked_before
    if terms_version != TERMS_VERSION or not has_agreed(by):
        raise Refused("terms_missing", "请先阅读并同意服务须知")
    if not info_confirmed:
        raise Refused("info_unconfirmed", "请先核对证书信息，并勾选“信息无误”")  # R-CERT-05
    if not scenario.is_active:
        raise Refused("scenario_closed", "该使用场景目前没有开放")  # R-ANN-05
    if type(valid_days) is not int or not 1 <= valid_days <= MAX_DAYS:
        raise Refused("days_out_of_range", f"加注有效期应为 1 至 {MAX_DAYS} 天")  # R-ANN-06
    _refuse_certificate(qualification)
    _refuse_by_quota(qualification)

    now = database_now()
    employment = qualification.worker.experiences.filter(end_date=None).select_related("institution").first()
    employer = employment and employment.institution
    annotation = Annotation(
        number=next_reference("JZ", qualification.province_id, today().year),
        qualification=qualification,
        scenario=scenario,
        valid_days=valid_days,
        applied_on=today(),
        valid_until=valid_through(today(), valid_days),  # R-ANN-07
        terms_version=terms_version,
        idempotency_key=idempotency_key,
        employer=employer,
        turn_at=turn_of(employer, now),
        submitted_at=now,
        deadline_at=now + settings.ANNOTATION_DEADLINE,
        next_attempt_at=now,
    )
    return annotation.begin(actor=by)


def end(annotation: Annotation, *, by) -> Annotation:
    """Close an annotation at the holder's will, at once; it still counts in the quota (§2.13)."""
    return annotation.move("end", actor=by)


@transaction.atomic
def revoke_annotations(qualification: Qualification) -> int:
    """Close every annotation in hand or open, because the certificate or its registration is revoked (R-ANN-10).

    Returns how many there were.
    """
    rows = list(qualification.annotations.filter(state__in=LIVE_STATES).order_by("pk"))
    for annotation in rows:
        annotation.move("revoke")
    return len(rows)


def _refuse_certificate(qualification: Qualification) -> None:
    if not qualification.is_valid:
        state = qualification.get_state_display()
        raise Refused("certificate_not_valid", f"该证书状态为“{state}”，不能加注")  # R-ANN-10
    if not has_e_certificate(qualification):
        raise Refused("paper_only", "该证书仅有纸质版")  # R-ANN-11
    content = qualification_content(qualification)
    if not (content["sex"] and content["birth_date"]):
        raise Refused("facts_missing", "请先在个人信息中填写性别和出生日期，证书上要印这两项")


def _refuse_by_quota(qualification: Qualification) -> None:
    if qualification.annotations.filter(state=AnnotationState.SUBMITTED).exists():
        raise Refused("in_hand", "这份证书的加注正在生成，请稍候，不用重复提交")  # R-ANN-09
    used = quota(qualification)
    if not used.left:
        raise Refused("quota_used", used.words, next_on=used.next_on.isoformat())  # R-ANN-08
