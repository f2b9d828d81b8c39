"""What people do to their own account. Each writes the trail and ends the sessions that must end (S9)."""

from axes.utils import reset as forget_failures
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone

from swms.accounts.models import User
from swms.audit import trail
from swms.crypto import index_candidates
from swms.notices.send import sms
from swms.signin.privacy import PRIVACY_VERSION
from swms.workflow import Refused

MOBILE_TAKEN = "该手机号已用于另一个账户，请换一个手机号，或直接用它登录"

#: Sent inside the transaction with ``user`` and ``by`` (``None``: the system): the mobile is part of a social
#: worker's personal information.
mobile_changed = Signal()


def change_password(user: User, password: str, *, verb: str = "change_password") -> None:
    """Set a new password, which ends all sessions under the old one, and tell the person."""
    with transaction.atomic():
        user.set_password(password)
        user.password_changed_at = timezone.now()
        user.save(update_fields=["password", "password_changed_at"])
        trail.record(f"accounts.user.{verb}", user, actor=user)
        if user.mobile:
            sms(
                user.mobile, "您的账户密码已修改。如果不是您本人操作，请立即找回密码。", kind="password", recipient=user
            )
    forget_failures(username=user.username)


def recover_password(mobile: str, password: str) -> User:
    """Set a new password for the account of a mobile whose code was checked; return the account.

    Raises Refused `code_wrong`, the answer that an unknown mobile gets everywhere.
    """
    user = user_of_mobile(mobile)
    if user is None:
        raise Refused("code_wrong", "验证码不正确或已失效，请重新获取")
    change_password(user, password, verb="recover_password")
    return user


def change_mobile(user: User, mobile: str) -> None:
    """Bind a mobile whose code was checked; ends the sessions and tells the old number.

    Raises Refused `mobile_taken`. The caller keeps its own session by `update_session_auth_hash`.
    """
    old = user.mobile
    try:
        with transaction.atomic():
            user.mobile = mobile
            user.session_epoch += 1
            user.save(update_fields=["mobile", "mobile_index", "session_epoch"])
            trail.record("accounts.user.change_mobile", user, actor=user)
            mobile_changed.send(User, user=user, by=user)
            if old and old != mobile:
                text = "您的账户已换绑其他手机号。如果不是您本人操作，请立即联系我们。"
                sms(old, text, kind="mobile", recipient=user)
    except IntegrityError as error:
        user.refresh_from_db()
        raise Refused("mobile_taken", MOBILE_TAKEN) from error


def end_other_sessions(user: User) -> None:
    """End every session; the caller keeps its own by `update_session_auth_hash`."""
    with transaction.atomic():
        user.session_epoch += 1
        user.save(update_fields=["session_epoch"])
        trail.record("accounts.user.end_other_sessions", user, actor=user)


def give_consent(user: User) -> None:
    """Record the agreement to the privacy notice as it reads now (R-SEC-01)."""
    with transaction.atomic():
        user.consent_version = PRIVACY_VERSION
        user.consented_at = timezone.now()
        user.save(update_fields=["consent_version", "consented_at"])
        trail.record("accounts.user.consent", user, actor=user, changes={"version": PRIVACY_VERSION})


def user_of_mobile(mobile: str) -> User | None:
    """Return the active account of a normalised mobile."""
    return User.objects.filter(mobile_index__in=index_candidates("mobile", mobile), is_active=True).first()
