"""Making annotated copies, and what becomes of them: revoked, late, expired, ended (R-ANN-02…13, §2.13)."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.utils import timezone

from certificates import actions, queries
from certificates.actions import annotating
from certificates.models import Annotation, BaseCopy, Scenario
from certificates.pdf import keys
from certificates.pdf.verify import examine
from certificates.workflows import AnnotationState
from swms.audit.models import AuditEvent
from swms.dates import today
from tests import factories
from tests.certificates.makers import agreed_holder, ask
from tests.processes import alone_in_the_database, until

pytestmark = pytest.mark.django_db


def test_the_copy_is_stamped_signed_and_recorded(annotation):  # R-ANN-12
    assert annotation.state == AnnotationState.ACTIVE
    found = examine(annotation.read(), keys.trust_roots())
    assert found.is_intact
    assert (found.sha256, found.annotation, found.token) == (
        annotation.sha256,
        annotation.number,
        annotation.verify_token,
    )
    assert found.certificate == annotation.qualification.mgmt_no


def test_annotating_twice_changes_nothing(annotation):
    before = annotation.sha256
    assert actions.annotate([annotation.pk]) == 0
    annotation.refresh_from_db()
    assert annotation.sha256 == before


def test_the_base_is_laid_out_once_and_again_when_what_it_prints_has_changed(qualification, monkeypatch):
    from certificates.pdf import page

    drawn, render = [], page.render
    monkeypatch.setattr(page, "render", lambda *args: drawn.append(args) or render(*args))
    for _ in range(2):
        row = ask(qualification)
        actions.annotate([row.pk])
        actions.end(Annotation.objects.get(pk=row.pk), by=qualification.worker.user)
    assert len(drawn) == 1
    qualification.name = "王芳芳"
    qualification.save()
    row = ask(qualification)
    assert actions.annotate([row.pk]) == 1
    assert len(drawn) == 2
    assert BaseCopy.objects.count() == 1


def test_a_purpose_with_rare_characters_gets_a_base_of_its_own(qualification):
    odd = Scenario.objects.create(code="odd", label="䶮喆示例用途", is_active=True)
    row = ask(qualification, scenario=odd)
    assert actions.annotate([row.pk]) == 1


def test_one_bad_row_does_not_hold_up_the_others(qualification, monkeypatch):
    other = agreed_holder("陈晨")
    rows = [ask(qualification), ask(other)]
    based = annotating.base_for

    def base_for(one, words, **signer):
        if one.pk == qualification.pk:
            raise OSError(28, "No space left on device")
        return based(one, words, **signer)

    monkeypatch.setattr(annotating, "base_for", base_for)
    assert actions.annotate([row.pk for row in rows]) == 1
    bad = Annotation.objects.get(pk=rows[0].pk)
    assert bad.state == AnnotationState.SUBMITTED
    assert bad.lease_until is None
    assert bad.next_attempt_at > timezone.now()


def test_what_can_never_be_printed_fails_at_once_and_costs_nothing(qualification, monkeypatch):  # §2.13
    from certificates.pdf import page

    def cannot(*args):
        raise page.ContentError("no certificate font draws this")

    monkeypatch.setattr("certificates.actions.bases.page.render", cannot)
    row = ask(qualification)
    assert actions.annotate([row.pk]) == 0
    row.refresh_from_db()
    assert row.state == AnnotationState.FAILED
    assert queries.quota(qualification).left == 3


def test_a_certificate_revoked_while_queued_is_never_stamped(qualification, people):  # R-ANN-10
    row = ask(qualification)
    qualification.move("revoke", actor=people.zhou_yan, reason="经核实证书信息有误，予以撤销")
    row.refresh_from_db()
    assert row.state == AnnotationState.REVOKED
    assert actions.annotate([row.pk]) == 0
    row.refresh_from_db()
    assert (row.state, row.path) == (AnnotationState.REVOKED, "")


def test_a_revocation_between_stamping_and_recording_wins(qualification, people, monkeypatch):  # R-ANN-10
    row, record = ask(qualification), annotating._record

    def revoked_first(made, signed_at):
        qualification.move("revoke", actor=people.zhou_yan, reason="经核实证书信息有误，予以撤销")
        return record(made, signed_at)

    monkeypatch.setattr(annotating, "_record", revoked_first)
    assert actions.annotate([row.pk]) == 0
    row.refresh_from_db()
    assert row.state == AnnotationState.REVOKED


def test_revoking_a_registration_kills_the_open_annotations(issued, people, scenario):  # R-REG-24
    qualification = issued.qualification
    actions.agree_to_terms(qualification.worker.user, "2026-11")
    row = ask(qualification)
    actions.annotate([row.pk])
    issued.period.registration.move("revoke", actor=people.zhang_wei, reason="申请材料虚假，依规定撤销登记")
    row.refresh_from_db()
    assert row.state == AnnotationState.REVOKED
    assert not row.is_open


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_loses_no_request(qualification, monkeypatch):  # promise 1, R-ANN-02
    from certificates import tasks

    def away(*args):
        raise ConnectionError("broker is away")

    monkeypatch.setattr(tasks.annotate, "delay", away)
    row = ask(qualification)
    assert actions.drains_needed() == 1
    assert actions.drain() is False
    row.refresh_from_db()
    assert row.state == AnnotationState.ACTIVE


def test_what_another_worker_holds_is_passed_over_until_its_lease_is_over(qualification):
    row = ask(qualification)
    past = timezone.now() - dt.timedelta(seconds=1)
    Annotation.objects.update(lease_until=timezone.now() + dt.timedelta(minutes=5))
    assert actions.drains_needed() == 0
    assert actions.annotate([row.pk]) == 0, "another worker is at it"
    actions.drain()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (AnnotationState.SUBMITTED, 0)
    Annotation.objects.update(lease_until=past)
    assert actions.annotate([row.pk]) == 1


def test_rows_that_were_tried_before_travel_alone_and_once_in_two_sweeps(scenario):
    rows = [ask(agreed_holder(name)) for name in ("甲某", "乙某", "丙某", "丁某")]
    tried = [rows[1].pk, rows[3].pk]
    Annotation.objects.filter(pk__in=tried).update(attempts=1)
    assert actions.claim_retries() == tried
    assert actions.claim_retries() == []
    actions.drain()
    states = dict(Annotation.objects.values_list("pk", "state"))
    assert [states[row.pk] for row in rows] == ["ACTIVE", "SUBMITTED", "ACTIVE", "SUBMITTED"]


def test_a_drain_stops_after_its_time_and_says_that_more_is_left(scenario, monkeypatch):
    monkeypatch.setattr("certificates.actions.annotating.BATCH", 1)
    for name in ("甲某", "乙某"):
        ask(agreed_holder(name))
    assert actions.drains_needed() == 2
    assert actions.drain(seconds=0) is True
    assert Annotation.objects.filter(state=AnnotationState.ACTIVE).count() == 1
    assert actions.drain() is False


def test_what_a_batch_has_no_time_for_is_given_back_as_if_it_had_not_been_taken(scenario, monkeypatch):
    monkeypatch.setattr("certificates.actions.annotating.MAKE_SECONDS", 0)
    rows = [ask(agreed_holder(name)) for name in ("甲某", "乙某")]
    assert actions.annotate([row.pk for row in rows]) == 1
    rows[1].refresh_from_db()
    assert (rows[1].state, rows[1].attempts, rows[1].lease_until) == (AnnotationState.SUBMITTED, 0, None)


@pytest.mark.django_db(transaction=True)
def test_no_more_drains_run_at_a_time_than_there_are_places(qualification, settings):
    settings.ANNOTATION_DRAINS = 1
    row = ask(qualification)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [annotating.DRAINS])
        assert actions.drain() is False
        row.refresh_from_db()
        assert row.attempts == 0
    finally:
        other.close()  # as a crash would
    until(alone_in_the_database, within=30, what="alone in the database")
    assert actions.drain() is False
    row.refresh_from_db()
    assert row.state == AnnotationState.ACTIVE


def test_nobody_waits_behind_the_bulk_of_one_institution(scenario, monkeypatch):
    """The third of an institution in hand comes some time after the second; who asks then is served before."""
    monkeypatch.setattr("certificates.queries.annotations.AT_ONCE", 2)
    monkeypatch.setattr("certificates.queries.annotations.APART", dt.timedelta(minutes=5))  # however slow the machine
    spring = factories.institution("春风社会工作服务中心")
    bulk = []
    for name in ("甲某", "乙某", "丙某", "丁某"):
        qualification = agreed_holder(name)
        factories.experience(qualification.worker, institution=spring)
        bulk.append(ask(qualification))
    alone = ask(agreed_holder("王芳"))
    order = list(queries.due_annotations().values_list("pk", flat=True))
    assert order == [bulk[0].pk, bulk[1].pk, alone.pk, bulk[2].pk, bulk[3].pk]
    waits = [(row.turn_at - row.submitted_at).total_seconds() / 300 for row in bulk]
    assert [round(each) for each in waits] == [0, 0, 1, 2]


def test_not_even_the_last_of_a_bulk_waits_for_more_than_half_of_its_time(scenario, monkeypatch):  # R-ANN-02
    monkeypatch.setattr("certificates.queries.annotations.AT_ONCE", 1)
    spring = factories.institution("春风社会工作服务中心")
    for name in ("甲某", "乙某"):
        qualification = agreed_holder(name)
        factories.experience(qualification.worker, institution=spring)
        row = ask(qualification)
        Annotation.objects.filter(pk=row.pk).update(turn_at=row.submitted_at + dt.timedelta(hours=40))
    assert row.turn_at - row.submitted_at == dt.timedelta(hours=12)


# --- late ----------------------------------------------------------------------------------------


def late(row, hours: float):
    """Let the annotation have waited for so many hours."""
    submitted = timezone.now() - dt.timedelta(hours=hours)
    Annotation.objects.filter(pk=row.pk).update(submitted_at=submitted, deadline_at=submitted + dt.timedelta(hours=24))


@pytest.mark.parametrize(
    ("hours", "levels"),
    [(11.9, []), (12.1, ["warn"]), (19.9, ["warn"]), (20.1, ["page", "warn"]), (24.1, ["breach", "page", "warn"])],
)
def test_alarms_at_12_20_and_24_hours_are_kept_and_raised_once(qualification, hours, levels):  # promise 3
    late(ask(qualification), hours)
    assert actions.raise_alarms() == len(levels)
    assert actions.raise_alarms() == 0
    verbs = AuditEvent.objects.filter(verb__contains="alarm_").values_list("verb", flat=True)
    assert sorted(verb.rpartition("_")[2] for verb in verbs) == sorted(levels)
    assert [alarm.level for alarm in queries.alarms()] == levels[:1]


def test_past_the_deadline_a_row_that_was_never_tried_still_gets_its_attempt(qualification):
    row = ask(qualification)
    late(row, 30)
    assert actions.give_up_overdue() == 0
    assert actions.annotate([row.pk]) == 1
    assert AuditEvent.objects.filter(verb="certificates.annotation.alarm_breach").count() == 1


def test_past_the_deadline_a_row_that_was_tried_is_refused_and_can_be_asked_for_again(qualification):  # §2.13
    row = ask(qualification)
    late(row, 25)
    Annotation.objects.update(attempts=3)
    assert actions.give_up_overdue() == 1
    row.refresh_from_db()
    assert row.state == AnnotationState.FAILED
    assert ask(qualification)


# --- until its end ---------------------------------------------------------------------------------


def test_the_last_day_runs_to_24_00_whatever_the_job_does(annotation):  # R-ANN-07, R-ANN-04
    end = dt.datetime.combine(annotation.valid_until, dt.time(23, 59, 59), timezone.get_current_timezone())
    with time_machine.travel(end, tick=False):
        assert annotation.is_open
        assert actions.expire() == 0
    with time_machine.travel(end + dt.timedelta(seconds=1), tick=False):
        assert not annotation.is_open
        assert annotation.state == AnnotationState.ACTIVE, "the job has not run, and is not needed"
        assert actions.expire() == 1
        assert actions.expire() == 0


def test_days_that_the_job_missed_are_caught_up(annotation):
    with time_machine.travel(timezone.now() + dt.timedelta(days=400), tick=False):
        assert actions.expire() == 1


def test_after_expiry_the_file_goes_and_its_hash_stays(annotation):  # R-ANN-13
    Annotation.objects.update(valid_until=today() - dt.timedelta(days=1))
    actions.expire()
    assert annotation.file.exists()
    assert actions.purge() == 1
    assert actions.purge() == 0
    annotation.refresh_from_db()
    assert not annotation.file.exists()
    assert annotation.sha256
    assert annotation.purged_at


def test_the_holder_ends_it_at_once_and_it_still_counts(annotation):  # §2.13
    actions.end(annotation, by=annotation.qualification.worker.user)
    assert not annotation.is_open
    assert queries.quota(annotation.qualification).left == 2


def test_nobody_else_can_end_it(annotation, people):
    for other in (people.chen_chen.user, people.zhou_yan, people.zhao_min):
        with pytest.raises(PermissionDenied):
            actions.end(annotation, by=other)
