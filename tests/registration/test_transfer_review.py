"""变更 under review: who decides, what moves, what ends it, and who hears of it (R-CHG-05…07, R-CHG-10, R-CHG-11)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from registration import actions, queries
from registration.actions import transfers
from registration.models import Application, Institution, Registration, Transfer, Worker
from registration.queries import transfers as asking
from registration.workflows import TransferState as T
from swms.audit.models import AuditEvent
from swms.dates import today, working_days_after
from swms.notices.models import Delivery, Notice
from tests import factories
from tests.registration.changes import (
    CHAOYANG,
    HAIDIAN,
    PUDONG,
    REASON,
    decide,
    draft,
    leave,
    registered,
    sent,
    standing,
    to,
)
from tests.registration.steps import at, refusal

# --- reviews -----------------------------------------------------------------------------------


def test_one_region_reviews_once_and_calls_it_待审核(wang_fang, people, bo):
    """R-CHG-06: 刘波 of 海淀 has nothing to do with it."""
    one = sent(wang_fang, to(CHAOYANG))
    assert (one.state, one.get_state_display()) == (T.PENDING_IN, "待审核")
    assert not Transfer.objects.visible_to(bo).exists()
    with pytest.raises(PermissionDenied):
        decide(one, "approve", bo)
    before = standing(wang_fang)
    decide(one, "approve", people.li_jing)
    after = standing(wang_fang)
    assert after["registrations"] == before["registrations"]
    assert after["work"][-1][0] == "同心社会工作服务中心"


def test_across_regions_the_old_office_lets_go_and_the_new_one_takes_over(wang_fang, people, bo):
    """R-CHG-05…07: everything moves at once, number and validity stay."""
    one = sent(wang_fang, to(HAIDIAN))
    assert one.get_state_display() == "待转出地审核"
    assert asking.awaiting(people.li_jing).get() == one
    assert asking.in_region(bo).get() == one, "both offices see it in their queues"
    assert not asking.awaiting(bo).exists()
    with pytest.raises(PermissionDenied):
        decide(one, "approve_out", bo)
    before = standing(wang_fang)
    with at("2026-12-01T09:00"):
        decide(one, "approve_out", people.li_jing)
        assert one.due_on == working_days_after(date(2026, 12, 1), 15), "a clock of its own"
    assert standing(wang_fang) == before, "nothing has moved yet"
    with pytest.raises(PermissionDenied):
        decide(one, "approve", people.li_jing)

    decide(one, "approve", bo)
    after = standing(wang_fang)
    assert after["region"] == HAIDIAN
    assert [row[3] for row in after["registrations"]] == [HAIDIAN]
    assert [row[:3] for row in after["registrations"]] == [row[:3] for row in before["registrations"]]
    (old, new) = after["work"]
    assert old[2] == today() - timedelta(days=1)
    assert new == ("同心社会工作服务中心", today(), None)
    assert Registration.objects.visible_to(bo).exists()
    assert not Registration.objects.visible_to(people.li_jing).exists()
    assert not Worker.objects.visible_to(people.li_jing).exists()
    assert AuditEvent.objects.filter(verb="registration.registration.transfer").count() == 1


def test_employment_that_began_on_the_day_of_the_change_ends_on_it(people):
    """The old one ends the day before, but never before it began."""
    worker = registered("陈晨")
    worker.experiences.update(start_date=today())
    one = sent(worker, to(CHAOYANG))
    decide(one, "approve", people.li_jing)
    assert [row[1:] for row in standing(worker)["work"]] == [(today(), today()), (today(), None)]


def test_two_certificates_move_together_and_an_unsent_case_with_them(people, bo):
    worker = registered("陈晨", levels=(1, 2))
    factories.qualification("陈晨", number=worker.user.id_number, level=3)
    actions.attach_qualifications(worker)
    one = sent(worker, to(HAIDIAN))
    decide(one, "approve_out", people.li_jing)
    decide(one, "approve", bo)
    after = standing(worker)
    assert [row[3] for row in after["registrations"]] == [HAIDIAN, HAIDIAN]
    assert sorted(after["cases"]) == [
        ("NOT_APPLIED", HAIDIAN),
        ("REGISTERED", CHAOYANG),
        ("REGISTERED", CHAOYANG),
    ], "decided cases stay where they were decided"


def test_the_old_office_keeps_what_it_decided_and_sees_nothing_later(wang_fang, people, bo, settings):
    """R-CHG-07: history up to the change, with its files; not what was edited since."""
    from swms.uploads.views import may_read
    from tests.people import signed_in

    case = wang_fang.applications.get()
    one = sent(wang_fang, to(HAIDIAN))
    decide(one, "approve_out", people.li_jing)
    decide(one, "approve", bo)
    old_photo = wang_fang.photo
    new_photo = factories.photo(wang_fang.user)
    wang_fang.user.mobile = mobile = "19900009876"
    wang_fang.user.save()
    Worker.objects.filter(pk=wang_fang.pk).update(photo=new_photo)
    new_photo.holder = wang_fang
    new_photo.save()

    assert Transfer.objects.visible_to(people.li_jing).get() == one
    assert Application.objects.visible_to(people.li_jing).get() == case
    assert may_read(people.li_jing, old_photo)
    assert not may_read(people.li_jing, new_photo)
    assert not may_read(people.zhao_min, old_photo)
    page = (
        signed_in(people.li_jing)
        .post(f"/console/registration/application/{case.ref}/reveal/", {"field": "mobile"})
        .content.decode()
    )
    assert mobile not in page
    assert not case.moves_for(people.li_jing)


def test_who_let_her_go_does_not_take_her_in(wang_fang, people):
    """孙浩 reviews for the whole city: he may do either step and never both."""
    one = sent(wang_fang, to(HAIDIAN))
    decide(one, "approve_out", people.sun_hao)
    for move, said in (("approve", {}), ("reject", {"reason": REASON})):
        refusal("four_eyes", decide, one, move, people.sun_hao, **said)
    assert not asking.awaiting(people.sun_hao).exists()


def test_nobody_reviews_the_own_change_not_even_under_another_account(wang_fang):
    one = sent(wang_fang, to(CHAOYANG))
    twin = factories.staff("王芳", ("first_review", CHAOYANG), username="twin")
    Worker.objects.filter(pk=wang_fang.pk).update(user=twin)
    one.refresh_from_db()
    with pytest.raises(PermissionDenied):
        decide(one, "approve", twin)
    assert not asking.awaiting(twin).exists()


def test_a_decision_on_another_version_is_refused(wang_fang, people):
    one = sent(wang_fang, to(CHAOYANG))
    found = refusal("changed", transfers.decide, one, "approve", by=people.li_jing, seen=one.form_version - 1)
    assert found.extra["form_version"] == one.form_version


def test_a_refusal_moves_nothing_and_its_copy_begins_with_all_that_was_said(wang_fang, people, bo):
    """§2.5: 李静 refuses; 王芳 copies, mends and sends again."""
    one = sent(wang_fang, to(HAIDIAN))
    before = standing(wang_fang)
    refusal("reason_required", decide, one, "reject", people.li_jing, reason="短")
    decide(one, "reject", people.li_jing, reason=REASON)
    assert standing(wang_fang) == before
    assert Delivery.objects.filter(kind="registration.transfer.reject", channel="sms").count() == 1

    again = transfers.copy(one, by=wang_fang.user)
    assert again.copied_from == one
    assert (again.state, again.kind, again.reason, again.missing()) == (T.DRAFT, one.kind, one.reason, [])
    assert again.new_contract.pk != one.new_contract.pk, "another life: replacing one leaves the other"
    assert transfers.copy(one, by=wang_fang.user) == again, "pressed twice"
    assert transfers.submit(again, by=wang_fang.user, seen=again.form_version).state == T.PENDING_OUT


def test_withdrawing_is_possible_until_the_first_approval(wang_fang, people):
    """R-CHG-10."""
    one = sent(wang_fang, to(HAIDIAN))
    stranger = people.chen_chen
    with pytest.raises(PermissionDenied):
        transfers.withdraw(one, by=stranger.user)
    transfers.withdraw(one, by=wang_fang.user)
    two = sent(wang_fang, to(HAIDIAN))
    decide(two, "approve_out", people.li_jing)
    refusal("already_approved", transfers.withdraw, two, by=wang_fang.user)


def test_time_never_approves_and_the_office_above_both_steps_in(wang_fang, people, bo):
    """R-CHG-10: 张伟 of 北京市 stands above 朝阳 and 海淀; 赵敏 of 上海市 does not."""
    with at("2026-11-02T09:00"):
        one = sent(wang_fang, to(HAIDIAN))
        with pytest.raises(PermissionDenied):
            decide(one, "approve_out", people.zhang_wei)
    last = working_days_after(date(2026, 11, 2), 15)
    with at(f"{last}T23:59"), pytest.raises(PermissionDenied):
        decide(one, "approve_out", people.zhang_wei)
    with at(f"{last + timedelta(days=1)}T00:00"):
        one.refresh_from_db()
        assert one.state == T.PENDING_OUT
        assert asking.awaiting(people.zhang_wei).get() == one
        with pytest.raises(PermissionDenied):
            decide(one, "approve_out", people.zhao_min)
        decide(one, "approve_out", people.zhang_wei)


def test_delay_is_told_to_the_nearest_common_superior(wang_fang, people, bo):
    """R-CHG-10: 北京市 rather than the whole country; between 北京 and 上海 the country, else the office above."""
    nation = factories.staff("全国", ("final_review", None), username="nation")
    people.zhang_wei, people.li_jing, people.zhao_min  # noqa: B018 (they come into being)

    def told():
        Notice.objects.all().delete()
        actions.remind()
        return {each.recipient.name: each.body for each in Notice.objects.filter(kind="registration.reminder")}

    with at("2026-11-02T09:00"):
        one = sent(wang_fang, to(HAIDIAN))
    with at("2026-11-20T09:00"):
        assert told() == {"李静": "即将到期1件，请及时办理。"}
    with at("2026-11-30T09:00"):
        assert told() == {"李静": "已逾期1件，请及时办理。", "张伟": "下级逾期未办1件，请及时办理。"}
        Transfer.objects.filter(pk=one.pk).update(to_region=factories.region(PUDONG))
        assert set(told()) == {"李静", "全国"}
        nation.delete()
        assert set(told()) == {"李静", "张伟"}


# --- what ends it by itself ----------------------------------------------------------------------


@pytest.mark.parametrize("state", ["SUSPENDED", "DEREGISTERED"])
def test_approval_finds_the_institution_gone_and_ends_the_change(wang_fang, people, bo, state):
    """R-CHG-07: 已失效 with the reason, and nothing moved; also where the institution's own move ended nothing."""
    one = sent(wang_fang, to(HAIDIAN))
    decide(one, "approve_out", people.li_jing)
    Institution.objects.filter(pk=one.to_institution_id).update(state=state)
    before = standing(wang_fang)
    found = refusal("target_gone", decide, one, "approve", bo)
    assert "已失效" in found.message
    one.refresh_from_db()
    assert (one.state, standing(wang_fang)) == (T.CANCELLED, before)
    assert "同心" in one.decided_reason
    assert one.decided_reason in Delivery.objects.get(kind="registration.transfer.cancel", channel="sms").text


