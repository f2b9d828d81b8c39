"""The append-only record of who did what, chained by hash at commit."""

import pgtrigger
from django.conf import settings
from django.db import models

from swms.triggers import append_only

_FIELDS = (
    "id",
    "at",
    "actor_id",
    "actor_name",
    "verb",
    "target_type",
    "target_id",
    "target_repr",
    "reason",
    "changes",
    "request_id",
    "ip",
)


def canonical(row: str) -> str:
    """Return the SQL for the text of one event that is hashed; ``row`` is the event's alias.

    The fields are named one by one, and the time is written in UTC, so neither a later column
    nor a session's time zone changes what an old link was made of.
    """
    parts = [f"{row}.{name}" for name in _FIELDS]
    parts[1] = f"to_char({row}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    return f"convert_to(jsonb_build_array({', '.join(parts)})::text, 'UTF8')"


_FIXED = "the audit trail is append-only"
_CHAIN = f"""
    DECLARE last_seq bigint; last_hash bytea;
    BEGIN
        PERFORM pg_advisory_xact_lock(7201);
        SELECT seq, hash INTO last_seq, last_hash FROM audit_auditlink ORDER BY seq DESC LIMIT 1;
        last_seq := coalesce(last_seq, 0);
        last_hash := coalesce(last_hash, ''::bytea);
        INSERT INTO audit_auditlink (seq, event_id, prev_hash, hash)
        VALUES (last_seq + 1, NEW.id, last_hash, sha256(last_hash || {canonical("NEW")}));
        RETURN NULL;
    END;
"""


class AuditEvent(models.Model):
    """One thing that somebody, or the system, did to a record.

    Copies of the actor's name and the target's text are kept, so that the trail stays readable
    when both are gone. Written only by ``trail.record``, in the transaction of the deed.
    """

    at = models.DateTimeField("时间", auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_constraint=True, verbose_name="操作人"
    )
    actor_name = models.CharField("操作人姓名", max_length=100)
    verb = models.CharField("操作", max_length=80)
    target_type = models.CharField("对象类型", max_length=60)
    target_id = models.CharField("对象编号", max_length=40)
    target_repr = models.CharField("对象", max_length=200)
    reason = models.TextField("原因", blank=True)
    changes = models.JSONField("变更", default=dict)
    request_id = models.CharField("请求编号", max_length=64, blank=True)
    ip = models.GenericIPAddressField("地址", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        indexes = [
            models.Index(fields=["target_type", "target_id", "id"], name="audit_by_target"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["verb", "at"], name="audit_by_verb"),
        ]
        triggers = [
            *append_only("event", _FIXED),
            # Chained at commit, not at insert: the lock that serialises the chain is then held
            # for the commit only, after the last row lock, so it can neither queue nor deadlock.
            pgtrigger.Trigger(
                name="event_chain",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=_CHAIN,
            ),
        ]

    def __str__(self):
        return f"{self.actor_name} {self.verb} {self.target_repr}"


class AuditLink(models.Model):
    """The chain: each link is SHA-256 over the link before and the event's canonical text."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, models.PROTECT, related_name="link")
    prev_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        verbose_name = verbose_name_plural = "审计链"
        triggers = append_only("link", _FIXED)

    def __str__(self):
        return f"第{self.seq}环"
