"""变更: what may change how, who decides, and what moves (R-CHG-01…11)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from registration import actions, queries
from registration.actions import transfers
from registration.actions.transfers import Employer
from registration.models import Application, Institution, Registration, Transfer, Worker
from registration.promise import PROMISE_VERSION
from registration.queries import transfers as asking
from registration.workflows import TransferKind as K
from registration.workflows import TransferState as T
from swms.audit.models import AuditEvent
from swms.dates import today, working_days_after
from swms.notices.models import Delivery, Notice
from swms.regions.models import Region
from tests import factories
from tests.registration.changes import (
    CHAOYANG,
    HAIDIAN,
    PUDONG,
    REASON,
    at_institution,
    draft,
    leave,
    registered,
    sent,
    standing,
    to,
)
from tests.registration.steps import at, refusal


@pytest.fixture
def wang_fang(people) -> Worker:
    """王芳, registered in 朝阳区 and working at 春风."""
    return at_institution(registered("王芳"), people.spring)


@pytest.fixture
def bo(people):
    """刘波, first reviewer of 海淀区, where 王芳 wants to go."""
    return factories.staff("刘波", ("first_review", HAIDIAN), username="liubo")


def decide(transfer, name, by, **said):
    return transfers.decide(transfer, name, by=by, seen=transfer.form_version, **said)


# --- kinds and beginnings ------------------------------------------------------------------------


def test_the_system_works_out_the_kind_from_the_two_regions(wang_fang):
    """R-CHG-02, R-CHG-03: 王芳 chooses an institution and nothing else."""
    for code, kind, region in ((CHAOYANG, K.INST_ONLY, CHAOYANG), (HAIDIAN, K.INST_AND_REGION, HAIDIAN)):
        one = transfers.begin(wang_fang, to(code, f"{code}中心"), by=wang_fang.user)
        assert (one.kind, one.to_region_id, one.from_region_id) == (kind, region, CHAOYANG)
    assert Transfer.objects.count() == 1, "another choice belongs to the same draft"


@pytest.mark.parametrize("code", ["441900", "442000", "460400", "620200"])
def test_a_city_without_counties_counts_as_one_region(people, code):
    """R-CHG-04: 东莞, 中山, 儋州, 嘉峪关 act as county level."""
    province = Region.objects.create(code=f"{code[:2]}0000", name="某省", level=1, path=f"/{code[:2]}0000/")
    city = Region.objects.create(
        code=code, name="某市", level=2, parent=province, path=f"{province.path}{code}/", is_leaf=True
    )
    worker = registered("陈晨")
    Worker.objects.filter(pk=worker.pk).update(region=city)
    worker.refresh_from_db()
    there = Institution.objects.create(name="本市中心", uscc="52441900TEST000001", region=city, org_type="OTHER")
    assert transfers.begin(worker, Employer(institution=there), by=worker.user).kind == K.INST_ONLY
    assert transfers.begin(worker, to(CHAOYANG), by=worker.user).kind == K.INST_AND_REGION


def test_at_the_level_of_prefectures_two_counties_are_one_region_and_the_own_bureau_decides(wang_fang, settings):
    """R-CHG-04: REGION_MATCH_LEVEL; 登记区域 stays."""
    settings.REGION_MATCH_LEVEL = 2
    one = transfers.begin(wang_fang, to(HAIDIAN), by=wang_fang.user)
    assert (one.kind, one.to_region_id) == (K.INST_ONLY, CHAOYANG)


def test_an_abolished_region_resolves_to_its_successor(wang_fang, people):
    old = factories.region(CHAOYANG)
    heir = factories.region(HAIDIAN)
    Region.objects.filter(pk=old.pk).update(successor=heir, valid_to=date(2026, 1, 1), path=f"{heir.path}{old.code}/")
    wang_fang.refresh_from_db()
    one = transfers.begin(wang_fang, to(HAIDIAN), by=wang_fang.user)
    assert (one.kind, one.from_region_id) == (K.INST_ONLY, HAIDIAN)


def test_a_region_abolished_while_the_change_is_open_resolves_to_its_successor(wang_fang, people, bo):
    one = sent(wang_fang, to(HAIDIAN))
    old = factories.region(HAIDIAN)
    heir = Region.objects.create(
        code="110199", name="新海淀区", level=3, parent=old.parent, path="/110000/110100/110199/", is_leaf=True
    )
    Region.objects.filter(pk=old.pk).update(successor=heir, valid_to=date(2026, 1, 1), path=f"{heir.path}{old.code}/")
    Institution.objects.filter(pk=one.to_institution_id).update(region=heir)
    decide(one, "approve_out", people.li_jing)
    heirs = factories.staff("赵新", ("first_review", None), username="zhaoxin")
    decide(one, "approve", heirs)
    assert standing(wang_fang)["region"] == "110199"


def test_without_registration_one_edits_the_profile_and_begins_no_change(people):
    """R-CHG-08."""
    worker = people.wang_fang
    found = refusal("not_registered", transfers.begin, worker, to(), by=worker.user)
    assert "个人信息" in found.message
    assert "region" in queries.editable_parts(worker)


def test_no_change_begins_or_is_sent_while_a_case_is_under_review(wang_fang):
    """R-CHG-08: 王芳's second certificate is in 待审核."""
    one = draft(wang_fang, to())
    factories.qualification("王芳", number=wang_fang.user.id_number, level=2)
    actions.attach_qualifications(wang_fang)
    case = wang_fang.applications.latest("pk")
    actions.apply(case, by=wang_fang.user, promise_version=PROMISE_VERSION)
    refusal("case_in_review", transfers.submit, one, by=wang_fang.user, seen=one.form_version)
    transfers.discard(one, by=wang_fang.user)
    refusal("case_in_review", transfers.begin, wang_fang, to(), by=wang_fang.user)


