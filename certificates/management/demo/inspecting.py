"""The demo's sampling audit (抽查): one campaign of 北京市 under way, its cases at every step (decision 0029)."""

from __future__ import annotations

import random
from datetime import timedelta

from certificates.management.demo import pictures
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.offices import Staff
from registration.actions import sampling
from registration.models import SampledCase, SamplingCampaign
from swms.dates import today
from swms.regions.models import Region
from swms.uploads.models import Purpose
from swms.uploads.storage import store

#: What becomes of the drawn, in the order of the draw; who comes later has not answered yet.
FATES = ("answered", "proposed", "failed", "passed", "stated", "more", "in_review", "extended")
PLACE = "110000"
ANNOUNCED, SEEDED, STARTED, ANSWERED = 20, 18, 14, 10  # days ago
_FAULT = "劳动合同上的用人单位与申请时填写的工作单位不一致，没有说明原因。"


def make_campaign(staff: Staff, chance: random.Random) -> SamplingCampaign:
    """Announce, draw and send the requests, and lead the drawn to their fates."""
    runs = staff.final[PLACE]
    with at(office_hour(ANNOUNCED, chance)):
        campaign = _planned(runs, chance)
        sampling.announce(campaign, by=runs)
    numbers = sorted(chance.sample(range(1, 34), 6))
    seed = " ".join(f"{each:02}" for each in (*numbers, chance.randint(1, 16)))
    with at(office_hour(SEEDED, chance)):
        campaign.move("draw", actor=runs, seed=seed, seed_evidence="开奖公告（演示）")
    with at(office_hour(STARTED, chance)):
        campaign.move("start", actor=runs)
    # Whoever appeals, and is locked out meanwhile, answers nothing.
    able = campaign.cases.filter(worker__user__is_active=True).order_by("ref")
    for case, fate in zip(able, FATES, strict=False):
        _lead(case, fate, staff, chance)
    return campaign


def _planned(runs, chance: random.Random) -> SamplingCampaign:
    campaign = sampling.begin(
        {
            "title": "上半年登记材料抽查（演示）",
            "region": Region.objects.get(code=PLACE),
            "basis": SamplingCampaign.Basis.COMPLETED,
            "period_from": today() - timedelta(days=170),
            "period_until": today() - timedelta(days=1),
            "strata_by": ["level", "place"],
            "percent": 30,
            "per_stratum": None,
            "purpose": "核对首次登记和再登记时提交的工作经历",
            "request": "现工作单位的劳动合同，以及最近六个月的工资流水或者社保缴纳证明",
            "seed_source": "公告之后第二日开奖的双色球号码，按红球从小到大、蓝球在后的顺序",
            "seed_on": today() + timedelta(days=ANNOUNCED - SEEDED),
        },
        by=runs,
    )
    campaign.key = f"{chance.getrandbits(256):064x}"  # the same seed draws the same people
    campaign.save(update_fields=["key"])
    return campaign


def _lead(case: SampledCase, fate: str, staff: Staff, chance: random.Random) -> None:
    examiner, decider, user = staff.first[case.region_id], staff.second_final, case.worker.user

    def move(days_ago: int, name: str, by, **said) -> None:
        with at(office_hour(days_ago, chance)):
            case.move(name, actor=by, seen=case.form_version, **said)

    def say(days_ago: int, name: str, text: str, *papers: str) -> None:
        with at(office_hour(days_ago, chance)):
            draft = sampling.save(case, text=text, files=[], by=user)
            for paper in papers:
                draft.files.add(store(pictures.paper(paper), owner=user, purpose=Purpose.EVIDENCE))
            case.refresh_from_db()
            sampling.send(case, name, by=user)

    if fate == "extended":
        with at(office_hour(ANSWERED, chance)):
            sampling.extend(case, by=user)
        return
    say(ANSWERED, "answer", "劳动合同和社保缴纳证明见附件。", "劳动合同", "社保缴纳证明")
    match fate:
        case "more":
            move(6, "ask_more", examiner, reason="劳动合同缺少盖章页，请补充完整的合同。")
        case "passed":
            move(7, "propose_pass", examiner)
            move(4, "decide_pass", decider)
        case "proposed":
            move(3, "propose_fail", examiner, reason=_FAULT)
        case "stated" | "failed" | "in_review":
            move(8, "propose_fail", examiner, reason=_FAULT)
            say(7, "state", "单位去年更名，旧合同上是原来的名称，更名通知见附件。", "更名通知")
    if fate in ("failed", "in_review"):
        move(5, "decide_fail", decider, reason="更名通知不是登记机关出具，不能证明两个单位是同一单位。")
    if fate == "in_review":
        say(2, "ask_review", "已取得登记机关的更名证明，请复核。", "更名证明")
