from celery import shared_task

from swms.notices import delivery


@shared_task
def deliver(pk: int):
    delivery.deliver(pk)


@shared_task
def sweep():
    """Deliver what no message announced: the broker was away, or a worker died."""
    for pk in list(delivery.due().order_by("next_attempt_at").values_list("pk", flat=True)[: delivery.BATCH]):
        delivery.deliver(pk)
