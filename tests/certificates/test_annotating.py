"""加注: what may be asked for, how often, and what becomes of it (R-ANN-01…13, §2.13)."""

import datetime as dt
import threading
import uuid

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection

from certificates import actions, queries
from certificates.models import Annotation, Scenario
from certificates.workflows import AnnotationState
from swms.dates import today
from swms.workflow import Refused
from tests import factories
from tests.certificates.makers import agreed_holder, ask, holder

pytestmark = pytest.mark.django_db


def refused(qualification, **changes) -> Refused:
    with pytest.raises(Refused) as caught:
        ask(qualification, **changes)
    return caught.value


# --- what may be asked for -----------------------------------------------------------------------


def test_the_deadline_is_24_hours_after_submission_to_the_second(qualification):  # R-ANN-02
    row = ask(qualification)
    assert row.deadline_at - row.submitted_at == dt.timedelta(hours=24)


@time_machine.travel("2026-11-23 15:00 +0800", tick=False)
def test_ninety_days_from_2026_11_23_end_on_2027_02_21(scenario):  # R-ANN-07, rulebook §1.1
    row = ask(agreed_holder(issue_date=dt.date(2025, 9, 15)))
    assert row.valid_until == dt.date(2027, 2, 21)


def test_nobody_but_the_holder_can_ask_not_even_the_keeper_of_certificates(qualification, people):
    for other in (people.chen_chen.user, people.zhou_yan, people.li_jing):
        with pytest.raises(PermissionDenied):
            ask(qualification, by=other)
    assert not Annotation.objects.exists()


def test_without_agreeing_to_the_terms_nothing_can_be_asked_for(scenario):  # R-CERT-03
    assert refused(holder()).code == "terms_missing"


def test_agreeing_to_an_older_text_is_refused_and_a_new_version_asks_again(qualification, monkeypatch):  # R-CERT-03
    user = qualification.worker.user
    with pytest.raises(Refused) as caught:
        actions.agree_to_terms(user, "2020-01")
    assert caught.value.code == "terms_changed"
    assert queries.has_agreed(user)
    monkeypatch.setattr("certificates.queries.annotations.TERMS_VERSION", "2030-01")
    assert not queries.has_agreed(user)


def test_the_holder_must_confirm_the_information(qualification):  # R-CERT-05
    assert refused(qualification, info_confirmed=False).code == "info_unconfirmed"


def test_a_scenario_that_is_switched_off_is_refused(qualification):  # R-ANN-05
    closed = Scenario.objects.create(code="job", label="求职应聘", is_active=False)
    assert refused(qualification, scenario=closed).code == "scenario_closed"


@pytest.mark.parametrize("days", [0, -1, 91, 900, 1.5, "7", None, True])
def test_days_outside_1_to_90_or_not_whole_are_refused(qualification, days):  # R-ANN-06
    assert refused(qualification, valid_days=days).code == "days_out_of_range"


@pytest.mark.parametrize("days", [1, 90])
def test_one_and_ninety_days_are_accepted(qualification, days):  # R-ANN-06
    assert ask(qualification, valid_days=days).valid_until == today() + dt.timedelta(days=days)


def test_a_certificate_of_2021_12_16_exists_on_paper_only(scenario):  # R-ANN-11
    found = refused(agreed_holder(issue_date=dt.date(2021, 12, 16)))
    assert (found.code, found.message) == ("paper_only", "该证书仅有纸质版")


def test_a_certificate_of_2021_12_17_itself_is_annotated(scenario):  # R-ANN-11
    assert ask(agreed_holder(issue_date=dt.date(2021, 12, 17))).state == AnnotationState.SUBMITTED


@pytest.mark.parametrize("move", ["revoke", "cancel"])
def test_a_certificate_that_is_not_valid_cannot_be_annotated(qualification, people, move):  # R-ANN-10
    qualification.move(move, actor=people.zhou_yan, reason="经核实证书信息有误，予以处理")
    assert refused(qualification).code == "certificate_not_valid"


def test_a_registration_is_not_needed(qualification):  # Q25
    assert not hasattr(qualification, "registration")
    assert ask(qualification)


def test_a_passport_holder_must_first_say_sex_and_date_of_birth(scenario):
    qualification = agreed_holder()
    qualification.id_type, qualification.id_number = "PASSPORT", "E00000001"
    qualification.save()
    worker = qualification.worker
    worker.sex, worker.birth_date = "", None
    worker.save()
    assert refused(qualification).code == "facts_missing"


# --- quota ---------------------------------------------------------------------------------------


