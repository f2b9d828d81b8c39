"""抽查批次: a draw that nobody can choose and everybody can repeat, and the console's way to it."""

import hashlib
import hmac
import io
import json
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from registration.actions import sampling
from registration.models import PopulationRow, SampledCase
from registration.queries import sampling as asking
from swms.audit.trail import history
from swms.dates import today
from tests import factories
from tests.people import signed_in
from tests.registration.changes import HAIDIAN, PUDONG, registered
from tests.registration.inspections import REASON, SEED, SEEN_AT, announced, drawn, planned, superior
from tests.registration.steps import refusal

pytestmark = pytest.mark.django_db


def by_hand(published: dict) -> list[str]:
    """Draw again from the published file with the standard library alone, as its page says."""
    text = published["committed"]
    assert hashlib.sha256(text.encode()).hexdigest() == published["sha256"]
    sizes, strata = {}, {}
    for line in text.splitlines():
        kind, *rest = line.split(" ")
        if kind == "size":
            sizes[rest[0]] = int(rest[1])
        elif kind == "row":
            strata.setdefault(rest[1], []).append(rest[0])
    found = []
    for stratum, rows in strata.items():
        message = {row: f"{published['campaign']}\n{row}".encode() for row in rows}
        rank = sorted(rows, key=lambda r: hmac.new(published["seed"].encode(), message[r], "sha256").hexdigest())
        found += rank[: sizes[stratum]]
    return sorted(found)


@pytest.fixture
def population(people):
    """Seven registered people: four of 朝阳区 (one of them of two levels), two of 海淀区, one of 上海市."""
    made = [registered(f"朝阳{number}") for number in "甲乙丙"]
    made.append(registered("朝阳丁", levels=(1, 2)))
    made += [registered(f"海淀{number}", code=HAIDIAN) for number in "甲乙"]
    registered("浦东甲", code=PUDONG)
    return made


# --- the draw ----------------------------------------------------------------------------------------


def test_the_published_draw_comes_out_again_by_independent_code(population, people, client):
    campaign = drawn(people)
    published = client.get(reverse("registration:sampling_data", args=[campaign.ref])).json()
    assert published["seed"] == SEED
    assert by_hand(published) == published["drawn"]
    # Two levels in 朝阳区 (four and one), one in 海淀区 (two): half of each, rounded up.
    assert {each["key"]: (each["population"], each["size"]) for each in campaign.strata} == {
        "level=1;place=110105": (4, 2),
        "level=2;place=110105": (1, 1),
        "level=1;place=110108": (2, 1),
    }
    assert len(published["drawn"]) == 4
    other = published | {"seed": "01 02 03 04 05 06 07"}
    assert by_hand(other) != published["drawn"], "another seed draws others"


def test_what_is_published_names_nobody_and_the_drawn_person_finds_the_own_row(population, people, client):
    campaign = drawn(people)
    said = client.get(reverse("registration:sampling_data", args=[campaign.ref])).content.decode()
    page = client.get(reverse("registration:sampling_case", args=[campaign.ref])).content.decode()
    for worker in population:
        application = worker.applications.first()
        for secret in (application.ref, worker.user.name, worker.registrations.first().number, campaign.key):
            assert secret not in said
            assert secret not in page
    campaign.move("start", actor=people.zhang_wei)
    case = SampledCase.objects.first()
    row = asking.own_row(case)
    assert hashlib.sha256(f"{row['opening']}\n{case.application.ref}".encode()).hexdigest() == row["token"]
    assert row["token"] in said
    assert row["opening"] in signed_in(case.worker.user).get(case.get_absolute_url()).content.decode()


def test_the_list_is_frozen_when_it_is_announced_and_stands_in_the_trail(population, people):
    campaign = announced(people)
    before = campaign.committed
    registered("后来者")
    campaign.move("draw", actor=people.zhang_wei, seed=SEED, seed_evidence=SEEN_AT)
    campaign.refresh_from_db()
    assert campaign.committed == before
    assert campaign.population == campaign.rows.count() == 7
    assert history(campaign).get(verb__endswith=".freeze").changes["sha256"] == campaign.sha256
    row = PopulationRow.objects.first()
    for harm in (row.delete, lambda: PopulationRow.objects.filter(pk=row.pk).update(stratum="all")):
        with pytest.raises(DatabaseError), transaction.atomic():
            harm()


def test_nobody_draws_before_the_seed_can_be_known_nor_announces_after_it(population, people):
    campaign = planned(people)
    refusal("wrong_state", campaign.move, "draw", actor=people.zhang_wei, seed=SEED, seed_evidence=SEEN_AT)
    sampling.announce(campaign, by=people.zhang_wei)
    refusal("seed_not_due", campaign.move, "draw", actor=people.zhang_wei, seed=SEED, seed_evidence=SEEN_AT)
    late = planned(people)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        refusal("seed_too_early", sampling.announce, late, by=people.zhang_wei)
        refusal("seed_required", campaign.move, "draw", actor=people.zhang_wei, seed=" 1 2 ", seed_evidence=SEEN_AT)
        refusal("seed_evidence_required", campaign.move, "draw", actor=people.zhang_wei, seed=SEED, seed_evidence="")
        campaign.move("draw", actor=people.zhang_wei, seed="０３　11 17\t22 28  31 09", seed_evidence=SEEN_AT)
        assert campaign.seed == SEED, "written as it is used"
        refusal("wrong_state", campaign.move, "draw", actor=people.zhang_wei, seed=SEED, seed_evidence=SEEN_AT)


