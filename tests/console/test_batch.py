"""Passing up to 200 cases in one go: each on its own, with its own outcome (rulebook §2.3, R-REG-12, R-REG-18)."""

import csv
import io
import re
import uuid
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from registration import actions
from registration.models import Application, Decision, Qualification
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from swms.casework import batches
from swms.casework.models import BatchDecision, BatchRow
from tests import factories
from tests.people import signed_in

LIST = reverse("admin:registration_application_changelist")
BATCH = reverse("admin:registration_application_batch")
FIRST, FINAL = ApplicationState.PENDING_REVIEW, ApplicationState.INITIAL_APPROVED
PASSED = ApplicationState.FINAL_APPROVED


def ask(client, cases, **more):
    """Choose cases in the list as they stand now."""
    return client.post(BATCH, {"row": [f"{case.ref} {case.form_version}" for case in cases]} | more)


def confirm(client, asked, **more):
    """Send the confirmation of the page that asked."""
    context = asked.context
    return client.post(
        BATCH, {"row": context["values"], "key": context["key"], "attest": "yes", "carry_out": "yes"} | more
    )


def outcomes() -> dict[str, str]:
    """Return what became of each case of the only batch: ``done``, or the code of the refusal."""
    return {row.ref: row.code or row.outcome for row in BatchDecision.objects.get().rows.all()}


def state(case) -> str:
    return Application.objects.get(pk=case.pk).state


def edit(case):
    """Let the applicant change the form."""
    worker = case.worker
    with transaction.atomic():
        worker.school = "另一所大学"
        worker.save()
        actions.profile_changed(worker, by=worker.user, part="basic")


def turn_amber(case):
    """Let the roster's name differ from the account's: the form stays as it is."""
    Qualification.objects.filter(pk=case.qualification_id).update(name="王芬")


@pytest.fixture
def cases(db):
    return [factories.submitted(name) for name in ("王芳", "陈晨", "孙梅", "林悦")]


# --- choosing ------------------------------------------------------------------------------------


def test_only_cases_that_wait_for_the_reader_can_be_ticked(jing, wei, cases):
    page = jing.get(LIST).content.decode()
    assert re.findall(r'name="row" value="([^"]+)"', page) == [f"{each.ref} 1" for each in cases]
    final = wei.get(f"{LIST}?part=all").content.decode()  # 张伟 sees them and decides none of them yet
    assert cases[0].ref in final
    assert 'name="row"' not in final


def test_the_whole_page_can_be_chosen_without_scripts(jing, cases):
    page = jing.get(LIST).content.decode()
    every = re.findall(r'type="hidden" name="page" value="([^"]+)"', page)
    asked = jing.post(BATCH, {"page": every, "whole": "yes"})
    assert [row["ref"] for row in asked.context["ready"]] == [each.ref for each in cases]


def test_a_list_of_200_is_offered_and_no_larger_one(jing, cases):
    assert f"{LIST}?size=200" in jing.get(LIST).content.decode()
    assert len(jing.get(f"{LIST}?size=200").context["rows"]) == 4
    assert "&size=" not in jing.get(f"{LIST}?part=mine&size=100000").content.decode()


def test_the_list_asks_as_often_for_fifty_cases_as_for_two(jing, django_assert_max_num_queries):
    for number in range(2):
        factories.past_project(factories.submitted(f"申请人{number}").worker)
    jing.get(LIST)
    with django_assert_max_num_queries(20) as two:
        jing.get(LIST)
    for number in range(2, 9):
        factories.past_project(factories.submitted(f"申请人{number}").worker)
    with django_assert_max_num_queries(len(two)):
        jing.get(LIST)


# --- confirming ----------------------------------------------------------------------------------


