"""变更: a registered worker moves to another employer, another region, or both (rulebook §2.5)."""

from datetime import date, timedelta

from django.apps import apps
from django.db import models
from django.utils import timezone

from registration.workflows.application import IN_REVIEW_STATES, ApplicationState
from registration.workflows.registration import REGISTERED_STATES
from swms.audit.trail import record
from swms.codes import EmployerType
from swms.dates import today, working_days_after
from swms.regions.queries import current, full_name, same_region
from swms.ui import cn_date
from swms.workflow import Refused, Step, Transition, Workflow

REVIEW_WORKING_DAYS = 15  # R-CHG-10: for each of the two steps
DAYS_AHEAD = 30  # §3.12
TARGET_GONE = "target_gone"


class TransferState(models.TextChoices):
    """Where a change stands. A change within one region is plainly 待审核 while its one review lasts."""

    DRAFT = "DRAFT", "草稿"
    PENDING_OUT = "PENDING_OUT", "待转出地审核"
    PENDING_IN = "PENDING_IN", "待转入地审核"
    APPROVED = "APPROVED", "变更完成"
    REJECTED = "REJECTED", "未通过"
    WITHDRAWN = "WITHDRAWN", "已撤回"
    CANCELLED = "CANCELLED", "已失效"


class TransferKind(models.TextChoices):
    """What changes; worked out from the employers and the two regions, never chosen (R-CHG-02, R-CHG-03)."""

    INST_ONLY = "INST_ONLY", "机构变更"
    INST_AND_REGION = "INST_AND_REGION", "机构变更和区域变更"
    REGION_ONLY = "REGION_ONLY", "区域变更"


T, K = TransferState, TransferKind
PENDING_STATES = (T.PENDING_OUT, T.PENDING_IN)
OPEN_TRANSFER_STATES = (T.DRAFT, *PENDING_STATES)
ENDED_UNMOVED_STATES = (T.REJECTED, T.WITHDRAWN, T.CANCELLED)


def kind_of(transfer) -> str:
    """Return what kind of change this is, empty while it would change nothing (R-CHG-02…04)."""
    moves = transfer.to_region is not None and not same_region(transfer.from_region, transfer.to_region)
    if transfer.changes_employer:
        return K.INST_AND_REGION if moves else K.INST_ONLY
    return K.REGION_ONLY if moves else ""


# --- what must hold before it is sent ---------------------------------------------------------


def change_refused(worker) -> Refused | None:
    """Return why this worker cannot change anything by 变更 now, ``None`` if it is possible (R-CHG-08)."""
    if not worker.registrations.filter(state__in=REGISTERED_STATES).exists():
        return Refused("not_registered", "还没有完成登记，不用办理变更，请直接修改个人信息")
    case = worker.applications.filter(state__in=IN_REVIEW_STATES).first()
    if case:
        return Refused("case_in_review", f"登记申请{case.ref}处于“{case.get_state_display()}”状态，办结后才能申请变更")
    return None


def may_change(transfer, step: Step):
    """R-CHG-08."""
    if refused := change_refused(transfer.worker):
        raise refused


def answered(transfer, step: Step):
    """§3.12: everything that this kind of change asks for is there, files included."""
    missing = transfer.missing()
    if missing:
        names = "、".join(label for _, label in missing)
        raise Refused("incomplete", f"还没有填写或上传：{names}", missing=[name for name, _ in missing])


def changes_something(transfer, step: Step):
    """The kind is what the two employers and the two regions make of it (R-CHG-03, R-CHG-09)."""
    institution = transfer.to_institution
    if institution and institution.pk == transfer.from_institution_id:
        raise Refused("same_institution", f"“{institution}”就是您现在的工作单位，请选择变更后的工作单位")
    kind = kind_of(transfer)
    if not kind:
        raise Refused("nothing_changes", "工作单位和登记区域都没有改变，不用申请变更")
    if kind == K.REGION_ONLY and transfer.from_institution_id:
        raise Refused(
            "region_with_institution", "您现在的工作单位是社会工作服务机构，登记区域随机构变更，不能单独变更区域"
        )
    if kind != transfer.kind:
        raise Refused("changed", "资料已更新，请重新查看", form_version=transfer.form_version)


