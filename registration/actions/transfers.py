"""Changes (变更): a draft, its sending, decisions on it, and what ends it by itself (R-CHG-01…11).

Whoever writes here holds the worker's registrations, the worker and the cases, in this order, before the
change itself: a revocation, a submitted case and a decision at the same moment come one after another. Who
decides holds the institution before all of them, as does who suspends it.
"""

import logging
from dataclasses import dataclass

from django.db import transaction

from registration.models import Application, Institution, Registration, Transfer, Worker
from registration.queries.versions import Seen
from registration.workflows import (
    ENDED_UNMOVED_STATES,
    IN_REVIEW_STATES,
    OPEN_TRANSFER_STATES,
    PENDING_STATES,
    REGISTERED_STATES,
    ApplicationState,
    TransferState,
)
from registration.workflows.transfer import TARGET_GONE, change_refused, kind_of
from swms.audit.trail import record
from swms.dates import today
from swms.notices.send import notify
from swms.references import next_reference
from swms.regions.queries import current, same_region
from swms.ui import cn_date
from swms.uploads.examine import Examined
from swms.uploads.models import Purpose
from swms.uploads.storage import FileMissing, duplicate, purge, store
from swms.workflow import Refused, Step

log = logging.getLogger(__name__)

FILES = ("leave_proof", "new_contract", "region_evidence")
_COPIED = (
    "keeps_employer",
    "to_institution",
    "to_employer",
    "to_type",
    "to_post",
    "to_region",
    "effective_date",
    "reason",
)


@dataclass(frozen=True)
class Employer:
    """What was chosen on the page of employers: an institution, a name to be typed, or that it stays."""

    institution: Institution | None = None
    stays: bool = False


def preview(worker: Worker, employer: Employer, draft: Transfer | None = None) -> Transfer:
    """Return, unsaved, the draft that ``begin`` or ``choose`` would make; raises what they would."""
    if draft is None:
        if refused := change_refused(worker):
            raise refused
        draft = Transfer(worker=worker, from_region=worker.region, to_region=worker.region)
    _take_employer(draft, employer)
    return draft


@transaction.atomic
def begin(worker: Worker, employer: Employer, *, by) -> Transfer:
    """Open a draft, or return the one there is with the new choice; raises what R-CHG-08 and R-CHG-09 refuse.

    Safe to repeat: a second press finds the draft of the first.
    """
    one = _hold(worker)
    open_one = one.transfers.filter(state__in=OPEN_TRANSFER_STATES).first()
    if open_one and open_one.state != TransferState.DRAFT:
        raise Refused("already_open", f"变更申请{open_one.ref}正在审核，办结之前不能申请另一件", ref=open_one.ref)
    if open_one:
        return choose(open_one, employer, by=by)
    transfer = preview(one, employer)
    transfer.ref = next_reference("BG", one.region_id, today().year)
    return transfer.begin(actor=by)


@transaction.atomic
def choose(transfer: Transfer, employer: Employer, *, by) -> Transfer:
    """Take another employer into the draft; what was typed and uploaded stays."""
    one = _draft(transfer)
    before = (one.to_institution_id, one.keeps_employer)
    _take_employer(one, employer)
    if (one.to_institution_id, one.keeps_employer) != before:
        _save(one, ["to_institution", "keeps_employer"], by)
    return one


@transaction.atomic
def save_draft(
    transfer: Transfer, answers: dict, *, by, seen: Seen | None, files: dict[str, Examined] | None = None
) -> Transfer:
    """Keep what was typed and uploaded so far; raises ``stale`` when the draft was changed since it was ``seen``.

    A draft that was begun by the same press has not been seen yet.
    """
    one = _draft(transfer)
    if seen is not None and not seen.still_holds(one):
        raise Refused("stale", "草稿已在别处更新，请核对后再保存")
    changed = [name for name, value in answers.items() if getattr(one, name) != value]
    for name, value in answers.items():
        setattr(one, name, value)
    replaced = []
    for name, examined in (files or {}).items():
        replaced.append(getattr(one, name))
        setattr(one, name, store(examined, owner=one.worker.user, purpose=Purpose.EVIDENCE, holder=one))
        changed.append(name)
    if changed:
        _save(one, changed, by)
    for file in filter(None, replaced):
        file.holder = None
        file.save(update_fields=["holder_type", "holder_id"])
        purge(file)
    return one


