"""The one way to write to the audit trail, and to judge it."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from swms import anchors
from swms.audit.models import AuditEvent, AuditLink, canonical
from swms.current import current_request


def record(verb: str, target: models.Model, *, actor=None, reason: str = "", changes: dict | None = None) -> AuditEvent:
    """Write one event inside the caller's transaction and return it; ``actor=None`` is the system.

    ``changes`` must not hold identity numbers or mobiles: the trail is readable for years.
    """
    written = event(verb, target, actor=actor, reason=reason, changes=changes)
    written.save(force_insert=True)
    return written


def record_all(events: list[AuditEvent]) -> None:
    """Write many events made by ``event`` inside the caller's transaction, in their order."""
    AuditEvent.objects.bulk_create(events)


def event(verb: str, target: models.Model, *, actor=None, reason: str = "", changes: dict | None = None) -> AuditEvent:
    """Return an event that is not written yet; see ``record``."""
    request = current_request()
    return AuditEvent(
        actor=actor,
        actor_name=actor.name if actor else "系统",
        verb=verb,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        target_repr=str(target)[:200],
        reason=reason,
        changes=changes or {},
        request_id=request.id if request else "",
        ip=request.ip if request else None,
    )


def history(target: models.Model):
    """Return the events of one record, oldest first."""
    return AuditEvent.objects.filter(target_type=target._meta.label_lower, target_id=str(target.pk)).order_by("id")


def rules_of(event: AuditEvent) -> str:
    """Return in words under which local rules an event was decided; nothing where there are none."""
    rules = event.changes.get("rules")
    return f"按{rules}办理规则" if rules else ""


@dataclass(frozen=True)
class ChainReport:
    """What ``verify`` found: how many links were read and the first fault, if any."""

    links: int
    fault: str = ""

    @property
    def ok(self) -> bool:
        return not self.fault


_RECOMPUTE = f"""
    WITH chain AS (
        SELECT l.seq, l.prev_hash, l.hash,
               lag(l.hash, 1, ''::bytea) OVER (ORDER BY l.seq) AS before,
               row_number() OVER (ORDER BY l.seq) AS place,
               sha256(l.prev_hash || {canonical("e")}) AS digest
        FROM audit_auditlink l LEFT JOIN audit_auditevent e ON e.id = l.event_id
    )
    SELECT seq FROM chain
    WHERE seq <> place OR prev_hash <> before OR digest IS DISTINCT FROM hash
    ORDER BY seq LIMIT 1
"""


def verify() -> ChainReport:
    """Recompute the whole chain and compare its head with the anchor outside the database (S12)."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTE)
        broken = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM audit_auditevent e"
            " WHERE NOT EXISTS (SELECT 1 FROM audit_auditlink l WHERE l.event_id = e.id)"
        )
        unlinked = cursor.fetchone()[0]
    links = AuditLink.objects.count()
    if broken:
        return ChainReport(links, f"第 {broken[0]} 环与内容不符")
    if unlinked:
        return ChainReport(links, f"{unlinked} 条审计记录不在链上")
    anchor = last_anchor()
    if anchor:
        link = AuditLink.objects.filter(seq=anchor["seq"]).first()
        if link is None or bytes(link.hash).hex() != anchor["hash"]:
            return ChainReport(links, f"锚点所记的第 {anchor['seq']} 环不存在或已被改动")
    return ChainReport(links)


def anchor() -> dict | None:
    """Append the head of the chain to the anchor file; return what was written, or ``None``.

    A chain alone does not notice that its tail was cut; a copy of its head elsewhere does.
    """
    head = AuditLink.objects.order_by("-seq").first()
    last = last_anchor()
    if head is None or (last and last["seq"] >= head.seq):
        return None
    entry = {"seq": head.seq, "hash": bytes(head.hash).hex(), "at": timezone.now().isoformat()}
    anchors.append(settings.ANCHOR_PATH, entry)
    return entry


def last_anchor() -> dict | None:
    """Return the newest anchor ``{"seq", "hash", "at"}``, or ``None`` before the first."""
    return anchors.last(settings.ANCHOR_PATH)
