"""Changes (变更): where one stands, what it says, and what waits for whom (R-CHG-01…11)."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from registration.models import Transfer, Worker
from registration.queries.checks import AutomaticCheck
from registration.queries.progress import ProgressStep, TimelineEntry, office
from registration.workflows import (
    ENDED_UNMOVED_STATES,
    IN_REVIEW_STATES,
    OPEN_TRANSFER_STATES,
    PENDING_STATES,
    RegistrationState,
    TransferState,
)
from registration.workflows.transfer import change_refused, date_refused
from swms.audit.trail import history
from swms.current import once
from swms.dates import today
from swms.regions.models import Duty, Region, jurisdictions_of
from swms.regions.queries import current, full_name, same_region
from swms.ui import cn_date
from swms.uploads.models import StoredFile
from swms.workflow import Refused

T = TransferState
#: What lists and pages show at once; of one change the rest is asked when it is needed: joining it all plans slowly.
LISTED = ("worker__user", "from_region", "to_region")
SHOWN = (*LISTED, "to_institution__region")
_PROOFS = ("leave_proof", "new_contract", "region_evidence")


# --- for the worker --------------------------------------------------------------------------------


def open_change(worker: Worker) -> Transfer | None:
    """Return the one change that has not ended."""
    return worker.transfers.filter(state__in=OPEN_TRANSFER_STATES).select_related(*SHOWN).first()


def beginning_refused(worker: Worker) -> Refused | None:
    """Return why no change can be begun now, in words and by code; ``None`` if one can."""
    return change_refused(worker)


def may_keep_employer(worker: Worker) -> bool:
    """Whether the region may change alone: only without a 社工机构 (R-CHG-09)."""
    return not worker.experiences.filter(end_date=None, institution__isnull=False).exists()


def may_copy(transfer: Transfer) -> bool:
    """Whether a new draft can be made of it: it ended without moving anything, and nothing else is open."""
    return transfer.state in ENDED_UNMOVED_STATES and open_change(transfer.worker) is None


def may_withdraw(transfer: Transfer) -> bool:
    """Whether the worker can still take it back (R-CHG-10)."""
    return transfer.state in PENDING_STATES and transfer.approved_out_at is None


def missing(transfer: Transfer) -> list[tuple[str, str]]:
    """Return what a draft still lacks, as name and label."""
    return transfer.missing()


def place(transfer: Transfer) -> Region | None:
    """Return the region whose bureau has the change now, or decided it last."""
    if transfer.state == T.PENDING_OUT or (transfer.moves_region and transfer.approved_out_at is None):
        return transfer.from_region
    return transfer.to_region


@dataclass(frozen=True)
class TransferStep:
    """The one thing to do next, in words; without ``url_name`` there is nothing to press."""

    title: str
    text: str
    action_label: str = ""
    url_name: str = ""


def next_step(transfer: Transfer) -> TransferStep:
    """Return what the worker should do or know now."""
    match transfer.state:
        case T.DRAFT if lacking := missing(transfer):
            text = f"还有{len(lacking)}项：{'、'.join(label for _, label in lacking)}。填写完整后才能提交。"
            return TransferStep("填写变更申请", text, "继续填写", "transfer_edit")
        case T.DRAFT:
            return TransferStep("核对并提交", "内容已填写完整，申请尚未提交。", "核对并提交", "transfer_check")
        case T.PENDING_OUT | T.PENDING_IN:
            text = f"{office(place(transfer))}将在{cn_date(transfer.due_on)}前审核，结果会发短信通知您。"
            return TransferStep("等待审核，目前不需要您做什么", text)
        case T.APPROVED:
            text = f"您的登记由{office(transfer.to_region)}管理，登记证书编号和有效期不变。"
            return TransferStep("变更已完成", text, "查看我的登记", "dashboard")
        case T.REJECTED:
            text = "没有任何变动。请看审核意见，修改后可以重新申请，上次填写的内容和材料会保留。"
            return TransferStep("变更未通过", text, "修改并重新申请", "transfer_copy")
        case T.CANCELLED:
            return TransferStep("变更已失效", "没有任何变动。需要时可以重新申请。", "重新申请", "transfer_copy")
    return TransferStep("变更已撤回", "没有任何变动。需要时可以重新申请。", "重新申请", "transfer_copy")


def steps(transfer: Transfer) -> list[ProgressStep]:
    """Return the step list, as ``ui/steps.html`` takes it."""
    state = transfer.state
    submitted = transfer.submitted_at and timezone.localdate(transfer.submitted_at)
    shown = [ProgressStep("提交申请", "done" if submitted else "current", "本人", submitted)]
    if transfer.moves_region:
        let_go = transfer.approved_out_at and timezone.localdate(transfer.approved_out_at)
        if let_go:
            shown.append(ProgressStep("转出地审核", "done", office(transfer.from_region), let_go, note="同意转出"))
        else:
            shown.append(_review(transfer, "转出地审核", transfer.from_region, waits=state == T.PENDING_OUT))
        label = "转入地审核"
    else:
        let_go, label = submitted, "审核"
    reached = bool(let_go)
    shown.append(_review(transfer, label, transfer.to_region, waits=state == T.PENDING_IN, reached=reached))
    done = state == T.APPROVED
    moved = timezone.localdate(transfer.decided_at) if done else None
    shown.append(ProgressStep("完成变更", "done" if done else "next", "系统", moved))
    return shown


def _review(transfer: Transfer, label: str, region, *, waits: bool, reached: bool = True) -> ProgressStep:
    who = office(region)
    if waits:
        return ProgressStep(label, "current", who, expected=transfer.due_on)
    if not (reached and transfer.submitted_at):
        return ProgressStep(label, "next", who)
    day = timezone.localdate(transfer.decided_at)
    passed = transfer.state == T.APPROVED
    return ProgressStep(
        label, "done" if passed else "failed", who, day, note="" if passed else transfer.get_state_display()
    )


@dataclass(frozen=True)
class Pair:
    """One thing that changes or stays, before and after; shaped for ``ui/diff.html``."""

    label: str
    old: str
    new: str


def before_and_after(transfer: Transfer) -> list[Pair]:
    """Return both sides of the change."""
    region = transfer.to_region or transfer.from_region
    pairs = [
        Pair("工作单位", transfer.from_employer or "没有工作单位", transfer.new_employer or "未填写"),
        Pair("登记区域", now_called(transfer.from_region), now_called(region)),
    ]
    if transfer.changes_employer:
        pairs.insert(1, Pair("职务", transfer.from_post or "无", transfer.to_post or "未填写"))
    return pairs


def proofs(transfer: Transfer) -> list[tuple[str, object]]:
    """Return label and file of everything that was uploaded and is still there."""
    keys = {name: getattr(transfer, f"{name}_id") for name in _PROOFS}
    there = StoredFile.objects.filter(purged_at=None).in_bulk([key for key in keys.values() if key])
    return [
        (str(Transfer._meta.get_field(name).verbose_name), there[key]) for name, key in keys.items() if key in there
    ]


_TITLES = {"begin": "建立草稿", "edit": "修改草稿"}


def timeline(transfer: Transfer) -> list[TimelineEntry]:
    """Return what happened, newest first; officials are named by their office."""
    titles = {each.name: each.label for each in transfer.workflow} | _TITLES
    entries = []
    for event in history(transfer).select_related("actor").order_by("-id"):
        name = event.verb.rpartition(".")[2]
        if name not in titles:
            continue
        who = event.actor_name
        if event.actor and event.actor.is_staff:
            out = name == "approve_out" or event.changes.get("state", [""])[0] == T.PENDING_OUT
            who = office(transfer.from_region if out else transfer.to_region)
        entries.append(TimelineEntry(event.at, titles[name], who, event.reason, event.verb))
    return entries


# --- for the offices ---------------------------------------------------------------------------------


def in_region(user) -> QuerySet[Transfer]:
    """Return the changes that were sent out of or into the reviewer's region, newest first."""
    return Transfer.objects.visible_to(user).select_related(*LISTED).order_by("-id")