def submit(transfer: Transfer, *, by, seen: int | None) -> Transfer:
    """Send the draft to whom the two regions say (R-CHG-06); raises ``Refused`` with what is missing or against it.

    An institution that moved, or an abolished division, may have made another change of it since it was
    shown: then ``changed`` is raised and the page shows what it is now.
    """
    with transaction.atomic():
        one = _draft(transfer)
        shown = _settled(one)
        _settle(one)
        if _settled(one) != shown:
            _save(one, ["kind"], by)
    with transaction.atomic():
        _hold(one.worker)
        return transfer.move("submit_across" if one.moves_region else "submit", actor=by, seen=seen)


def withdraw(transfer: Transfer, *, by) -> Transfer:
    """Take the change back until the first approval (R-CHG-10)."""
    return transfer.move("withdraw", actor=by)


@transaction.atomic
def discard(transfer: Transfer, *, by) -> Transfer:
    """Give up a draft; nobody has seen its files, so they go."""
    transfer.move("discard", actor=by)
    for file in filter(None, (getattr(transfer, name) for name in FILES)):
        purge(file)
    return transfer


@transaction.atomic
def copy(transfer: Transfer, *, by) -> Transfer:
    """Begin a new draft with what an ended change said and its files (§2.5)."""
    worker = _hold(transfer.worker)
    open_one = worker.transfers.filter(state__in=OPEN_TRANSFER_STATES).first()
    if open_one:
        return open_one
    if transfer.state not in ENDED_UNMOVED_STATES:
        raise Refused("wrong_state", f"当前状态为“{transfer.get_state_display()}”，不能重新申请")
    if refused := change_refused(worker):
        raise refused
    draft = Transfer(
        ref=next_reference("BG", worker.region_id, today().year),
        worker=worker,
        from_region=worker.region,
        copied_from=transfer,
        **{name: getattr(transfer, name) for name in _COPIED},
    )
    _settle(draft)
    draft.begin(actor=by)
    for name in FILES:
        try:
            file = getattr(transfer, name)
            setattr(draft, name, file and duplicate(file, holder=draft))
        except FileMissing:  # purged with a draft that was given up: it is asked for again
            log.info("nothing_to_copy", extra={"file": str(file.uid)})
    draft.save()
    return draft


def decide(transfer: Transfer, name: str, *, by, seen: int | None, reason: str = "") -> Transfer:
    """Make a reviewer's move; an approval that finds the institution gone ends the change instead (§2.5).

    That case raises ``Refused("target_gone")`` and leaves the change in 已失效.
    """
    try:
        with transaction.atomic():
            _hold(transfer.worker, into=transfer.to_institution_id)
            return transfer.move(name, actor=by, seen=seen, reason=reason)
    except Refused as refused:
        if refused.code != TARGET_GONE:
            raise
        cancel(transfer, reason=refused.message)
        raise Refused(TARGET_GONE, f"{refused.message}，这件变更已失效") from refused


def cancel(transfer: Transfer, *, reason: str) -> bool:
    """End one open change by the system; ``False`` when it has ended already."""
    try:
        transfer.move("cancel", reason=reason)
    except Refused as refused:
        log.info("nothing_to_do", extra={"move": "cancel", "code": refused.code})
        return False
    return True


def cancel_open(*, reason: str, worker: Worker | None = None, institution: Institution | None = None) -> int:
    """End the open changes of ``worker``, or those under review that lead to ``institution``; return how many.

    A draft that names the institution stays: its writer can choose another one.
    """
    if worker is not None:
        ending = Transfer.objects.filter(worker=worker, state__in=OPEN_TRANSFER_STATES)
    else:
        ending = Transfer.objects.filter(to_institution=institution, state__in=PENDING_STATES)
    return sum(cancel(each, reason=reason) for each in ending.order_by("pk"))


def registration_ended(registration: Registration) -> int:
    """Whoever is not registered any more has nothing to move (§2.5); return how many changes ended."""
    if registration.worker.registrations.filter(state__in=REGISTERED_STATES).exists():
        return 0
    return cancel_open(worker=registration.worker, reason=f"登记{registration.get_state_display()}，变更随之失效")


def institution_left(institution: Institution) -> int:
    """Nobody moves to an institution that is not 正常 any more (R-CHG-07); return how many changes ended."""
    if institution.is_active:
        return 0
    return cancel_open(institution=institution, reason=f"“{institution}”不再是正常状态的机构，不能变更到这个机构")


# --- what institutions hear (R-CHG-11) ----------------------------------------------------------

_TOLD = {
    TransferState.PENDING_OUT: "正在申请变更",
    TransferState.PENDING_IN: "正在申请变更",
    TransferState.APPROVED: "变更已完成",
    TransferState.REJECTED: "变更没有通过",
    TransferState.WITHDRAWN: "变更已由本人撤回",
    TransferState.CANCELLED: "变更已失效",
}
_LEAVES = "{name}{said}：从贵机构变更到“{other}”，变更日期{day}。以往的服务记录不受影响。"
_ARRIVES = "{name}{said}：从“{other}”变更到贵机构，变更日期{day}。"


