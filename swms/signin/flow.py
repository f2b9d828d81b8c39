"""What a person has said so far in a matter of several pages, before there is an account to keep it.

Kept in the session, sealed: sessions hold no readable identity number or mobile (quality, promise 8).
"""

import base64
import json
from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from swms.crypto import CannotOpen, open_bytes, seal_bytes

LIFETIME = timedelta(minutes=20)


def begin(request, matter: str, /, lifetime: timedelta = LIFETIME, **facts: str) -> None:
    """Keep `facts` for the following pages of a matter, in place of what was kept before."""
    uid = uuid4()
    sealed = seal_bytes(_purpose(matter), uid, json.dumps(facts).encode())
    request.session[_key(matter)] = {
        "uid": str(uid),
        "sealed": base64.b64encode(sealed).decode(),
        "until": (timezone.now() + lifetime).timestamp(),
    }


def facts(request, matter: str) -> dict[str, str] | None:
    """Return what `begin` was given, or None when it is too long ago or was never begun."""
    kept = request.session.get(_key(matter))
    if not kept or kept["until"] < timezone.now().timestamp():
        return None
    try:
        opened = open_bytes(_purpose(matter), UUID(kept["uid"]), base64.b64decode(kept["sealed"]))
    except CannotOpen:  # the key was retired meanwhile: the person begins again
        return None
    return json.loads(opened)


def end(request, matter: str) -> None:
    """Forget the matter."""
    request.session.pop(_key(matter), None)


def _key(matter: str) -> str:
    return f"flow:{matter}"


def _purpose(matter: str) -> str:
    return f"signin.flow.{matter}"
