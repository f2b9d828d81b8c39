"""Short messages of this package: codes, and word of what happened to an account."""

from uuid import uuid4

from swms.notices.models import Delivery, OutboxMessage


def sms(mobile: str, text: str, *, kind: str, recipient=None) -> None:
    """Send `text` to a normalised mobile; `recipient` is the account it concerns, where there is one."""
    OutboxMessage.objects.create(channel=Delivery.Channel.SMS, address=mobile, body=text, key=uuid4().hex)