def awaiting(user) -> QuerySet[Transfer]:
    """Return the changes that wait for a decision of this very reviewer, the most urgent first.

    Those of the own offices, and of the offices below once their time is over (R-CHG-10); without those
    that four eyes keep from the reviewer. Put together once for a page, which asks several questions of it.
    """
    return once(("awaiting", Transfer, user.pk), lambda: _awaiting(user)).all()


def _awaiting(user) -> QuerySet[Transfer]:
    mine = Q(pk__in=())
    for each in jurisdictions_of(user):
        out, into = (
            {"from_region__path__startswith": each.path},
            {"to_region__path__startswith": each.path},
        )
        if each.duty == Duty.FIRST_REVIEW:
            mine |= Q(state=T.PENDING_OUT, **out) | Q(state=T.PENDING_IN, **into)
        elif each.duty == Duty.FINAL_REVIEW:
            above = ~Q(from_region__path=each.path) & ~Q(to_region__path=each.path)
            mine |= Q(state__in=PENDING_STATES, due_on__lt=today(), **out, **into) & above
    waiting = Transfer.objects.visible_to(user).filter(mine).exclude(state=T.PENDING_IN, approved_out_by=user)
    waiting = waiting.exclude(worker__user=user)
    if user.id_index:
        waiting = waiting.exclude(worker__user__id_index=user.id_index)
    return waiting.select_related(*LISTED).order_by("due_on", "id")


