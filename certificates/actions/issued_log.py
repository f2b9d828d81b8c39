"""Writing 签发日志: an entry in the transaction of the deed, and a signed head of the tree outside the database."""

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from django.db.models.functions import Now

from certificates.models import Certificate, EntryKind, LogEntry
from certificates.pdf import merkle, statement_keys
from certificates.queries import issued_log
from certificates.queries.clock import database_now
from swms import anchors
from swms.crashpoints import crashpoint


def log_issued(document) -> None:
    """Put a document that was issued now into the log; to be called in the transaction that issues it."""
    kind = EntryKind.CERTIFICATE if isinstance(document, Certificate) else EntryKind.COPY
    _append(kind, document, sha256=document.sha256)


def log_withdrawn(record, reason: str) -> None:
    """Put into the log that a document, or what it certifies, no longer counts."""
    _append(EntryKind.WITHDRAWN, record, sha256=getattr(record, "sha256", ""), reason=reason)


def _append(kind: EntryKind, row, **facts) -> None:
    number, record = issued_log.number_of(row), issued_log.record_of(row)
    LogEntry.objects.create(kind=kind, number=number, record=record, at=Now(), **facts)


def anchor() -> dict | None:
    """Append the signed head of the tree to its file; return it, or ``None`` when nothing was added since.

    A log that is broken gets no new head: the last good one stays the newest.
    """
    count = issued_log.size()
    last = anchors.last(issued_log.heads_path())
    if count <= (last["size"] if last else 0) or next(issued_log.tree_faults(), None):
        return None
    signer = statement_keys.load()
    head = {
        "size": count,
        "root": merkle.root(issued_log.node, count).hex(),
        "at": database_now().isoformat(timespec="seconds"),
        "key": signer.name.hex(),
    }
    r, s = utils.decode_dss_signature(signer.key.sign(issued_log.head_text(head), ec.ECDSA(hashes.SHA256())))
    crashpoint("anchor.signed")
    head["signature"] = base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()
    anchors.append(issued_log.heads_path(), head)
    crashpoint("anchor.written")
    return head
