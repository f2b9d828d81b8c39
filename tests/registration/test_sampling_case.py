"""抽查 of one person: what is asked and seen, who decides, and what comes of it."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from registration import tasks
from registration.actions import remind_workers, sampling
from registration.models import DeadlineReminder, Registration, SampledCase
from registration.queries import sampling as asking
from registration.queries.clock import entries
from registration.queries.reminders import workers_to_remind
from registration.workflows import CampaignState, SampleState
from swms.dates import today, working_days_after
from swms.notices.models import Delivery, Notice
from tests import factories
from tests.people import signed_in
from tests.registration.changes import registered
from tests.registration.inspections import REASON, decided_case, drawn, inspected, say, superior
from tests.registration.steps import refusal

pytestmark = pytest.mark.django_db

# --- a drawn case ------------------------------------------------------------------------------------


def test_a_drawn_person_is_asked_in_words_and_sees_the_day_everywhere(people):
    case = inspected(people)
    due = working_days_after(today(), 15)
    assert case.due_on == due
    notice = Notice.objects.get(kind="registration.sampledcase.begin")
    assert notice.recipient == case.worker.user
    assert case.campaign.request in notice.body
    assert Delivery.objects.filter(notice=notice, channel="sms").exists()
    browser = signed_in(case.worker.user)
    for url in ("dashboard", "clock"):
        page = browser.get(reverse(f"registration:{url}")).content.decode()
        assert case.ref in page or "抽查：提交材料" in page
        assert f"{due.month}月{due.day}日" in page
    entry = next(each for each in entries(case.worker) if each.name == "inspection")
    assert (entry.last_day, entry.action.move) == (due, "answer")


def test_the_person_is_reminded_three_working_days_and_one_before_the_end_and_only_while_asked(people):
    case = inspected(people)
    assert case.worker not in workers_to_remind()
    day = case.due_on
    while working_days_after(day, 3) > case.due_on:
        day -= timedelta(days=1)
    moment = timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 10))
    with time_machine.travel(moment):
        assert case.worker in workers_to_remind()
        assert remind_workers([case.worker_id]) == 1
        assert remind_workers([case.worker_id]) == 0, "once"
        assert DeadlineReminder.objects.get(kind="inspection").last_day == case.due_on
        say(case, "answer")
        assert case.worker not in workers_to_remind()


def test_silence_is_written_down_and_fails_nobody_and_what_comes_later_is_looked_at(people):
    case = inspected(people)
    sampling.extend(case, by=case.worker.user)
    extended = working_days_after(working_days_after(today(), 15), 10)
    assert case.due_on == extended
    refusal("extended_already", sampling.extend, case, by=case.worker.user)
    tasks.tend_sampling()
    case.refresh_from_db()
    assert case.state == SampleState.REQUESTED, "the last day counts in whole"
    with time_machine.travel(timezone.now() + (extended - today()) + timedelta(days=1)):
        tasks.tend_sampling()
        tasks.tend_sampling()
        case.refresh_from_db()
        assert (case.state, case.unanswered_on) == (SampleState.EXAMINING, today())
        assert Notice.objects.filter(kind="registration.sampledcase.note_silence").count() == 1
        seen = case.form_version
        say(case, "supplement", "材料迟交，请查收。")
        refusal("changed", case.move, "propose_pass", actor=people.li_jing, seen=seen)


def test_who_approved_the_registration_or_proposed_does_not_decide(people):
    """R-REG-18: neither 李静, who proposes, nor 张伟, who approved it, decides; 孙浩 does."""
    application = factories.submitted("林悦")
    application.move("pass_first", actor=people.li_jing, seen=1)
    application.move("pass_final", actor=people.zhang_wei, seen=1)
    tasks.complete(application.pk)
    case = say(inspected(people, application.worker), "answer")
    case.move("propose_pass", actor=people.sun_hao, seen=case.form_version)
    for barred in (people.zhang_wei, people.sun_hao):
        refusal("four_eyes", case.move, "decide_pass", actor=barred, seen=case.form_version)
        assert case not in asking.awaiting(barred)
    another = factories.staff("钱进", ("final_review", "110000"), username=factories.mobile())
    assert case in asking.awaiting(another)
    refusal("not_heard", case.move, "decide_fail", actor=another, seen=case.form_version, reason=REASON)
    case.move("decide_pass", actor=another, seen=case.form_version)
    assert case.state == SampleState.PASSED


def test_a_review_above_undoes_the_decision_and_others_decide_anew(people):
    case = decided_case(people)
    above = superior()
    say(case, "ask_review", "合同附件没有看到，请复核。")
    assert case.state == SampleState.IN_REVIEW
    with pytest.raises(PermissionDenied):
        case.move("uphold", actor=people.zhang_wei, seen=case.form_version, reason=REASON)
    assert case in asking.awaiting(above)
    case.move("roll_back", actor=above, seen=case.form_version, reason="附件确实没有审查，退回重新审查。")
    assert (case.state, case.finding) == (SampleState.EXAMINING, "")
    refusal("four_eyes", case.move, "propose_fail", actor=people.sun_hao, seen=case.form_version, reason=REASON)
    case.move("propose_fail", actor=people.li_jing, seen=case.form_version, reason=REASON)
    say(case, "state", "还是同样的意见。")
    refusal("four_eyes", case.move, "decide_fail", actor=people.sun_hao, seen=case.form_version, reason=REASON)
    case.move("decide_fail", actor=people.zhang_wei, seen=case.form_version, reason=REASON)
    draft = sampling.save(case, text="再复核一次。", files=[], by=case.worker.user)
    refusal("review_used", sampling.send, case, "ask_review", by=case.worker.user)
    assert draft.sent_at is None


def test_not_passing_revokes_nothing_and_leads_to_who_may(people):
    """R-REG-24: the office that decides on 撤销 finds the case beside the register, and does it there."""
    case = decided_case(people)
    record = case.registration
    page = reverse("admin:registration_sampledcase_change", args=[case.ref])
    link = reverse("admin:registration_registration_change", args=[record.number])
    browser = signed_in(people.zhang_wei)
    assert "还在申请复核的期限内" in browser.get(page).content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        browser = signed_in(people.zhang_wei)
        said = browser.get(page).content.decode()
        assert "结果已经确定，登记仍然有效" in said
        assert link in said
        listed = browser.get(reverse("admin:registration_sampledcase_changelist") + "?part=handover").content.decode()
        assert case.ref in listed
        assert "抽查不合格" in browser.get(link).content.decode()
        assert Registration.objects.get(pk=record.pk).state == "VALID"
        given = {"move": "revoke", "reason": REASON, "confirmed": "yes"}
        assert browser.post(link, given).status_code == 302
        assert Registration.objects.get(pk=record.pk).state == "REVOKED"
        assert (
            case.ref
            not in browser.get(reverse("admin:registration_sampledcase_changelist") + "?part=handover").content.decode()
        )


def test_a_registration_that_is_undone_meanwhile_is_inspected_no_more_and_a_review_goes_on(people):
    case, other = inspected(people), registered("乙某")
    case.registration.move("cancel", actor=people.zhang_wei, reason=REASON, cause="own_request")
    case.refresh_from_db()
    assert (case.state, case.due_on) == (SampleState.STOPPED, None)
    assert "抽查随之终止" in signed_in(case.worker.user).get(case.get_absolute_url()).content.decode()
    reviewed = say(decided_case(people, other), "ask_review", "请复核。")
    reviewed.registration.move("revoke", actor=people.zhang_wei, reason=REASON)
    reviewed.refresh_from_db()
    assert reviewed.state == SampleState.IN_REVIEW


def test_a_campaign_closes_with_numbers_only_and_not_while_somebody_may_ask_for_a_review(people, client):
    case = decided_case(people)
    campaign = case.campaign
    refusal("cases_open", campaign.move, "close", actor=people.zhang_wei)
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        campaign.move("close", actor=people.zhang_wei)
        page = client.get(reverse("registration:sampling_case", args=[campaign.ref])).content.decode()
    assert campaign.results["FAILED"] == campaign.results["drawn"] == 1
    assert "不合格" in page
    assert case.worker.user.name not in page
    assert CampaignState(campaign.state) == CampaignState.CLOSED


def test_what_one_person_uploads_is_seen_by_the_office_once_it_is_sent_and_by_no_other_worker(people):
    case = inspected(people)
    user = case.worker.user
    browser = signed_in(user)
    url = reverse("registration:inspection_answer", args=[case.ref])
    sent = browser.post(url, {"text": "见附件", "files": factories.id_card("正面"), "do": "save"}, follow=True)
    assert "现在还没有提交" in sent.content.decode()
    file = asking.draft_of(case).files.get()
    assert signed_in(people.li_jing).get(file.get_absolute_url()).status_code == 404, "a draft is the person's own"
    answer = browser.post(url, {"do": "send", "move": "answer"}, follow=True).content.decode()
    assert "材料已提交" in answer
    assert signed_in(people.li_jing).get(file.get_absolute_url()).status_code == 200
    for stranger in (people.chen_chen.user, people.zhao_min):
        assert signed_in(stranger).get(file.get_absolute_url()).status_code == 404
        assert signed_in(stranger).get(case.get_absolute_url()).status_code == 404
    again = browser.post(url, {"do": "send", "move": "answer"}, follow=True)
    assert again.status_code == 200, "pressed twice, it says so"
    case.refresh_from_db()
    assert case.answers.exclude(sent_at=None).count() == 1


def test_nothing_is_sent_that_says_nothing_and_a_file_can_be_taken_out_again(people):
    case = inspected(people)
    browser = signed_in(case.worker.user)
    url = reverse("registration:inspection_answer", args=[case.ref])
    browser.post(url, {"text": "", "do": "save"})
    assert "请填写说明或上传材料" in browser.post(url, {"do": "send", "move": "answer"}, follow=True).content.decode()
    broken = io.BytesIO(b"not a picture")
    broken.name = "材料.jpg"
    page = browser.post(url, {"text": "写好的说明", "files": broken, "do": "save"}).content.decode()
    assert "写好的说明" in page, "what was typed stays"
    browser.post(url, {"text": "写好的说明", "files": factories.id_card("反面"), "do": "later"})
    file = asking.draft_of(case).files.get()
    browser.post(url, {"do": "remove", "file": str(file.uid)})
    browser.post(url, {"do": "remove", "file": "no uid at all"})
    file.refresh_from_db()
    assert file.purged_at
    assert asking.draft_of(case).text == "写好的说明"


# -- what an outsider tried --------------------------------------------------------------------------


def test_who_is_drawn_by_two_campaigns_is_inspected_by_one_after_the_other(people):
    worker = registered("陈晨")
    first, second = drawn(people, percent=100), drawn(people, percent=100)
    first.move("start", actor=people.zhang_wei)
    refusal("under_inspection", second.move, "start", actor=people.zhang_wei)
    case = SampledCase.objects.get(worker=worker)
    case.move("stop", actor=people.sun_hao, seen=case.form_version, reason=REASON)
    second.move("start", actor=people.zhang_wei)
    assert second.cases.get(worker=worker).state == SampleState.REQUESTED


def test_what_was_undone_between_the_draw_and_the_request_is_not_inspected(people):
    worker = registered("陈晨")
    campaign = drawn(people, percent=100)
    worker.registrations.get().move("revoke", actor=people.zhang_wei, reason=REASON)
    campaign.move("start", actor=people.zhang_wei)
    assert campaign.cases.get(worker=worker).state == SampleState.STOPPED


def test_who_passed_a_registration_or_proposed_does_not_end_its_inspection_alone(people):
    """Four eyes hold for the end of a case too: it would be the way to save what should not have been passed."""
    case = inspected(people)
    approver = case.application.decisions.get(stage="final").reviewer
    approver.is_active = True
    approver.save()
    said = {"seen": case.form_version, "reason": REASON}
    assert case.workflow.refusal(case, "stop", actor=approver, **said).code == "four_eyes"
    say(case, "answer")
    said["seen"] = case.form_version
    case.move("propose_fail", actor=people.sun_hao, **said)
    assert case.workflow.refusal(case, "stop", actor=people.sun_hao, **said).code == "four_eyes"
    assert case.move("stop", actor=people.zhang_wei, **said).state == SampleState.STOPPED
