"""Correcting who somebody is: the account, the personal information and the roster, in one transaction (R-REP-03)."""

import json

from django.db import IntegrityError, transaction

from registration.actions.applications import attach_qualifications
from registration.models import Application, IdentityCorrection, Qualification, Worker
from registration.queries.identity import IDENTITY_TAKEN, identity_conflict, own_rows
from registration.workflows import IN_REVIEW_STATES
from swms.accounts.models import User
from swms.audit.trail import record
from swms.codes import IdType
from swms.idnumbers import InvalidIdNumber, clean_id_number, clean_name, parse
from swms.uploads.models import StoredFile
from swms.workflow import Refused


@transaction.atomic
def correct_identity(
    worker: Worker, *, name: str = "", id_number: str = "", by, basis: str, proof: list[StoredFile]
) -> IdentityCorrection:
    """Give a person the name and the identity number that the police say, and keep what they were.

    What is empty stays as it is. The account, the roster rows, the blind indexes and what the number says (sex, date
    of birth) change together; sessions go on. Raises ``Refused`` and writes nothing: ``identity_invalid``,
    ``nothing_changed``, ``case_open`` while a form with the old identity is under review, ``identity_taken`` when the
    number is another's, which is for the keepers of certificates to merge.
    """
    rows = list(Qualification.objects.select_for_update().filter(pk__in=own_rows(worker).values("pk")).order_by("pk"))
    one = Worker.objects.select_for_update().get(pk=worker.pk)
    one.user = user = User.objects.select_for_update().get(pk=one.user_id)
    # A form that is sent at this moment either comes first and refuses the correction, or is filled in after it.
    applications = Application.objects.select_for_update(of=("self",)).filter(worker=worker).order_by("pk")
    if any(each.state in IN_REVIEW_STATES for each in applications):
        raise Refused("case_open", "申请人有一件登记申请正在审核，办结后才能更正姓名或证件号码")

    old = {"name": user.name, "id_number": user.id_number}
    new = old | _cleaned(name, id_number, user.id_type)
    changed = [key for key in old if old[key] != new[key]]
    if not changed:
        raise Refused("nothing_changed", "更正后的内容与现在登记的一样")
    conflict = identity_conflict(one, **new)
    if conflict:
        raise conflict
    try:
        with transaction.atomic():
            _write(one, rows, new)
            attach_qualifications(one)
    except IntegrityError as error:  # somebody took the number at this moment, or two rows would be one certificate
        raise Refused("identity_taken", IDENTITY_TAKEN) from error

    for each in (user, *rows):
        record(f"{each._meta.label_lower}.correct", each, actor=by, changes={"fields": changed, "basis": basis})
    return IdentityCorrection.objects.create(
        worker=one,
        sealed=json.dumps({"old": old, "new": new}, ensure_ascii=False),
        changed=changed,
        basis=basis,
        proof=[{"uid": str(file.uid), "sha256": file.sha256} for file in proof],
        by=by,
    )


def _cleaned(name: str, id_number: str, id_type: str) -> dict[str, str]:
    """Return what is to be written, normalised; raises ``Refused("identity_invalid")``."""
    try:
        said = {"name": clean_name(name)} if name else {}
        return said | ({"id_number": clean_id_number(id_number, id_type)} if id_number else {})
    except InvalidIdNumber as error:
        raise Refused("identity_invalid", str(error)) from error


def _write(worker: Worker, rows: list[Qualification], new: dict[str, str]) -> None:
    user = worker.user
    for each in (user, *rows):
        each.name, each.id_number = new["name"], new["id_number"]
    user.save(update_fields=["name", "id_number", "id_index"])
    for row in rows:
        row.save(update_fields=["name", "id_number", "id_index", "updated_at"])
    if user.id_type in IdType.with_citizen_number():  # R-ACC-11
        number = parse(user.id_number)
        worker.sex, worker.birth_date = number.sex, number.birth_date
        worker.save(update_fields=["sex", "birth_date", "updated_at"])
