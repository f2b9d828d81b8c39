"""Reads about annotations: the quota, the terms, the holder's certificates, the queue."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Now

from certificates.models import TERMS_VERSION, Annotation, TermsAgreement
from certificates.workflows import COUNTED_STATES, AnnotationState
from registration.models import Institution, Qualification
from swms.dates import today, window_back
from swms.ui import cn_date

QUOTA = 3  # R-ANN-08
QUOTA_DAYS = 90
BUSY = 100  # annotations that wait
AT_ONCE = 20  # of one institution
APART, LONGEST_TURN = timedelta(seconds=1), timedelta(hours=12)
E_CERTIFICATES_SINCE = date(2021, 12, 17)  # R-CERT-01, R-ANN-11


@dataclass(frozen=True)
class Quota:
    """How often one certificate may still be annotated (R-ANN-08).

    ``next_on`` is the day on which one more becomes possible than today; ``None`` when none was used.
    """

    used: int
    next_on: date | None

    limit = QUOTA

    @property
    def left(self) -> int:
        return max(0, QUOTA - self.used)

    @property
    def words(self) -> str:
        """The quota as a sentence."""
        if not self.used:
            return f"{QUOTA_DAYS} 天内还可 {QUOTA} 次"
        if not self.left:
            return f"{QUOTA_DAYS} 天内的 {QUOTA} 次已经用完，{cn_date(self.next_on)}起可以再次申请"
        return f"{QUOTA_DAYS} 天内还可 {self.left} 次，{cn_date(self.next_on)}恢复 1 次"


def quota(qualification: Qualification) -> Quota:
    """Return the quota of a certificate, counting back from today (R-ANN-08)."""
    first, last = window_back(today(), QUOTA_DAYS)
    days = list(
        qualification.annotations.filter(applied_on__range=(first, last), state__in=COUNTED_STATES)
        .order_by("applied_on")
        .values_list("applied_on", flat=True)
    )
    return quota_of(days)


def quota_of(days: list[date]) -> Quota:
    """Return the quota that these applications of the last ``QUOTA_DAYS`` leave, the oldest first."""
    # With more than three, a lower limit's leftovers, several must leave the window first.
    frees = days[max(0, len(days) - QUOTA)] + timedelta(days=QUOTA_DAYS) if days else None
    return Quota(len(days), frees)


def has_e_certificate(qualification: Qualification) -> bool:
    """Tell whether the certificate has an e-version: issued on 2021-12-17 or later (R-ANN-11)."""
    return qualification.issue_date >= E_CERTIFICATES_SINCE


def has_agreed(user) -> bool:
    """Tell whether the person agreed to the present 服务须知 (R-CERT-03)."""
    return TermsAgreement.objects.filter(user=user, version=TERMS_VERSION).exists()


@dataclass(frozen=True)
class CertificateCard:
    """One certificate in the holder's list, and the annotation that matters now, if any."""

    qualification: Qualification
    annotation: Annotation | None

    @property
    def status(self) -> str:
        """What the holder can do with it, as a status label."""
        if not self.qualification.is_valid:
            return self.qualification.get_state_display()
        if not has_e_certificate(self.qualification):
            return "仅有纸质版"
        if self.annotation is None:
            return "需要加注"
        return "证书生成中…" if self.annotation.state == AnnotationState.SUBMITTED else "已加注"


def my_certificates(user) -> list[CertificateCard]:
    """Return the certificates of the signed-in holder, the highest level first (R-CERT-02)."""
    hot = Annotation.objects.filter(state__in=(AnnotationState.SUBMITTED, AnnotationState.ACTIVE)).order_by("-id")
    rows = (
        Qualification.objects.visible_to(user)
        .filter(worker__user=user)
        .select_related("province")
        .prefetch_related(Prefetch("annotations", hot, to_attr="hot"))
        .order_by("-level", "-issue_date", "pk")
    )
    cards = []
    for row in rows:
        for each in row.hot:
            each.qualification = row
        usable = [a for a in row.hot if a.is_open or a.state == AnnotationState.SUBMITTED]
        cards.append(CertificateCard(row, usable[0] if usable else None))
    return cards


def unclaimed(rows: QuerySet) -> QuerySet:
    """Return those rows that no worker is at, by the database clock."""
    return rows.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))


def due_annotations() -> QuerySet[Annotation]:
    """Return the annotations in hand that may be tried now, in turn."""
    rows = Annotation.objects.filter(state=AnnotationState.SUBMITTED, next_attempt_at__lte=Now())
    return unclaimed(rows).order_by("turn_at", "pk")


def is_busy() -> bool:
    """Tell whether so much is in hand that a message for each would only be in the way."""
    return due_annotations()[:BUSY].count() >= BUSY


def turn_of(employer: Institution | None, now: datetime) -> datetime:
    """Return when it is the turn of somebody who asks now: at once, but for a bulk from one institution.

    Beyond ``AT_ONCE`` in hand each of its people comes ``APART`` after the one before, so that whoever asks in the
    meantime is served between them; ``LONGEST_TURN`` keeps everybody's 24 hours (R-ANN-02).
    """
    if employer is None:
        return now
    in_hand = Annotation.objects.filter(state=AnnotationState.SUBMITTED, employer=employer).order_by("-turn_at")
    turns = list(in_hand.values_list("turn_at", flat=True)[:AT_ONCE])
    if len(turns) < AT_ONCE:
        return now
    return min(max(now, turns[0] + APART), now + LONGEST_TURN)
