"""抽查批次: what is drawn from, the commitment, the draw, and its end (decision 0029)."""

from django.apps import apps
from django.db import models
from django.utils import timezone

from registration.workflows.sampling.case import (
    ENDED_SAMPLE_STATES,
    EVIDENCE_WORKING_DAYS,
    GONE,
    OPEN_SAMPLE_STATES,
    is_settled,
)
from registration.workflows.sampling.drawing import draw, normal_seed, parse, scores
from swms.audit.trail import record
from swms.dates import today, working_days_after
from swms.ui import cn_date
from swms.workflow import Refused, Step, Transition, Workflow

SEED_LENGTH = range(6, 201)
AT_ONCE = 1000  # rows that are written together


class CampaignState(models.TextChoices):
    """Where a campaign stands."""

    DRAFT = "DRAFT", "草稿"
    ANNOUNCED = "ANNOUNCED", "已公告"
    DRAWN = "DRAWN", "已抽取"
    UNDER_WAY = "UNDER_WAY", "进行中"
    CLOSED = "CLOSED", "已办结"
    CANCELLED = "CANCELLED", "已取消"


class CampaignBasis(models.TextChoices):
    """What is drawn from; always one row for a registration, none for one that was revoked or cancelled."""

    COMPLETED = "completed", "期间内办结的登记（首次登记和再登记）"
    IN_FORCE = "in_force", "期间内有效的登记"


class StratifyBy(models.TextChoices):
    """By what the population is divided, so that no part of it is passed over by chance."""

    LEVEL = "level", "证书级别"
    PLACE = "place", "下级区域"
    EMPLOYER = "employer", "单位性质"


C = CampaignState


def seed_is_to_come(campaign, step: Step):
    """A seed that exists already could have been chosen."""
    if campaign.seed_on <= today():
        raise Refused("seed_too_early", "种子的公布日期须在公告之后，最早为明天；请取消这一批次后重新建立")


def something_to_draw(campaign, step: Step):
    """The frozen list comes with the move; ``registration.actions.sampling`` makes it."""
    if not step.data.get("rows"):
        raise Refused("empty_population", "按所选的范围没有可以抽查的登记，请取消后重新建立")


def seed_has_come(campaign, step: Step):
    """Nobody draws before the public event."""
    if today() < campaign.seed_on:
        raise Refused("seed_not_due", f"种子在{cn_date(campaign.seed_on)}公布，之前不能抽取")


def seed_given(campaign, step: Step):
    """The result of the event to the letter, and where everybody can read it."""
    if len(normal_seed(step.data.get("seed", ""))) not in SEED_LENGTH:
        raise Refused("seed_required", f"请填写种子，{SEED_LENGTH[0]}至{SEED_LENGTH[-1]}个字符")
    if not step.data.get("seed_evidence", "").strip():
        raise Refused("seed_evidence_required", "请写明在哪里可以核对种子")


def nobody_else_inspects(campaign, step: Step):
    """Two campaigns may draw the same registration; it is heard in one after the other."""
    SampledCase = apps.get_model("registration", "SampledCase")
    drawn = campaign.rows.filter(drawn=True).values("application__registration")
    busy = SampledCase.objects.filter(registration__in=drawn, state__in=OPEN_SAMPLE_STATES).count()
    if busy:
        raise Refused("under_inspection", f"抽中的登记有{busy}件正在另一批次中抽查，办结以后才能发出通知")


def everything_ended(campaign, step: Step):
    """A result that somebody may still have reviewed is none."""
    open_ones = [each for each in campaign.cases.all() if not is_settled(each)]
    if open_ones:
        raise Refused("cases_open", f"还有{len(open_ones)}件没有办结，或者仍在申请复核的期限内")


def freeze(campaign, step: Step):
    """The list can never be changed any more; its digest goes into the trail, whose head leaves the portal hourly."""
    commitment, rows = step.data["commitment"], step.data["rows"]
    for row in rows:
        row.campaign = campaign
    campaign.rows.bulk_create(rows, batch_size=AT_ONCE)
    campaign.strata = step.data["strata"]
    campaign.committed, campaign.sha256 = commitment.text, commitment.sha256
    campaign.population = len(rows)
    campaign.announced_at = timezone.now()
    changes = {"sha256": campaign.sha256, "rows": len(rows)}
    record("registration.samplingcampaign.freeze", campaign, actor=step.actor, changes=changes)


def draw_rows(campaign, step: Step):
    """Rank the frozen rows by the seed; who is drawn follows from the two alone."""
    campaign.seed = normal_seed(step.data["seed"])
    campaign.seed_evidence = step.data["seed_evidence"].strip()
    campaign.drawn_at = timezone.now()
    commitment = parse(campaign.committed)
    drawn, by_row = draw(commitment, campaign.seed), scores(commitment, campaign.seed)
    rows = list(campaign.rows.all())
    for row in rows:
        row.score, row.drawn = by_row[row.token], row.token in drawn
    campaign.rows.bulk_update(rows, ["score", "drawn"], batch_size=AT_ONCE)
    changes = {"seed": campaign.seed, "drawn": len(drawn)}
    record("registration.samplingcampaign.rank", campaign, actor=step.actor, changes=changes)


def send_requests(campaign, step: Step):
    """Every drawn row becomes a case with a person to hear; what was undone since the draw ends with it."""
    campaign.started_at = timezone.now()
    SampledCase = apps.get_model("registration", "SampledCase")
    drawn = campaign.rows.filter(drawn=True).select_related("application__registration", "application__worker__user")
    due = working_days_after(today(), EVIDENCE_WORKING_DAYS)
    for number, row in enumerate(drawn.order_by("score"), start=1):
        case = SampledCase(
            ref=f"{campaign.ref}-{number:04}",
            campaign=campaign,
            row=row,
            worker=row.application.worker,
            application=row.application,
            registration=row.application.registration,
            region_id=row.region_id,
            due_on=due,
        ).begin(actor=step.actor)
        if case.registration.state in GONE:
            case.move("moot")


def count_results(campaign, step: Step):
    """Numbers only: what is published names nobody."""
    campaign.closed_at = timezone.now()
    cases = list(campaign.cases.all())
    campaign.results = {
        "population": campaign.population,
        "drawn": len(cases),
        "unanswered": sum(each.unanswered_on is not None for each in cases),
        "reviewed": sum(each.review_asked_at is not None for each in cases),
    } | {state.value: sum(each.state == state for each in cases) for state in ENDED_SAMPLE_STATES}


def note_reason(campaign, step: Step):
    """Why it came to nothing stands on the public page."""
    campaign.cancelled_reason = step.reason
    campaign.closed_at = timezone.now()


RUN = "registration.run_sampling"

CAMPAIGN = Workflow(
    Transition(
        "announce", "公告", C.DRAFT, C.ANNOUNCED, RUN, guards=(seed_is_to_come, something_to_draw), effect=freeze
    ),
    Transition("draw", "抽取", C.ANNOUNCED, C.DRAWN, RUN, guards=(seed_has_come, seed_given), effect=draw_rows),
    Transition(
        "start", "发出抽查通知", C.DRAWN, C.UNDER_WAY, RUN, guards=(nobody_else_inspects,), effect=send_requests
    ),
    Transition("close", "办结并公布结果", C.UNDER_WAY, C.CLOSED, RUN, guards=(everything_ended,), effect=count_results),
    Transition("cancel", "取消批次", C.DRAFT, C.CANCELLED, RUN, needs_reason=True, effect=note_reason),
    Transition("cancel", "取消批次", C.ANNOUNCED, C.CANCELLED, RUN, needs_reason=True, effect=note_reason),
)