def test_the_page_that_asks_names_every_case_with_its_decision_and_what_will_be_left_out_and_why(jing, people, cases):
    asked_for = [f"{case.ref} {case.form_version}" for case in cases]
    edit(cases[0])
    turn_amber(cases[1])
    cases[2].move("pass_first", actor=people.li_jing, seen=1)
    page = jing.post(BATCH, {"row": [*asked_for, "DJ-310115-2026-00001 1"]})
    assert [(row["ref"], row["move"].label) for row in page.context["ready"]] == [(cases[3].ref, "初审通过")]
    why = {row["ref"]: row["why"] for row in page.context["left"]}
    assert "资料已更新" in why[cases[0].ref]
    assert "姓名、证件号码与社工库一致" in why[cases[1].ref]
    assert cases[2].ref in why
    assert "没有找到" in why["DJ-310115-2026-00001"]
    assert state(cases[3]) == FIRST
    assert not BatchDecision.objects.exists()


def test_nothing_is_decided_without_the_attestation_and_the_choice_stays(jing, cases):
    asked = ask(jing, cases)
    again = confirm(jing, asked, attest="")
    assert "请确认您已逐件查看这些申请" in again.content.decode()
    assert (again.context["values"], again.context["key"]) == (asked.context["values"], asked.context["key"])
    assert [state(each) for each in cases] == [FIRST] * 4
    assert confirm(jing, again).status_code == 302


def test_201_cases_are_too_many_and_none_is_none(jing, cases):
    refused = jing.post(BATCH, {"row": [f"DJ-110105-2026-{number:05} 1" for number in range(201)]})
    assert refused.status_code == 400
    assert "一次最多办理200件，您选了201件" in refused.content.decode()
    assert "请先在列表中勾选" in jing.post(BATCH, {}).content.decode()
    rows = [f"DJ-110105-2026-{number:05} 1 pass_first" for number in range(201)]
    sent = {"row": rows, "key": uuid.uuid4(), "attest": "yes", "carry_out": "yes"}
    assert jing.post(BATCH, sent)["Location"] == LIST
    assert not BatchDecision.objects.exists()


@pytest.mark.parametrize("row", ["x", "A 1 2 3", "'; -- 1", "DJ-1 99999999999", "DJ-1 1 fail_first", "DJ-1 1"])
def test_what_the_list_never_offered_is_no_choice(jing, cases, row):
    sent = {"row": [row], "key": uuid.uuid4(), "attest": "yes", "carry_out": "yes"}
    assert jing.post(BATCH, sent).status_code == 400
    assert jing.post(BATCH, sent | {"key": "x"}).status_code == 400
    assert not BatchDecision.objects.exists()


# --- carrying out --------------------------------------------------------------------------------


def test_each_case_is_passed_as_if_alone_with_its_decision_its_notice_and_its_place_in_the_trail(jing, people, cases):
    answer = confirm(jing, ask(jing, cases))
    assert [state(each) for each in cases] == [FINAL] * 4
    assert set(outcomes().values()) == {"done"}
    assert Decision.objects.filter(stage="first", passed=True, reviewer=people.li_jing).count() == 4
    assert AuditEvent.objects.filter(verb="registration.application.pass_first", actor=people.li_jing).count() == 4
    begun = AuditEvent.objects.get(verb="console.batch")
    assert (begun.actor, begun.changes["rows"]) == (people.li_jing, [each.ref for each in cases])
    assert "对每一件的审核决定负责" in begun.reason
    ended = AuditEvent.objects.get(verb="console.batch_finished")
    assert ended.changes == {"waiting": 0, "done": 4, "refused": 0}
    sheet = jing.get(answer["Location"]).content.decode()
    assert "4 件中已办理 4 件" in sheet


#: What happened to a case between the confirmation's page and the press: the code of its row.
MEANWHILE = {
    "changed": edit,
    "checks": turn_amber,
    "wrong_state": lambda case: case.move("withdraw", actor=case.worker.user),
    "gone": lambda case: Application.objects.filter(pk=case.pk).update(region=factories.region("310115")),
}