def tell_institutions(transfer: Transfer, step: Step) -> int:
    """Tell the old and the new institution, where they have accounts; return how many were told.

    They are informed and not asked (Q29). Nothing is said of drafts, nor twice of one change in review.
    """
    source = step.transition.source
    sent = source == TransferState.DRAFT and transfer.state in PENDING_STATES
    ended = source in PENDING_STATES and transfer.state not in PENDING_STATES
    if not (sent or ended) or not transfer.changes_employer:
        return 0
    facts = {
        "name": transfer.worker.user.name,
        "said": _TOLD[transfer.state],
        "day": cn_date(transfer.effective_date),
    }
    told = 0
    for institution, words, other in (
        (transfer.from_institution, _LEAVES, transfer.new_employer),
        (transfer.to_institution, _ARRIVES, transfer.from_employer or "原工作单位"),
    ):
        for account in institution.people_to_tell() if institution else ():
            kind = f"registration.transfer.{step.transition.name}.institution"
            notify(account, kind=kind, title="社会工作者变更告知", body=words.format(other=other, **facts))
            told += 1
    return told


# --- in common ------------------------------------------------------------------------------------


def _hold(worker: Worker, *, into: int | None = None) -> Worker:
    """Lock what a change touches, and return the worker as it is now; ``into`` is the institution it leads to."""
    if into:
        Institution.objects.select_for_update(no_key=True, of=("self",)).get(pk=into)
    one = Worker.objects.select_for_update(no_key=True, of=("self",)).select_related("user", "region").get(pk=worker.pk)
    states = (ApplicationState.NOT_APPLIED, *IN_REVIEW_STATES)
    cases = Application.objects.select_for_update(no_key=True, of=("self",)).filter(worker=one, state__in=states)
    list(cases.order_by("pk"))
    list(Registration.objects.select_for_update(no_key=True, of=("self",)).filter(worker=one).order_by("pk"))
    return one


def _draft(transfer: Transfer) -> Transfer:
    """Return the draft as it is now, locked; raises ``wrong_state`` for what is no draft any more."""
    rows = Transfer.objects.select_for_update(of=("self",)).select_related(
        "worker__user", "from_region", "to_region", "to_institution__region"
    )
    one = rows.get(pk=transfer.pk)
    if one.state != TransferState.DRAFT:
        raise Refused("wrong_state", f"变更申请处于“{one.get_state_display()}”状态，不能修改", state=one.state)
    return one


def _take_employer(transfer: Transfer, employer: Employer) -> None:
    transfer.to_institution, transfer.keeps_employer = employer.institution, employer.stays
    _settle(transfer)
    if employer.stays and transfer.from_institution:
        raise Refused(
            "region_with_institution", "您现在的工作单位是社会工作服务机构，登记区域随机构变更，不能单独变更区域"
        )
    if employer.institution and employer.institution == transfer.from_institution:
        raise Refused("same_institution", f"“{employer.institution}”就是您现在的工作单位，请选择变更后的工作单位")


def _settle(transfer: Transfer) -> None:
    """Take over what follows from the worker and from the new employer: both sides and the kind (R-CHG-04).

    Within one region the bureau of the worker's 登记区域 decides, so the change names that region twice.
    """
    worker = transfer.worker
    now = worker.experiences.filter(end_date=None).select_related("institution").first()
    transfer.from_region = current(worker.region)
    transfer.from_institution = now.institution if now else None
    transfer.from_employer, transfer.from_type = (now.employer_name, now.employer_type) if now else ("", "")
    transfer.from_post, transfer.from_start = (now.post, now.start_date) if now else ("", None)
    if transfer.to_institution:
        transfer.to_region = transfer.to_institution.region
    if transfer.to_region:
        transfer.to_region = current(transfer.to_region)
        if same_region(transfer.from_region, transfer.to_region):
            transfer.to_region = transfer.from_region
    transfer.kind = kind_of(transfer)


def _settled(transfer: Transfer) -> tuple:
    return (transfer.kind, transfer.from_region_id, transfer.to_region_id, transfer.from_employer, transfer.from_start)


def _save(draft: Transfer, changed: list[str], by) -> None:
    """Write the draft's next version (R-REG-12)."""
    _settle(draft)
    draft.form_version += 1
    draft.save()
    record("registration.transfer.edit", draft, actor=by, changes={"fields": sorted(changed)})
