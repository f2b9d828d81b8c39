"""A worker's feedback about a missing institution, and linking one's work to it later (R-PRO-10, §2.8)."""

from datetime import timedelta

from registration.actions.constraints import with_receipt
from registration.models import InstitutionFeedback, Worker
from registration.workflows.institution_feedback import DECISION_WORKING_DAYS
from swms import throttle
from swms.dates import today, working_days_after
from swms.references import new_receipt
from swms.workflow import Refused

PER_WORKER = (5, timedelta(days=1))


def report_institution(worker: Worker, answers: dict) -> InstitutionFeedback:
    """Give feedback about an institution that the system does not know.

    Raises Throttled beyond 5 a day, and Refused `already_open` with the extra `ref` if the same worker's feedback
    about it waits already. Call outside a transaction: the count must outlive a refusal.
    """
    waiting = worker.institution_feedbacks.filter(name=answers["name"], region=answers["region"], due_on__isnull=False)
    if known := waiting.first():
        raise _already_open(known)
    throttle.hit("institution_feedback", str(worker.pk), *PER_WORKER)
    return with_receipt(
        lambda: _enter(worker, answers), unique="one_pending", taken=lambda: _already_open(waiting.get())
    )


def _enter(worker: Worker, answers: dict) -> InstitutionFeedback:
    one = InstitutionFeedback(
        **answers,
        ref=new_receipt("JF", today()),
        worker=worker,
        due_on=working_days_after(today(), DECISION_WORKING_DAYS),
    )
    return one.begin(actor=worker.user)


def _already_open(known: InstitutionFeedback) -> Refused:
    return Refused("already_open", "您已反馈过这家机构，正在审核，不用重复提交", ref=known.ref)
