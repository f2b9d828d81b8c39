"""Rows of an import that contradict the roster: listed with both sides, decided one by one (§2.16)."""

from dataclasses import replace
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from registration import actions, roster
from registration.models import Qualification, RosterConflict, RosterImport
from registration.promise import PROMISE_VERSION
from registration.workflows import RosterConflictState as S
from swms.audit.models import AuditEvent
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.registration.rosters import holders, write
from tests.walks import Walk, walks

pytestmark = pytest.mark.usefixtures("provinces")

REASON = "请核对原始档案后重新报送这一行。"


@pytest.fixture
def bring(tmp_path):
    """Return a function that imports rows."""

    def inner(*rows, dry_run=False) -> RosterImport:
        return roster.import_file(write(tmp_path / "a.csv", [each.cells for each in rows]), dry_run=dry_run)

    return inner


def take(conflict, by):
    return conflict.move("take", actor=by, looked_at=conflict.looked_at)


def facts(row: Qualification) -> tuple:
    row.refresh_from_db()
    return row.name, row.id_number, row.mgmt_no, row.level, row.exam_year, row.issue_date


def test_a_dry_run_counts_conflicts_and_keeps_none_and_the_run_lists_each_once(bring):
    one, two = holders(2)
    bring(one)
    changed = replace(one, name="某某")
    tried = bring(changed, two, dry_run=True)
    assert (tried.rows_created, tried.rows_refused, tried.rows_conflicting) == (1, 0, 1)
    assert not RosterConflict.objects.exists()
    done = bring(changed, two)
    assert (done.rows_created, done.rows_refused, done.rows_conflicting) == (1, 0, 1)
    again = bring(changed, two)
    assert (again.rows_unchanged, again.rows_conflicting) == (1, 1)
    conflict = RosterConflict.objects.get()
    assert (conflict.roster_import, conflict.kind, conflict.row) == (done, "name", 2)
    assert [row.mgmt_no for row in conflict.rivals()] == [one.mgmt_no]
    assert Qualification.objects.get(mgmt_no=one.mgmt_no).name == one.name


def test_keeping_ours_and_sending_back_change_nothing_and_are_in_the_trail(bring, keeper):
    one, two = holders(2)
    bring(one, two)
    bring(replace(one, name="某某"), replace(two, exam_year=2010))
    before = list(Qualification.objects.order_by("pk").values())
    kept, returned = RosterConflict.objects.order_by("pk")
    kept.move("keep", actor=keeper)
    with pytest.raises(Refused, match="填写原因"):
        returned.move("return_to_source", actor=keeper)
    returned.move("return_to_source", actor=keeper, reason=REASON)
    assert list(Qualification.objects.order_by("pk").values()) == before
    assert (kept.decided_by, returned.decided_reason) == (keeper, REASON)
    assert AuditEvent.objects.get(verb="registration.rosterconflict.return_to_source").reason == REASON
    with pytest.raises(Refused, match="不能执行"):
        take(returned, keeper)


@pytest.mark.parametrize(
    "change",
    [
        lambda one, two: replace(one, name="某某"),
        lambda one, two: replace(one, id_number=two.id_number, name=two.name),
        lambda one, two: replace(one, exam_year=2010, issue_date=date(2010, 9, 9)),
        lambda one, two: replace(one, mgmt_no="1" * 18),
    ],
    ids=["another name", "another person", "another year", "another number"],
)
def test_taking_theirs_makes_the_record_what_the_file_said(bring, keeper, change):
    one, two = holders(2)
    bring(one)
    theirs = change(one, two)
    bring(theirs)
    take(RosterConflict.objects.get(), keeper)
    row = Qualification.objects.get()
    assert facts(row) == (
        theirs.name, theirs.id_number, theirs.mgmt_no, theirs.level, theirs.exam_year, theirs.issue_date,
    )  # fmt: skip
    (event,) = AuditEvent.objects.filter(verb="registration.qualification.take")
    assert event.actor == keeper
    assert theirs.id_number not in str(event.changes)


def test_a_new_certificate_under_another_name_renames_the_person_everywhere(bring, keeper):
    one = holders(1)[0]
    bring(one)
    second = replace(one, mgmt_no="1" * 18, level=3, exam_year=2025, issue_date=date(2025, 10, 8), name="某某")
    bring(second)
    take(RosterConflict.objects.get(), keeper)
    assert set(Qualification.objects.values_list("name", "mgmt_no")) == {("某某", one.mgmt_no), ("某某", "1" * 18)}


def test_whoever_has_an_account_is_not_renamed_by_a_file(bring, keeper):
    """A name is corrected on the person's own application (R-REP-03)."""
    one = holders(1)[0]
    factories.worker(one.name, number=one.id_number)
    bring(one)
    bring(replace(one, name="某某"))
    conflict = RosterConflict.objects.get()
    with pytest.raises(Refused) as refused:
        take(conflict, keeper)
    assert refused.value.code == "has_account"
    conflict.refresh_from_db()
    assert conflict.state == S.OPEN
    assert Qualification.objects.get().name == one.name


