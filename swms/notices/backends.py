"""Where messages leave the portal; ``SWMS_SMS_BACKEND`` and ``SWMS_EMAIL_NOTICE_BACKEND`` name one each.

A backend has ``send(address, text, *, subject, key) -> receipt`` and raises ``GatewayError`` when the
message may be tried again. ``key`` is the same for every try of one message.
"""

import http.client
import json
import urllib.request

from django.conf import settings
from django.core.mail import EmailMessage

from swms.notices.models import Delivery, OutboxMessage

TIMEOUT = 5  # seconds


class GatewayError(Exception):
    """The gateway did not take the message this time."""


class OutboxBackend:
    """Keeps messages instead of sending them; the demo shows them at one page."""

    def send(self, address: str, text: str, *, subject: str, key: str) -> str:
        channel = Delivery.Channel.EMAIL if "@" in address else Delivery.Channel.SMS
        facts = {"channel": channel, "address": address, "subject": subject, "body": text}
        message, _ = OutboxMessage.objects.get_or_create(key=key, defaults=facts)
        return f"outbox-{message.pk}"


class HttpBackend:
    """Posts ``{"to", "text", "key"}`` as JSON to ``SWMS_SMS_URL`` with ``SWMS_SMS_TOKEN`` as bearer."""

    def send(self, address: str, text: str, *, subject: str, key: str) -> str:
        request = urllib.request.Request(
            settings.SMS_URL,
            data=json.dumps({"to": address, "text": text, "key": key}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.SMS_TOKEN}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                answer = response.read(10_000)
        except (OSError, http.client.HTTPException) as error:
            # The class only: the text of some errors repeats the request.
            raise GatewayError(type(error).__name__) from error
        return _receipt(answer)


def _receipt(answer: bytes) -> str:
    """Return the ``id`` of an answer, or nothing: 2xx says that the message was taken, whatever the words."""
    try:
        facts = json.loads(answer)
    except ValueError:
        return ""
    return str(facts.get("id", "")) if isinstance(facts, dict) else ""


class EmailBackend:
    """Sends through Django's mail settings (``EMAIL_URL``)."""

    def send(self, address: str, text: str, *, subject: str, key: str) -> str:
        message = EmailMessage(subject, text, to=[address], headers={"Message-ID": f"<{key}@swms>"})
        try:
            message.send()
        except OSError as error:
            raise GatewayError(type(error).__name__) from error
        return key
