"""The state engine: what every move of every record goes through."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registration.models import Application, Qualification
from registration.workflows import APPLICATION
from registration.workflows import ApplicationState as A
from registration.workflows import QualificationState as Q
from swms.audit.trail import history
from swms.workflow import BEGIN, Refused, Transition, Workflow, transitioned
from tests import factories

REASON = "提供虚假材料，予以撤销。"


@pytest.fixture
def announced():
    """What the signal told while the test ran: (record, move, actor, reason)."""
    heard = []

    def listen(sender, instance, step, **kwargs):
        heard.append((instance, step.transition.name, step.actor, step.reason))

    transitioned.connect(listen)
    yield heard
    transitioned.disconnect(listen)


@pytest.fixture
def row(people):
    return factories.qualification("陈晨")


def test_a_move_saves_trails_and_announces_in_one_go(people, row, announced):
    row.move("revoke", actor=people.zhou_yan, reason=f"  {REASON} ")
    assert Qualification.objects.get().state == Q.REVOKED
    event = history(row).get()
    assert (event.verb, event.actor, event.actor_name) == ("registration.qualification.revoke", people.zhou_yan, "周燕")
    assert (event.reason, event.changes) == (REASON, {"state": ["VALID", "REVOKED"]})
    assert announced == [(row, "revoke", people.zhou_yan, REASON)]


def test_the_beginning_is_trailed_like_any_other_move(people, announced):
    application = people.application
    event = history(application).first()
    assert (event.verb, event.changes) == ("registration.application.begin", {"state": ["", "NOT_APPLIED"]})
    assert announced[-1] == (application, BEGIN.name, application.worker.user, "")


def test_a_move_that_the_state_does_not_offer_is_refused_with_the_state_in_words(people, row):
    row.move("cancel", actor=people.zhou_yan, reason=REASON)
    with pytest.raises(Refused) as caught:
        row.move("revoke", actor=people.zhou_yan, reason=REASON)
    assert caught.value.code == "wrong_state"
    assert caught.value.message == "当前状态为“已注销”，不能执行此操作"
    assert caught.value.extra == {"state": "CANCELLED", "action": "revoke"}


def test_a_move_that_does_not_exist_is_refused(people, row):
    with pytest.raises(Refused, match="不能执行此操作"):
        row.move("unheard_of", actor=people.zhou_yan)


class TestManyTogether:
    """``apply_all``: the same as one move after the other, by a few statements."""

    def rows(self, count: int = 3) -> list[int]:
        return [qualification.pk for qualification in (factories.qualification(f"示例{n}") for n in range(count))]

    @pytest.fixture
    def table(self, monkeypatch):
        """Return a table in which the system ends certificates, those of the level that is said excepted."""

        def no_exception(instance, step):
            if instance.level == step.data["excepted"]:
                raise Refused("excepted", "这一级不在范围内")

        table = Workflow(Transition("end", "终止", Q.VALID, Q.CANCELLED, guards=(no_exception,)))
        monkeypatch.setattr(Qualification, "workflow", table)
        return table

    def test_every_row_moves_with_its_own_event_and_announcement(self, people, table, announced):
        pks = self.rows()
        refused = table.apply_all(Qualification.objects.filter(pk__in=pks), "end", said=lambda row: {"excepted": 3})
        assert refused == []
        assert set(Qualification.objects.filter(pk__in=pks).values_list("state", flat=True)) == {Q.CANCELLED}
        for row in Qualification.objects.filter(pk__in=pks):
            event = history(row).get()
            assert (event.verb, event.changes) == ("registration.qualification.end", {"state": ["VALID", "CANCELLED"]})
            assert row.id_number, "what is sealed can still be opened"
        assert [(row.pk, name) for row, name, _, _ in announced] == [(pk, "end") for pk in pks]

    def test_when_a_record_was_made_is_not_written_anew(self, people, table, announced):
        pks = self.rows(1)
        long_ago = timezone.now() - timedelta(days=400)
        Qualification.objects.filter(pk__in=pks).update(created_at=long_ago, updated_at=long_ago)
        table.apply_all(Qualification.objects.filter(pk__in=pks), "end", said=lambda row: {"excepted": 3})
        row = Qualification.objects.get(pk__in=pks)
        assert row.created_at == long_ago
        assert row.updated_at > long_ago

    def test_a_row_that_is_refused_keeps_no_other_from_moving(self, people, table, announced):
        pks = self.rows()
        Qualification.objects.filter(pk=pks[1]).update(level=3)
        Qualification.objects.filter(pk=pks[2]).update(state=Q.REVOKED)
        refused = table.apply_all(Qualification.objects.filter(pk__in=pks), "end", said=lambda row: {"excepted": 3})
        assert [(row.pk, why.code) for row, why in refused] == [(pks[1], "excepted"), (pks[2], "wrong_state")]
        states = dict(Qualification.objects.values_list("pk", "state"))
        assert [states[pk] for pk in pks] == [Q.CANCELLED, Q.VALID, Q.REVOKED]
        assert len(announced) == 1

    def test_the_number_of_statements_does_not_grow_with_the_rows(self, people, table, django_assert_num_queries):
        for count in (1, 5):
            chosen = Qualification.objects.filter(pk__in=self.rows(count))
            with django_assert_num_queries(5):  # savepoint, lock and read, write, trail, release
                table.apply_all(chosen, "end", said=lambda row: {"excepted": 3})

    def test_moves_of_people_are_never_made_for_many(self, people, row):
        with pytest.raises(PermissionDenied):
            Qualification.workflow.apply_all(Qualification.objects.all(), "revoke", said=lambda row: {})


def test_people_cannot_make_the_moves_of_the_system_nor_the_system_those_of_people(people):
    application = factories.submitted("陈晨")
    with pytest.raises(PermissionDenied):
        application.move("pass_first", seen=1)
    application.move("pass_first", actor=people.li_jing, seen=1)
    application.move("pass_final", actor=people.zhang_wei, seen=1)
    with pytest.raises(PermissionDenied):
        application.move("complete", actor=people.zhang_wei)


def test_a_refused_move_leaves_no_trace(people, row, announced):
    with pytest.raises(Refused):
        row.move("revoke", actor=people.zhou_yan, reason="太短")
    assert Qualification.objects.get().state == Q.VALID
    assert not history(row).exists()
    assert announced == []


def test_a_move_reads_the_record_afresh_so_unsaved_edits_do_not_slip_in(people, row):
    row.name = "别人"
    row.move("revoke", actor=people.zhou_yan, reason=REASON)
    assert Qualification.objects.get().name == "陈晨"


def test_a_receiver_that_fails_undoes_the_move(people, row):
    def fail(**kwargs):
        raise RuntimeError("no")

    transitioned.connect(fail, sender=Qualification)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            row.move("revoke", actor=people.zhou_yan, reason=REASON)
    finally:
        transitioned.disconnect(fail, sender=Qualification)
    assert Qualification.objects.get().state == Q.VALID
    assert not history(row).exists()


def test_the_buttons_are_the_moves_that_this_very_person_may_make(people):
    application = factories.submitted("陈晨")

    def shown(user):
        return [move.name for move in application.moves_for(user)]

    assert shown(application.worker.user) == ["withdraw"]
    assert shown(people.li_jing) == ["pass_first", "fail_first"]
    for nobody in (people.zhang_wei, people.zhao_min, people.wang_fang.user):
        assert shown(nobody) == []


def test_a_versioned_decision_names_the_version_in_the_trail(people):
    application = factories.submitted("陈晨")
    application.move("pass_first", actor=people.li_jing, seen=1)
    assert history(application).last().changes["form_version"] == 1
    with pytest.raises(Refused) as caught:
        application.move("pass_final", actor=people.zhang_wei, seen=2)
    assert (caught.value.code, caught.value.extra) == ("changed", {"form_version": 1})


def test_two_transitions_of_one_name_and_source_are_a_mistake():
    with pytest.raises(ValueError, match="share a name"):
        Workflow(Transition("go", "去", "A", "B"), Transition("go", "去", "A", "C"))


def test_the_table_draws_itself():
    lines = APPLICATION.mermaid().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert f"    {A.NOT_APPLIED} --> {A.PENDING_REVIEW}: 申请登记证书" in lines
    assert len(lines) == 1 + len(list(Application.workflow))


def test_a_button_is_asked_for_without_making_its_move(people, announced):
    """What ``refusal`` says is what the move itself would say, and nothing is saved or told."""
    application = people.application
    worker, trailed = application.worker.user, history(application).count()
    announced.clear()
    refused = application.workflow.refusal(application, "apply", actor=worker)
    with pytest.raises(Refused) as caught:
        application.move("apply", actor=worker)
    assert (refused.code, refused.message) == (caught.value.code, caught.value.message)
    assert application.workflow.refusal(application, "apply", actor=worker, promise_version="2026-11") is None
    assert application.workflow.refusal(application, "withdraw", actor=worker).code == "wrong_state"
    application.refresh_from_db()
    assert (application.state, announced, history(application).count()) == (A.NOT_APPLIED, [], trailed)
    with pytest.raises(PermissionDenied):
        application.workflow.refusal(application, "apply", actor=people.chen_chen.user)
