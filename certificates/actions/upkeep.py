"""What the daily and the minutely jobs do beside making documents: expire, delete, give up, raise alarms."""

import logging
import re
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from certificates.models import Annotation, BaseCopy, Certificate
from certificates.queries.alarms import LEVELS, alarms, late_annotations
from certificates.queries.annotations import unclaimed
from certificates.workflows import AnnotationState
from swms.audit.models import AuditEvent
from swms.audit.trail import record
from swms.dates import today
from swms.notices.models import Notice
from swms.notices.send import notify
from swms.ui import cn_date
from swms.workflow import Refused

log = logging.getLogger(__name__)

CLOSED_STATES = (AnnotationState.EXPIRED, AnnotationState.ENDED, AnnotationState.REVOKED, AnnotationState.FAILED)
ORPHAN_AGE = 24 * 3600
REMIND_DAYS = 3
ENDS_SOON = "certificates.annotation.ends_soon"
_KEPT = re.compile(r"([0-9a-f]{32})-[0-9a-f]{16}")
_LOG = {"warn": log.warning, "page": log.error, "breach": log.critical}


def expire() -> int:
    """Close every annotation whose last day is over, missed days too; return how many (R-ANN-07).

    Nobody depends on it for access, which is judged by date when asked for (R-ANN-04).
    """
    closed = 0
    rows = Annotation.objects.filter(state=AnnotationState.ACTIVE, valid_until__lt=today()).order_by("pk")
    for annotation in rows.iterator(chunk_size=500):
        try:
            annotation.move("expire")
        except Refused:  # ended or revoked at this very moment
            continue
        closed += 1
    return closed


def remind_before_end() -> int:
    """Tell the holders in the portal whose annotation ends within three days, once each (§2.13); return how many.

    One that was asked for a few days only needs no reminder.
    """
    last = today() + timedelta(days=REMIND_DAYS)
    ending = Annotation.objects.filter(
        state=AnnotationState.ACTIVE, valid_until__range=(today(), last), valid_days__gt=REMIND_DAYS
    ).select_related("qualification__worker__user")
    addresses = {annotation.get_absolute_url(): annotation for annotation in ending if annotation.is_open}
    told = set(Notice.objects.filter(kind=ENDS_SOON, url__in=addresses).values_list("url", flat=True))
    reminded = 0
    for url, annotation in addresses.items():
        if url in told:
            continue
        for user in annotation.people_to_tell():
            body = f"加注编号 {annotation.number}，当日24时后不能再查看和下载。仍需使用的，请到期后重新申请加注。"
            title = f"证书加注将于{cn_date(annotation.valid_until)}到期"
            notify(user, kind=ENDS_SOON, title=title, body=body, url=url)
            reminded += 1
    return reminded


def purge() -> int:
    """Delete the files of closed annotations; row and hash stay (R-ANN-13). Returns how many."""
    deleted = 0
    rows = Annotation.objects.filter(state__in=CLOSED_STATES, purged_at=None).exclude(path="").order_by("pk")
    for annotation in rows.iterator(chunk_size=500):
        annotation.file.unlink(missing_ok=True)
        annotation.purged_at = timezone.now()
        annotation.save(update_fields=["purged_at"])
        deleted += 1
    return deleted


def remove_orphans() -> int:
    """Delete files older than a day that no row names, left by attempts that were cut short; return how many."""
    removed, limit = 0, time.time() - ORPHAN_AGE
    for folder, model in (("annotation", Annotation), ("registration", Certificate), ("base", BaseCopy)):
        for place in sorted((Path(settings.CERTIFICATE_ROOT) / folder).glob("[0-9a-f][0-9a-f]")):
            old = {f"{folder}/{place.name}/{p.name}": p for p in place.iterdir() if p.stat().st_mtime < limit}
            named = {path: file for path, file in old.items() if _KEPT.fullmatch(file.name)}
            known = set(model.objects.filter(path__in=named).values_list("path", flat=True))
            for path in old.keys() - known:
                old[path].unlink(missing_ok=True)
                removed += 1
    return removed


def give_up_overdue() -> int:
    """Refuse the annotations that were tried and whose deadline has passed (§2.13); return how many.

    One that nobody ever tried, because all workers were away, still gets its attempt.
    """
    given_up = 0
    rows = Annotation.objects.filter(state=AnnotationState.SUBMITTED, attempts__gt=0, deadline_at__lt=Now())
    for annotation in unclaimed(rows).order_by("pk")[:500]:
        try:
            with transaction.atomic():
                annotation.move("fail")
                note_breach(annotation)
        except Refused:  # finished at this very moment
            continue
        given_up += 1
    return given_up


def raise_alarms() -> int:
    """Log what is late, and leave an event in the trail of each annotation that reached a level.

    Returns how many events are new. Levels are at 12, 20 and 24 of the 24 hours (quality promise 3).
    """
    for alarm in alarms():
        _LOG[alarm.level]("work_is_late", extra={"level": alarm.level, "kind": alarm.label, "count": alarm.count})
    new = 0
    for level in LEVELS:
        rows = list(late_annotations(level).order_by("pk")[:1000])
        known = set(_events(level, rows).values_list("target_id", flat=True))
        for annotation in rows:
            if str(annotation.pk) not in known:
                record(_verb(level), annotation)
                new += 1
    return new


def note_breach(annotation: Annotation) -> None:
    """Leave the breach in the trail when an annotation was finished or refused after its deadline."""
    finished = annotation.annotated_at or annotation.closed_at
    if finished > annotation.deadline_at and not _events("breach", [annotation]).exists():
        record(_verb("breach"), annotation)


def _verb(level: str) -> str:
    return f"certificates.annotation.alarm_{level}"


def _events(level: str, rows: list[Annotation]):
    return AuditEvent.objects.filter(
        verb=_verb(level), target_type=Annotation._meta.label_lower, target_id__in=[str(row.pk) for row in rows]
    )
