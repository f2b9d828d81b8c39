"""签发日志 read and judged: places, proofs, heads, and everything that a forger could have done to it."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from django.conf import settings
from django.db import connection
from django.db.models import CharField, Exists, Max, OuterRef, QuerySet
from django.db.models.functions import Cast

from certificates.models import Annotation, Certificate, EntryKind, LogEntry, LogNode
from certificates.models.issued_log import LEAF_FIELDS, leaf_sql
from certificates.pdf import merkle, statement_keys
from swms import anchors

HEADS_CHECKED = 50  # of the newest; older ones are on the other machine, with whoever keeps them
_HALF = 32


def heads_path() -> Path:
    """Return the file of signed heads: beside the audit chain's anchor, outside the database."""
    return settings.ANCHOR_PATH.with_name("issued-log-heads.jsonl")


def record_of(row) -> str:
    """Return how an entry names the record that it is about: documents by uid, what was registered by its number."""
    if isinstance(row, Certificate | Annotation):
        return str(row.uid)
    return number_of(row)


def number_of(row) -> str:
    """Return the public number that an entry shows."""
    if isinstance(row, Certificate):
        return str(row)
    return getattr(row, "mgmt_no", None) or row.number


def issued_entry(document: Certificate | Annotation) -> LogEntry | None:
    """Return the entry of a document, if it is in the log."""
    entries = LogEntry.objects.filter(record=record_of(document)).exclude(kind=EntryKind.WITHDRAWN)
    return entries.select_related("leaf").first()


def place_of(document: Certificate | Annotation) -> int | None:
    """Return the number of a document's entry as people count, from 1; ``None`` when it is not in the log."""
    entry = issued_entry(document)
    return entry.leaf.place + 1 if entry and hasattr(entry, "leaf") and entry.sha256 == document.sha256 else None


def size() -> int:
    """Return how many leaves the tree has."""
    last = LogNode.objects.filter(height=0).aggregate(last=Max("place"))["last"]
    return 0 if last is None else last + 1


def node(height: int, place: int) -> bytes:
    """Return the hash of a complete node. Raises ``LogNode.DoesNotExist`` when it is not there."""
    return bytes(LogNode.objects.values_list("hash", flat=True).get(height=height, place=place))


@dataclass(frozen=True)
class Proof:
    """That an entry is in the tree of a head, for whoever wants to compute it."""

    entry: LogEntry
    place: int
    leaf: bytes
    path: list[bytes]
    head: dict

    def as_json(self) -> dict:
        """Return the proof for programs: everything from the text of the leaf to the signed root."""
        return {
            "leaf": {"version": "swms-issued-1", **{name: leaf_text(self.entry, name) for name in LEAF_FIELDS}},
            "leaf_hash": self.leaf.hex(),
            "index": self.place,
            "path": [each.hex() for each in self.path],
            "tree": self.head,
        }


def leaf_text(entry: LogEntry, field: str) -> str:
    """Return a field of an entry as its leaf has it."""
    return f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}" if field == "at" else getattr(entry, field)


def proof_of(document: Certificate | Annotation) -> Proof | None:
    """Return the proof for a document, under the newest signed head that covers it, else under the tree as it is."""
    entry = issued_entry(document)
    if entry is None or not hasattr(entry, "leaf"):
        return None
    place = entry.leaf.place
    head = next((each for each in reversed(anchors.read(heads_path())) if each["size"] > place), None)
    if head is None:
        count = size()
        head = {"size": count, "root": merkle.root(node, count).hex()}
    return Proof(entry, place, bytes(entry.leaf.hash), merkle.path(node, place, head["size"]), head)


# -- heads -------------------------------------------------------------------------------------------


def head_text(head: dict) -> bytes:
    """Return what is signed of a head."""
    return f"swms-issued-log-1\n{head['size']}\n{head['root']}\n{head['at']}".encode()


def is_signed(head: dict) -> bool:
    """Tell whether one of the published keys signed the head."""
    try:
        published = statement_keys.published()[bytes.fromhex(head["key"])]
        value = base64.b64decode(head["signature"])
        signature = utils.encode_dss_signature(int.from_bytes(value[:_HALF]), int.from_bytes(value[_HALF:]))
        published.key.verify(signature, head_text(head), ec.ECDSA(hashes.SHA256()))
    except (KeyError, ValueError, InvalidSignature):
        return False
    return True