def asked_on(qualification, *days: str, state=AnnotationState.ENDED):
    """Put past annotations on file, by date of application."""
    for day in map(dt.date.fromisoformat, days):
        row = ask(qualification)
        Annotation.objects.filter(pk=row.pk).update(
            state=state, sha256="0" * 64, applied_on=day, valid_until=day + dt.timedelta(days=90)
        )


@time_machine.travel("2026-11-23 12:00 +0800", tick=False)
def test_the_fourth_within_90_days_is_refused_with_the_day_when_one_becomes_possible(scenario):  # R-ANN-08
    qualification = agreed_holder(issue_date=dt.date(2025, 9, 15))
    asked_on(qualification, "2026-08-26", "2026-09-10", "2026-11-23")
    found = refused(qualification)
    assert found.code == "quota_used"
    assert found.extra == {"next_on": "2026-11-24"}
    assert "2026年11月24日起可以再次申请" in found.message


@time_machine.travel("2026-11-23 12:00 +0800", tick=False)
def test_an_application_of_the_day_before_the_window_does_not_count(scenario):  # R-ANN-08: 2026-08-26…2026-11-23
    qualification = agreed_holder(issue_date=dt.date(2025, 9, 15))
    asked_on(qualification, "2026-08-25", "2026-09-10", "2026-11-23")
    assert queries.quota(qualification).words == "90 天内还可 1 次，2026年12月9日恢复 1 次"
    assert ask(qualification)


def test_the_refused_becomes_possible_on_the_day_that_was_told(scenario):  # R-ANN-08
    qualification = agreed_holder(issue_date=dt.date(2025, 9, 15))
    with time_machine.travel("2026-11-23 12:00 +0800", tick=False):
        asked_on(qualification, "2026-11-21", "2026-11-22", "2026-11-23")
        told = dt.date.fromisoformat(refused(qualification).extra["next_on"])
    assert told == dt.date(2027, 2, 19)
    with time_machine.travel("2027-02-18 23:59 +0800", tick=False):
        assert refused(qualification).code == "quota_used"
    with time_machine.travel("2027-02-19 00:00 +0800", tick=False):
        assert ask(qualification)


@pytest.mark.parametrize("state", [AnnotationState.FAILED, AnnotationState.REVOKED])
def test_failed_and_revoked_ones_do_not_count(qualification, state):  # R-ANN-08
    asked_on(qualification, *[today().isoformat()] * 3, state=state)
    assert queries.quota(qualification).left == 3


@pytest.mark.parametrize("state", [AnnotationState.ACTIVE, AnnotationState.EXPIRED, AnnotationState.ENDED])
def test_active_expired_and_ended_ones_count(qualification, state):  # R-ANN-08
    asked_on(qualification, *[today().isoformat()] * 2, state=state)
    assert queries.quota(qualification).left == 1


def test_another_certificate_of_the_same_person_has_its_own_quota(qualification):  # R-ANN-08
    asked_on(qualification, *[today().isoformat()] * 3)
    senior = factories.qualification("王芳", number=qualification.id_number, level=2, worker=qualification.worker)
    assert ask(senior)


# --- once ----------------------------------------------------------------------------------------


def test_the_same_key_again_gives_the_same_annotation(qualification):  # R-ANN-09
    key = uuid.uuid4()
    assert ask(qualification, idempotency_key=key).pk == ask(qualification, idempotency_key=key).pk
    assert Annotation.objects.count() == 1


def test_a_second_one_while_the_first_is_in_hand_is_refused(qualification):  # R-ANN-09
    ask(qualification)
    assert refused(qualification).code == "in_hand"


def test_a_key_of_another_certificate_is_refused(qualification):
    key = uuid.uuid4()
    ask(qualification, idempotency_key=key)
    assert refused(agreed_holder("陈晨"), idempotency_key=key).code == "key_reused"


@pytest.mark.django_db(transaction=True)
def test_of_many_clicks_at_once_one_makes_an_annotation(qualification):  # R-ANN-09
    key, answers = uuid.uuid4(), []
    gate = threading.Barrier(8)

    def click(number):
        gate.wait()
        try:
            # Half of them are a double click on one page, the others come from other pages.
            answers.append(ask(qualification, idempotency_key=key if number % 2 else uuid.uuid4()).pk)
        except Refused as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click, args=(number,)) for number in range(8)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert Annotation.objects.count() == 1
    assert set(answers) <= {Annotation.objects.get().pk, "in_hand"}
    assert len(answers) == 8
