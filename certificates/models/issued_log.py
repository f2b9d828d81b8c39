"""签发日志: every document that was issued or withdrawn, in a Merkle tree that only grows (docs/decisions/0031).

The tree is that of RFC 6962, 2.1: a leaf is hashed behind 00, a node behind 01. An entry gets its place when its
transaction commits, in the order of the commits, with the lock that chains the audit trail: held from there to the
end of the commit, it can neither queue nor deadlock. Complete nodes are kept, so that a proof costs as many reads as
the tree is high.
"""

import pgtrigger
from django.db import models

from swms.triggers import append_only


class EntryKind(models.TextChoices):
    """What an entry says about the document or the record of its number."""

    CERTIFICATE = "certificate", "签发登记证书"
    COPY = "copy", "签发加注件"
    WITHDRAWN = "withdrawn", "失效"


#: The text of a leaf, field by field, so that anybody can hash it again; the time is in UTC.
LEAF_FIELDS = ("number", "kind", "record", "sha256", "reason", "at")


def leaf_sql(row: str) -> str:
    """Return the SQL for the bytes of an entry's leaf; ``row`` is the entry's alias."""
    at = f"to_char({row}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    parts = [at if name == "at" else f"{row}.{name}::text" for name in LEAF_FIELDS]
    return "convert_to(concat_ws(E'\\n', 'swms-issued-1', " + ", ".join(parts) + "), 'UTF8')"


_FIXED = "the log of issued documents is append-only"
_PLACE = f"""
    DECLARE
        level smallint := 0;
        at bigint;
        node bytea := sha256('\\x00'::bytea || {leaf_sql("NEW")});
        left_node bytea;
    BEGIN
        PERFORM pg_advisory_xact_lock(7201);
        SELECT coalesce(max(n.place) + 1, 0) INTO at FROM certificates_lognode n WHERE n.height = 0;
        INSERT INTO certificates_lognode (height, place, hash, entry_id) VALUES (0, at, node, NEW.id);
        WHILE at % 2 = 1 LOOP
            SELECT n.hash INTO STRICT left_node FROM certificates_lognode n WHERE n.height = level AND n.place = at - 1;
            node := sha256('\\x01'::bytea || left_node || node);
            level := level + 1;
            at := at / 2;
            INSERT INTO certificates_lognode (height, place, hash, entry_id) VALUES (level, at, node, NULL);
        END LOOP;
        RETURN NULL;
    END;
"""


class LogEntry(models.Model):
    """One document issued, or no longer to be relied on. ``record`` is the uid or the key of the row it is about.

    No person is named: number and hash say enough to whoever has the document.
    """

    kind = models.CharField("类别", max_length=12, choices=EntryKind)
    number = models.CharField("编号", max_length=48)
    record = models.CharField("记录", max_length=64)
    sha256 = models.CharField("文件指纹", max_length=64, blank=True)
    reason = models.CharField("事由", max_length=40, blank=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "签发日志"
        indexes = [
            models.Index(fields=["record", "kind"], name="log_by_record"),
            models.Index(fields=["number"], name="log_by_number"),
        ]
        constraints = [
            models.UniqueConstraint(
                "record", condition=~models.Q(kind=EntryKind.WITHDRAWN), name="issued_into_the_log_once"
            )
        ]
        triggers = [
            *append_only("log_entry", _FIXED),
            pgtrigger.Trigger(
                name="log_entry_placed",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=_PLACE,
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}"


class LogNode(models.Model):
    """A node of the tree: ``height`` 0 is a leaf and has its entry. Written by the database alone."""

    height = models.SmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField()
    entry = models.OneToOneField(LogEntry, models.PROTECT, null=True, related_name="leaf")

    class Meta:
        verbose_name = verbose_name_plural = "签发日志节点"
        constraints = [
            models.UniqueConstraint("height", "place", name="one_node_per_place"),
            models.CheckConstraint(
                condition=models.Q(height=0, entry__isnull=False) | models.Q(height__gt=0, entry=None),
                name="leaves_have_entries",
            ),
        ]
        triggers = append_only("log_node", _FIXED)

    def __str__(self):
        return f"{self.height}/{self.place}"
