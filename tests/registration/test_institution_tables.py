"""The tables of institutions and of feedback about them, walked by everybody in every order (§2.8, §2.9)."""

from datetime import timedelta

import pytest
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from registration import actions, queries
from registration.models import Institution, InstitutionFeedback
from registration.workflows import InstitutionFeedbackState as F
from registration.workflows import InstitutionState as S
from swms.accounts.models import User
from tests import factories
from tests.walks import Undone, walks

DECIDES = {"li_jing", "sun_hao"}  # first reviewers of 朝阳区 and of 北京市

#: Rulebook §2.8, written down a second time: who makes which move from where to where.
FEEDBACK_LAW = {
    ("approve", F.PENDING, F.APPROVED): DECIDES,
    ("merge", F.PENDING, F.MERGED): DECIDES,
    ("reject", F.PENDING, F.REJECTED): DECIDES,
    ("register", F.APPROVED, F.REGISTERED): {"system"},
    ("expire", F.APPROVED, F.EXPIRED): {"system"},
}
#: Rulebook §2.9, with three moves that decision 0017 adds: two send a link again, one ends an invitation.
INSTITUTION_LAW = {
    ("submit", S.INVITED, S.SUBMITTED): {"system"},
    ("approve", S.SUBMITTED, S.ACTIVE): DECIDES,
    ("return_for_more", S.SUBMITTED, S.RETURNED): DECIDES,
    ("resubmit", S.RETURNED, S.SUBMITTED): {"system"},
    ("reject", S.SUBMITTED, S.REJECTED): DECIDES,
    ("suspend", S.ACTIVE, S.SUSPENDED): DECIDES,
    ("resume", S.SUSPENDED, S.ACTIVE): DECIDES,
    ("deregister", S.ACTIVE, S.DEREGISTERED): DECIDES,
    ("invite", S.INVITED, S.INVITED): DECIDES,
    ("send_password_link", S.ACTIVE, S.ACTIVE): DECIDES,
    ("lapse", S.INVITED, S.REJECTED): {"system"},
}
LAWS = {InstitutionFeedback: FEEDBACK_LAW, Institution: INSTITUTION_LAW}
GUARDS = {
    "already_there",
    "institution_required",
    "still_open",
    "under_review",
    "not_registered",
    "incomplete",
    "just_sent",
    "no_account",
    "changed",
}
ACTORS = ("worker", "stranger", "account", "li_jing", "zhang_wei", "sun_hao", "zhao_min", "system")
REASON = "与登记证书不一致，请核对。"


@pytest.mark.parametrize("model", LAWS, ids=lambda model: model.__name__)
def test_the_table_is_the_rulebooks(model):
    """No move more, no move less; every state is a choice and can be reached."""
    assert {(each.name, each.source, each.target) for each in model.workflow} == set(LAWS[model])
    field = model._meta.get_field("state")
    reached = {field.default}
    while more := {each.target for each in model.workflow if each.source in reached} - reached:
        reached |= more
    assert reached == {value for value, _ in field.choices}


