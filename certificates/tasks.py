"""Jobs: fetch by id, call an action. Every one may run twice, late, or never."""

from celery import shared_task
from celery.signals import worker_process_init

from certificates import actions
from certificates.pdf import keys, page
from certificates.queries.issuing import due_applications

SWEEP_LIMIT = 200


@worker_process_init.connect
def warm_up(**kwargs):
    """Read fonts and key once in each worker process, after the fork."""
    page.prepare()
    keys.load_signer()


@shared_task
def issue(application_pk: int):
    """Make the certificate of a completed registration."""
    actions.issue(application_pk)


@shared_task
def annotate(ids: list[int]):
    """Stamp and sign annotations."""
    actions.annotate(ids)


@shared_task
def sweep_certificates():
    """Find the completed registrations that no message announced."""
    for pk in due_applications().values_list("pk", flat=True)[:SWEEP_LIMIT]:
        issue.delay(pk)


@shared_task
def sweep_annotations():
    """Raise alarms, give up what cannot be done, and find the annotations that no message announced."""
    actions.raise_alarms()
    actions.give_up_overdue()
    for ids in actions.claim_due_annotations():
        annotate.delay(ids)


@shared_task
def expire_annotations():
    """Close what is past its last day, delete the files of what is closed, remind of what ends soon."""
    actions.expire()
    actions.remind_before_end()
    actions.purge()
    actions.remove_orphans()