def test_the_population_is_each_registration_once_without_those_that_are_undone_or_under_inspection(people):
    one, two, gone = registered("甲某"), registered("乙某"), registered("丙某")
    gone.registrations.get().move("revoke", actor=people.zhang_wei, reason=REASON)
    old = registered("丁某")
    old.applications.update(completed_at=timezone.now() - timedelta(days=400))

    def refs(**fields):
        return {each.application.worker_id for each in asking.candidates(planned(people, **fields))}

    assert refs() == {one.pk, two.pk}
    assert refs(basis="in_force") == {one.pk, two.pk, old.pk}, "in force is not only what was completed lately"
    assert refs(period_until=today() - timedelta(days=1)) == set(), "both days of the period count, and no other"
    drawn(people, percent=100).move("start", actor=people.zhang_wei)
    assert refs(basis="in_force") == {old.pk}, "two campaigns do not inspect one registration at a time"


def test_the_office_of_a_campaign_alone_runs_it(population, people):
    """张伟 of 北京市 may, 李静 of 朝阳区, 赵敏 of 上海市 and the office above may not."""
    campaign = planned(people)
    for stranger in (people.li_jing, people.zhao_min, superior()):
        with pytest.raises(PermissionDenied):
            sampling.announce(campaign, by=stranger)
    with pytest.raises(PermissionDenied):
        sampling.begin({"region": factories.region("310000")}, by=people.zhang_wei)
    empty = planned(people, period_until=today() - timedelta(days=5))
    refusal("empty_population", sampling.announce, empty, by=people.zhang_wei)


def test_a_campaign_that_was_announced_and_given_up_stays_public_with_its_reason(population, people, client):
    draft = planned(people).move("cancel", actor=people.zhang_wei, reason="范围填写有误，重新建立。")
    assert client.get(reverse("registration:sampling_case", args=[draft.ref])).status_code == 404
    campaign = announced(people).move("cancel", actor=people.zhang_wei, reason="当日没有开奖，改期重新公告。")
    page = client.get(reverse("registration:sampling_case", args=[campaign.ref])).content.decode()
    assert "当日没有开奖，改期重新公告。" in page
    assert campaign.sha256 in page


def test_the_command_tells_a_true_draw_from_a_false_one(population, people, client, tmp_path):
    campaign = announced(people)
    url = reverse("registration:sampling_data", args=[campaign.ref])
    file = tmp_path / "draw.json"

    def said(published: dict) -> str:
        file.write_text(json.dumps(published), encoding="utf-8")
        out = io.StringIO()
        call_command("recompute_draw", file, stdout=out)
        return out.getvalue()

    assert "尚未抽取" in said(client.get(url).json())
    campaign.move("draw", actor=people.zhang_wei, seed=SEED, seed_evidence=SEEN_AT)
    published = client.get(url).json()
    assert "与公布的结果一致" in said(published)
    lost = published | {"drawn": published["drawn"][1:]}
    longer = published | {"committed": published["committed"].replace("row ", "row 0", 1)}
    for false, why in ((lost, "没有公布的有1件"), (longer, "SHA-256"), ({"seed": SEED}, "不是公示页下载的文件")):
        with pytest.raises(CommandError, match=why):
            said(false)


# --- the console -------------------------------------------------------------------------------------


def test_a_campaign_is_made_in_the_console_from_the_form_to_the_draw(population, people):
    browser = signed_in(people.zhang_wei)
    new = reverse("admin:registration_samplingcampaign_add")
    given = {
        "title": "下半年抽查",
        "region": "110000",
        "purpose": "核对材料",
        "request": "劳动合同",
        "basis": "completed",
        "period_from": str(today() - timedelta(days=9)),
        "period_until": str(today()),
        "strata_by": ["level", "place"],
        "percent": "",
        "per_stratum": "",
        "seed_source": "当日双色球开奖号码",
        "seed_on": str(today()),
    }
    wrong = browser.post(new, given).content.decode()
    assert "最早为明天" in wrong
    assert "请填写每层比例或者每层件数" in wrong
    given |= {"seed_on": str(today() + timedelta(days=1)), "per_stratum": "1"}
    check = browser.post(new, given).content.decode()
    assert "将抽取 <strong>3</strong> 件" in check
    assert browser.post(new, given | {"region": "310000"}).status_code == 200, "the office of another is no choice"
    page = browser.post(new, given | {"do": "save"})
    assert page.status_code == 302
    url = page["Location"]
    asked = browser.post(url, {"move": "announce"}).content.decode()
    assert "名单按现在的登记锁定" in asked
    browser.post(url, {"move": "announce", "confirmed": "yes"})
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        browser = signed_in(people.zhang_wei)
        seed = {"move": "draw", "seed": SEED, "seed_evidence": SEEN_AT}
        assert SEED in browser.post(url, seed).content.decode()
        browser.post(url, seed | {"confirmed": "yes"})
        browser.post(url, {"move": "start", "confirmed": "yes"})
    assert SampledCase.objects.count() == 3
    assert "待提交材料" in signed_in(people.zhang_wei).get(url).content.decode()
