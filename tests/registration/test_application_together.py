"""Two people at the same moment: one wins, the other is told, and nothing is half done."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection, transaction

from registration import actions
from registration.models import Application, Decision, Registration
from registration.workflows import ApplicationState as A
from swms.audit import trail
from swms.audit.models import AuditEvent
from swms.references import Counter
from swms.workflow import Refused
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls) -> list:
    """Run the calls in threads that start together; return what each gave, or the code of its refusal."""
    start = Barrier(len(calls))

    def run(call):
        try:
            start.wait(timeout=10)
            return call()
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def fresh(application) -> Application:
    """Return a copy that a request of its own would have read."""
    return Application.objects.get(pk=application.pk)


def test_of_six_reviewers_who_press_at_once_one_wins(people):
    """§2.3: one 200, the others 409."""
    application = factories.submitted("陈晨")
    reviewers = [factories.staff(f"初审员{n}", ("first_review", "110105")) for n in range(6)]
    calls = [partial(fresh(application).move, "pass_first", actor=each, seen=1) for each in reviewers]
    assert at_once(*calls).count("wrong_state") == 5
    assert Decision.objects.count() == 1
    assert AuditEvent.objects.filter(verb="registration.application.pass_first").count() == 1
    assert trail.verify().ok


def move_to_another_school(worker) -> str:
    with transaction.atomic():
        worker.school = "另一示例大学"
        worker.save()
        actions.profile_changed(worker, by=worker.user, part="basic")
    return "edited"


def test_an_edit_and_a_decision_at_the_same_moment_never_both_count(people):
    """R-REG-12: whichever commits first wins, the other is refused."""
    for turn in range(6):
        application = factories.submitted(f"陈晨{'晨' * turn}")

        outcome = at_once(
            partial(move_to_another_school, fresh(application).worker),
            partial(fresh(application).move, "pass_first", actor=people.li_jing, seen=1),
        )
        application.refresh_from_db()
        application.worker.refresh_from_db()
        if application.state == A.INITIAL_APPROVED:
            assert outcome == ["locked", application]
            assert (application.form_version, application.worker.school) == (1, "示例大学")
        else:
            assert outcome == ["edited", "changed"]
            assert (application.form_version, application.worker.school) == (2, "另一示例大学")


def test_a_double_click_sends_one_application(people):
    application = people.application
    by = application.worker.user
    calls = [partial(actions.apply, fresh(application), by=by, promise_version="2026-11") for _ in range(3)]
    assert at_once(*calls).count("wrong_state") == 2
    assert application.forms.count() == 1


def test_withdrawing_and_deciding_at_once_leave_one_outcome(people):
    application = factories.submitted("陈晨")
    by = application.worker.user
    outcome = at_once(
        lambda: actions.withdraw(fresh(application), by=by).state,
        lambda: fresh(application).move("pass_first", actor=people.li_jing, seen=1).state,
    )
    assert outcome.count("wrong_state") == 1
    application.refresh_from_db()
    assert application.state in outcome


def test_two_workers_who_complete_one_application_give_one_number(people):
    """F8: idempotent."""
    application = factories.submitted("陈晨")
    application.move("pass_first", actor=people.li_jing, seen=1)
    application.move("pass_final", actor=people.zhang_wei, seen=1)
    assert sorted(at_once(*[lambda: actions.complete(application.pk)] * 4)) == [False, False, False, True]
    assert Registration.objects.count() == 1
    assert Counter.objects.get(series__startswith="certificate-").value == 1


def test_opening_the_applications_of_one_worker_at_once_opens_each_once(people):
    worker = people.chen_chen
    for level in (1, 2):
        factories.qualification("陈晨", number=worker.user.id_number, level=level)
    at_once(*[lambda: actions.attach_qualifications(worker)] * 4)
    assert worker.applications.count() == 2