def test_one_case_that_fails_stops_no_other_and_each_says_why(jing, cases):
    more = [factories.submitted(f"申请人{number}") for number in range(2)]
    asked = ask(jing, [*cases, *more])
    for case, happens in zip(cases, MEANWHILE.values(), strict=True):
        happens(case)
    sheet = jing.get(confirm(jing, asked)["Location"])
    # Withdrawn, a case is the applicant's own again, and no more to be found than one of another region.
    assert outcomes() == dict(
        zip([*(each.ref for each in cases), *(each.ref for each in more)],
            ["changed", "checks", "gone", "gone", "done", "done"], strict=True)
    )  # fmt: skip
    assert [state(each) for each in more] == [FINAL] * 2
    assert [state(each) for each in cases[:2]] == [FIRST] * 2
    page = sheet.content.decode()
    assert "6 件中已办理 2 件，未办理 4 件" in page
    assert page.index(cases[0].ref) < page.index(more[0].ref)
    assert reverse("admin:registration_application_change", args=[cases[0].ref]) in page
    assert reverse("admin:registration_application_change", args=[cases[3].ref]) not in page


def test_a_case_that_a_colleague_passed_meanwhile_is_not_passed_twice(people, cases):
    """孙浩 holds both duties: what he confirmed as 初审通过 must not become 终审通过."""
    both = signed_in(people.sun_hao)
    asked = ask(both, cases[:2])
    cases[0].move("pass_first", actor=people.li_jing, seen=1)
    confirm(both, asked)
    assert outcomes() == {cases[0].ref: "wrong_state", cases[1].ref: "done"}
    assert state(cases[0]) == FINAL


def test_four_eyes_hold_in_a_batch_r_reg_18(people, cases):
    """孙浩 made the first review of two; in the final batch these are refused to him, forged or not."""
    both = signed_in(people.sun_hao)
    for case in cases[:2]:
        case.move("pass_first", actor=people.sun_hao, seen=1)
    for case in cases[2:]:
        case.move("pass_first", actor=people.li_jing, seen=1)
    offered = re.findall(r'name="row" value="([^" ]+)', both.get(f"{LIST}?part=final").content.decode())
    assert offered == [each.ref for each in reversed(cases[2:])]
    asked = ask(both, cases)
    assert [row["ref"] for row in asked.context["ready"]] == [each.ref for each in cases[2:]]
    forged = [f"{each.ref} 1 pass_final" for each in cases]
    both.post(BATCH, {"row": forged, "key": uuid.uuid4(), "attest": "yes", "carry_out": "yes"})
    assert list(outcomes().values()) == ["four_eyes", "four_eyes", "done", "done"]
    assert [state(each) for each in cases] == [FINAL] * 2 + [PASSED] * 2


def test_who_has_another_duty_or_another_region_decides_nothing(wei, min_, cases):
    """张伟 makes final reviews, 赵敏 reviews in 上海市: neither passes what waits for 李静."""
    assert ask(wei, cases).context["ready"] == []
    forged = {"row": [f"{each.ref} 1 pass_first" for each in cases], "attest": "yes", "carry_out": "yes"}
    wei.post(BATCH, forged | {"key": uuid.uuid4()})
    min_.post(BATCH, forged | {"key": uuid.uuid4()})
    codes = BatchRow.objects.order_by("batch_id", "place").values_list("code", flat=True)
    assert list(codes) == ["forbidden"] * 4 + ["gone"] * 4
    assert [state(each) for each in cases] == [FIRST] * 4


def test_a_case_that_breaks_is_told_apart_and_the_rest_is_decided(jing, cases, monkeypatch):
    asked = ask(jing, cases)
    from registration.admin import ApplicationAdmin

    real = ApplicationAdmin.make_move

    def breaks(self, record, name, **given):
        if record.pk == cases[1].pk:
            raise ValueError("of a guard")
        real(self, record, name, **given)

    monkeypatch.setattr(ApplicationAdmin, "make_move", breaks)
    confirm(jing, asked)
    assert list(outcomes().values()) == ["done", "failed", "done", "done"]
    assert state(cases[1]) == FIRST


