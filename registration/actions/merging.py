"""Making two people of the roster one (§2.16): proposed by one keeper, carried out when another confirms it."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.db import IntegrityError, transaction

from registration.actions.applications import attach_qualifications
from registration.actions.constraints import broken_by
from registration.models import IdentityCorrection, InstitutionFeedback, Qualification, RosterMerge, Worker
from registration.queries.merging import Person, against_merging, jobs_that_stay, person_of, unsent
from swms.accounts.models import User
from swms.audit.trail import record
from swms.codes import IdType
from swms.idnumbers import parse
from swms.regions.models import Duty, holds_duty
from swms.uploads.models import StoredFile
from swms.workflow import Refused

_movers: list[Callable[[Worker, Worker], None]] = []


def move_when_merging(mover: Callable[[Worker, Worker], None]) -> None:
    """Have an app move what is a worker's to another worker, within the transaction of the merge."""
    if mover not in _movers:
        _movers.append(mover)


def propose(keep: Qualification, join: Qualification, *, reason: str, by) -> RosterMerge:
    """Propose that two people are one.

    Raises ``Refused``: ``cannot_merge`` with every reason, ``already_proposed``, ``other_province``.
    """
    _refuse(person_of(keep), person_of(join), by)
    merge = RosterMerge(
        keep=keep, join=join, old_name=join.name, old_number=join.id_number, reason=reason, proposed_by=by
    )
    try:
        with transaction.atomic():
            return merge.begin(actor=by)
    except IntegrityError as error:
        if "one_open_merge" not in broken_by(error):
            raise
        raise Refused("already_proposed", "已有一件合并此人的申请等待复核，请先处理") from error


def carry_out(merge: RosterMerge, *, by) -> None:
    """Make the two one, as the effect of the confirmation and in its transaction.

    Rows are locked in the order of their keys; what stands against it is asked again. Raises ``Refused``
    ``cannot_merge`` or ``other_province`` and writes nothing.
    """
    keep, join = person_of(merge.keep), person_of(merge.join)
    _lock(keep, join)
    keep, join = person_of(merge.keep), person_of(merge.join)
    _refuse(keep, join, by)
    if (join.name, join.id_number) != (merge.old_name, merge.old_number):
        raise Refused("cannot_merge", "并入的人的姓名或证件号码在提出之后已更正，请不予合并，重新提出")
    moved = {"qualifications": sorted(row.pk for row in (*keep.rows, *join.rows)), "account": ""}
    try:
        with transaction.atomic():
            if keep.worker and join.worker:
                moved |= _join_accounts(keep.worker, join.worker, by)
            elif join.worker:
                _give_identity(join.worker, keep, merge, by)
                moved["account"] = "join"
            _rename(join.rows, keep)
            survivor = keep.worker or join.worker
            if survivor:
                attach_qualifications(Worker.objects.select_related("user").get(pk=survivor.pk))
    except IntegrityError as error:
        raise Refused("cannot_merge", "合并时社工库有变化，请重新核对后再确认") from error
    for row in join.rows:
        record("registration.qualification.merge", row, actor=by, changes={"merge": str(merge.uid)})
    merge.moved = moved
    merge.save(update_fields=["moved"])


def _refuse(keep: Person, join: Person, by) -> None:
    said = against_merging(keep, join)
    if said:
        raise Refused("cannot_merge", "；".join(said), reasons=said)
    for row in (*keep.rows, *join.rows):
        if not holds_duty(by, Duty.CERTIFICATE, row.province):
            raise Refused("other_province", f"涉及{row.province.name}的记录，请由全国的证书管理人员办理")


def _lock(*people: Person) -> None:
    rows = [row.pk for each in people for row in each.rows]
    users = [each.user.pk for each in people if each.user]
    for locked in (
        Qualification.objects.filter(pk__in=rows),
        Worker.objects.filter(user__in=users),
        User.objects.filter(pk__in=users),
    ):
        list(locked.select_for_update(of=("self",)).order_by("pk"))
    for each in Worker.objects.filter(user__in=users):
        list(each.applications.select_for_update(of=("self",)).order_by("pk"))


def _rename(rows: list[Qualification], keep: Person) -> None:
    """Give the rows the identity that stays; whoever had them before, ``attach_qualifications`` finds them."""
    for row in rows:
        row.name, row.id_type, row.id_number = keep.name, keep.id_type, keep.id_number
        row.save(update_fields=["name", "id_type", "id_number", "id_index", "updated_at"])


def _give_identity(worker: Worker, keep: Person, merge: RosterMerge, by) -> None:
    """The only account is the second's: it goes on under the identity that stays (as R-REP-03 does with a proof)."""
    user = worker.user
    old = {"name": user.name, "id_number": user.id_number}
    new = {"name": keep.name, "id_number": keep.id_number}
    user.name, user.id_type, user.id_number = keep.name, keep.id_type, keep.id_number
    user.save(update_fields=["name", "id_type", "id_number", "id_index"])
    if user.id_type in IdType.with_citizen_number():  # R-ACC-11
        number = parse(user.id_number)
        worker.sex, worker.birth_date = number.sex, number.birth_date
        worker.save(update_fields=["sex", "birth_date", "updated_at"])
    changed = [key for key in old if old[key] != new[key]]
    basis = f"合并 {merge.uid.hex[:12]}"
    record("accounts.user.correct", user, actor=by, changes={"fields": changed, "basis": basis})
    IdentityCorrection.objects.create(
        worker=worker,
        sealed=json.dumps({"old": old, "new": new}, ensure_ascii=False),
        changed=changed,
        basis=basis,
        by=by,
    )


def _join_accounts(keep: Worker, join: Worker, by) -> dict:
    """Move everything of the second account to the first and close the second; return what moved, by key."""
    unsent(join).update(region=keep.region_id or join.region_id)
    stays = list(jobs_that_stay(keep, join).values_list("pk", flat=True))
    moving = {
        "applications": join.applications.all(),
        "registrations": join.registrations.all(),
        "transfers": join.transfers.all(),
        "inspections": join.sampled.all(),
        "institution_feedbacks": InstitutionFeedback.objects.filter(worker=join),
        "experiences": join.experiences.exclude(pk__in=stays),
        "past_projects": join.past_projects.all(),
        "honours": join.honours.all(),
        "attached": join.qualifications.all(),
    }
    moved = {name: sorted(rows.values_list("pk", flat=True)) for name, rows in moving.items()}
    for rows in moving.values():
        rows.update(worker=keep)
    for mover in _movers:
        mover(join, keep)
    StoredFile.objects.filter(owner=join.user).update(owner=keep.user)
    if keep.region_id is None and join.region_id:
        keep.region_id = join.region_id
        keep.save(update_fields=["region", "updated_at"])
    user = join.user
    user.is_active, user.session_epoch = False, user.session_epoch + 1
    user.save(update_fields=["is_active", "session_epoch"])
    record("accounts.user.merge", user, actor=by, changes={"into": keep.user_id})
    return moved | {"account": "keep", "jobs_that_stay": stays}
