"""What reviewers are told when the 30 working days run out; never a decision by itself (R-REG-16)."""

from django.db import transaction
from django.utils import timezone

from registration.queries.reminding import Reminder, reminders_due
from swms.accounts.models import User
from swms.dates import is_working_day, today
from swms.notices.models import Notice
from swms.notices.send import notify

KIND = "registration.reminder"


def remind() -> int:
    """Tell every reviewer, once a working day, what is nearly due and overdue; return how many were told."""
    if not is_working_day(today()):
        return 0
    return sum(_tell(each) for each in reminders_due())


@transaction.atomic
def _tell(reminder: Reminder) -> bool:
    reviewer = User.objects.select_for_update().get(pk=reminder.reviewer.pk)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if Notice.objects.filter(recipient=reviewer, kind=KIND, created_at__gte=midnight).exists():
        return False
    said = [
        words.format(number)
        for words, number in (
            ("已逾期{}件", reminder.overdue),
            ("10个工作日内到期{}件", reminder.near),
            ("下级逾期未办{}件", reminder.below),
        )
        if number
    ]
    notify(reviewer, kind=KIND, title="登记审核办理时限提醒", body=f"{'，'.join(said)}，请及时办理。")
    return True