# -- judging -----------------------------------------------------------------------------------------

_WRONG_LEAF = f"""
    WITH leaves AS (
        SELECT n.place, n.hash, row_number() OVER (ORDER BY n.place) - 1 AS expected,
               sha256('\\x00'::bytea || {leaf_sql("e")}) AS computed
        FROM certificates_lognode n LEFT JOIN certificates_logentry e ON e.id = n.entry_id WHERE n.height = 0
    )
    SELECT expected FROM leaves WHERE place <> expected OR hash IS DISTINCT FROM computed ORDER BY expected LIMIT 1
"""
_WRONG_NODE = """
    SELECT n.height, n.place FROM certificates_lognode n
    LEFT JOIN certificates_lognode l ON l.height = n.height - 1 AND l.place = 2 * n.place
    LEFT JOIN certificates_lognode r ON r.height = n.height - 1 AND r.place = 2 * n.place + 1
    WHERE n.height > 0 AND n.hash IS DISTINCT FROM sha256('\\x01'::bytea || l.hash || r.hash)
    ORDER BY 1, 2 LIMIT 1
"""
_COUNTS = "SELECT height, count(*) FROM certificates_lognode GROUP BY height"
_UNPLACED = """
    SELECT count(*) FROM certificates_logentry e
    WHERE NOT EXISTS (SELECT 1 FROM certificates_lognode n WHERE n.entry_id = e.id)
"""


def tree_faults() -> Iterator[str]:
    """Yield what is wrong with the tree itself, and where it disagrees with its signed heads."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG_LEAF)
        if found := cursor.fetchone():
            yield f"签发日志第 {found[0] + 1} 号缺失或与内容不符"
        cursor.execute(_WRONG_NODE)
        if found := cursor.fetchone():
            yield f"签发日志的节点 {found[0]}/{found[1]} 与其下的节点不符"
        cursor.execute(_COUNTS)
        counts = dict(cursor.fetchall())
        cursor.execute(_UNPLACED)
        if unplaced := cursor.fetchone()[0]:
            yield f"{unplaced} 条签发记录不在签发日志的树中"
    count = size()
    expected = {height: count >> height for height in range(count.bit_length())}
    if counts != expected:
        yield "签发日志的节点数与记录数不符"
        return
    yield from _head_faults(count)


def _head_faults(count: int) -> Iterator[str]:
    for head in anchors.read(heads_path())[-HEADS_CHECKED:]:
        if not is_signed(head):
            yield f"签发日志在 {head.get('at', '')} 的树头签名无效"
        elif head["size"] > count:
            yield f"签发日志的末尾被截去：曾有 {head['size']} 条，现有 {count} 条"
        elif merkle.root(node, head["size"]).hex() != head["root"]:
            yield f"签发日志的前 {head['size']} 条与 {head['at']} 签名的树头不符"


def unlogged() -> Iterator[str]:
    """Yield the documents that count as issued and are not in the log, or are there with another file."""
    for document in _without_entry(Certificate.objects.exclude(sha256="").select_related("registration")):
        yield f"{document}：已签发，但不在签发日志中"
    for document in _without_entry(Annotation.objects.exclude(sha256="")):
        yield f"{document}：已签发，但不在签发日志中"


def _without_entry(documents: QuerySet) -> Iterator:
    entry = LogEntry.objects.exclude(kind=EntryKind.WITHDRAWN).filter(
        record=Cast(OuterRef("uid"), CharField()), sha256=OuterRef("sha256")
    )
    return documents.filter(~Exists(entry)).order_by("pk").iterator(chunk_size=500)


def entries_without_document() -> Iterator[str]:
    """Yield the entries whose document is gone."""
    for kind, model in ((EntryKind.CERTIFICATE, Certificate), (EntryKind.COPY, Annotation)):
        there = model.objects.annotate(as_text=Cast("uid", CharField())).filter(as_text=OuterRef("record"))
        for entry in LogEntry.objects.filter(~Exists(there), kind=kind).order_by("pk").iterator():
            yield f"{entry.number}：签发日志中有，登记库中没有"


def faults() -> Iterator[str]:
    """Yield everything that is wrong with the log."""
    yield from tree_faults()
    yield from unlogged()
    yield from entries_without_document()
