"""换发: who may make which move, what is needed for it, and what comes of it (R-REP-01…03, rulebook §2.14)."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from certificates import actions, queries, tasks
from certificates.models import Certificate, Replacement
from certificates.queries.replacements import awaiting
from certificates.workflows import DocumentState, ReplacementReason
from certificates.workflows import ReplacementState as S
from registration import actions as hub_actions
from registration import tasks as hub
from registration.models import Application, ProvincePolicy, Registration
from registration.queries.reminding import reminders_due
from swms.accounts.models import User
from swms.audit import trail
from swms.dates import today, working_days_after
from swms.histories import broken_histories
from swms.notices.models import Delivery
from swms.workflow import Refused
from tests import factories
from tests.certificates import makers
from tests.people import People

pytestmark = pytest.mark.django_db
REASON = "证明材料不清晰，请重新拍摄后再申请。"

#: Rulebook §2.14 with R-REP-03, written down a second time: who makes which move from where to where.
LAW = {
    ("submit", S.DRAFT, S.PENDING): {"worker"},
    ("withdraw", S.DRAFT, S.WITHDRAWN): {"worker"},
    ("withdraw", S.PENDING, S.WITHDRAWN): {"worker"},
    ("pass_first", S.PENDING, S.INITIAL_APPROVED): {"li_jing", "sun_hao"},
    ("approve", S.PENDING, S.APPROVED): {"li_jing", "sun_hao"},
    ("fail_first", S.PENDING, S.REJECTED): {"li_jing", "sun_hao"},
    ("pass_final", S.INITIAL_APPROVED, S.APPROVED): {"zhang_wei", "sun_hao"},
    ("fail_final", S.INITIAL_APPROVED, S.REJECTED): {"zhang_wei", "sun_hao"},
    ("issue", S.APPROVED, S.ISSUED): {"system"},
    # Ours: what is undecided ends with the registration (decision 0023).
    ("close", S.DRAFT, S.WITHDRAWN): {"system"},
    ("close", S.PENDING, S.REJECTED): {"system"},
    ("close", S.INITIAL_APPROVED, S.REJECTED): {"system"},
}
MAY_MAKE = {(name, source): who for (name, source, _), who in LAW.items()}
LEADS_TO = {(name, source): target for name, source, target in LAW}
GUARDS = {"four_eyes", "final_review", "no_final_review", "still_in_force", "not_made", "incomplete"}
ACTORS = ("worker", "stranger", "li_jing", "zhang_wei", "sun_hao", "zhao_min", "system")


def test_the_table_of_replacements_is_the_rulebooks():
    assert {(each.name, each.source, each.target) for each in Replacement.workflow} == set(LAW)


def test_every_state_can_be_reached():
    reached = {S.DRAFT}
    while more := {each.target for each in Replacement.workflow if each.source in reached} - reached:
        reached |= more
    assert reached == set(S)


class Everybody(RuleBasedStateMachine):
    """One registration, replacement after replacement, and everybody who might touch one."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        people = People()
        self.registration = makers.registered()
        makers.new_version(self.registration)
        self.users = {name: getattr(people, name) for name in ("li_jing", "zhang_wei", "sun_hao", "zhao_min")}
        self.users |= {"worker": self.registration.worker.user, "stranger": people.chen_chen.user, "system": None}
        self.pk = None
        self.begin("correction")

    def teardown(self):
        assert list(broken_histories(Replacement)) == []
        assert list(broken_histories(Certificate)) == []
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @rule(reason=st.sampled_from(ReplacementReason))
    def begin(self, reason):
        """At most one is open, whatever is pressed (R-REP-02)."""
        there = queries.open_replacement(self.registration.worker)
        name = "王方" if self.name == "王芳" else "王芳"
        answers = {"new_name": name} if reason == "correction" else {}
        outcome = self.outcome_of(makers.replacement, self.registration, reason, submit=False, **answers)
        assert outcome == ("done" if there is None or there.state == S.DRAFT else "already_open")
        self.pk = queries.open_replacement(self.registration.worker).pk

    @rule(name=st.sampled_from(sorted({name for name, _, _ in LAW})), who=st.sampled_from(ACTORS))
    def press(self, name, who):
        """Try a move and hold the outcome against the law."""
        one = Replacement.objects.get(pk=self.pk)
        before = one.state
        outcome = self.outcome_of(one.move, name, actor=self.users[who], reason=REASON)
        entitled = MAY_MAKE.get((name, before))
        if entitled is None:
            assert outcome == "wrong_state"
        elif who not in entitled:
            assert outcome == "denied"
        else:
            assert outcome == "done" or outcome in GUARDS
        one = Replacement.objects.get(pk=self.pk)
        assert one.state == (LEADS_TO[name, before] if outcome == "done" else before)
        event(f"{name}: {outcome}")

    @rule(who=st.sampled_from(("worker", "li_jing", "zhang_wei", "sun_hao")))
    def go_on(self, who):
        """Press whatever that person is offered first, so that walks get far."""
        moves = Replacement.objects.get(pk=self.pk).moves_for(self.users[who])
        if moves:
            self.press(moves[0].name, who)

    @rule()
    def produce(self):
        """The system makes what is approved: version n+1, the same number and validity, n is 已换发 (R-REP-03)."""
        one = Replacement.objects.get(pk=self.pk)
        if one.state != S.APPROVED:
            return
        record = Registration.objects.get(pk=self.registration.pk)
        certificate = makers.new_version(record, replacement=one)
        one.move("issue")
        before = self.registration.certificates.get(version=certificate.version - 1)
        assert before.state == DocumentState.SUPERSEDED
        kept = ("registration_number", "valid_from", "valid_until")
        assert [certificate.content[key] for key in kept] == [before.content[key] for key in kept]
        assert certificate.content["name"] == self.name == (one.new_name or before.content["name"])

    @property
    def name(self) -> str:
        """What the holder is called now."""
        return User.objects.get(pk=self.registration.worker.user_id).name

    @staticmethod
    def outcome_of(call, *args, **said):
        try:
            with transaction.atomic():
                call(*args, **said)
        except Refused as refused:
            return refused.code
        except PermissionDenied:
            return "denied"
        return "done"


