"""Undoing one import: to the letter, without those who went on since, and taken up again when killed (§2.16)."""

from dataclasses import replace
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from registration import actions, roster
from registration.models import Qualification, RosterConflict, RosterImport, RosterKept
from registration.promise import PROMISE_VERSION
from registration.roster import undo
from swms.audit.models import AuditEvent
from swms.workflow import Refused
from tests import factories
from tests.registration.rosters import holders, write
from tests.registration.test_roster_conflicts import take

pytestmark = pytest.mark.usefixtures("provinces")

REASON = "名单是去年的旧文件，导入有误。"


@pytest.fixture
def bring(tmp_path, keeper):
    def inner(*rows) -> RosterImport:
        return roster.import_file(write(tmp_path / "a.csv", [each.cells for each in rows]), by=keeper)

    return inner


def everything() -> list[dict]:
    return list(Qualification.objects.order_by("pk").values())


def undone(run: RosterImport, by) -> RosterImport:
    return roster.run(roster.ask_to_undo(run, by=by, reason=REASON).pk)


def test_what_it_brought_is_gone_and_what_it_changed_is_as_before_to_the_letter(bring, keeper):
    people = holders(12)
    bring(*people[:6])
    before = everything()
    moved = [replace(each, issue_date=date(2026, 1, 5)) for each in people[:3]]
    run = bring(*moved, *people[6:], replace(people[4], name="某某"))
    assert (run.rows_created, run.rows_updated, run.rows_conflicting) == (6, 3, 1)
    take(RosterConflict.objects.get(), keeper)
    assert Qualification.objects.get(mgmt_no=people[4].mgmt_no).name == "某某"
    run = undone(run, keeper)
    assert everything() == before
    assert (run.outcome, run.rows_undone, run.kept.count()) == ("undone", 10, 0)
    assert [each.id_number for each in Qualification.objects.order_by("pk")] == [each.id_number for each in people[:6]]
    assert AuditEvent.objects.get(verb="registration.rosterimport.undo").reason == REASON
    assert AuditEvent.objects.get(verb="registration.rosterimport.undone").changes["rows_undone"] == 10


def test_who_registered_or_was_changed_since_stays_and_is_listed_with_the_reason(bring, keeper):
    people = holders(8)
    bring(people[0], people[1])
    run = bring(*(replace(each, issue_date=date(2026, 1, 5)) for each in people[:2]), *people[2:])
    registered = factories.worker(people[2].name, number=people[2].id_number)
    actions.attach_qualifications(registered)
    Qualification.objects.get(mgmt_no=people[3].mgmt_no).move(
        "revoke", actor=keeper, reason="考试中有违纪行为，予以撤销。"
    )
    bring(*(replace(each, issue_date=date(2026, 2, 6)) for each in (people[0], people[4])))
    run = undone(run, keeper)
    kept = {each.qualification.mgmt_no: each.reason for each in run.kept.select_related("qualification")}
    assert kept == {
        people[0].mgmt_no: "changed",
        people[2].mgmt_no: "account",
        people[3].mgmt_no: "changed",
        people[4].mgmt_no: "changed",
    }
    assert run.rows_undone == 4
    assert Qualification.objects.get(mgmt_no=people[0].mgmt_no).issue_date == date(2026, 2, 6)
    assert Qualification.objects.get(mgmt_no=people[1].mgmt_no).issue_date == people[1].issue_date
    assert set(Qualification.objects.values_list("mgmt_no", flat=True)) == {people[1].mgmt_no, *kept}


def test_a_decision_whose_former_number_is_another_persons_now_stays_and_holds_up_nothing(bring, keeper):
    one, two, third, fourth = holders(4)
    bring(one)
    run = bring(replace(one, mgmt_no=fourth.mgmt_no), two)
    take(RosterConflict.objects.get(), keeper)
    bring(replace(third, mgmt_no=one.mgmt_no))
    run = undone(run, keeper)
    assert (run.outcome, run.rows_undone) == ("undone", 1)
    kept = run.kept.get()
    assert (kept.qualification.mgmt_no, kept.reason) == (fourth.mgmt_no, "changed")
    assert not Qualification.objects.filter(mgmt_no=two.mgmt_no).exists()


