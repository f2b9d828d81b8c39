"""Edits of the personal information; each is one transaction and asks ``profile_changed`` (R-REG-10…13).

``seen`` is what the page showed: an edit of what was changed elsewhere meanwhile raises
``Refused("stale")``, and nothing is written. All of them may raise what
``profile_changed`` raises, and ``UploadRefused`` where files are given.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, transaction

from registration.actions.applications import profile_changed
from registration.models import Honour, Institution, PastProject, Worker, WorkExperience
from registration.queries.versions import NOTHING, Seen
from swms.audit.trail import record
from swms.codes import EmployerType
from swms.uploads.examine import Examined
from swms.uploads.models import Purpose, StoredFile
from swms.uploads.storage import attach, purge, store
from swms.workflow import Refused

MAX_FILES = 5  # R-PRO-14


@transaction.atomic
def save_answers(worker: Worker, answers: dict, *, part: str, by, seen: Seen, files: dict | None = None) -> None:
    """Write answers of ``part`` into the personal information; ``email`` goes to the account.

    ``files`` are newly uploaded ``Examined`` by field; the file that a new one replaces is retired,
    as is the local certificate when there is said to be none (R-PRO-06).
    """
    files = files or {}
    one = _locked(worker)
    _check_seen(one, seen)
    for name, value in answers.items():
        if name == "email":
            one.user.email = value
            one.user.save(update_fields=["email"])
        else:
            setattr(one, name, value)
    replaced = []
    for name, examined in files.items():
        replaced.append(getattr(one, name))
        purpose = Purpose.PHOTO if name == "photo" else Purpose.EVIDENCE
        setattr(one, name, store(examined, owner=one.user, purpose=purpose, holder=one))
    if answers.get("has_local_cert") is False and one.local_cert_file:
        replaced.append(one.local_cert_file)
        one.local_cert_file = None
    one.save()
    for file in filter(None, replaced):
        _retire(file, one)
    profile_changed(one, by=by, part=part)


@transaction.atomic
def state_region(worker: Worker, *, by) -> None:
    """Write down that the worker said to work in the 登记区域, where nothing else shows it (R-PRO-07)."""
    record("registration.worker.state_region", worker, actor=by, changes={"region": worker.region_id})


@transaction.atomic
def save_experience(
    worker: Worker, row: WorkExperience | None, answers: dict, *, by, seen: Seen = NOTHING
) -> WorkExperience:
    """Add or change an employment (R-PRO-08, R-PRO-09); raises ``Refused("already_current")``.

    An institution gives its name and kind; otherwise both are as typed.
    """
    one = _locked(worker)
    row, was_current = _own_row(WorkExperience, one, row), row is not None and row.end_date is None
    _check_seen(row, seen)
    _fill(row, answers)
    if row.institution:
        row.employer_name = row.institution.name
    if row.end_date is None:
        other = one.experiences.filter(end_date=None).exclude(pk=row.pk).first()
        if other:
            raise Refused(
                "already_current", f"已有一段至今的工作经历（{other.employer_name}），请先填写它的结束时间", pk=other.pk
            )
    row.save()
    profile_changed(one, by=by, part="employer" if was_current or row.end_date is None else "work")
    return row


@transaction.atomic
def link_institution(
    worker: Worker, rows: Iterable[WorkExperience], institution: Institution, *, by
) -> list[WorkExperience]:
    """Make typed employments those of an institution, because the worker said so (R-PRO-10).

    All of them or none; raises ``Refused("not_active")`` when the institution cannot be chosen (any more).
    """
    institution = Institution.objects.select_for_update(no_key=True, of=("self",)).get(pk=institution.pk)
    one = _locked(worker)
    if not institution.is_active:
        raise Refused("not_active", f"“{institution.name}”现在不能关联（{institution.get_state_display()}）")
    linked = []
    for each in rows:
        row = _own_row(WorkExperience, one, each)
        row.institution, row.employer_name = institution, institution.name
        row.employer_type = EmployerType.SOCIAL_WORK_INSTITUTION
        row.save()
        profile_changed(one, by=by, part="employer" if row.end_date is None else "work")
        linked.append(row)
    return linked


@transaction.atomic
def save_project(
    worker: Worker,
    row: PastProject | None,
    answers: dict,
    *,
    by,
    seen: Seen = NOTHING,
    files: Iterable[Examined] = (),
    removed: Iterable[StoredFile] = (),
) -> PastProject:
    """Add or change a past project; raises ``Refused("evidence_missing")`` (R-PRO-11).

    A project of neither plan keeps no evidence: its files go.
    """
    one = _locked(worker)
    row = _own_row(PastProject, one, row)
    _check_seen(row, seen)
    _fill(row, answers)
    row.save()
    if row.is_special:
        _change_files(row, files, removed, one)
    else:
        _change_files(row, (), row.evidence.all(), one)
    if row.is_special and not row.evidence.exists():
        raise Refused("evidence_missing", "属于三区计划或牵手计划的项目，请至少上传1个证明材料")
    profile_changed(one, by=by, part="projects")
    return row


@transaction.atomic
def save_honour(
    worker: Worker,
    row: Honour | None,
    answers: dict,
    *,
    by,
    seen: Seen = NOTHING,
    files: Iterable[Examined] = (),
    removed: Iterable[StoredFile] = (),
) -> Honour:
    """Add or change an honour (R-PRO-13)."""
    one = _locked(worker)
    row = _own_row(Honour, one, row)
    _check_seen(row, seen)
    _fill(row, answers)
    row.save()
    _change_files(row, files, removed, one)
    profile_changed(one, by=by, part="honours")
    return row


@transaction.atomic
def delete_row(worker: Worker, row: WorkExperience | PastProject | Honour, *, by) -> None:
    """Delete one entry of the personal information, with its files."""
    one = _locked(worker)
    row = _own_row(type(row), one, row)
    if isinstance(row, WorkExperience):
        part = "work" if row.end_date else "employer"
    else:
        part = "projects" if isinstance(row, PastProject) else "honours"
        for file in row.evidence.all():
            _retire(file, one)
    row.delete()
    profile_changed(one, by=by, part=part)


def _locked(worker: Worker) -> Worker:
    """Read the worker again and hold the row: edits of one person come one after another."""
    return Worker.objects.select_for_update(of=("self",)).select_related("user").get(pk=worker.pk)


def _own_row(model: type[models.Model], worker: Worker, row):
    """Return the row as it is now, or a new one; raises ``Refused("gone")`` if it was deleted meanwhile."""
    if row is None:
        return model(worker=worker)
    fresh = model.objects.filter(worker=worker, pk=row.pk).first()
    if fresh is None:
        raise Refused("gone", "这条记录已在别处删除")
    return fresh


def _check_seen(record: models.Model, seen: Seen) -> None:
    if not seen.still_holds(record):
        raise Refused("stale", "资料已在别处更新，请核对后再保存")


def _fill(row: models.Model, answers: dict) -> None:
    for name, value in answers.items():
        setattr(row, name, value)
    try:
        row.clean_fields(exclude=["worker"])
    except ValidationError as error:
        raise Refused("invalid", "；".join(error.messages)) from error


def _change_files(row: models.Model, files: Iterable[Examined], removed: Iterable[StoredFile], worker: Worker) -> None:
    for file in removed:
        _retire(file, worker)
    files = list(files)
    if row.evidence.count() + len(files) > MAX_FILES:
        raise Refused("too_many", f"每项最多保留{MAX_FILES}个文件，请先删除不再需要的文件")
    for examined in files:
        store(examined, owner=worker.user, purpose=Purpose.EVIDENCE, holder=row)


def _retire(file: StoredFile, worker: Worker) -> None:
    """Take a file out of the personal information.

    What was ever sent with an application stays with it, for those who may see the case; the rest is purged.
    """
    sent = worker.applications.exclude(forms=None).order_by("-pk").first()
    if sent:
        attach(file, sent)
    else:
        file.holder = None
        file.save(update_fields=["holder_type", "holder_id"])
        purge(file)