class Everybody(Undone):
    """Three feedbacks about one institution, everybody who might touch them, and a clock that only goes forward."""

    judged = (Institution, InstitutionFeedback)

    def __init__(self):
        super().__init__()
        people = self.people
        self.uscc = factories.uscc()
        self.facts = factories.institution_facts(uscc=self.uscc)
        self.workers = [factories.worker(name) for name in ("王芳", "陈晨", "林晓")]
        for worker, uscc in zip(self.workers, (self.uscc, self.uscc, ""), strict=True):
            factories.institution_feedback(worker, uscc=uscc)
        self.users = {name: getattr(people, name) for name in ("li_jing", "zhang_wei", "sun_hao", "zhao_min")}
        account = User.objects.create_user(kind=User.Kind.INSTITUTION, name="别家")
        self.users |= {"worker": self.workers[0].user, "stranger": people.chen_chen.user}
        self.users |= {"account": account, "system": None}

    def press(self, record, name, who, *, stale=False, into=None):
        """Try a move and hold the outcome against the law."""
        law = {(move, source): (target, entitled) for (move, source, target), entitled in LAWS[type(record)].items()}
        before = record.state
        seen = getattr(record, "form_version", 0) - stale
        outcome = self.outcome_of(record.move, name, actor=self.users[who], seen=seen, reason=REASON, institution=into)
        target, entitled = law.get((name, before), (None, set()))
        if target is None:
            assert outcome == "wrong_state"
        elif who not in entitled:
            assert outcome == "denied"
        else:
            assert outcome == "done" or outcome in GUARDS, outcome
        record = type(record).objects.get(pk=record.pk)
        assert record.state == (target if outcome == "done" else before)
        event(f"{type(record).__name__}.{name}: {outcome}")

    def some(self, model, number):
        rows = list(model.objects.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    @rule(
        model=st.sampled_from(list(LAWS)),
        name=st.sampled_from(sorted({name for law in LAWS.values() for name, _, _ in law})),
        who=st.sampled_from(ACTORS),
        number=st.integers(0, 5),
        stale=st.booleans(),
    )
    def anybody_presses_anything(self, model, name, who, number, stale):
        record = self.some(model, number)
        if record and any(name == each for each, _, _ in LAWS[model]):
            self.press(record, name, who, stale=stale, into=self.some(Institution, number))

    @rule(model=st.sampled_from(list(LAWS)), number=st.integers(0, 5), choice=st.integers(0, 99))
    def somebody_entitled_goes_on(self, model, number, choice):
        record = self.some(model, number)
        if record is None:
            return
        lawful = [
            (name, who)
            for (name, source, _), people in LAWS[model].items()
            if source == record.state
            for who in sorted(people)
        ]
        if lawful:
            name, who = lawful[choice % len(lawful)]
            self.press(record, name, who, into=self.some(Institution, choice))

    @rule(number=st.integers(0, 5))
    def an_invited_institution_fills_in_its_form(self, number):
        one = self.some(Institution, number)
        if one is None or one.state != S.INVITED:
            return
        free = not Institution.objects.filter(uscc=self.uscc).exclude(pk=one.pk).exists()
        for name, value in (self.facts if free else self.facts | {"uscc": factories.uscc()}).items():
            setattr(one, name, value)
        one.certificate_scan = self.scan()
        one.save()
        one.move("submit")

    @rule()
    def an_institution_registers_by_itself(self):
        mobile = factories.mobile()
        outcome = self.outcome_of(
            actions.institutions.submit, self.facts, mobile=mobile, scan=self.scan(), consent_version="2026-11"
        )
        assert outcome in ("done", "uscc_taken")
        event(f"by itself: {outcome}")

    def scan(self):
        if not hasattr(self, "_scan"):
            self._scan = factories.scan()
        return self._scan

    @rule(days=st.integers(1, 120))
    def time_passes(self, days):
        self.traveller.shift(timedelta(days=days))

    @rule()
    def the_daily_job_runs(self):
        from registration.queries.institutions import expiries_due

        for pk in expiries_due():
            assert actions.institutions.expire_feedback(pk)

    @invariant()
    def nobody_sees_more_than_the_own(self):
        for name in ("stranger", "zhao_min", "account"):
            assert not Institution.objects.visible_to(self.users[name]).exists()
            assert not InstitutionFeedback.objects.visible_to(self.users[name]).exists()
        assert InstitutionFeedback.objects.visible_to(self.users["worker"]).count() == 1

    @invariant()
    def a_code_belongs_to_one_institution_that_was_not_refused(self):
        for each in Institution.objects.all():
            assert (each.uscc is None) == (each.state == S.REJECTED or (each.state == S.INVITED and not each.uscc))
        assert Institution.objects.filter(uscc=self.uscc).count() <= 1

    @invariant()
    def the_record_agrees_with_the_state(self):
        offered = set(queries.institutions_named("夏雨"))
        for each in Institution.objects.all():
            assert (each in offered) == each.is_active == (each.state == S.ACTIVE)
            assert (each.account is not None) == (each.state in (S.ACTIVE, S.SUSPENDED, S.DEREGISTERED))
            assert (each.due_on is not None) == (each.state == S.SUBMITTED)
        for each in InstitutionFeedback.objects.select_related("institution"):
            assert (each.due_on is not None) == (each.state == F.PENDING)
            if each.state in (F.APPROVED, F.REGISTERED, F.MERGED, F.EXPIRED):
                assert each.institution is not None
            if each.state == F.REGISTERED:
                assert each.institution.account is not None
        waiting = set(queries.institutions.awaiting(self.users["li_jing"]))
        assert waiting == set(Institution.objects.filter(state=S.SUBMITTED))


@pytest.mark.django_db
def test_everybody_pressing_everything_in_any_order_only_walks_listed_paths(settings, tmp_path):
    """Every role, every move, forms that come in, and a clock (S13)."""
    settings.MEDIA_ROOT = tmp_path
    run_state_machine_as_test(Everybody, settings=WALKS)


WALKS = walks(20, 18)