def test_whoever_presses_whatever_the_law_holds(db):
    run_state_machine_as_test(
        Everybody,
        settings=settings(
            max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


# --- when -----------------------------------------------------------------------------------------


@pytest.fixture
def record(scenario):
    """王芳's registration, in force, with the first version of its certificate."""
    one = makers.registered()
    makers.new_version(one)
    return one


def at(day: dt.date, hour: int) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))


def refusal(call, *args, **said) -> str:
    with pytest.raises(Refused) as caught, transaction.atomic():
        call(*args, **said)
    return caught.value.code


@pytest.mark.parametrize(("move", "said"), [("revoke", {}), ("cancel", {"cause": "death"})])
def test_nothing_is_replaced_of_a_registration_that_has_ended(record, people, move, said):
    """R-REP-02."""
    record.move(move, actor=people.zhang_wei, reason="经核实，依规定处理登记。", **said)
    assert refusal(makers.replacement, record) == "not_in_force"


def test_nothing_is_replaced_after_the_last_day_even_while_no_job_ran(record):
    """R-REP-02: by the date, not by the stored state."""
    with time_machine.travel(at(record.valid_until, 23), tick=False):
        assert makers.replacement(record).state == S.PENDING
    record.worker.replacements.get().move("withdraw", actor=record.worker.user)
    with time_machine.travel(at(record.valid_until + dt.timedelta(days=1), 0), tick=False):
        record.refresh_from_db()
        assert refusal(makers.replacement, record) == "not_in_force"


