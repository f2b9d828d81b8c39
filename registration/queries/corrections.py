"""What the last refusal named, what of it has been mended, and what may therefore be edited (R-REG-14, R-REG-15).

Nothing of this is stored: the refused form is compared with the present content.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from registration.models import Application, Decision, Worker
from registration.models.form_content import UNANSWERED, form_content
from registration.queries.differences import FormChange, form_at
from registration.reasons import (
    DOCUMENT,
    FIRST_REGISTERED,
    OTHER,
    REASONS,
    REGION,
    Atom,
    Form,
    Item,
    Named,
    atoms_of,
    covered,
    differences,
    is_mended,
    is_of,
    named_of,
    not_named,
)
from registration.requirements import balances
from registration.workflows import REFUSED_STATES, REGISTERED_STATES, ApplicationState
from registration.workflows.application import accepted_as, local_start
from swms.codes import IdType
from swms.current import once
from swms.workflow import Refused

UNNAMED = "这一项没有被指出，不需要修改"
TO_MEND, MENDED, LEFT = "待修改", "已修改", "未修改"


@dataclass(frozen=True)
class CorrectionTask:
    """One thing that was named: what, why, and whether it has been mended. ``item`` says where it is edited.

    A reason for the form in general is one task, however many answers it speaks of.
    """

    item: Item
    label: str
    reason: str
    remark: str
    mended: bool
    named: tuple[Named, ...]


class Correction:
    """A refusal for 补正 and the form that it refused."""

    def __init__(self, application: Application, decision: Decision, content: dict):
        self.application, self.decision, self.content = application, decision, content

    @cached_property
    def named(self) -> list[Named]:
        return named_of(self.decision.items, self.content)

    @cached_property
    def old(self) -> Form:
        return Form(self.content)

    def covers(self, atom: tuple[str, str, str], new: Form | None = None) -> bool:
        """Whether the refusal lets this answer, document or entry change."""
        return covered(self.named, atom, self.old, new)

    def tasks(self, content: dict) -> list[CorrectionTask]:
        """Return what was named, held against the present ``content``, in the order of the form."""
        new, order = _without_stamp(self, content), list(self.old.values)
        grouped: dict[object, list[Named]] = {}
        for each in self.named:
            grouped.setdefault(each.code if each.general else each.item.id, []).append(each)

        def place(named: list[Named]) -> int:
            atoms = atoms_of(named[0].item, self.old)
            return order.index(atoms[0]) if atoms else len(order)

        return [self._task(named, new) for named in sorted(grouped.values(), key=place)]

    def compared(self, content: dict) -> tuple[list[tuple[CorrectionTask, list[FormChange]]], list[FormChange]]:
        """Return each thing that was named with what changed of it, and what else is not as it was refused."""
        new = Form(content)
        rest = [atom for atom in {**self.old.values, **new.values} if atom in differences(self.old, new)]
        found = []
        for task in self.tasks(content):
            own = [atom for atom in rest if any(is_of(each.item, atom, self.old) for each in task.named)]
            rest = [atom for atom in rest if atom not in own]
            found.append((task, [self._change(atom, new) for atom in own]))
        return found, [self._change(atom, new) for atom in rest]

    def _change(self, atom: tuple[str, str, str], new: Form) -> FormChange:
        section, _, key = atom
        label = self.old.labels.get(atom) or new.labels[atom]
        old, now = self.old.words.get(atom, ""), new.words.get(atom, "")
        if section == "photo":
            old, now = "原照片" if old else "", "新照片" if now else ""
        return FormChange(section, "", 0, key, label, old, now)

    def _is_mended(self, named: list[Named], new: Form) -> bool:
        if named[0].item.section == "renewal":  # met or not: a ledger may have fallen since the form was sent
            return not any(balance.short for balance in balances(self.application))
        return any(is_mended(each, self.old, new) for each in named)

    def _task(self, named: list[Named], new: Form) -> CorrectionTask:
        first = named[0]
        reason = REASONS[first.code].label if first.code in REASONS and first.code != OTHER else ""
        return CorrectionTask(
            item=first.item,
            label="、".join(each.item.label for each in named),
            reason=reason,
            remark=first.remark,
            mended=self._is_mended(named, new),
            named=tuple(named),
        )


def refusal_of(application: Application) -> Decision | None:
    """Return the refusal that stands, or that the present round is to mend (R-REG-14)."""
    rounds = application.round if application.state in REFUSED_STATES else application.round - 1
    if not rounds:
        return None
    decisions = decisions_of(application)
    return next((each for each in reversed(decisions) if each.round == rounds and not each.passed), None)


def decisions_of(application: Application) -> list[Decision]:
    """Return the few decisions of a case, the first one first."""
    # In memory: who shows a case has fetched them.
    return once(("decisions", application.pk), lambda: list(application.decisions.all()))


def correction_of(application: Application, decision: Decision | None = None) -> Correction | None:
    """Return what a refusal for 补正 named, ``None`` where it named nothing, or the case was filed anew since.

    After 不予登记 the next application is a new one: nothing is held still.
    """
    decision = decision or refusal_of(application)
    if decision is None or decision.refusal_kind != Application.RefusalKind.FIXABLE or not decision.items:
        return None
    if application.first_submitted_at > decision.at:  # accepted in another channel meanwhile (R-REG-05)
        return None
    return Correction(application, decision, form_at(application, decision.form_version).content)


def standing_correction(application: Application) -> Correction | None:
    """Return the correction that holds the personal information still: while the case can go on as the same one."""
    if application.state not in (ApplicationState.NOT_APPLIED, ApplicationState.PENDING_REVIEW, *REFUSED_STATES):
        return None
    correction = correction_of(application)
    if correction is None or application.state == ApplicationState.PENDING_REVIEW:
        return correction
    try:
        return correction if accepted_as(application) == application.kind else None
    except Refused:
        return None


def present_content(application: Application) -> dict:
    """Return what the form says now: the personal information while it follows it, the stored version afterwards."""
    if application.state not in (ApplicationState.NOT_APPLIED, *REFUSED_STATES):
        return application.form.content
    return drafted(application)


def drafted(application: Application) -> dict:
    """Return the form as the personal information has it now, whatever was sent."""
    return once(("drafted", application.pk), lambda: _drafted(application))


def _drafted(application: Application) -> dict:
    draft = copy.copy(application)
    if not application.is_renewal:
        draft.first_registered_on = local_start(application)
    return form_content(draft)


def named_now(application: Application) -> list[CorrectionTask]:
    """Return what the refusal that stands, or is being mended, named."""
    correction = standing_correction(application)
    return correction.tasks(present_content(application)) if correction else []


def edited_unnamed(corrections: Iterable[Correction], worker: Worker) -> list[str]:
    """Return the names of what differs from a refused form and was not named by any of them.

    A worker with two cases to mend mends both from one personal information: each lets the other's items change.
    """
    corrections = list(corrections)
    registered = worker.registrations.filter(state__in=REGISTERED_STATES).exists()
    found = {}
    for each in corrections:
        each.application.worker = worker
        new = _without_stamp(each, drafted(each.application))
        for atom in not_named(each.named, each.old, new):
            if _moved_by_an_office(atom, each.old, new, worker, registered):
                continue
            if not any(other.covers(atom, new) for other in corrections):
                found[atom] = each.old.labels.get(atom) or new.labels[atom]
    return list(found.values())


def _moved_by_an_office(atom: Atom, old: Form, new: Form, worker: Worker, registered: bool) -> bool:
    """Whether the worker cannot have edited it: an approved 变更 (R-CHG-01) or a corrected identity (R-REP-03) did."""
    section, entry, key = atom
    if section == "basic" and key in ("sex", "birth_date"):
        return worker.user.id_type in IdType.with_citizen_number()
    return registered and (atom == REGION or (section == "work" and (old.is_current(entry) or new.is_current(entry))))


def _without_stamp(correction: Correction, content: dict) -> Form:
    """Return the present form; a 首次登记时间 that is only stamped when it is sent is as it was."""
    new = Form(content)
    if new.values.get(FIRST_REGISTERED) == UNANSWERED:
        new.values[FIRST_REGISTERED] = correction.old.values.get(FIRST_REGISTERED, UNANSWERED)
    return new


@dataclass(frozen=True)
class Opening:
    """What of the personal information may be edited: ``corrections`` that hold it still, within ``parts``."""

    corrections: list[Correction] = field(default_factory=list)

    @property
    def limited(self) -> bool:
        return bool(self.corrections)

    def _covers(self, section: str, entry: str, key: str) -> bool:
        return not self.limited or any(each.covers((section, entry, key)) for each in self.corrections)

    def answer(self, section: str, key: str) -> bool:
        """Whether an answer of 基础信息 or of the region's section may be edited."""
        return self._covers(section, "", key)

    def adding(self, section: str) -> bool:
        """Whether an entry may be added to a list."""
        return self._covers(section, "new", "")

    def entry(self, section: str, pk: int) -> bool:
        """Whether an entry may be edited as a whole, and deleted."""
        return self._covers(section, str(pk), "")

    def document(self, section: str, pk: int, uid) -> bool:
        """Whether a document of an entry may be taken away; one that was added since the refusal may, too."""
        return self._covers(section, str(pk), f"{DOCUMENT}{uid}")

    def documents_alone(self, section: str, pk: int) -> bool:
        """Whether documents are all that may be replaced in an entry."""
        return not self.entry(section, pk) and self._covers(section, str(pk), f"{DOCUMENT}new")

    def section(self, name: str) -> bool:
        """Whether anything at all of a section may be edited."""
        if not self.limited or self._covers(name, "", ""):
            return True
        atoms = [atom for each in self.corrections for atom in each.old.values if atom[0] == name]
        return self.adding(name) or any(self._covers(*atom) for atom in atoms)


def opening_of(worker: Worker) -> Opening:
    """Return what the refusals that stand let the worker edit."""
    rows = worker.applications.filter(decisions__passed=False).distinct().select_related("qualification")
    found = []
    for each in rows.prefetch_related("decisions").order_by("pk"):
        each.worker = worker
        if correction := standing_correction(each):
            found.append(correction)
    return Opening(found)
