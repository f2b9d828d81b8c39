"""Changes at the same moment, and failures half-way: one outcome, and nothing half moved (R-CHG-07)."""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from registration import actions
from registration.actions import transfers
from registration.models import Institution, Registration, Transfer, Worker
from registration.promise import PROMISE_VERSION
from registration.workflows import TransferState as T
from swms.audit import trail
from swms.audit.models import AuditEvent
from swms.notices.models import Notice
from tests import factories
from tests.registration.changes import CHAOYANG, HAIDIAN, draft, registered, sent, standing, to
from tests.registration.test_application_together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(transfer) -> Transfer:
    """Return a copy that a request of its own would have read."""
    return Transfer.objects.get(pk=transfer.pk)


def test_withdrawing_and_approving_at_once_leave_one_outcome(people):
    """R-CHG-10: 王芳 takes it back while 李静 approves."""
    reviewer = people.li_jing
    for turn in range(4):
        worker = registered(f"王芳{'芳' * turn}")
        one = sent(worker, to(CHAOYANG))
        before = standing(worker)
        outcome = at_once(
            lambda one=one, worker=worker: transfers.withdraw(fresh(one), by=worker.user).state,
            lambda one=one: transfers.decide(fresh(one), "approve", by=reviewer, seen=one.form_version).state,
        )
        assert outcome.count("wrong_state") == 1, outcome
        one.refresh_from_db()
        assert one.state in outcome
        assert (standing(worker) == before) == (one.state == T.WITHDRAWN)
    assert trail.verify().ok


def test_a_suspension_and_an_approval_at_once_move_the_person_or_end_the_change(people):
    """R-CHG-07: whichever comes first; nothing waits for ever and nobody is answered an error."""
    for turn in range(4):
        worker = registered(f"王芳{'芳' * turn}")
        target = to(CHAOYANG, f"同心{turn}中心")
        one = sent(worker, target)

        def suspend(target=target):
            given = Institution.objects.get(pk=target.institution.pk)
            return given.move("suspend", actor=people.li_jing, reason="年度检查不合格，责令整改。").state

        def approve(one=one):
            return transfers.decide(fresh(one), "approve", by=people.li_jing, seen=one.form_version).state

        people.li_jing  # noqa: B018 (she comes into being before the race)
        outcome = at_once(suspend, approve)
        assert outcome[0] == "SUSPENDED"
        one.refresh_from_db()
        assert (outcome[1], one.state) in (
            ("APPROVED", T.APPROVED),
            ("wrong_state", T.CANCELLED),
            ("target_gone", T.CANCELLED),
        )


def test_a_double_click_begins_one_draft_and_sends_one_change(people):
    worker = registered("王芳")
    target = to(HAIDIAN)
    begun = at_once(*[lambda: transfers.begin(worker, target, by=worker.user).pk] * 3)
    assert len(set(begun)) == Transfer.objects.count() == 1
    one = draft(worker, target)
    calls = [lambda: transfers.submit(fresh(one), by=worker.user, seen=one.form_version).state] * 3
    assert sorted(at_once(*calls)) == ["PENDING_OUT", "wrong_state", "wrong_state"]


def test_a_case_and_a_change_sent_at_once_are_never_both_under_review(people):
    """R-CHG-08."""
    for turn in range(4):
        worker = registered(f"陈晨{'晨' * turn}")
        factories.qualification(worker.user.name, number=worker.user.id_number, level=2)
        actions.attach_qualifications(worker)
        case = worker.applications.latest("pk")
        one = draft(worker, to(HAIDIAN))
        outcome = at_once(
            partial(actions.apply, case, by=worker.user, promise_version=PROMISE_VERSION),
            partial(transfers.submit, one, by=worker.user, seen=one.form_version),
        )
        assert len([each for each in outcome if each in ("change_in_review", "case_in_review")]) == 1, outcome


