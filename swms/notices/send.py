"""The two ways to tell somebody something: a notice in the inbox, or a bare short message."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from django.db.models.functions import Now

from swms.jobs import enqueue
from swms.notices import tasks
from swms.notices.models import Delivery, Notice, key_of

#: The notices that wait for the end of ``together``; ``None`` outside of it.
_waiting: ContextVar[list[Notice] | None] = ContextVar("waiting", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Inside it, notices that only go to inboxes are written at the end, by one statement for all of them."""
    waiting: list[Notice] = []
    mark = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(mark)
    Notice.objects.bulk_create(waiting)


def notify(recipient, *, kind: str, title: str, body: str, url: str = "", about=None, outside: bool = False) -> Notice:
    """Put a notice into the recipient's inbox and return it; with ``outside`` it also goes out.

    ``about`` is the record that it concerns, under which its office finds it. What goes out is the title and
    the body's first line, by SMS and, where there is an address, by e-mail; the transaction's commit sets it
    on its way.
    """
    notice = Notice(recipient=recipient, kind=kind, title=title, body=body, url=url, about=key_of(about))
    waiting = _waiting.get()
    if waiting is not None and not outside:
        waiting.append(notice)
        return notice
    notice.save(force_insert=True)
    if outside:
        text = f"{title}。{body.splitlines()[0]}" if body else title
        if recipient.mobile:
            _queue(Delivery(notice=notice, recipient=recipient, channel=Delivery.Channel.SMS, kind=kind, text=text))
        if recipient.email:
            mail = {"subject": title, "text": body or title}
            _queue(Delivery(notice=notice, recipient=recipient, channel=Delivery.Channel.EMAIL, kind=kind, **mail))
    return notice


def sms(
    mobile: str, text: str, *, kind: str, recipient=None, about=None, lifetime: timedelta | None = None
) -> Delivery:
    """Send a short message to a normalised mobile, without a notice; return its row in the ledger.

    After ``lifetime`` it is not sent any more: a code that comes too late only confuses.
    """
    delivery = Delivery(
        mobile=mobile, recipient=recipient, channel=Delivery.Channel.SMS, kind=kind, text=text, about=key_of(about)
    )
    if lifetime is not None:
        delivery.expires_at = Now() + lifetime
    return _queue(delivery)


def _queue(delivery: Delivery) -> Delivery:
    delivery.next_attempt_at = Now()  # the worker asks the same clock
    delivery.save(force_insert=True)
    enqueue(tasks.deliver, delivery.pk)
    return delivery