def target_there(transfer, step: Step):
    """§2.5: the institution is still 正常, and still where the change leads."""
    institution = transfer.to_institution
    if institution is None:
        return
    if not institution.is_active:
        raise Refused(TARGET_GONE, f"“{institution}”现在不是正常状态的机构，不能变更到这个机构")
    if not same_region(institution.region, transfer.to_region):
        where = full_name(institution.region)
        raise Refused(TARGET_GONE, f"“{institution}”的登记管理区域已改为{where}，与申请的区域不同")


def region_belongs(transfer, step: Step):
    """R-CHG-09, R-PRO-07: the new region is where 户籍 or 工作单位 is; whoever has no work has only the former."""
    if transfer.kind == K.INST_ONLY:
        return
    without_work = transfer.new_employer_type == EmployerType.NOT_EMPLOYED
    home = transfer.worker.household_region
    if without_work and not (home and same_region(home, transfer.to_region)):
        raise Refused("region_elsewhere", "没有工作单位的，新的登记区域须是户籍所在地，请先在个人信息中更新户籍所在地")


def date_fits(transfer, step: Step):
    """§3.12: not before the old employment began, at most 30 days ahead."""
    if message := date_refused(transfer, transfer.effective_date):
        raise Refused("date_out_of_range", message)


def date_refused(transfer, day: date) -> str:
    """Return what is wrong with ``day`` as 变更日期, empty if nothing is."""
    latest = today() + timedelta(days=DAYS_AHEAD)
    if day > latest:
        return f"变更日期最晚为{cn_date(latest)}（今天起{DAYS_AHEAD}日内）"
    if transfer.from_start and day < transfer.from_start:
        return f"变更日期不能早于原工作的开始时间（{cn_date(transfer.from_start)}）"
    return ""


def within_one_region(transfer, step: Step):
    """R-CHG-06: one review."""
    if transfer.moves_region:
        raise Refused("two_regions", "变更涉及两个区域，须先由转出地审核")


def between_regions(transfer, step: Step):
    """R-CHG-06: the out-region first."""
    if not transfer.moves_region:
        raise Refused("one_region", "变更没有跨区域，只由登记区域审核")


# --- reviews ------------------------------------------------------------------------------------


def nothing_approved(transfer, step: Step):
    """R-CHG-10: until the first approval."""
    if transfer.approved_out_at:
        raise Refused("already_approved", "转出地已经同意，不能再撤回")


def another_reviewer(transfer, step: Step):
    """Four eyes: who let the worker go does not also decide on the arrival."""
    if transfer.approved_out_by_id and step.actor and transfer.approved_out_by_id == step.actor.pk:
        raise Refused("four_eyes", "转出和转入须由不同的人员审核")


# --- effects ------------------------------------------------------------------------------------


def receive(transfer, step: Step):
    """R-CHG-10: the clock of the first step begins."""
    transfer.submitted_at = timezone.now()
    transfer.due_on = working_days_after(today(), REVIEW_WORKING_DAYS)


def hand_over(transfer, step: Step):
    """R-CHG-06: the in-region has 15 working days of its own."""
    transfer.approved_out_by, transfer.approved_out_at = step.actor, timezone.now()
    transfer.due_on = working_days_after(today(), REVIEW_WORKING_DAYS)


def close(transfer, step: Step):
    """Nobody has to decide any more."""
    transfer.decided_by, transfer.decided_at = step.actor, timezone.now()
    transfer.decided_reason = step.reason
    transfer.due_on = None