def test_a_revocation_and_an_approval_at_once_leave_no_open_change(people):
    """§2.5: whichever comes first; nothing waits for ever and nobody is answered an error."""
    for turn in range(4):
        worker = registered(f"陈晨{'晨' * turn}")
        one = sent(worker, to(CHAOYANG))
        registration = worker.registrations.get()

        def revoke(registration=registration):
            given = Registration.objects.get(pk=registration.pk)
            return given.move("revoke", actor=people.zhang_wei, reason="提交的材料经核实为虚假材料。").state

        def approve(one=one):
            return transfers.decide(fresh(one), "approve", by=people.li_jing, seen=one.form_version).state

        people.zhang_wei, people.li_jing  # noqa: B018 (they come into being before the race)
        outcome = at_once(revoke, approve)
        assert outcome[0] == "REVOKED", outcome
        assert outcome[1] in ("APPROVED", "wrong_state"), outcome
        one.refresh_from_db()
        assert one.state == (T.APPROVED if outcome[1] == "APPROVED" else T.CANCELLED)


def test_six_reviewers_of_one_office_approve_once(people):
    worker = registered("王芳")
    one = sent(worker, to(CHAOYANG))
    reviewers = [factories.staff(f"初审员{n}", ("first_review", CHAOYANG)) for n in range(6)]
    calls = [partial(transfers.decide, fresh(one), "approve", by=each, seen=one.form_version) for each in reviewers]
    assert at_once(*calls).count("wrong_state") == 5
    assert worker.experiences.count() == 2


class Broken(Exception):
    """What a failing disk or database would raise."""


@pytest.mark.parametrize("place", ["employment", "worker", "registrations", "cases", "notice"])
def test_a_failure_in_the_middle_of_an_approval_leaves_nothing_moved(people, monkeypatch, place):
    """R-CHG-07: one transaction, wherever it breaks."""
    from django.db.models.query import QuerySet

    from registration.models import Application, WorkExperience
    from swms.notices import receivers

    worker = registered("陈晨", levels=(1, 2))
    one = sent(worker, to(HAIDIAN))
    bo = factories.staff("刘波", ("first_review", HAIDIAN), username="liubo")
    transfers.decide(one, "approve_out", by=people.li_jing, seen=one.form_version)
    before, events, told = standing(worker), AuditEvent.objects.count(), Notice.objects.count()

    def fail(*args, **kwargs):
        raise Broken

    if place == "employment":
        monkeypatch.setattr(WorkExperience, "save", fail)
    elif place == "worker":
        monkeypatch.setattr(Worker, "save", fail)
    elif place == "registrations":
        saved = []
        save = Registration.save

        def second_fails(self, **kwargs):
            saved.append(self.pk)
            return fail() if len(saved) == 2 else save(self, **kwargs)

        monkeypatch.setattr(Registration, "save", second_fails)
    elif place == "cases":
        update = QuerySet.update
        monkeypatch.setattr(
            QuerySet, "update", lambda self, **kw: fail() if self.model is Application else update(self, **kw)
        )
    else:
        monkeypatch.setattr(receivers, "notify", fail)
    with pytest.raises(Broken):
        transfers.decide(fresh(one), "approve", by=bo, seen=one.form_version)
    monkeypatch.undo()

    one.refresh_from_db()
    assert one.state == T.PENDING_IN
    assert standing(worker) == before
    assert (AuditEvent.objects.count(), Notice.objects.count()) == (events, told)
    transfers.decide(fresh(one), "approve", by=bo, seen=one.form_version)
    assert standing(worker)["region"] == HAIDIAN


def test_a_stranger_cannot_send_or_withdraw_somebody_elses_change(people):
    one = draft(registered("王芳"), to(HAIDIAN))
    with pytest.raises(PermissionDenied):
        transfers.submit(one, by=people.chen_chen.user, seen=one.form_version)
    with pytest.raises(PermissionDenied):
        transfers.discard(one, by=people.chen_chen.user)