def test_nothing_is_replaced_while_an_application_is_under_review(record, people):
    """R-REP-02: 王芳 has applied for the registration of her higher level."""
    draft = makers.replacement(record, submit=False)
    factories.qualification("王芳", number=record.worker.user.id_number, level=2)
    hub_actions.attach_qualifications(record.worker)
    other = Application.objects.get(worker=record.worker, qualification__level=2)
    hub_actions.apply(other, by=record.worker.user, promise_version="1")
    assert refusal(draft.move, "submit", actor=record.worker.user) == "case_open"


def test_one_replacement_is_open_at_a_time_in_the_database_too(record):
    one = makers.replacement(record)
    assert refusal(makers.replacement, record) == "already_open"
    with pytest.raises(IntegrityError), transaction.atomic():
        Replacement(ref="HF-2", worker=record.worker, registration=record, reason="lost").begin()
    assert Replacement.objects.get() == one


@pytest.mark.parametrize(
    ("reason", "answers"), [("correction", {"new_name": "王方"}), ("local", {}), ("lost", {}), ("correction", {})]
)
def test_what_the_reason_asks_for_is_there_before_it_is_sent(record, reason, answers):
    """R-REP-03: no correction without the proof of the police."""
    one = actions.replacing.begin(record, reason=reason, by=record.worker.user)
    one = actions.replacing.fill_in(one, answers, by=record.worker.user)
    assert refusal(actions.replacing.submit, one, by=record.worker.user) == "incomplete"


def test_what_was_sent_can_no_longer_be_changed(record):
    one = makers.replacement(record)
    assert refusal(actions.replacing.fill_in, one, {"note": "改"}, by=record.worker.user) == "not_draft"


# --- who ------------------------------------------------------------------------------------------


def test_who_passed_a_correction_first_does_not_pass_it_finally(record, people):
    """R-REP-03, R-REG-18: 孙浩 holds both duties and is refused; it is not in his queue either."""
    one = makers.replacement(record, "correction")
    one.move("pass_first", actor=people.sun_hao)
    assert refusal(one.move, "pass_final", actor=people.sun_hao) == "four_eyes"
    assert refusal(one.move, "fail_final", actor=people.sun_hao, reason=REASON) == "four_eyes"
    assert list(awaiting(people.sun_hao)) == []
    assert list(awaiting(people.zhang_wei)) == [one]


def test_a_correction_goes_under_the_policy_of_the_day_on_which_it_was_sent_in(record, people):
    """R-REG-17, decision 0027: a final review that is handed down later is not handed down for this one."""
    below = factories.staff("市级终审", ("final_review", "110100"))
    with time_machine.travel("2026-11-23T10:00+08:00", tick=False):
        before = makers.replacement(record, "correction")
        settled = {"final_review_level": "prefecture", "effective_from": dt.date(2026, 11, 24), "version": 1}
        ProvincePolicy.objects.create(province=factories.region("110000"), by=people.zhang_wei, **settled)
    with time_machine.travel("2026-11-24T10:00+08:00", tick=False):
        after = makers.replacement(makers.registered("陈晨"), "correction")
        for one in (before, after):
            one.move("pass_first", actor=people.li_jing)
        assert [awaiting(below).filter(pk=one.pk).exists() for one in (before, after)] == [False, True]
        with pytest.raises(PermissionDenied):
            before.move("fail_final", actor=below, reason=REASON)
        for one, who in ((before, people.zhang_wei), (after, below)):
            one.move("fail_final", actor=who, reason=REASON)
        said = [trail.history(one).last().changes["rules"] for one in (before, after)]
        assert said == ["北京市默认", "北京市 2026-11 版（第1版）"]


def test_a_correction_is_not_approved_by_the_first_review_alone(record, people):
    one = makers.replacement(record, "correction")
    assert refusal(one.move, "approve", actor=people.li_jing) == "final_review"
    assert record.worker.user.name == "王芳"


def test_the_reviewer_of_another_region_is_refused_and_finds_nothing(record, people):
    one = makers.replacement(record)
    with pytest.raises(PermissionDenied):
        one.move("approve", actor=people.zhao_min)
    assert not Replacement.objects.visible_to(people.zhao_min).exists()
    assert list(awaiting(people.zhao_min)) == []
    assert list(awaiting(people.li_jing)) == [one]