def test_a_decision_that_somebody_applied_on_since_stays(bring, keeper, people):
    """As with what the file changed itself: a case was sent in on it."""
    case = factories.application("陈晨")
    row, run = case.qualification, bring(*holders(1))
    RosterConflict(
        roster_import=run, row=2, kind="registered", name=row.name, id_type=row.id_type,
        id_number=row.id_number, mgmt_no=row.mgmt_no, level=row.level, exam_year=row.exam_year,
        issue_date=date(2026, 1, 5), province=row.province,
    ).begin()  # fmt: skip
    take(RosterConflict.objects.get(), keeper)
    actions.apply(case, by=case.worker.user, promise_version=PROMISE_VERSION)
    run = undone(run, keeper)
    row.refresh_from_db()
    assert row.issue_date == date(2026, 1, 5)
    assert list(run.kept.values_list("reason", flat=True)) == ["used"]


def test_imports_are_undone_one_after_the_other_back_to_the_first(bring, keeper):
    one = holders(1)[0]
    runs = [bring(replace(one, issue_date=date(2026, month, 5))) for month in (1, 2, 3)]
    states = [date(2026, 2, 5), date(2026, 1, 5)]
    for run, expected in zip(reversed(runs[1:]), states, strict=True):
        undone(run, keeper)
        assert Qualification.objects.get().issue_date == expected
    undone(runs[0], keeper)
    assert not Qualification.objects.exists()


def test_open_conflicts_of_an_undone_import_are_closed(bring, keeper):
    one, two = holders(2)
    bring(one)
    run = bring(two, replace(one, name="某某"))
    undone(run, keeper)
    assert RosterConflict.objects.get().state == "CLOSED"


def test_it_is_undone_once_and_only_what_can_be(bring, keeper, people):
    one, _two = holders(2)
    run = bring(one)
    for who in (people.zhou_yan, people.li_jing):
        with pytest.raises(PermissionDenied):
            roster.ask_to_undo(run, by=who, reason=REASON)
    undone(run, keeper)
    for each, code in ((run, "already_undone"), (bring(one), None)):
        if code:
            with pytest.raises(Refused) as refused:
                roster.ask_to_undo(each, by=keeper, reason=REASON)
            assert refused.value.code == code
    nothing = bring(one)
    for spoil, code in (({}, "nothing_to_undo"), ({"dry_run": True}, "not_an_import")):
        RosterImport.objects.filter(pk=nothing.pk).update(**spoil)
        with pytest.raises(Refused) as refused:
            roster.ask_to_undo(nothing, by=keeper, reason=REASON)
        assert refused.value.code == code


def test_a_second_run_of_the_worker_changes_nothing(bring, keeper):
    run = undone(bring(*holders(3)), keeper)
    before = RosterImport.objects.filter(pk=run.pk).values().get()
    roster.run(run.pk)
    assert RosterImport.objects.filter(pk=run.pk).values().get() == before


def test_undoing_that_was_killed_half_way_is_taken_up_and_counts_nothing_twice(bring, keeper, monkeypatch):
    people = holders(9)
    bring(*people[:3])
    before = everything()
    run = bring(*(replace(each, issue_date=date(2026, 1, 5)) for each in people[:3]), *people[3:])
    actions.attach_qualifications(factories.worker(people[3].name, number=people[3].id_number))
    run = roster.ask_to_undo(run, by=keeper, reason=REASON)
    monkeypatch.setattr(undo, "CHUNK", 2)
    whole, calls = undo._remove_chunk, []

    def cut_short(*arguments):
        if len(calls) == 2:
            raise OSError("the server is gone")
        calls.append(1)
        return whole(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(undo, "_remove_chunk", cut_short)
        with pytest.raises(OSError, match="server"):
            roster.run(run.pk)
    assert Qualification.objects.count() == 3 + 3
    assert roster.unfinished() == [run.pk]
    run = roster.run(run.pk)
    assert (run.outcome, run.rows_undone) == ("undone", 3 + 5)
    assert list(RosterKept.objects.values_list("reason", flat=True)) == ["account"]
    assert everything()[:3] == before
