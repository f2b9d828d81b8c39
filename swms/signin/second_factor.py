"""The second factor of staff and institutions: an authenticator's code, or a recovery code (R-ACC-12, S10)."""

import secrets
from base64 import b32encode
from datetime import timedelta

import segno
from django.contrib.auth import get_user_model
from django.db import transaction
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from swms import throttle
from swms.accounts.models import Authenticator
from swms.audit import trail
from swms.crypto import index_candidates
from swms.idnumbers import normalise
from swms.workflow import Refused

RECOVERY_CODES = 10
FAILURES = (5, timedelta(minutes=30))  # as many as for the password
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that a hand-written copy confuses


def has_device(user) -> bool:
    """Tell whether the second factor was set up."""
    return Authenticator.objects.filter(user=user, confirmed=True).exists()


def pending_device(user, shown: int | None) -> Authenticator:
    """Return the device being set up: one secret a session, however often the page is opened.

    `shown` is the key of the device that the session saw before. Another session gets another secret, and
    the first one is void: who handed out the password must not know the second factor as well (S15).
    """
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)
        pending = Authenticator.objects.filter(user=user, confirmed=False)
        device = pending.filter(pk=shown).first()
        if device is None:
            pending.delete()
            device = Authenticator.objects.create(user=user, confirmed=False, name="authenticator")
    return device


def secret_text(device: Authenticator) -> str:
    """Return the secret in groups of four, for those who cannot scan."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def qr_image(device: Authenticator) -> str:
    """Return the QR code of the secret as a `data:` address."""
    return segno.make(device.config_url, error="l").svg_data_uri(scale=5, border=4, light="#fff")


def confirm(user, code: str) -> tuple[Authenticator, list[str]]:
    """Put the pending device to use and return it with new recovery codes, which are readable only now.

    Raises Refused `code_wrong`, Throttled.
    """
    _count(user)
    with transaction.atomic():
        # Of two presses at once the second finds nothing pending.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        device = Authenticator.objects.filter(user=user, confirmed=False).first()
        if device is None or not device.verify_token(_digits(code)):
            raise Refused("code_wrong", "验证码不正确。请确认手机时间准确，输入应用中正在显示的 6 位数字")
        Authenticator.objects.filter(user=user, confirmed=True).delete()
        device.confirmed = True
        device.save()
        codes = _new_recovery_codes(user)
        trail.record("accounts.user.set_up_second_factor", user, actor=user)
    throttle.clear("second_factor", str(user.pk))
    return device, codes


def verify(user, code: str) -> Device:
    """Return the device that accepts `code`, an authenticator's or a recovery code, which is then used up.

    Raises Refused `code_wrong`, and Throttled after 5 failures, for 30 minutes.
    """
    _count(user)
    device = _accepting(user, code)
    if device is None:
        raise Refused("code_wrong", "验证码不正确。同一个验证码只能使用一次，请等待下一个")
    throttle.clear("second_factor", str(user.pk))
    return device


def renew_recovery_codes(user) -> list[str]:
    """Return new recovery codes; the old ones no longer work."""
    with transaction.atomic():
        codes = _new_recovery_codes(user)
        trail.record("accounts.user.renew_recovery_codes", user, actor=user)
    return codes


def recovery_codes_left(user) -> int:
    """Return how many recovery codes were not used yet."""
    return StaticToken.objects.filter(device__user=user).count()


def reset(user, *, by) -> None:
    """Take the second factor away, so that the next sign-in sets up a new one; ends all sessions."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
        user.session_epoch += 1
        user.save(update_fields=["session_epoch"])
        trail.record("accounts.user.reset_second_factor", user, actor=by)
    throttle.clear("second_factor", str(user.pk))


def _count(user) -> None:
    # Counted before the answer is known, so that many tries at once are still five.
    throttle.hit("second_factor", str(user.pk), *FAILURES)


@transaction.atomic
def _accepting(user, code: str) -> Device | None:
    for device in Authenticator.objects.select_for_update().filter(user=user, confirmed=True):
        if device.verify_token(_digits(code)):
            return device
    for device in StaticDevice.objects.select_for_update().filter(user=user, confirmed=True):
        hashes = _hashes(user, code)
        match = device.token_set.filter(token__in=hashes).values_list("token", flat=True).first()
        if device.verify_token(match or hashes[0]):
            trail.record("accounts.user.use_recovery_code", user, actor=user)
            return device
    return None


def _new_recovery_codes(user) -> list[str]:
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery", confirmed=True)
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_hashes(user, code)[0]) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hashes(user, code: str) -> list[str]:
    # django-otp keeps 16 characters for a code; ours are 96 bits of a keyed hash, never the code.
    plain = normalise(code).replace("-", "")
    return [index[:16] for index in index_candidates(f"recovery_code:{user.pk}", plain)]


def _digits(code: str) -> str:
    plain = normalise(code)
    return plain if plain.isascii() and plain.isdigit() and len(plain) == 6 else ""
