"""How a job is sent on its way: after the commit, and without ever failing the request.

A message only makes things fast. The row with its deadline is the queue, and a sweep finds what
no message announced, so a broker that is away is logged and otherwise ignored.
"""

import logging

from django.db import transaction

log = logging.getLogger(__name__)


def enqueue(task, *args) -> None:
    """Publish ``task(*args)`` once the caller's transaction has committed; ``args`` are ids only."""

    def publish():
        try:
            task.delay(*args)
        except Exception as error:  # whatever the broker's client raises; the sweep will find the row
            log.warning("job_not_published", extra={"task": task.name, "error": type(error).__name__})

    transaction.on_commit(publish)