def automatic_checks(transfer: Transfer) -> list[AutomaticCheck]:
    """Return what the system can check by itself while the change waits; nothing of it is binding."""
    worker = transfer.worker
    registrations = list(worker.registrations.all())
    case = worker.applications.filter(state__in=IN_REVIEW_STATES).first()
    late = transfer.due_on is not None and transfer.due_on < today()
    held = {name for name in _PROOFS if getattr(transfer, f"{name}_id")}
    checks = [
        AutomaticCheck(
            "registered",
            "登记在有效期内",
            any(each.state == RegistrationState.VALID for each in registrations),
            "、".join(f"{each.number}（{each.get_state_display()}）" for each in registrations),
        ),
        AutomaticCheck("no_case", "没有正在审核的登记申请", case is None, case.ref if case else ""),
        AutomaticCheck(
            "clock", "在15个工作日的期限内", not late, f"期限到{cn_date(transfer.due_on)}" if transfer.due_on else ""
        ),
        *_about_target(transfer),
        AutomaticCheck("kind", "变更类型与两地区域相符", _kind_fits(transfer), transfer.get_kind_display()),
        AutomaticCheck(
            "date",
            "变更日期合理",
            not date_refused(transfer, transfer.effective_date),
            cn_date(transfer.effective_date),
        ),
    ]
    for name in transfer.proofs:
        label = f"已上传{Transfer._meta.get_field(name).verbose_name}"
        checks.append(AutomaticCheck(name, label, name in held))
    return checks


def _about_target(transfer: Transfer) -> list[AutomaticCheck]:
    institution = transfer.to_institution
    if institution is None:
        note = f"“{transfer.new_employer}”由本人填写，请核对"
        return [AutomaticCheck("employer", "工作单位是系统中的机构", None, note)]
    return [
        AutomaticCheck("institution", "变更后的机构状态正常", institution.is_active, institution.name),
        AutomaticCheck(
            "institution_region",
            "机构的登记管理区域与申请的区域一致",
            same_region(institution.region, transfer.to_region),
            full_name(institution.region),
        ),
    ]


def _kind_fits(transfer: Transfer) -> bool:
    return transfer.moves_region != same_region(transfer.from_region, transfer.to_region)


def now_called(region: Region) -> str:
    """Return how a region is called today, with what it was called if it was abolished meanwhile."""
    today_called = full_name(current(region))
    return today_called if region.valid_to is None else f"{today_called}（原{region.name}）"