@pytest.mark.parametrize("move", ["suspend", "deregister"])
def test_an_institution_that_leaves_ends_what_leads_to_it_and_spares_drafts(wang_fang, people, move):
    target = to(HAIDIAN)
    one = sent(wang_fang, target)
    other = registered("陈晨")
    unsent = draft(other, target)
    assert transfers.institution_left(target.institution) == 0
    leave(target.institution, move)
    one.refresh_from_db()
    assert one.state == T.CANCELLED
    assert "不再是正常状态的机构" in one.decided_reason
    refusal("target_gone", transfers.submit, unsent, by=other.user, seen=unsent.form_version)
    unsent.refresh_from_db()
    assert unsent.state == T.DRAFT


@pytest.mark.parametrize("move", ["revoke", "cancel"])
def test_a_registration_that_ends_ends_the_change_in_the_same_moment(wang_fang, people, move):
    one = sent(wang_fang, to(HAIDIAN))
    registration = wang_fang.registrations.get()
    registration.move(move, actor=people.zhang_wei, reason="提交的材料经核实为虚假材料。", cause="own_request")
    one.refresh_from_db()
    assert one.state == T.CANCELLED
    assert registration.get_state_display() in one.decided_reason
    assert "region" in queries.editable_parts(wang_fang), "unregistered again: the profile is open"