def move_everything(transfer, step: Step):
    """R-CHG-07: employment, 登记区域, registrations and unsent applications move, in the transaction of the approval.

    Numbers and validity stay. Cases that were decided keep the region that decided them.
    """
    close(transfer, step)
    worker = transfer.worker
    if transfer.changes_employer:
        _change_employment(transfer)
    if not transfer.moves_region:
        return
    region = current(transfer.to_region)
    before, worker.region = worker.region_id, region
    worker.save(update_fields=["region", "updated_at"])
    record("registration.worker.transfer", worker, actor=step.actor, changes={"region": [before, region.code]})
    for registration in worker.registrations.order_by("pk"):
        before, registration.region = registration.region_id, region
        registration.save(update_fields=["region"])
        changes = {"region": [before, region.code]}
        record("registration.registration.transfer", registration, actor=step.actor, changes=changes)
    worker.applications.filter(state=ApplicationState.NOT_APPLIED).update(region=region)


def _change_employment(transfer) -> None:
    """The old employment ends on the day before the new one begins; one that began that very day ends on it."""
    WorkExperience = apps.get_model("registration", "WorkExperience")
    begins = transfer.effective_date
    old = WorkExperience.objects.select_for_update(of=("self",)).filter(worker=transfer.worker, end_date=None).first()
    if old:
        old.end_date = max(old.start_date, begins - timedelta(days=1))
        old.save(update_fields=["end_date"])
    WorkExperience.objects.create(
        worker=transfer.worker,
        institution=transfer.to_institution,
        employer_name=transfer.new_employer,
        employer_type=transfer.new_employer_type,
        post=transfer.to_post,
        start_date=begins,
    )


OWN = "registration.own_transfer"
OUT = "registration.decide_transfer_out"
IN = "registration.decide_transfer_in"
COMPLETE = (may_change, changes_something, target_there, answered, date_fits, region_belongs)

TRANSFER = Workflow(
    Transition(
        "submit",
        "提交变更申请",
        T.DRAFT,
        T.PENDING_IN,
        OWN,
        versioned=True,
        guards=(*COMPLETE, within_one_region),
        effect=receive,
    ),
    Transition(
        "submit_across",
        "提交跨区域变更申请",
        T.DRAFT,
        T.PENDING_OUT,
        OWN,
        versioned=True,
        guards=(*COMPLETE, between_regions),
        effect=receive,
    ),
    Transition("discard", "放弃草稿", T.DRAFT, T.WITHDRAWN, OWN, effect=close),
    Transition(
        "approve_out",
        "同意转出",
        T.PENDING_OUT,
        T.PENDING_IN,
        OUT,
        versioned=True,
        guards=(target_there,),
        effect=hand_over,
    ),
    Transition(
        "approve",
        "同意变更",
        T.PENDING_IN,
        T.APPROVED,
        IN,
        versioned=True,
        guards=(another_reviewer, target_there),
        effect=move_everything,
    ),
    Transition("reject", "不同意变更", T.PENDING_OUT, T.REJECTED, OUT, needs_reason=True, versioned=True, effect=close),
    Transition(
        "reject",
        "不同意变更",
        T.PENDING_IN,
        T.REJECTED,
        IN,
        needs_reason=True,
        versioned=True,
        guards=(another_reviewer,),
        effect=close,
    ),
    Transition("withdraw", "撤回变更申请", T.PENDING_OUT, T.WITHDRAWN, OWN, guards=(nothing_approved,), effect=close),
    Transition("withdraw", "撤回变更申请", T.PENDING_IN, T.WITHDRAWN, OWN, guards=(nothing_approved,), effect=close),
    Transition("cancel", "变更失效", T.DRAFT, T.CANCELLED, effect=close),
    Transition("cancel", "变更失效", T.PENDING_OUT, T.CANCELLED, effect=close),
    Transition("cancel", "变更失效", T.PENDING_IN, T.CANCELLED, effect=close),
)
