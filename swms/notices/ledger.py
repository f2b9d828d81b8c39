"""How messages about one record fared, as the person and the office read it; addresses are masked (R-ACC-13)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models

from swms.notices.models import Delivery, Notice, key_of

INBOX = "站内"
READ, UNREAD = "已读", "未读"


@dataclass(frozen=True)
class Sent:
    """One message: by which way, how it fared, when, and to which masked address; ``why`` if it did not go out."""

    title: str
    at: datetime
    channel: str
    status: str
    when: datetime | None = None
    to: str = ""
    why: str = ""


def told(record: models.Model) -> list[Sent]:
    """Return what people with an account were told about a record, the newest first; one query."""
    rows = (
        Notice.objects.filter(about=key_of(record))
        .order_by("-id", "deliveries__id")
        .values_list(
            "title",
            "created_at",
            "read_at",
            "deliveries__channel",
            "deliveries__status",
            "deliveries__sent_at",
            "deliveries__sent_to",
            "deliveries__error",
        )
    )
    return [
        _out(title, at, channel, status, sent_at, to, error)
        if channel
        else Sent(title, at, INBOX, READ if read_at else UNREAD, read_at)
        for title, at, read_at, channel, status, sent_at, to, error in rows
    ]


def texted(record: models.Model) -> list[Sent]:
    """Return the bare messages about a record, to people without an account; the newest first; one query."""
    rows = Delivery.objects.filter(about=key_of(record), notice=None).order_by("-id").defer("text")
    return [_of(delivery, "短信通知") for delivery in rows]


def outside(notice: Notice) -> list[Sent]:
    """Return how a notice fared outside the portal; reads ``notice.deliveries``, which may have been prefetched."""
    return [_of(delivery, notice.title) for delivery in notice.deliveries.all()]


def _of(row: Delivery, title: str) -> Sent:
    return _out(title, row.created_at, row.channel, row.status, row.sent_at, row.sent_to, row.error)


def _out(title, at, channel, status, sent_at, to, error) -> Sent:
    status = Delivery.Status(status)
    why = error if status == Delivery.Status.SKIPPED else ""  # what a gateway failed of is for the administrator
    return Sent(title, at, Delivery.Channel(channel).label, status.label, sent_at, to, why)
