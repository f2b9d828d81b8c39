"""抽查件: what the person is to do and know, and what waits for whom in the offices."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from registration.models import Decision, Qualification, Registration, SampleAnswer, SampledCase, Worker
from registration.queries.clock.entry import WORKING_DAYS, Action, ClockEntry, Link, Rule
from registration.queries.progress import ProgressStep, TimelineEntry, local_office
from registration.workflows import ENDED_SAMPLE_STATES, FAILED_SAMPLE_STATES, SampleState
from registration.workflows.sampling.drawing import opening
from swms.audit.trail import history
from swms.current import once
from swms.dates import today
from swms.regions.models import Duty, jurisdictions_of
from swms.ui import cn_date

S = SampleState
SHOWN = ("campaign__region", "row", "region", "registration__qualification", "application", "worker__user")
#: The move that sends the person's draft, by the state it is written in; and what it is called there.
MOVE_OF = {S.REQUESTED: "answer", S.EXAMINING: "supplement", S.PROPOSED: "state", S.FAILED: "ask_review"}
PURPOSE_OF = {S.REQUESTED: "提交抽查材料", S.EXAMINING: "补交抽查材料", S.PROPOSED: "陈述申辩", S.FAILED: "申请复核"}


# --- for the person ----------------------------------------------------------------------------------


def open_inspections(worker: Worker) -> list[SampledCase]:
    """Return the cases in which the person is asked something, or may still say something, the most urgent first."""
    asked = (S.REQUESTED, S.PROPOSED)
    mine = worker.sampled.exclude(state__in=(S.PASSED, S.UPHELD, S.STOPPED)).select_related("campaign__region")
    shown = [each for each in mine if each.state != S.FAILED or may_ask_review(each)]
    return sorted(shown, key=lambda each: (each.state not in asked, each.due_on))


def may_ask_review(case: SampledCase) -> bool:
    """Whether 复核 can be asked for now."""
    return case.state == S.FAILED and case.review_asked_at is None and today() <= case.due_on


def extension_possible(case: SampledCase) -> bool:
    """Whether the person may have more time, once."""
    return case.state == S.REQUESTED and case.extended_on is None and today() <= case.due_on


def draft_of(case: SampledCase) -> SampleAnswer | None:
    """Return what the person has written and not sent."""
    return case.answers.filter(sent_at=None).prefetch_related("files").first()


def sent_answers(case: SampledCase) -> list[SampleAnswer]:
    """Return what was sent, oldest first."""
    return list(case.answers.exclude(sent_at=None).prefetch_related("files"))


@dataclass(frozen=True)
class InspectionStep:
    """The one thing to do next, in words; without a label there is nothing to press."""

    title: str
    text: str
    action_label: str = ""


def next_step(case: SampledCase) -> InspectionStep:
    """Return what the person should do or know now."""
    who, due = _office(case), cn_date(case.due_on)
    match case.state:
        case S.REQUESTED if today() > case.due_on:
            text = (
                f"提交材料的期限到{due}为止，已经届满。"
                "现在仍可以提交，会注明逾期；没有提交的，由工作人员根据现有材料审查。"
            )
            return InspectionStep("请尽快提交材料", text, "填写说明，上传材料")
        case S.REQUESTED:
            text = f"请在{due}前提交。不能按时提交的，可以申请延期一次。逾期不提交不会自动判为不合格，但会如实记录。"
            return InspectionStep("提交抽查材料", text, "填写说明，上传材料")
        case S.EXAMINING:
            text = f"{who}将在{due}前审查您的材料。需要补充的，会短信通知您；您也可以主动补交。"
            return InspectionStep("等待审查，目前不需要您做什么", text)
        case S.PROPOSED if today() <= case.due_on:
            text = f"{who}拟定为不合格，还没有作出决定。您可以在{due}前陈述和申辩，由另一名工作人员一并考虑后决定。"
            return InspectionStep("您可以陈述申辩", text, "写陈述申辩")
        case S.PROPOSED | S.DECIDING:
            return InspectionStep("等待决定，目前不需要您做什么", f"{who}正在作出决定，结果会短信通知您。")
        case S.PASSED:
            return InspectionStep("抽查合格", "您的登记不受影响，不需要再做什么。")
        case S.FAILED if may_ask_review(case):
            text = f"认为决定不对的，可以在{due}前向上一级民政部门申请复核一次。登记是否撤销另行决定，会另外通知您。"
            return InspectionStep("抽查不合格，您可以申请复核", text, "申请复核")
        case S.FAILED | S.UPHELD:
            return InspectionStep("抽查不合格", "登记是否撤销由民政部门另行决定，会另外通知您。")
        case S.IN_REVIEW:
            return InspectionStep("等待复核，目前不需要您做什么", f"上一级民政部门将在{due}前答复，结果会短信通知您。")
    return InspectionStep("抽查已终止", "这次抽查不再进行，您的登记不受影响。")


def steps(case: SampledCase) -> list[ProgressStep]:
    """Return the step list, as ``ui/steps.html`` takes it."""
    state, who = case.state, _office(case)
    order = {S.REQUESTED: 0, S.EXAMINING: 1, S.PROPOSED: 2, S.DECIDING: 2}
    at = order.get(state, 3)

    def mark(place: int) -> str:
        return "done" if place < at else "current" if place == at else "next"

    ended = state in ENDED_SAMPLE_STATES or state == S.IN_REVIEW
    failed = state in FAILED_SAMPLE_STATES or state == S.IN_REVIEW
    shown = [
        ProgressStep("提交材料", mark(0), "本人", expected=case.due_on if at == 0 else None),
        ProgressStep("审查", mark(1), who, expected=case.due_on if at == 1 else None),
        ProgressStep(
            "决定",
            ("failed" if failed else "done") if ended else mark(2),
            who,
            date=case.decided_at and ended and timezone.localdate(case.decided_at),
            expected=case.due_on if state == S.DECIDING else None,
            note=case.get_state_display() if ended and state != S.IN_REVIEW else "",
        ),
    ]
    if case.review_asked_at:
        waits = state == S.IN_REVIEW
        shown.append(
            ProgressStep(
                "复核",
                "current" if waits else "failed" if state == S.UPHELD else "done",
                "上一级民政部门",
                date=case.reviewed_at and timezone.localdate(case.reviewed_at),
                expected=case.due_on if waits else None,
            )
        )
    return shown


#: What is a step inside the office, and no news for the person.
_INTERNAL = ("propose_pass", "give_back")


def timeline(case: SampledCase) -> list[TimelineEntry]:
    """Return what happened, newest first; officials are named by their office."""
    titles = {each.name: each.label for each in case.workflow} | {"begin": "发出抽查通知"}
    entries = []
    for event in history(case).select_related("actor").order_by("-id"):
        name = event.verb.rpartition(".")[2]
        if name not in titles or name in _INTERNAL:
            continue
        who = event.actor_name
        if event.actor and event.actor.is_staff:
            who = "上一级民政部门" if name in ("overturn", "roll_back", "uphold") else _office(case)
        entries.append(TimelineEntry(event.at, titles[name], who, event.reason, event.verb))
    return entries


def _office(case: SampledCase) -> str:
    return local_office(case.campaign.region)


def own_row(case: SampledCase) -> dict:
    """Return what lets the person find the own row in the published list, and nobody else."""
    ref = case.application.ref
    return {"ref": ref, "opening": opening(case.campaign.key, ref), "token": case.row.token}


# --- the clock -----------------------------------------------------------------------------------------

_RULE = Rule("D-0029", "抽查通知发出后15个工作日内提交材料，可以延期一次；拟定不合格的，5个工作日内可以陈述申辩。")
_ASKED = {
    S.REQUESTED: ("抽查：提交材料", Action("answer", "提交材料", "")),
    S.PROPOSED: ("抽查：陈述申辩", Action("state", "写陈述申辩", "")),
}


def clock_entries(worker: Worker, qualifications: list[Qualification]) -> list[ClockEntry]:
    """Return the dates of open inspections for 登记时钟, one query for all certificates."""
    known = {each.pk: each for each in qualifications}
    asked = worker.sampled.filter(state__in=_ASKED).select_related(*SHOWN)
    return [_entry(each, known[each.registration.qualification_id]) for each in asked]


def _entry(case: SampledCase, qualification: Qualification) -> ClockEntry:
    label, action = _ASKED[case.state]
    url = reverse("registration:inspection_answer", args=[case.ref])
    over = case.state == S.PROPOSED and today() > case.due_on
    return ClockEntry(
        "inspection",
        qualification,
        label=label,
        text=next_step(case).text,
        rule=_RULE,
        # What is asked anew is another entry, so that it is reminded of anew.
        part=f"{case.ref}-{case.state.lower()}-{case.more_asked}-{case.due_on:%Y%m%d}",
        last_day=case.due_on,
        unit=WORKING_DAYS,
        action=None if over else Action(action.move, action.label, url),
        why_not="陈述申辩的期限已经届满。" if over else "",
        link=Link("查看抽查", case.get_absolute_url()),
        application=case.application,
        registration=case.registration,
    )


# --- for the offices -------------------------------------------------------------------------------------


def in_region(user) -> QuerySet[SampledCase]:
    """Return the drawn cases that the reviewer may see, newest first."""
    return SampledCase.objects.visible_to(user).select_related(*SHOWN).order_by("-id")


def awaiting(user) -> QuerySet[SampledCase]:
    """Return the cases that wait for this very reviewer, the most urgent first; four eyes are looked at here too.

    Put together once for a page, which asks several questions of it.
    """
    return once(("awaiting", SampledCase, user.pk), lambda: _awaiting(user)).all()


def _awaiting(user) -> QuerySet[SampledCase]:
    mine = Q(pk__in=())
    decided = Decision.objects.filter(application=OuterRef("application"), passed=True, reviewer=user)
    involved = Q(Exists(decided)) | Q(proposed_by=user) | Q(decided_by=user) | Q(reviewed_by=user)
    fresh = ~Q(decided_by=user) | Q(decided_by=None)
    unreviewed = ~Q(reviewed_by=user) | Q(reviewed_by=None)
    free = ~involved
    for each in jurisdictions_of(user):
        if each.duty == Duty.FIRST_REVIEW:
            mine |= Q(state=S.EXAMINING, region__path__startswith=each.path) & fresh & unreviewed
        elif each.duty == Duty.FINAL_REVIEW:
            if each.region_id:
                mine |= Q(state=S.EXAMINING, campaign__region=each.region_id) & fresh & unreviewed
                mine |= Q(state=S.DECIDING, campaign__region=each.region_id) & free
            above = Q(campaign__region__path__startswith=each.path) & ~Q(campaign__region__path=each.path)
            mine |= Q(state=S.IN_REVIEW) & above & free
    waiting = SampledCase.objects.visible_to(user).filter(mine).exclude(worker__user=user)
    if user.id_index:
        waiting = waiting.exclude(worker__user__id_index=user.id_index)
    return waiting.select_related(*SHOWN).order_by("due_on", "id")


def nights_due() -> list[tuple[int, str]]:
    """Return the keys of the cases whose person said nothing in time, each with the move that writes it down."""
    moves = {S.REQUESTED: "note_silence", S.PROPOSED: "hear_nothing"}
    rows = SampledCase.objects.filter(state__in=moves, due_on__lt=today()).order_by("pk").values_list("pk", "state")
    return [(pk, moves[S(state)]) for pk, state in rows]


def of_registration(registration: Registration) -> SampledCase | None:
    """Return the newest inspection that a registration did not pass."""
    return registration.sampled.filter(state__in=FAILED_SAMPLE_STATES).order_by("-id").first()
