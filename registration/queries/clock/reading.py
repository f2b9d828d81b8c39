"""What the clock is read from: a worker's certificates, cases and records, in as many queries for ten as for one."""

import copy
from functools import cache

from django.urls import reverse

from registration.models import Application, Qualification, Registration, Worker
from registration.promise import PROMISE_VERSION
from registration.queries.clock.entry import Action
from registration.workflows import RENEWAL_KINDS, ApplicationState
from swms.workflow import Refused

A = ApplicationState
#: Where each move of a case is made, and what its button says.
_BUTTONS = {
    "apply": ("registration:application_check", "核对并提交申请"),
    "withdraw": ("registration:application_withdraw", "撤回申请"),
    "reopen": ("registration:application_reopen", "修改并重新申请"),
}
_MOVE_OUT_OF = {
    A.NOT_APPLIED: "apply",
    A.PENDING_REVIEW: "withdraw",
    A.INITIAL_REJECTED: "reopen",
    A.FINAL_REJECTED: "reopen",
}


class Reading:
    """One worker's rows, joined in memory, and what the server would say to each button."""

    def __init__(self, worker: Worker):
        self.worker = _asked_once(worker)
        self.qualifications: list[Qualification] = list(
            worker.qualifications.select_related("province").order_by("-level", "pk")
        )
        by_key = {each.pk: each for each in self.qualifications}
        self.records: dict[int, Registration] = {}
        for record in worker.registrations.select_related("region").order_by("pk"):
            record.qualification = by_key.get(record.qualification_id) or record.qualification
            record.worker = self.worker
            self.records[record.qualification_id] = record
        self._cases: dict[int, list[Application]] = {}
        for case in worker.applications.select_related("region").order_by("pk"):
            case.worker = self.worker
            case.qualification = by_key.get(case.qualification_id) or case.qualification
            if case.registration_id:
                case.registration = self.records.get(case.qualification_id) or case.registration
            self._cases.setdefault(case.qualification_id, []).append(case)

    def cases(self, qualification: Qualification) -> list[Application]:
        """Return the cases of a certificate, the oldest first."""
        return self._cases.get(qualification.pk, [])

    def renewals(self, qualification: Qualification) -> list[Application]:
        return [each for each in self.cases(qualification) if each.kind in RENEWAL_KINDS]

    def button(self, case: Application) -> tuple[Action | None, Refused | None]:
        """Return the worker's move out of the case's state, or why the server would refuse it now.

        承诺声明 and the reason for being late are given on the page itself, so they are taken as given.
        """
        move = _MOVE_OUT_OF.get(case.state)
        if move is None:
            return None, None
        said = {"promise_version": PROMISE_VERSION, "late_reason": "…"} if move == "apply" else {}
        refused = case.workflow.refusal(case, move, actor=self.worker.user, **said)
        if refused:
            return None, refused
        name, label = _BUTTONS[move]
        return Action(move, label, reverse(name, args=[case.ref])), None


def _asked_once(worker: Worker) -> Worker:
    """Return a copy that remembers what all its cases ask of it: what is missing, and whether a region fits."""
    one = copy.copy(worker)
    one.missing, one.region_fit = cache(worker.missing), cache(worker.region_fit)
    return one
