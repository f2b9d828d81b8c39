from celery import shared_task

from swms.audit import trail


@shared_task
def anchor():
    trail.anchor()
