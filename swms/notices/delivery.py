"""Carrying messages out of the portal: claimed, sent, and written down, at least once each."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string

from swms.crashpoints import crashpoint
from swms.notices.backends import GatewayError
from swms.notices.models import Delivery, OutboxMessage

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 6
BATCH = 50
#: Whoever crashes while sending gives the row back after this long; the gateway's key stops a second copy.
LEASE = timedelta(minutes=2)
OUTBOX_KEPT = timedelta(days=30)

#: Returns why a message is not needed any more, or nothing.
Check = Callable[[Delivery], str]
_CHECKS: dict[str, Check] = {}


def skip_when(kind: str, check: Check) -> None:
    """Let ``check`` be asked of every message of a kind as it leaves: its reason may be gone by then.

    Whoever did in the meantime what a reminder is about gets no message; the row becomes 不再需要.
    """
    _CHECKS[kind] = check


def backend(channel: str):
    """Return the configured backend of a channel."""
    path = settings.SMS_BACKEND if channel == Delivery.Channel.SMS else settings.EMAIL_NOTICE_BACKEND
    return import_string(path)()


def due():
    """Return the deliveries that ought to be tried now, by the database's clock.

    A worker whose own clock is wrong must neither let a code expire nor hold a message back.
    """
    return Delivery.objects.filter(status=Delivery.Status.QUEUED, next_attempt_at__lte=Now())


def deliver(pk: int) -> None:
    """Try one delivery, if it is due and nobody else is at it."""
    delivery = _claim(pk)
    if delivery is None:
        return
    if delivery.attempts > MAX_ATTEMPTS:  # whoever tried before died of it every time
        _give_up(delivery, "多次发送没有结果")
        return
    crashpoint("deliver.claimed")
    try:
        if reason := _no_longer_wanted(delivery):
            _close(delivery, Delivery.Status.SKIPPED, error=reason)
            return
        to = delivery.masked_address
        receipt = backend(delivery.channel).send(
            delivery.address, delivery.text, subject=delivery.subject, key=str(delivery.uid)
        )
    except GatewayError as error:
        _try_later(delivery, str(error))
    except Exception as error:
        # A backend is somebody else's code, and the messages behind this one must not wait for its
        # mistakes. The class only: the text of an error may repeat the message.
        log.error("delivery_broke", extra={"delivery": delivery.pk, "error": type(error).__name__})
        _try_later(delivery, type(error).__name__)
    else:
        crashpoint("deliver.sent")
        _close(delivery, Delivery.Status.SENT, receipt=str(receipt or "")[:80], error="", sent_at=Now(), sent_to=to)


def purge() -> int:
    """Delete what the outbox backend kept for more than a month; return how many messages it was."""
    return OutboxMessage.objects.filter(at__lt=timezone.now() - OUTBOX_KEPT).delete()[0]


@transaction.atomic
def _claim(pk: int) -> Delivery | None:
    too_late = ExpressionWrapper(Q(expires_at__lte=Now()), BooleanField())
    delivery = due().select_for_update(skip_locked=True).annotate(too_late=too_late).filter(pk=pk).first()
    if delivery is not None:
        delivery.attempts += 1
        Delivery.objects.filter(pk=pk).update(attempts=delivery.attempts, next_attempt_at=Now() + LEASE)
    return delivery


def _no_longer_wanted(delivery: Delivery) -> str:
    """Return why it should not be sent any more, or nothing: asked at the last moment."""
    if delivery.too_late:
        return "已过最晚发送时间"
    if not delivery.address:
        return "没有可用的收件地址"
    if delivery.recipient and not delivery.recipient.is_active:
        return "账户已停用"
    check = _CHECKS.get(delivery.kind)
    return check(delivery) if check else ""


def _close(delivery: Delivery, status: str, **facts) -> None:
    # Only a row still in the queue: a try that came back too late changes nothing.
    queued = Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.QUEUED)
    queued.update(status=status, **facts)


def _give_up(delivery: Delivery, error: str) -> None:
    log.error("delivery_failed", extra={"delivery": delivery.pk, "kind": delivery.kind})
    _close(delivery, Delivery.Status.FAILED, error=error)


def _try_later(delivery: Delivery, error: str) -> None:
    if delivery.attempts >= MAX_ATTEMPTS:
        _give_up(delivery, error[:200])
        return
    wait = timedelta(seconds=30 * 4 ** (delivery.attempts - 1))  # 30 s, 2 min, 8 min, 32 min, 2 h
    queued = Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.QUEUED)
    queued.update(next_attempt_at=Now() + wait, error=error[:200])
