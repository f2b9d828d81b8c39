"""Who may do what to documents and annotations."""

import rules

from registration.rules import is_own
from swms.regions.models import REVIEW_DUTIES, Duty, holds_duty


@rules.predicate
def is_holder(user, record):
    """The certificate is the person's own."""
    worker = record.qualification.worker
    return worker is not None and worker.user_id == user.pk


@rules.predicate
def keeps_batch(user, batch):
    """A keeper of certificates for the batch's province."""
    return holds_duty(user, Duty.CERTIFICATE, batch.region)


@rules.predicate
def keeps_paper(user, paper):
    """A keeper of certificates for the province of the paper's batch."""
    return holds_duty(user, Duty.CERTIFICATE, paper.batch.region)


def may_check_many(user) -> bool:
    """Tell whether the user is an institution, or one of the offices that review or keep certificates."""
    return user.is_institution or any(holds_duty(user, duty) for duty in (*REVIEW_DUTIES, Duty.CERTIFICATE))


rules.add_perm("certificates.own_annotation", is_holder)
rules.add_perm("certificates.own_paper", is_holder)
rules.add_perm("certificates.keep_paper_batch", keeps_batch)
rules.add_perm("certificates.keep_paper", keeps_paper)
rules.add_perm("certificates.own_replacement", is_own)
