"""The demo's outbox: messages that would have gone to a telephone, and codes that one would have shown.

Whoever tries the portal has neither the telephone nor the authenticator of the people in it. Outside a
demo the page answers 404, and production refuses to start as a demo (``swms.settings``).
"""

import time
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from swms.accounts.models import Authenticator
from swms.idnumbers import mask_mail
from swms.notices.models import Delivery, OutboxMessage
from swms.ui import masked_mobile

#: Only people whom the demo made show their codes; their user names begin like this.
DEMO_NAMES = "demo-"
SHOWN = 50
REFRESH = 5  # seconds


@dataclass(frozen=True)
class CodeOfTheMoment:
    """What somebody's authenticator shows, and for how many seconds more."""

    username: str
    name: str
    code: str
    left: int


def codes_of_the_moment() -> list[CodeOfTheMoment]:
    """Return the second-factor codes of the demo's people, by user name."""
    devices = Authenticator.objects.filter(confirmed=True, user__is_active=True, user__username__startswith=DEMO_NAMES)
    now = time.time()
    return [
        CodeOfTheMoment(
            device.user.username,
            device.user.name,
            device.code(),
            device.STEP - int(now) % device.STEP,
        )
        for device in devices.select_related("user").order_by("user__username")
    ]


def masked(message: OutboxMessage) -> str:
    """Return where a message went, unreadable enough to be shown to everybody."""
    if message.channel == Delivery.Channel.SMS:
        return masked_mobile(message.address)
    return mask_mail(message.address)


@never_cache
@require_safe
def outbox(request):
    """Show the newest messages and the codes of the moment; 404 unless this is a demo.

    The page is fetched anew every few seconds; ``?still=1`` keeps it as it is.
    """
    if not settings.DEMO:
        raise Http404
    still = "still" in request.GET
    sent = [{"message": message, "address": masked(message)} for message in OutboxMessage.objects.all()[:SHOWN]]
    response = render(request, "demo/outbox.html", {"sent": sent, "codes": codes_of_the_moment(), "still": still})
    if not still:
        response["Refresh"] = str(REFRESH)
    return response
