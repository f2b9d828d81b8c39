"""What follows a lock-out: it is trailed, and the person hears of it (rulebook §2.1)."""

from axes.signals import user_locked_out
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver

from swms.accounts.models import User
from swms.audit import trail
from swms.notices.send import sms


@receiver(user_locked_out)
def tell_of_lock_out(sender, request, username, **kwargs):
    """Once for each lock-out, and only where the name belongs to an account."""
    # Tries during a lock-out send the signal again, without a count.
    if getattr(request, "axes_failures_since_start", None) != settings.AXES_FAILURE_LIMIT:
        return
    user = User.objects.filter(username=username).first()
    if user is None:
        return
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    with transaction.atomic():
        trail.record("accounts.user.lock", user, changes={"minutes": minutes})
        if user.mobile:
            text = f"您的账户因连续输错密码，已暂停登录 {minutes} 分钟。如果不是您本人操作，请尽快修改密码。"
            sms(user.mobile, text, kind="locked", recipient=user)
