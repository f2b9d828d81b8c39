"""Two records of the roster that may be one person: who they are, what would move, what is against it (§2.16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from registration.models import Appeal, InstitutionFeedback, Qualification, Registration, RosterMerge, Worker
from registration.workflows import (
    IN_REVIEW_STATES,
    OPEN_TRANSFER_STATES,
    REFUSED_STATES,
    REGISTERED_STATES,
    AppealState,
    ApplicationState,
    InstitutionFeedbackState,
    RosterMergeState,
)
from registration.workflows.sampling.case import is_settled
from swms.accounts.models import User
from swms.crypto import index_candidates
from swms.current import once
from swms.idnumbers import mask_id

_OPEN_APPEALS = (AppealState.SUBMITTED, AppealState.NEED_MORE, AppealState.APPROVED, AppealState.BLOCKED)

_obstacles: list[Callable[[Worker], list[str]]] = []


def ask_before_merging(obstacles: Callable[[Worker], list[str]]) -> None:
    """Have an app say which open cases of a worker stand against a merge: sentences, none where nothing does."""
    if obstacles not in _obstacles:
        _obstacles.append(obstacles)


@dataclass(frozen=True)
class Person:
    """Whom a row of the roster stands for: the identity, all its rows, and the account if there is one."""

    name: str
    id_type: str
    id_number: str
    rows: list[Qualification] = field(repr=False)
    user: User | None = field(repr=False)

    @property
    def worker(self) -> Worker | None:
        return getattr(self.user, "worker", None) if self.user else None

    @property
    def masked_id(self) -> str:
        return mask_id(self.id_number)


def person_of(row: Qualification) -> Person:
    """Return the person whom a row stands for: everything under this identity number."""
    return once(("person", row.pk), lambda: _person_of(row))


def _person_of(row: Qualification) -> Person:
    indexes = index_candidates("identity", row.id_number)
    rows = Qualification.objects.filter(id_index__in=indexes).select_related("province", "registration").order_by("pk")
    user = User.objects.filter(id_index__in=indexes).select_related("worker").first()
    return Person(row.name, row.id_type, row.id_number, list(rows), user)


def formerly(indexes: list[str]) -> QuerySet[Qualification]:
    """Return the rows of whoever was known under an identity number until two records were made one."""
    moved = RosterMerge.objects.filter(state=RosterMergeState.MERGED, old_index__in=indexes).values_list(
        "moved", flat=True
    )
    return Qualification.objects.filter(pk__in=[pk for each in moved for pk in each.get("qualifications", ())])


def against_merging(keep: Person, join: Person) -> list[str]:
    """Return every reason why the two cannot be made one now, in words for the keeper; none when they can."""
    if keep.rows and join.rows and keep.rows[0].id_index == join.rows[0].id_index:
        return ["两条记录的证件号码相同，已经是同一个人"]
    said = [*_odd_accounts(keep, join), *_same_award(keep, join), *_two_in_force(keep, join)]
    if keep.worker and join.worker:
        for each in (keep, join):
            said += _open_cases(each.worker)
        said += _in_two_regions(keep.worker, join.worker)
    elif join.worker:  # whose identity changes
        said += _in_review(join.worker)
    return said


def _odd_accounts(keep: Person, join: Person) -> list[str]:
    said = []
    for each in (keep, join):
        if each.user and each.worker is None:
            said.append(f"{each.masked_id}是工作人员或机构的账户，不能合并")
        elif each.user and not each.user.is_active:
            said.append(f"{each.masked_id}的账户已停用或锁定，请先处理账户")
    return said


def _same_award(keep: Person, join: Person) -> list[str]:
    held = {(row.level, row.exam_year): row for row in keep.rows}
    return [
        f"两人各有一份{row.exam_year}年{row.get_level_display()}证书（管理号{held[key].mgmt_no}、{row.mgmt_no}），"
        "一人一级一年只能有一份，请先向发证机构核实"
        for row in join.rows
        if (key := (row.level, row.exam_year)) in held
    ]


def _two_in_force(keep: Person, join: Person) -> list[str]:
    levels = [{row.level: row.registration for row in each.rows if _in_force(row)} for each in (keep, join)]
    return [
        f"两人各有一项有效的{one.qualification.get_level_display()}登记（{one.number}、{levels[1][level].number}），请先注销其中一项"
        for level, one in levels[0].items()
        if level in levels[1]
    ]


def _in_force(row: Qualification) -> bool:
    registration: Registration | None = getattr(row, "registration", None)
    return registration is not None and registration.state in REGISTERED_STATES


def _in_review(worker: Worker) -> list[str]:
    cases = worker.applications.filter(state__in=IN_REVIEW_STATES).order_by("pk")
    said = [f"登记申请{each.ref}正在审核，办结后才能合并" for each in cases]
    return said + [line for obstacles in _obstacles for line in obstacles(worker)]


def _in_two_regions(keep: Worker, join: Worker) -> list[str]:
    """Registrations are where their worker is (R-CHG-07)."""
    places = {each.region_id for each in (keep, join) if each.region_id}
    if len(places) < 2 or not Registration.objects.filter(worker__in=(keep, join)).exists():
        return []
    return [f"两个账户的登记区域不同（{keep.region}、{join.region}），请先由本人办理变更"]


def _open_cases(worker: Worker) -> list[str]:
    """Both have an account: whatever is open would be answered to an account that is closed."""
    refused = worker.applications.filter(state__in=REFUSED_STATES).order_by("pk")
    said = _in_review(worker)
    said += [f"登记申请{each.ref}未通过、尚待补正或重新申请，请本人办结后再合并" for each in refused]
    for transfer in worker.transfers.filter(state__in=OPEN_TRANSFER_STATES).order_by("pk"):
        said.append(f"变更申请{transfer.ref}尚未办结")
    inspections = worker.sampled.order_by("pk")
    said += [f"抽查{each.ref}尚未办结，或者仍在申请复核的期限内" for each in inspections if not is_settled(each)]
    pending = InstitutionFeedback.objects.filter(worker=worker, state=InstitutionFeedbackState.PENDING)
    said += [f"机构反馈{each.ref}尚未办结" for each in pending]
    mine = Q(account=worker.user) | Q(id_index=worker.user.id_index)
    said += [f"申诉{each.ref}尚未办结" for each in Appeal.objects.filter(mine, state__in=_OPEN_APPEALS)]
    return said


def preview(keep: Person, join: Person) -> list[tuple[str, str]]:
    """Return what a merge would do, as ``(what, in words)``."""
    lines = [("转入的证书", "、".join(row.mgmt_no for row in join.rows) or "无")]
    if not join.worker:
        lines.append(("账户", "证书关联到保留的账户" if keep.worker else "两人都没有账户，注册时用保留的证件号码"))
        return lines
    if not keep.worker:
        lines.append(("账户", "并入的人的账户保留，姓名和证件号码改为保留的，手机号和密码不变"))
        return lines
    worker = join.worker
    records = Registration.objects.filter(worker=worker)
    lines += [
        ("账户", "保留的账户继续使用；并入的账户关闭，不能再登录"),
        ("登记", "、".join(each.number for each in records) or "无"),
        ("申请", f"{worker.applications.count()}件"),
        ("变更", f"{worker.transfers.count()}件"),
        ("工作经历", _moving_jobs(keep.worker, worker)),
        ("以往项目和荣誉", f"{worker.past_projects.count() + worker.honours.count()}条"),
    ]
    return lines


def _moving_jobs(keep: Worker, join: Worker) -> str:
    count, stay = join.experiences.count(), jobs_that_stay(keep, join).count()
    return f"{count - stay}条" + ("，目前的工作以保留的账户为准" if stay else "")


def jobs_that_stay(keep: Worker, join: Worker) -> QuerySet:
    """Return the present employment of the second account where the first has one: nobody has two."""
    if not keep.experiences.filter(end_date=None).exists():
        return join.experiences.none()
    return join.experiences.filter(end_date=None)


def unsent(worker: Worker) -> QuerySet:
    """Return the applications that were opened and never sent."""
    return worker.applications.filter(state=ApplicationState.NOT_APPLIED)
