"""Six-digit codes by SMS, which prove that a mobile is at hand: 5 minutes, 5 tries, 1 a minute, 10 a day (§3.1)."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from swms import throttle
from swms.accounts.models import SmsCode
from swms.crypto import blind_index, index_candidates
from swms.current import current_request
from swms.notices.send import sms
from swms.workflow import Refused

LIFETIME = timedelta(minutes=5)
TRIES = 5
PER_NUMBER = ((1, timedelta(minutes=1)), (10, timedelta(days=1)))
PER_ADDRESS = (30, timedelta(hours=1))  # one person cannot make us text a whole town


def send_code(mobile: str, purpose: str, *, silently: bool = False) -> None:
    """Send a new code to a normalised mobile; the codes sent before for this purpose no longer work.

    With `silently` the message is written and queued like any other, but already too late to be sent, so
    that an unknown mobile costs the same work as a known one (S4). Raises Throttled. Call outside a
    transaction: the count must outlive what fails later.
    """
    for limit, period in PER_NUMBER:
        throttle.check(f"sms_{period.days}", mobile, limit, period)
    request = current_request()
    if request and request.ip:
        throttle.hit("sms_address", request.ip, *PER_ADDRESS)
    for limit, period in PER_NUMBER:
        throttle.hit(f"sms_{period.days}", mobile, limit, period)
    code = f"{secrets.randbelow(1_000_000):06}"
    index = blind_index("mobile", mobile)
    with transaction.atomic():
        SmsCode.objects.create(
            mobile_index=index,
            purpose=purpose,
            code_hash=_hashed(index, purpose, code),
            expires_at=timezone.now() + LIFETIME,
        )
        text = f"验证码 {code}，用于{SmsCode.Purpose(purpose).label}，5 分钟内有效。请勿告诉他人。"
        sms(mobile, text, kind="code", lifetime=timedelta() if silently else LIFETIME)


def check_code(mobile: str, purpose: str, code: str) -> None:
    """Use up the newest code of this mobile and purpose, or raise Refused `code_wrong`.

    A wrong try counts, and an unknown mobile is answered like a wrong code. A right code that was used
    already is `code_used`: most likely a button was pressed twice. Call outside a transaction: the count
    must outlive the refusal.
    """
    sent = SmsCode.objects.filter(mobile_index__in=index_candidates("mobile", mobile), purpose=purpose)
    with transaction.atomic():
        newest = sent.select_for_update().order_by("-sent_at", "-id").first()
        alive = newest is not None and newest.tries < TRIES and newest.expires_at > timezone.now()
        right = alive and constant_time_compare(newest.code_hash, _hashed(newest.mobile_index, purpose, code))
        used = alive and newest.used_at is not None
        if alive:
            newest.tries += 1
            newest.used_at = timezone.now() if right and not used else newest.used_at
            newest.save(update_fields=["tries", "used_at"])
    if not right:
        raise Refused("code_wrong", "验证码不正确或已失效，请核对；超过 5 分钟或 5 次请重新获取")
    if used:
        raise Refused("code_used", "这个验证码已经用过。如果刚才连按了两次，操作可能已经完成，请直接登录")


def void(*mobiles: str | None) -> None:
    """Let no code that was sent to these mobiles work any more, whatever it was for (R-APL-04)."""
    indexes = [index for mobile in mobiles if mobile for index in index_candidates("mobile", mobile)]
    now = timezone.now()
    SmsCode.objects.filter(mobile_index__in=indexes, expires_at__gt=now).update(expires_at=now)


def purge() -> int:
    """Delete the codes of more than a day ago; return how many."""
    return SmsCode.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()[0]


def _hashed(index: str, purpose: str, code: str) -> str:
    return salted_hmac(f"swms.signin.codes:{purpose}:{index}", code, algorithm="sha256").hexdigest()
