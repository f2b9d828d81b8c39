"""An account whose owner lost the bound mobile: bound to another, locked on an objection, released (R-APL-04).

Whoever asks has no session that could be trusted, so these say ``by`` whom: a member of staff, or the system.
Each belongs inside the transaction of the decision that it carries out.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from swms.accounts.models import User
from swms.audit import trail
from swms.signin import codes
from swms.signin.actions import mobile_changed
from swms.workflow import Refused

MOBILE_TAKEN = "这个手机号已绑定另一个账户"


def bind(user: User, mobile: str, *, by: User) -> None:
    """Bind another mobile; ends all sessions and every code on its way to either. Raises Refused `mobile_taken`."""
    user = _locked(user)
    old, user.mobile = user.mobile, mobile
    _save(user, "mobile", "mobile_index")
    trail.record("accounts.user.bind_mobile", user, actor=by)
    codes.void(old, mobile)
    if old != mobile:
        mobile_changed.send(User, user=user, by=by)


def lock(user: User, *, mobile: str) -> None:
    """Bind the former mobile again and let nobody in: not by the password either, which may be another's by now."""
    user = _locked(user)
    other, user.mobile = user.mobile, mobile
    user.is_active = False
    user.set_unusable_password()
    user.password_changed_at = timezone.now()
    _save(user, "mobile", "mobile_index", "is_active", "password", "password_changed_at")
    trail.record("accounts.user.lock_on_objection", user)
    codes.void(other, mobile)
    mobile_changed.send(User, user=user, by=None)


def release(user: User, *, mobile: str, by: User, reason: str) -> None:
    """Let the owner in again, who sets a password by a code to ``mobile``. Raises Refused `mobile_taken`."""
    user = _locked(user)
    old, user.mobile = user.mobile, mobile
    user.is_active = True
    _save(user, "mobile", "mobile_index", "is_active")
    trail.record("accounts.user.release", user, actor=by, reason=reason)
    if old != mobile:
        mobile_changed.send(User, user=user, by=by)


def _locked(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _save(user: User, *fields: str) -> None:
    user.session_epoch += 1
    try:
        with transaction.atomic():
            user.save(update_fields=[*fields, "session_epoch"])
    except IntegrityError as error:
        raise Refused("mobile_taken", MOBILE_TAKEN) from error
