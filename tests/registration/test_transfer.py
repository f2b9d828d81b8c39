"""变更: what may change how, and what is asked before it is sent (R-CHG-01…04, R-CHG-08, R-CHG-09)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from registration import actions, queries
from registration.actions import transfers
from registration.actions.transfers import Employer
from registration.models import Institution, Transfer, Worker
from registration.promise import PROMISE_VERSION
from registration.workflows import TransferKind as K
from registration.workflows import TransferState as T
from swms.dates import today
from swms.regions.models import Region
from tests import factories
from tests.registration.changes import CHAOYANG, HAIDIAN, at_institution, decide, draft, registered, sent, standing, to
from tests.registration.steps import refusal

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