def test_no_case_is_sent_while_a_change_is_under_review(wang_fang):
    """R-CHG-08 from the other side: nothing in review would be left in the old region."""
    factories.qualification("王芳", number=wang_fang.user.id_number, level=2)
    actions.attach_qualifications(wang_fang)
    case = wang_fang.applications.latest("pk")
    one = sent(wang_fang, to())
    refusal("change_in_review", actions.apply, case, by=wang_fang.user, promise_version=PROMISE_VERSION)
    transfers.withdraw(one, by=wang_fang.user)
    actions.apply(case, by=wang_fang.user, promise_version=PROMISE_VERSION)


def test_there_is_one_open_change_and_the_database_holds_it(wang_fang):
    one = sent(wang_fang, to())
    assert refusal("already_open", transfers.begin, wang_fang, to(), by=wang_fang.user).extra["ref"] == one.ref
    with pytest.raises(IntegrityError, match="one_open_transfer"), transaction.atomic():
        Transfer.objects.create(ref="BG-1", worker=wang_fang, from_region=wang_fang.region)


def test_the_region_alone_moves_only_with_a_typed_employer_and_evidence(people):
    """R-CHG-09: 陈晨's employer was typed; at an institution it is refused."""
    worker = registered("陈晨", employer_name="某社区居委会", employer_type="COMMUNITY")
    one = transfers.begin(worker, Employer(stays=True), by=worker.user)
    answers = {"effective_date": today(), "reason": "随迁", "to_region": factories.region(HAIDIAN)}
    one = transfers.save_draft(one, answers, by=worker.user, seen=None)
    assert (one.kind, one.proofs) == (K.REGION_ONLY, ("region_evidence",))
    refusal("incomplete", transfers.submit, one, by=worker.user, seen=one.form_version)
    at_institution(worker, people.spring)
    transfers.discard(one, by=worker.user)
    refusal("region_with_institution", transfers.begin, worker, Employer(stays=True), by=worker.user)


def test_who_has_no_work_registers_only_where_户籍_is(people):
    """R-PRO-07 after a change, R-CHG-09."""
    worker = registered("陈晨", employer_name="待业", employer_type="NOT_EMPLOYED")
    one = draft(worker, Employer(stays=True), to_region=factories.region(HAIDIAN))
    refusal("region_elsewhere", transfers.submit, one, by=worker.user, seen=one.form_version)
    Worker.objects.filter(pk=worker.pk).update(household_region=factories.region(HAIDIAN))
    assert transfers.submit(one, by=worker.user, seen=one.form_version).state == T.PENDING_OUT


def test_nothing_that_changes_nothing_is_sent(wang_fang, people):
    refusal("same_institution", transfers.begin, wang_fang, Employer(institution=people.spring), by=wang_fang.user)
    worker = registered("陈晨", employer_name="某社区居委会", employer_type="COMMUNITY")
    one = draft(worker, Employer(stays=True))
    refusal("nothing_changes", transfers.submit, one, by=worker.user, seen=one.form_version)


@pytest.mark.parametrize(
    ("employer_type", "code", "asked"),
    [
        ("SOCIAL_WORK_INSTITUTION", CHAOYANG, {"leave_proof", "new_contract"}),
        ("SOCIAL_WORK_INSTITUTION", HAIDIAN, {"leave_proof", "new_contract", "region_evidence"}),
        ("NOT_EMPLOYED", HAIDIAN, {"new_contract", "region_evidence"}),
    ],
)
def test_the_files_that_are_asked_follow_from_what_changes(people, employer_type, code, asked):
    """§3.12: no proof of leaving where there was nothing to leave; region evidence only when the region changes."""
    worker = registered("陈晨", employer_type=employer_type)
    one = transfers.begin(worker, to(code), by=worker.user)
    assert set(one.proofs) == asked
    missing = refusal("incomplete", transfers.submit, one, by=worker.user, seen=one.form_version).extra["missing"]
    assert set(missing) == asked | {"to_post", "effective_date", "reason"}


def test_an_employment_that_ended_before_needs_no_proof_of_leaving(people):
    worker = registered("陈晨", end_date=date(2024, 6, 30))
    assert "leave_proof" not in transfers.begin(worker, to(), by=worker.user).proofs


def test_the_date_is_at_most_thirty_days_ahead_and_not_before_the_old_work(wang_fang):
    """§3.12; judged on the day of sending."""
    began = wang_fang.experiences.get().start_date
    for day in (today() + timedelta(days=31), began - timedelta(days=1)):
        one = draft(wang_fang, to(), effective_date=day)
        refusal("date_out_of_range", transfers.submit, one, by=wang_fang.user, seen=one.form_version)
    one = draft(wang_fang, to(), effective_date=today() + timedelta(days=30))
    assert transfers.submit(one, by=wang_fang.user, seen=one.form_version).state == T.PENDING_OUT


def test_an_institution_that_moved_since_the_check_page_makes_the_sender_look_again(wang_fang):
    """R-CHG-03: the kind follows the facts, and nothing is sent that was not seen."""
    one = draft(wang_fang, to(CHAOYANG, "搬迁中心"))
    assert one.kind == K.INST_ONLY
    Institution.objects.filter(name="搬迁中心").update(region=factories.region(HAIDIAN))
    refusal("changed", transfers.submit, one, by=wang_fang.user, seen=one.form_version)
    one.refresh_from_db()
    assert (one.state, one.kind) == (T.DRAFT, K.INST_AND_REGION)
    refusal("incomplete", transfers.submit, one, by=wang_fang.user, seen=one.form_version)


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