# --- sent twice, interrupted -----------------------------------------------------------------------


def test_the_same_confirmation_sent_twice_gives_the_same_sheet_and_decides_once(jing, cases):
    asked = ask(jing, cases)
    first, second = confirm(jing, asked), confirm(jing, asked)
    assert first["Location"] == second["Location"]
    assert BatchDecision.objects.count() == 1
    assert Decision.objects.count() == 4
    assert AuditEvent.objects.filter(verb__startswith="console.batch").count() == 2
    assert set(outcomes().values()) == {"done"}


def test_a_confirmation_is_its_readers_own(jing, min_, cases):
    """赵敏 sends what 李静 confirmed: she gets neither the sheet nor its cases."""
    asked = ask(jing, cases)
    location = confirm(jing, asked)["Location"]
    assert min_.get(location).status_code == 404
    assert min_.post(location).status_code == 404
    assert confirm(min_, asked)["Location"] == LIST
    assert BatchDecision.objects.count() == 1


def test_a_batch_that_was_interrupted_goes_on_where_it_stopped(jing, cases, monkeypatch):
    """The request ran out of time after two rows: these stay decided, the others wait, and going on decides them."""
    clock = iter([0, 1, 2, 100])
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    location = confirm(jing, ask(jing, cases))["Location"]
    monkeypatch.undo()
    assert [state(each) for each in cases] == [FINAL] * 2 + [FIRST] * 2
    page = jing.get(location).content.decode()
    assert "等待办理 2 件" in page
    assert "继续办理其余 2 件" in page
    assert BatchDecision.objects.get().finished_at is None
    jing.post(location)
    assert [state(each) for each in cases] == [FINAL] * 4
    assert BatchDecision.objects.get().finished_at is not None
    assert Decision.objects.count() == 4


def test_what_came_of_a_case_is_written_once(jing, cases):
    confirm(jing, ask(jing, cases))
    row = BatchRow.objects.first()
    for change in (
        lambda: BatchRow.objects.filter(pk=row.pk).update(outcome="waiting"),
        row.delete,
        lambda: BatchDecision.objects.update(attestation="别的"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# --- the sheet -----------------------------------------------------------------------------------


def test_the_sheet_is_kept_found_again_and_downloaded_as_text(jing, cases):
    asked = ask(jing, cases)
    edit(cases[0])
    location = confirm(jing, asked)["Location"]
    assert location in jing.get(BATCH).content.decode()
    answer = jing.get(f"{location}?format=csv")
    assert answer["Content-Disposition"].startswith("attachment")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table[0] == ["受理编号", "姓名", "操作", "结果", "原因代码", "原因"]
    assert table[1] == [cases[0].ref, "王芳", "初审通过", "未办理", "changed", "资料已更新，请重新查看"]
    assert AuditEvent.objects.filter(verb="console.batch_download").count() == 1


def test_nothing_in_the_table_begins_a_formula(jing, cases):
    user = cases[0].worker.user
    user.name = "=HYPERLINK(1)"
    user.save()
    location = jing.post(
        BATCH, {"row": [f"{cases[0].ref} 1 pass_first"], "key": uuid.uuid4(), "attest": "yes", "carry_out": "yes"}
    )["Location"]
    table = list(csv.reader(io.StringIO(jing.get(f"{location}?format=csv").content.decode("utf-8-sig"))))
    assert table[1][1] == "'=HYPERLINK(1)"


def test_a_refusal_is_not_made_in_a_batch(jing, cases):
    """R-REG-15: its reasons are for one person."""
    page = ask(jing, cases).content.decode()
    assert "pass_first" in page
    assert "fail_" not in page