# --- by when --------------------------------------------------------------------------------------


def test_it_is_due_in_15_working_days_and_reviewers_are_reminded_after_10(record, people):
    """§2.14; nobody is reminded before, and at the end the province hears of it too."""
    assert people.li_jing
    assert people.zhang_wei
    with time_machine.travel("2026-11-02T10:00+08:00", tick=False):
        one = makers.replacement(record)
        assert one.due_on == working_days_after(today(), 15)
        assert reminders_due() == []
    with time_machine.travel("2026-11-16T10:00+08:00", tick=False):
        (reminder,) = reminders_due()
        assert (reminder.reviewer, reminder.near, reminder.overdue) == (people.li_jing, 1, 0)
    with time_machine.travel(at(one.due_on + dt.timedelta(days=1), 10), tick=False):
        told = {each.reviewer: (each.overdue, each.below) for each in reminders_due()}
        assert told == {people.li_jing: (1, 0), people.zhang_wei: (0, 1)}


# --- what comes of it -----------------------------------------------------------------------------


def test_a_correction_changes_everything_with_the_final_decision(record, people):
    """R-REP-03: account, roster and history in one transaction, with the proof and who decided."""
    number = factories.id_number(dt.date(1991, 4, 8))
    old = record.worker.user.id_number
    one = makers.replacement(record, "correction", new_name="王方", new_id_number=number)
    one.move("pass_first", actor=people.li_jing)
    one.move("pass_final", actor=people.zhang_wei)
    record = Registration.objects.get()
    holders = {(each.name, each.id_number) for each in (record.worker.user, record.qualification)}
    assert holders == {("王方", number)}
    correction = Replacement.objects.get().correction
    assert (correction.old, correction.by) == ({"name": "王芳", "id_number": old}, people.zhang_wei)
    assert [each["sha256"] for each in correction.proof] == [one.evidence.get().sha256]
    assert Delivery.objects.filter(kind="certificates.replacement.pass_final").exists()


@pytest.mark.parametrize("stage", ["pass_first", "pass_final"])
def test_a_number_that_somebody_else_holds_is_passed_by_nobody(record, people, stage):
    """R-REP-03: it goes to the merge desk, also when the number was taken between the two reviews."""
    number = factories.id_number()
    one = makers.replacement(record, "correction", new_id_number=number)
    if stage == "pass_final":
        one.move("pass_first", actor=people.li_jing)
    factories.qualification("陈晨", number=number)
    reviewer = people.li_jing if stage == "pass_first" else people.zhang_wei
    assert refusal(one.move, stage, actor=reviewer) == "identity_taken"
    assert Replacement.objects.get().correction is None


def test_a_replacement_of_a_registration_that_ends_is_closed_by_the_sweep(record, people):
    """R-REP-02; no message has to arrive, and the worker reads why."""
    one = makers.replacement(record)
    record.move("revoke", actor=people.zhang_wei, reason="经核实提供虚假材料，予以撤销。")
    assert refusal(one.move, "approve", actor=people.li_jing) == "not_in_force"
    tasks.sweep_certificates()
    hub.sweep()
    one.refresh_from_db()
    assert (one.state, one.decided_reason) == (S.REJECTED, "登记已撤销，换发申请终止")


def test_the_proof_of_what_was_refused_is_deleted_after_90_days(record, people):
    one = makers.replacement(record, "correction")
    one.move("fail_first", actor=people.li_jing, reason=REASON)
    with time_machine.travel(timezone.now() + dt.timedelta(days=89), tick=False):
        assert actions.replacing.purge_files() == 0
    with time_machine.travel(timezone.now() + dt.timedelta(days=91), tick=False):
        assert actions.replacing.purge_files() == 1
        assert actions.replacing.purge_files() == 0
    assert one.evidence.get().purged_at
