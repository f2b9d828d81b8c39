"""The hub's jobs. Each may run twice, late or never."""

from celery import shared_task

from registration import actions, roster
from registration.queries import institutions
from registration.queries.due import completions_due, expiries_due, lapses_due
from swms.jobs import enqueue

EXPIRIES_AT_ONCE = 2000  # what fits into one task's time


@shared_task
def complete(pk: int):
    """Enter one finally approved application into the register (F8)."""
    actions.complete(pk)


@shared_task
def sweep():
    """Send every finally approved application on its way again: a message may have been lost."""
    for pk in completions_due():
        enqueue(complete, pk)
    for pk in roster.unfinished():
        enqueue(import_roster, pk)


# A file of a million rows takes longer than any other task; the import's lock makes a second delivery harmless.
@shared_task(soft_time_limit=3600, time_limit=3660)
def import_roster(pk: int):
    """Carry out one staged import of the roster, or its dry run."""
    roster.run(pk)


@shared_task
def expire():
    """Let registrations past their end expire, also those of days when nothing ran (R-REREG-07)."""
    ended = list(expiries_due()[:EXPIRIES_AT_ONCE])
    for pk in ended:
        actions.expire(pk)
    for pk in lapses_due():
        actions.lapse(pk)
    for pk in institutions.expiries_due():
        actions.institutions.expire_feedback(pk)
    if len(ended) == EXPIRIES_AT_ONCE:
        enqueue(expire)


@shared_task
def remind():
    """Tell the reviewers what runs out of time (R-REG-16)."""
    actions.remind()


@shared_task
def tend_feedback():
    """Close feedback that an import answered, and remove files that have served (R-ACC-06, §2.1)."""
    actions.feedback.close_arrived()
    actions.feedback.purge_files()