def test_the_change_goes_on_while_another_certificate_is_still_registered(people):
    worker = registered("陈晨", levels=(1, 2))
    one = sent(worker, to(HAIDIAN))
    worker.registrations.first().move("revoke", actor=people.zhang_wei, reason="提交的材料经核实为虚假材料。")
    one.refresh_from_db()
    assert one.state == T.PENDING_OUT


# --- who hears of it -------------------------------------------------------------------------------


def test_both_institutions_are_informed_and_nobody_is_asked(wang_fang, people, bo, monkeypatch):
    """R-CHG-11, Q29; institutions without an account are simply not told."""
    old, new = (factories.user_of_institution(name) for name in ("春风账号", "同心账号"))
    accounts = {people.spring.name: [old], "同心社会工作服务中心": [new]}
    monkeypatch.setattr(Institution, "people_to_tell", lambda self: accounts.get(self.name, []))
    one = sent(wang_fang, to(HAIDIAN))
    decide(one, "approve_out", people.li_jing)
    decide(one, "approve", bo)
    for account, words in ((old, "从贵机构变更到“同心社会工作服务中心”"), (new, "变更到贵机构")):
        told = list(Notice.objects.filter(recipient=account).order_by("pk").values_list("body", flat=True))
        assert len(told) == 2, "when it is sent and when it is done"
        assert all(words in body for body in told)
        assert "变更已完成" in told[1]
        assert not any(wang_fang.user.id_number in body for body in told)
    kinds = Notice.objects.filter(recipient=wang_fang.user, kind__startswith="registration.transfer")
    assert [each.kind.rpartition(".")[2] for each in kinds.order_by("pk")] == [
        "submit_across",
        "approve_out",
        "approve",
    ]


def test_a_discarded_draft_leaves_no_files(wang_fang):
    one = draft(wang_fang, to(HAIDIAN))
    files = [file for _, file in asking.proofs(one)]
    assert len(files) == 3
    transfers.discard(one, by=wang_fang.user)
    for file in files:
        file.refresh_from_db()
        assert file.purged_at
    again = transfers.copy(one, by=wang_fang.user)
    assert again.reason == one.reason
    assert {name for name, _ in again.missing()} == {"leave_proof", "new_contract", "region_evidence"}
