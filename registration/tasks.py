"""The hub's jobs. Each may run twice, late or never."""

from celery import shared_task

from registration import actions, roster
from registration.queries import institutions
from registration.queries.due import (
    completions_due,
    expiries_due,
    lapses_due,
    renewals_due,
    renewals_over,
    stale_renewals,
    voids_due,
)
from registration.queries.reminders import workers_to_remind
from swms.jobs import enqueue

AT_ONCE = 2000  # what fits into one task's time
READ_AT_ONCE = 200  # workers whose whole clock is read by one task


@shared_task
def complete(pk: int):
    """Enter one finally approved application into the register (F8)."""
    actions.complete(pk)


@shared_task
def void_renewals(registration_pk: int):
    """Close the renewals of a registration that was revoked, cancelled or superseded (R-REG-22, R-REG-24)."""
    for pk in voids_due().filter(registration=registration_pk):
        actions.void_renewal(pk)


@shared_task
def sweep():
    """Send every finally approved application on its way again: a message may have been lost."""
    for pk in completions_due():
        enqueue(complete, pk)
    for pk in voids_due():
        actions.void_renewal(pk)
    for pk in roster.unfinished():
        enqueue(import_roster, pk)


# A file of a million rows takes longer than any other task; the import's lock makes a second delivery harmless.
@shared_task(soft_time_limit=3600, time_limit=3660)
def import_roster(pk: int):
    """Carry out one staged import of the roster, or its dry run."""
    roster.run(pk)


@shared_task
def expire():
    """Carry out what the dates say, also for days when nothing ran: terms end, renewals lapse (R-REREG-07, §2.4)."""
    ended = list(expiries_due()[:AT_ONCE])
    for pk in ended:
        actions.expire(pk)
    for pk in stale_renewals():
        actions.end_stale_renewal(pk)
    for pk in renewals_over():
        actions.close_renewal(pk)
    for pk in lapses_due():
        actions.lapse(pk)
    for pk in institutions.expiries_due():
        actions.institutions.expire_feedback(pk)
    if len(ended) == AT_ONCE:
        enqueue(expire)


@shared_task
def open_renewals():
    """Open a case for every registration whose window has come (§2.4)."""
    due = list(renewals_due()[:AT_ONCE])
    for registration in due:
        actions.open_renewal(registration)
    if len(due) == AT_ONCE:
        enqueue(open_renewals)


@shared_task
def remind():
    """Tell the reviewers what runs out of time (R-REG-16)."""
    actions.remind()


@shared_task
def escalate():
    """Raise what ran out of time to the offices above, also of days when nothing ran (R-REG-16, R-CHG-10)."""
    actions.escalate()


@shared_task
def remind_of_deadlines():
    """Remind workers of what they have not sent in yet (R-REREG-10); tomorrow finds what a lost message left out."""
    keys = list(workers_to_remind().values_list("pk", flat=True))
    for at in range(0, len(keys), READ_AT_ONCE):
        enqueue(remind_workers, keys[at : at + READ_AT_ONCE])


@shared_task
def remind_workers(keys: list[int]):
    """Read the clocks of some workers and remind them of what is due."""
    actions.remind_workers(keys)


@shared_task
def tend_feedback():
    """Close feedback that an import answered, and remove files that have served (R-ACC-06, §2.1)."""
    actions.feedback.close_arrived()
    actions.feedback.purge_files()


@shared_task
def tend_appeals():
    """End appeals whose time is over, and remove images that have served, also of days when nothing ran (R-APL-05)."""
    actions.appeals.close_due()
    actions.appeals.purge_files()


@shared_task
def tend_sampling():
    """Write down which drawn persons said nothing in time; nobody is failed by it (decision 0029)."""
    actions.sampling.tend()
