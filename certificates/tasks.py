"""Jobs: fetch by id, call an action. Every one may run twice, late, or never."""

from celery import shared_task
from celery.signals import worker_process_init

from certificates import actions
from certificates.pdf import keys, page, statement_keys
from certificates.queries.issuing import due_applications, due_certificates, due_replacements
from certificates.queries.paper import open_batches
from certificates.queries.replacements import replacements_over

SWEEP_LIMIT = 200


@worker_process_init.connect
def warm_up(**kwargs):
    """Read fonts and key once in each worker process, after the fork."""
    page.prepare()
    keys.load_signer()
    statement_keys.load()


@shared_task
def issue(application_pk: int):
    """Make the certificate of a completed registration."""
    actions.issue(application_pk)


@shared_task
def replace(replacement_pk: int):
    """Make the next version for an approved replacement."""
    actions.replace(replacement_pk)


@shared_task
def make(certificate_pk: int):
    """Finish a version whose content is stored."""
    actions.make(certificate_pk)


@shared_task
def close_replacements(registration_pk: int):
    """Close the undecided replacements of a registration that is no longer in force (R-REP-02)."""
    for pk in replacements_over().filter(registration=registration_pk).values_list("pk", flat=True):
        actions.replacing.close(pk)


@shared_task
def annotate(ids: list[int]):
    """Stamp and sign annotations."""
    actions.annotate(ids)


@shared_task
def drain():
    """Stamp and sign what waits, for some seconds; then let other jobs pass, and go on."""
    if actions.drain():
        drain.delay()


@shared_task
def sweep_certificates():
    """Find the versions that nobody is at, and the orders for one that no message announced."""
    for task, rows in ((make, due_certificates()), (issue, due_applications()), (replace, due_replacements())):
        for pk in rows.values_list("pk", flat=True)[:SWEEP_LIMIT]:
            task.delay(pk)
    for pk in replacements_over().values_list("pk", flat=True)[:SWEEP_LIMIT]:
        actions.replacing.close(pk)


@shared_task
def purge_replacements():
    """Delete the proofs of replacements that came to nothing 90 days ago."""
    actions.replacing.purge_files()


@shared_task
def move_paper_on():
    """Move what waits for no person; as long as there is more, once again."""
    if actions.collecting.move_on(SWEEP_LIMIT):
        move_paper_on.delay()


@shared_task
def tend_paper():
    """Close what is over, list what came late into the roster, drop the addresses that served their purpose."""
    actions.collecting.close_batches()
    for batch in open_batches():
        actions.collecting.fill(batch)
    actions.collecting.purge_addresses()
    move_paper_on.delay()


@shared_task
def remind_of_paper():
    """Remind of what must be collected within the week; as long as there are more, once again."""
    if actions.collecting.remind_of_last_day(SWEEP_LIMIT):
        remind_of_paper.delay()


@shared_task
def sweep_annotations():
    """Raise alarms, give up what cannot be done, and find the annotations that no message announced."""
    actions.raise_alarms()
    actions.give_up_overdue()
    for pk in actions.claim_retries():
        annotate.delay([pk])
    for _ in range(actions.drains_needed()):
        drain.delay()


@shared_task
def expire_annotations():
    """Close what is past its last day, delete the files of what is closed, remind of what ends soon."""
    actions.expire()
    actions.remind_before_end()
    actions.purge()
    actions.remove_orphans()


@shared_task
def recheck_files():
    """Read the next issued files again."""
    actions.recheck()


@shared_task
def anchor_issued_log():
    """Judge 签发日志, and put its signed head outside the database."""
    actions.recheck_log()
    actions.anchor()
