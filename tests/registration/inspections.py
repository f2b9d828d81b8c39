"""What the tests of sampling audits do again and again (decision 0029)."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from registration.actions import sampling
from registration.models import SampledCase, SamplingCampaign, Worker
from swms.dates import today
from swms.regions.models import Duty
from tests import factories
from tests.registration.changes import registered

REASON = "所附的劳动合同与申请时填写的工作单位不一致。"
SEED = "03 11 17 22 28 31 09"
SEEN_AT = "中国福利彩票公告"


def planned(people, **fields) -> SamplingCampaign:
    """Return the draft of a campaign of 张伟's office, 北京市, over what was completed these ten days."""
    answers = {
        "title": "登记材料抽查",
        "region": factories.region("110000"),
        "basis": "completed",
        "period_from": today() - timedelta(days=10),
        "period_until": today() + timedelta(days=10),
        "strata_by": ["level", "place"],
        "percent": 50,
        "per_stratum": None,
        "purpose": "核对登记申请的材料",
        "request": "劳动合同和最近六个月的工资流水",
        "seed_source": "当日双色球开奖号码",
        "seed_on": today() + timedelta(days=1),
    }
    return sampling.begin(answers | fields, by=people.zhang_wei)


def announced(people, **fields) -> SamplingCampaign:
    """Return a campaign that was announced two days ago, so that its seed is known by now."""
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        campaign = planned(people, **fields)
        return sampling.announce(campaign, by=people.zhang_wei)


def drawn(people, seed: str = SEED, **fields) -> SamplingCampaign:
    """Return a campaign whose draw was made."""
    return announced(people, **fields).move("draw", actor=people.zhang_wei, seed=seed, seed_evidence=SEEN_AT)


def inspected(people, worker: Worker | None = None) -> SampledCase:
    """Return the case of a registered worker, drawn and asked for evidence."""
    worker = worker or registered("陈晨")
    drawn(people, percent=100).move("start", actor=people.zhang_wei)
    return SampledCase.objects.get(worker=worker)


def say(case: SampledCase, move: str, text: str = "材料见附件。", *, files: int = 0) -> SampledCase:
    """Let the person write, upload and send."""
    user = case.worker.user
    draft = sampling.save(case, text=text, files=[], by=user)
    for _ in range(files):
        draft.files.add(factories.evidence(None, user))
    case.refresh_from_db()
    return sampling.send(case, move, by=user)


def decided_case(people, worker: Worker | None = None) -> SampledCase:
    """Return a case in 不合格: proposed by 李静, heard in silence of ``worker``'s statement, decided by 孙浩."""
    case = say(inspected(people, worker), "answer")
    case.move("propose_fail", actor=people.li_jing, seen=case.form_version, reason=REASON)
    say(case, "state", "合同已经续签，请核对。")
    return case.move("decide_fail", actor=people.sun_hao, seen=case.form_version, reason=REASON)


def superior():
    """Return 周海, final reviewer of the whole country, whose office stands above 北京市."""
    return factories.staff("周海", (Duty.FINAL_REVIEW, None), username=factories.mobile())
