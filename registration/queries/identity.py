"""Whose a name and an identity number are: what a correction has to look at first (R-REP-03)."""

from django.db.models import Q, QuerySet

from registration.models import Qualification, Worker
from swms.accounts.models import User
from swms.crypto import index_candidates
from swms.workflow import Refused

IDENTITY_TAKEN = (
    "这个证件号码已由另一个账户或社工库中的另一人使用，不能在此更正，请转交证书管理人员，按重复人员合并办理"
)


def own_rows(worker: Worker) -> QuerySet[Qualification]:
    """Return the roster rows of this very person: those attached, and those that only wait to be (R-ACC-03)."""
    user = worker.user
    alike = Q(worker=None, id_index__in=index_candidates("identity", user.id_number), name=user.name)
    return Qualification.objects.filter(Q(worker=worker) | alike)


def identity_conflict(worker: Worker, *, name: str, id_number: str) -> Refused | None:
    """Return why ``id_number`` cannot become the worker's: another account or another person's row holds it.

    A row under the new name and the new number that belongs to no account is the person's own: it was brought in
    after the police had corrected them. Two people are never made one here.
    """
    indexes = index_candidates("identity", id_number)
    if worker.user.id_index in indexes:
        return None
    accounts = User.objects.filter(id_index__in=indexes).exclude(pk=worker.user_id)
    rows = Qualification.objects.filter(id_index__in=indexes).exclude(pk__in=own_rows(worker).values("pk"))
    if accounts.exists() or rows.exclude(worker=None, name=name).exists():
        return Refused("identity_taken", IDENTITY_TAKEN)
    return None
