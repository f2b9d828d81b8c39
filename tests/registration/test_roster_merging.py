"""Two records that are one person: what moves, what cannot be merged and why, and that nobody does it alone (§2.16)."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from certificates import queries
from registration import actions, roster
from registration.models import Qualification, RosterMerge
from registration.promise import PROMISE_VERSION
from registration.queries.merging import against_merging, formerly, person_of
from registration.workflows import RosterMergeState as S
from swms.audit.models import AuditEvent
from swms.crypto import index_candidates
from swms.invariants import judge
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.console.test_roster_desk import page_of
from tests.people import signed_in
from tests.registration.inspections import inspected, say
from tests.registration.rosters import holders, write
from tests.registration.steps import registered
from tests.walks import Walk, walks

REASON = "公安机关出具的证件号码变更证明（示例）第1号。"


def propose(keep, join, by) -> RosterMerge:
    return actions.merging.propose(keep, join, reason=REASON, by=by)


def approve(merge, by) -> RosterMerge:
    return merge.move("approve", actor=by, looked_at=merge.looked_at)


def broken_promises() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # chains the trail, as the commit would
    return [line for verdict in judge() for line in verdict.violations]


def test_two_people_without_accounts_become_one_found_under_both_numbers(keeper, people):
    keep = factories.qualification("周七")
    join = factories.qualification("周七", level=2)
    former = join.id_number
    merge = propose(keep, join, keeper)
    assert Qualification.objects.get(pk=join.pk).id_number == former, "nothing moves by a proposal"
    approve(merge, people.zhou_yan)
    join.refresh_from_db()
    assert join.id_number == keep.id_number
    assert set(formerly(index_candidates("identity", former))) == {keep, join}
    assert (
        AuditEvent.objects.get(verb="registration.qualification.merge", target_id=str(join.pk)).actor == people.zhou_yan
    )
    client = signed_in(keeper)
    found = client.post("/console/registration/qualification/", {"text": former}).content.decode()
    assert page_of(keep) in found
    assert page_of(join) in found
    page = client.get(page_of(join)).content.decode()
    assert "曾用证件号码" in page
    assert former not in page


def test_nobody_merges_alone_and_only_keepers_of_the_province_do(keeper, people):
    merge = propose(factories.qualification("周七"), factories.qualification("周七", level=2), keeper)
    with pytest.raises(Refused) as refused:
        approve(merge, keeper)
    assert refused.value.code == "four_eyes"
    for who in (people.li_jing, people.zhang_wei, factories.staff("何平", (Duty.CERTIFICATE, "310000"))):
        with pytest.raises(PermissionDenied):
            approve(merge, who)
    assert not RosterMerge.objects.visible_to(people.zhao_min).exists()
    with pytest.raises(Refused, match="等待复核"):
        propose(merge.keep, merge.join, people.zhou_yan)


def test_the_only_account_stays_and_gets_the_identity_that_stays(keeper, people):
    """The account under the wrong number goes on, its registration with it (as R-REP-03)."""
    record = registered(people, "王芳")
    wrong, worker = record.qualification, record.worker
    right = factories.qualification("王芳", level=2)
    approve(propose(right, wrong, keeper), people.zhou_yan)
    worker.user.refresh_from_db()
    assert worker.user.id_number == right.id_number
    assert set(worker.qualifications.all()) == {right, wrong}
    record.refresh_from_db()
    assert record.worker == worker
    assert queries.verify_number(record.number, "王芳").code == "valid"
    assert queries.verify_number(wrong.mgmt_no, "王芳").code == "valid"
    assert worker.corrections.get().new["id_number"] == right.id_number
    assert broken_promises() == []


def test_the_account_that_stays_is_given_the_others_certificates(keeper, people):
    row = people.application.qualification
    other = factories.qualification("王芳", level=2)
    approve(propose(row, other, keeper), people.zhou_yan)
    assert set(people.wang_fang.qualifications.all()) == {row, other}
    assert people.wang_fang.applications.filter(qualification=other).exists()


def test_of_two_accounts_one_is_closed_and_everything_of_it_moves(keeper, people):
    record = registered(people, "王芳")
    second = factories.application("王芳", level=2)
    other, kept = second.worker, record.worker
    factories.past_project(other)
    number, now = other.user.id_number, other.experiences.get()
    old_job = factories.experience(other, start_date=date(2015, 1, 1), end_date=date(2016, 1, 1))
    approve(propose(record.qualification, second.qualification, keeper), people.zhou_yan)
    for each in (second, old_job, now):
        each.refresh_from_db()
    assert second.worker == kept
    assert old_job.worker == kept
    assert now.worker == other, "nobody has two present employments"
    assert kept.past_projects.count() == 1
    assert set(kept.qualifications.all()) == {record.qualification, second.qualification}
    other.user.refresh_from_db()
    assert not other.user.is_active
    assert other.user.id_number == number
    assert not other.qualifications.exists()
    for mgmt_no in (record.qualification.mgmt_no, second.qualification.mgmt_no):
        assert queries.verify_number(mgmt_no, "王芳").code == "valid"
    assert broken_promises() == []


def test_what_cannot_be_merged_says_every_reason(keeper, people):
    record = registered(people, "王芳")
    second = factories.submitted("王芳", level=2)
    with pytest.raises(Refused) as refused:
        propose(record.qualification, second.qualification, keeper)
    assert f"登记申请{second.ref}正在审核" in refused.value.message

    twice = factories.qualification("王芳", exam_year=record.qualification.exam_year)
    assert "一人一级一年只能有一份" in against(record.qualification, twice)[0]

    third = registered(people, "王芳", exam_year=2019)
    said = against(record.qualification, third.qualification)
    assert any(f"{record.number}、{third.number}" in line for line in said)

    office = factories.staff("孙八", (Duty.FIRST_REVIEW, "110105"), id_number=factories.id_number())
    of_staff = factories.qualification("孙八", number=office.id_number, level=2)
    assert "工作人员" in against(record.qualification, of_staff)[0]
    assert "已经是同一个人" in against(record.qualification, record.qualification)[0]
    assert not RosterMerge.objects.exists()


def against(keep, join) -> list[str]:
    return against_merging(person_of(keep), person_of(join))


def test_who_keeps_one_province_changes_no_certificate_of_another_by_a_merge(keeper, people):
    """As with a conflict: a keeper answers for every row that changes, under whatever number it stands."""
    factories.region("310000")
    keep, join = factories.qualification("周七"), factories.qualification("周七", level=2)
    factories.qualification("周七", number=join.id_number, level=3, province="310000")
    with pytest.raises(Refused) as refused:
        propose(keep, join, people.zhou_yan)
    assert refused.value.code == "other_province"
    merge = propose(keep, join, keeper)
    with pytest.raises(Refused, match="上海"):
        approve(merge, people.zhou_yan)
    approve(merge, factories.staff("吴敏", (Duty.CERTIFICATE, None)))
    assert {row.id_number for row in person_of(keep).rows} == {keep.id_number}


def test_nobody_decides_about_the_own_records(keeper, people):
    """Keepers may be social workers too, and have an account for each (R-REG-18)."""
    keep, join = factories.qualification("周七"), factories.qualification("周七", level=2)
    merge = propose(keep, join, keeper)
    for number in (keep.id_number, join.id_number):
        herself = factories.staff("周七", (Duty.CERTIFICATE, None), username=f"zhou{number[-4:]}", id_number=number)
        for name in ("approve", "reject"):
            with pytest.raises(PermissionDenied):
                merge.move(name, actor=herself, looked_at=merge.looked_at, reason=REASON)


def test_an_inspection_waits_for_its_person_and_a_past_one_goes_along(keeper, people):
    """Nobody is inspected under an account that is closed, where silence would be written down (decision 0029)."""
    case = inspected(people)
    keep, join = factories.application("陈晨", level=2).qualification, case.registration.qualification
    assert any(f"抽查{case.ref}" in line for line in against(keep, join))
    say(case, "answer")
    case.move("propose_pass", actor=people.li_jing, seen=case.form_version)
    case.move("decide_pass", actor=people.sun_hao, seen=case.form_version)
    approve(propose(keep, join, keeper), people.zhou_yan)
    case.refresh_from_db()
    assert case.worker == case.registration.worker == Qualification.objects.get(pk=keep.pk).worker


def test_what_came_up_since_the_proposal_is_asked_again(keeper, people):
    case = people.application
    right = factories.qualification("王芳", level=2)
    merge = propose(right, case.qualification, keeper)
    actions.apply(case, by=case.worker.user, promise_version=PROMISE_VERSION)
    with pytest.raises(Refused) as refused:
        approve(merge, people.zhou_yan)
    assert refused.value.code == "cannot_merge"
    merge.refresh_from_db()
    assert merge.state == S.PROPOSED


def test_who_was_corrected_since_the_proposal_is_not_merged_under_the_number_before(keeper, people):
    """The number that the merge keeps is the one by which the person is found from then on."""
    merge = propose(factories.qualification("周七"), factories.qualification("周七", level=2), keeper)
    merge.join.id_number = factories.id_number()
    merge.join.save()
    merge = RosterMerge.objects.get(pk=merge.pk)
    with pytest.raises(Refused, match="已更正") as refused:
        approve(merge, people.zhou_yan)
    assert refused.value.code == "cannot_merge"
    merge.refresh_from_db()
    assert merge.state == S.PROPOSED


def test_a_file_with_the_former_number_is_a_conflict(keeper, people, tmp_path):
    for code in ("310000", "440000"):
        factories.region(code)
    one = holders(1)[0]
    join = factories.qualification(one.name, number=one.id_number, level=3, exam_year=2011)
    approve(propose(factories.qualification(one.name), join, keeper), people.zhou_yan)
    run = roster.import_file(write(tmp_path / "a.csv", [one.cells]))
    assert (run.rows_created, run.rows_conflicting) == (0, 1)
    assert "已并入" in roster.problems(run)[0].message


class Confirmed(Walk):
    """One merge, and everybody who might touch it."""

    judged = (RosterMerge,)
    law = {
        ("approve", S.PROPOSED, S.MERGED): {"keeper", "zhou_yan"},
        ("reject", S.PROPOSED, S.REJECTED): {"keeper", "zhou_yan"},
        ("withdraw", S.PROPOSED, S.WITHDRAWN): {"keeper"},
    }
    guards = {"four_eyes", "stale"}

    def start(self):
        keeper = factories.staff("周宁", (Duty.CERTIFICATE, None), username="zhouning")
        rows = factories.qualification("周七"), factories.qualification("周七", level=2)
        self.pk = propose(*rows, keeper).pk
        self.users |= {"keeper": keeper} | {
            name: getattr(self.people, name) for name in ("zhou_yan", "li_jing", "zhang_wei")
        }

    @property
    def case(self):
        return RosterMerge.objects.get(pk=self.pk)

    def said(self, case, name):
        return {"looked_at": case.looked_at}


def test_the_table_of_merges_is_walked_by_everybody(db):
    """Four eyes: who proposed it never confirms it."""
    assert {(move.name, move.source, move.target) for move in RosterMerge.workflow} == set(Confirmed.law)
    Confirmed.TestCase.settings = walks(8, 5)
    Confirmed.TestCase().runTest()
