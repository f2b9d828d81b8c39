"""For the tests of paper: the hour, what went out by SMS, and a certificate that is handed over the counter."""

import datetime as dt
from datetime import timedelta

from swms.notices.models import Delivery

PEKING = dt.timezone(timedelta(hours=8))
HANDED = {"collected_by": "self", "id_checked": True}


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PEKING)


def said(kind: str) -> list[str]:
    """Return the texts that went out by SMS about one kind of thing."""
    return [each.text for each in Delivery.objects.filter(kind=f"certificates.papercertificate.{kind}", channel="sms")]
