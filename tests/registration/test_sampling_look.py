# ruff: noqa: F811 - fixtures are imported by name
"""The pages of sampling audits in a real browser: axe, the policy, and narrow screens (S8, decision 0029)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from registration.actions import sampling
from swms.dates import today
from tests import factories
from tests.people import signed_in
from tests.registration.changes import HAIDIAN, registered
from tests.registration.inspections import REASON, SEED, announced, inspected, planned, say, superior
from tests.registration.test_institution_look import inspect
from tests.registration.test_pages_look import browser, look  # noqa: F401

pytestmark = pytest.mark.django_db


def test_every_page_of_a_drawn_person_is_accessible_in_large_letters_on_the_narrowest_screen(look, client, people):
    case = inspected(people)
    user = case.worker.user
    user.elder_mode = True
    user.save()
    client.force_login(user)
    page, answer = case.get_absolute_url(), reverse("registration:inspection_answer", args=[case.ref])
    inspect(look, reverse("registration:dashboard"), "sampling-dashboard")
    inspect(look, reverse("registration:clock"), "sampling-clock")
    inspect(look, page, "inspection-asked")
    inspect(look, reverse("registration:inspection_extend", args=[case.ref]), "inspection-extend")
    draft = sampling.save(case, text="合同和流水见附件。", files=[], by=user)
    draft.files.add(factories.evidence(None, user))
    inspect(look, answer, "inspection-answer")
    inspect(look, f"{answer}?check=1", "inspection-check")
    sampling.send(case, "answer", by=user)
    case.move("propose_fail", actor=people.li_jing, seen=case.form_version, reason=REASON)
    inspect(look, page, "inspection-proposed")
    inspect(look, answer, "inspection-statement")
    say(case, "state", "合同已经续签。")
    case.move("decide_fail", actor=people.sun_hao, seen=case.form_version, reason=REASON)
    inspect(look, page, "inspection-failed")
    inspect(look, answer, "inspection-review")


def test_every_page_of_a_campaign_is_accessible_and_fits_the_narrowest_screen(look, client, people):
    registered("海淀甲", code=HAIDIAN)
    case = inspected(people)
    campaign = case.campaign
    wei = signed_in(people.zhang_wei)
    client.cookies = wei.cookies
    new = reverse("admin:registration_samplingcampaign_add")
    inspect(look, reverse("admin:registration_samplingcampaign_changelist"), "campaigns")
    inspect(look, new, "campaign-new")

    def fill(page):
        page.fill("#id_title", "下半年抽查")
        page.fill("#id_purpose", "核对材料")
        page.fill("#id_request", "劳动合同")
        page.fill("#id_period_from", str(today() - timedelta(days=9)))
        page.fill("#id_period_until", str(today()))
        page.fill("#id_seed_source", "当日双色球开奖号码")
        page.fill("#id_seed_on", str(today() + timedelta(days=1)))
        page.click("main .actions button:has-text('核对')")

    inspect(look, new, "campaign-errors", before=lambda page: page.click("main .actions button:has-text('核对')"))
    registered("朝阳乙")
    inspect(look, new, "campaign-confirm", before=fill)
    draft = planned(people)
    drafts = reverse("admin:registration_samplingcampaign_change", args=[draft.ref])
    inspect(look, drafts, "campaign-draft")

    def draw(page):
        page.click(".decision summary:has-text('抽取')")
        page.fill("#id_seed", SEED)
        page.fill("#id_seed_evidence", "开奖公告")
        page.click(".decision button:has-text('抽取')")

    coming = reverse("admin:registration_samplingcampaign_change", args=[announced(people).ref])
    inspect(look, coming, "campaign-draw", before=draw)
    inspect(look, reverse("admin:registration_samplingcampaign_change", args=[campaign.ref]), "campaign-under-way")
    inspect(look, reverse("registration:sampling"), "published-list")
    inspect(look, reverse("registration:sampling_case", args=[campaign.ref]), "published")

    say(case, "answer", files=1)
    url = reverse("admin:registration_sampledcase_change", args=[case.ref])
    inspect(look, reverse("admin:registration_sampledcase_changelist"), "cases")
    inspect(look, url, "case-examining")
    case.move("propose_fail", actor=people.li_jing, seen=case.form_version, reason=REASON)
    say(case, "state", "合同已经续签。")
    inspect(look, url, "case-deciding")
    case.move("decide_fail", actor=people.sun_hao, seen=case.form_version, reason=REASON)
    say(case, "ask_review", "请复核。")
    case.move("uphold", actor=superior(), seen=case.form_version, reason=REASON)
    inspect(look, url, "case-upheld")
    inspect(
        look, reverse("admin:registration_registration_change", args=[case.registration.number]), "register-with-case"
    )
