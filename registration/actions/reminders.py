"""What people are told when time runs out: reviewers of the clocks of their desks, workers of their last days.

Never a decision by itself (R-REG-16, R-REREG-10).
"""

import logging
from collections.abc import Iterable

from django.db import DatabaseError, InterfaceError, transaction
from django.urls import reverse
from django.utils import timezone

from registration.models import DeadlineReminder, Worker
from registration.queries.reminders import DueReminder, reminders_for
from registration.queries.reminding import Reminder, reminders_due
from swms.accounts.models import User
from swms.dates import is_working_day, midnight, today
from swms.notices.models import Notice
from swms.notices.receivers import announced
from swms.notices.send import notify

log = logging.getLogger(__name__)

KIND = "registration.reminder"
DEADLINE = "registration.deadline"  # and then the kind of the reminder
CIVIL_HOURS = range(8, 21)  # nobody's telephone rings at night because a queue was long


def remind() -> int:
    """Tell every reviewer, once a working day, what is nearly due and overdue; return how many were told."""
    if not is_working_day(today()):
        return 0
    return sum(_tell(each) for each in reminders_due())


@transaction.atomic
def _tell(reminder: Reminder) -> bool:
    reviewer = User.objects.select_for_update().get(pk=reminder.reviewer.pk)
    if Notice.objects.filter(recipient=reviewer, kind=KIND, created_at__gte=midnight(today())).exists():
        return False
    said = [
        words.format(number)
        for words, number in (
            ("已逾期{}件", reminder.overdue),
            ("即将到期{}件", reminder.near),
            ("下级逾期未办{}件", reminder.below),
        )
        if number
    ]
    notify(reviewer, kind=KIND, title="办理时限提醒", body=f"{'，'.join(said)}，请及时办理。")
    return True


def remind_workers(keys: Iterable[int]) -> int:
    """Remind these workers of what is due today, once each; return how many reminders were sent (R-REREG-10).

    Safe to run twice and late: what was sent stands in the ledger, what is no longer due is not sent.
    """
    if timezone.localtime().hour not in CIVIL_HOURS:
        return 0
    sent = 0
    for worker in Worker.objects.filter(pk__in=keys, user__is_active=True).select_related("user", "region"):
        try:
            sent += sum(_remind(worker, each) for each in reminders_for(worker))
        except (DatabaseError, InterfaceError):
            raise  # not this worker's fault; tomorrow finds everybody who was left out
        except Exception:  # one clock that cannot be read must not silence two hundred others
            log.exception("reminder_broke", extra={"worker": worker.pk})
    return sent


@transaction.atomic
def _remind(worker: Worker, due: DueReminder) -> bool:
    entry = due.entry
    about = entry.application or entry.registration
    reminder, new = DeadlineReminder.objects.get_or_create(
        worker=worker,
        kind=due.kind,
        subject=entry.uid,
        rung=due.rung,
        defaults={
            "last_day": entry.last_day,
            "application": entry.application,
            "registration": entry.registration,
        },
    )
    if not new:
        return False
    said = announced(f"notices/reminders/{due.kind}.txt", entry=entry)
    reminder.notice = notify(
        worker.user,
        kind=f"{DEADLINE}.{due.kind}",
        title=said.title,
        body=said.body,
        url=entry.action.url if entry.action else reverse("registration:clock"),
        about=about,
        outside=said.sms,
    )
    reminder.save(update_fields=["notice"])
    return True
