"""Who may do what to documents and annotations."""

import rules

from registration.rules import is_own


@rules.predicate
def is_holder(user, annotation):
    """The certificate is the person's own."""
    worker = annotation.qualification.worker
    return worker is not None and worker.user_id == user.pk


rules.add_perm("certificates.own_annotation", is_holder)
rules.add_perm("certificates.own_replacement", is_own)