def test_the_date_of_somebody_under_review_waits_and_of_somebody_registered_is_asked_about(bring, keeper, people):
    """What 王芳 is registered with changes by a decision alone, and never while a case of hers is under review."""
    case = people.application
    row = case.qualification
    one = replace(
        holders(1)[0], name=row.name, id_number=row.id_number, mgmt_no=row.mgmt_no, level=row.level,
        exam_year=row.exam_year, issue_date=row.issue_date, province="110000", province_name="北京市",
    )  # fmt: skip
    bring(replace(one, name="某某"))
    actions.apply(case, by=case.worker.user, promise_version=PROMISE_VERSION)
    later = replace(one, issue_date=date(2026, 1, 5))
    RosterConflict.objects.update(name=row.name)  # so that only the date is left between them
    with pytest.raises(Refused) as refused:
        take(RosterConflict.objects.get(), keeper)
    assert refused.value.code == "case_open"
    for name, who in (("pass_first", people.li_jing), ("pass_final", people.zhang_wei)):
        case.move(name, actor=who, seen=case.form_version)
    actions.complete(case.pk)
    run = bring(later)
    assert (run.rows_updated, run.rows_conflicting) == (0, 1)
    conflict = RosterConflict.objects.get(roster_import=run)
    assert conflict.kind == "registered"
    take(conflict, keeper)
    row.refresh_from_db()
    assert row.issue_date == date(2026, 1, 5)


def test_what_changed_after_the_page_was_opened_is_looked_at_again(bring, keeper):
    one = holders(1)[0]
    bring(one)
    bring(replace(one, name="某某"))
    conflict = RosterConflict.objects.get()
    seen = conflict.looked_at
    row = Qualification.objects.get()
    row.save()
    with pytest.raises(Refused) as refused:
        conflict.move("take", actor=keeper, looked_at=seen)
    assert refused.value.code == "stale"


def test_a_keeper_of_one_province_decides_its_rows_and_touches_no_other(bring, people, keeper):
    """周燕 keeps the roster of 北京市; 赵敏 keeps none."""
    one = replace(holders(1)[0], province="310000", province_name="上海市")
    bring(one)
    bring(replace(one, name="某某", exam_year=2010, province="110000", province_name="北京市"))
    conflict = RosterConflict.objects.get()
    assert RosterConflict.objects.visible_to(people.zhou_yan).get() == conflict
    assert not RosterConflict.objects.visible_to(people.zhao_min).exists()
    with pytest.raises(PermissionDenied):
        take(conflict, people.zhao_min)
    with pytest.raises(Refused) as refused:
        take(conflict, people.zhou_yan)
    assert refused.value.code == "other_province"


class Decided(Walk):
    """One conflict, and everybody who might touch it."""

    judged = (RosterConflict,)
    law = {
        ("take", S.OPEN, S.TAKEN): {"keeper", "zhou_yan"},
        ("keep", S.OPEN, S.KEPT): {"keeper", "zhou_yan"},
        ("return_to_source", S.OPEN, S.RETURNED): {"keeper", "zhou_yan"},
        ("close", S.OPEN, S.CLOSED): {"system"},
    }
    guards = {"stale"}

    def start(self):
        factories.region("110000")
        row = factories.qualification("王芳")
        run = RosterImport.objects.create(file_name="a.csv", sha256="0" * 64, outcome="finished")
        self.pk = RosterConflict(
            roster_import=run, row=2, kind="name", name="王方", id_type="ID_CARD", id_number=row.id_number,
            mgmt_no=row.mgmt_no, level=row.level, exam_year=row.exam_year, issue_date=row.issue_date,
            province=row.province,
        ).begin().pk  # fmt: skip
        keeper = factories.staff("周宁", (Duty.CERTIFICATE, None), username="zhouning")
        self.users |= {"keeper": keeper} | {
            name: getattr(self.people, name) for name in ("zhou_yan", "li_jing", "zhang_wei")
        }

    @property
    def case(self):
        return RosterConflict.objects.get(pk=self.pk)

    def said(self, case, name):
        return {"looked_at": case.looked_at}


def test_the_table_of_conflicts_is_walked_by_everybody(db):
    """§2.16: four ends, none of them left again."""
    law = {(move.name, move.source, move.target) for move in RosterConflict.workflow}
    assert law == set(Decided.law)
    Decided.TestCase.settings = walks(8, 6)
    Decided.TestCase().runTest()


def test_nobody_decides_about_a_row_of_the_own(bring, keeper):
    """Keepers may be social workers too (R-REG-18)."""
    one = holders(1)[0]
    bring(one)
    bring(replace(one, name="某某"))
    conflict = RosterConflict.objects.get()
    herself = factories.staff(one.name, (Duty.CERTIFICATE, None), username="herself", id_number=one.id_number)
    for name in ("take", "keep", "return_to_source"):
        with pytest.raises(PermissionDenied):
            conflict.move(name, actor=herself, looked_at=conflict.looked_at, reason="原单位核对后重新报送，谢谢。")
    take(conflict, keeper)
