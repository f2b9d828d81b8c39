"""The tables of the hub, walked by everybody in every order (rulebook §2; promises 6 and 7)."""

import re
from datetime import timedelta

import pytest
import rules
from django.conf import settings as django_settings
from django.core.management import call_command
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from registration import actions, queries
from registration.models import Appeal, Application, Feedback, Qualification, Registration
from registration.workflows import DONE_STATES, ENDED_STATES
from registration.workflows import ApplicationState as A
from swms.histories import reviewed_models
from tests import factories
from tests.walks import Undone, walks

#: Rulebook §2.3 and §2.4, written down a second time: who makes which move from where to where.
LAW = {
    ("apply", A.NOT_APPLIED, A.PENDING_REVIEW): {"worker"},
    ("withdraw", A.PENDING_REVIEW, A.NOT_APPLIED): {"worker"},
    ("pass_first", A.PENDING_REVIEW, A.INITIAL_APPROVED): {"li_jing", "sun_hao"},
    ("fail_first", A.PENDING_REVIEW, A.INITIAL_REJECTED): {"li_jing", "sun_hao"},
    ("pass_final", A.INITIAL_APPROVED, A.FINAL_APPROVED): {"zhang_wei", "sun_hao"},
    ("fail_final", A.INITIAL_APPROVED, A.FINAL_REJECTED): {"zhang_wei", "sun_hao"},
    ("complete", A.FINAL_APPROVED, A.REGISTERED): {"system"},
    ("issue", A.REGISTERED, A.CERT_ISSUED): {"system"},
    ("reopen", A.INITIAL_REJECTED, A.NOT_APPLIED): {"worker"},
    ("reopen", A.FINAL_REJECTED, A.NOT_APPLIED): {"worker"},
    # Only of renewals: their guards refuse both of a first registration.
    **{("lapse", state, A.LAPSED): {"system"} for state in (A.NOT_APPLIED, A.INITIAL_REJECTED, A.FINAL_REJECTED)},
    **{
        ("void", state, A.VOID): {"system"}
        for state in (
            A.NOT_APPLIED,
            A.PENDING_REVIEW,
            A.INITIAL_APPROVED,
            A.INITIAL_REJECTED,
            A.FINAL_APPROVED,
            A.FINAL_REJECTED,
        )
    },
}
MAY_MAKE = {(name, source): who for (name, source, _), who in LAW.items()}
LEADS_TO = {(name, source): target for name, source, target in LAW}
GUARDS = {"four_eyes", "window_closed", "too_early", "changed", "required_emptied", "profile_incomplete"}
GUARDS |= {"still_open", "record_open"}  # lapse and void of a first registration
ACTORS = ("worker", "stranger", "li_jing", "zhang_wei", "sun_hao", "zhao_min", "system")


def test_the_table_of_applications_is_the_rulebooks():
    """§2.3 and §2.4: no move more, no move less."""
    assert {(each.name, each.source, each.target) for each in Application.workflow} == set(LAW)


@pytest.mark.parametrize("model", reviewed_models(), ids=lambda model: model._meta.label)
def test_every_permission_that_a_table_names_is_registered(model):
    for each in model.workflow:
        assert each.perm is None or rules.perm_exists(each.perm), f"{each.name} asks for {each.perm}"


@pytest.mark.parametrize("model", [Appeal, Application, Feedback, Qualification, Registration])
def test_every_state_of_a_table_is_a_choice_and_every_choice_can_be_reached(model):
    field = model._meta.get_field("state")
    states = {value for value, _ in field.choices}
    assert {each.source for each in model.workflow} | {each.target for each in model.workflow} <= states
    reached = {field.default}
    while more := {each.target for each in model.workflow if each.source in reached} - reached:
        reached |= more
    assert reached == states


def test_the_page_of_states_is_drawn_from_the_tables():
    """docs/states.md; ``manage.py states`` draws it again."""
    call_command("states", "--check")


def test_nothing_outside_the_engine_assigns_a_state():
    """Promise 7: one door."""
    apps = ["swms", "registration", "education", "services", "certificates"]
    assigned = [
        f"{path.relative_to(django_settings.BASE_DIR)}: {line.strip()}"
        for app in apps
        for path in sorted((django_settings.BASE_DIR / app).rglob("*.py"))
        if "migrations" not in path.parts and path != django_settings.BASE_DIR / "swms" / "workflow.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\.state\s*=[^=]", line)
    ]
    assert assigned == []


class Everybody(Undone):
    """One application, everybody who might touch it, and a clock that only goes forward."""

    judged = (Application, Registration)

    guards = GUARDS

    def __init__(self):
        super().__init__()
        people = self.people
        self.pk = factories.submitted("陈晨").pk
        self.users = {name: getattr(people, name) for name in ("li_jing", "zhang_wei", "sun_hao", "zhao_min")}
        self.users |= {"worker": self.case.worker.user, "stranger": people.chen_chen.user, "system": None}

    @property
    def case(self) -> Application:
        """The application as it is stored now."""
        return Application.objects.select_related("worker__user").get(pk=self.pk)

    def press(self, name: str, who: str, *, stale: bool = False, kind: str = "fixable"):
        """Try a move and hold the outcome against the law."""
        case = self.case
        before = case.state
        outcome = self.outcome_of(
            case.move,
            name,
            actor=self.users[who],
            seen=case.form_version - stale,
            reason="学校名称与证书不一致，请更正。",
            refusal_kind=kind,
            reason_codes=["education_untrue"],
            promise_version="2026-11",
        )
        entitled = MAY_MAKE.get((name, before))
        if entitled is None:
            assert outcome == "wrong_state"
        elif who not in entitled:
            assert outcome == "denied"
        else:
            assert outcome == "done" or outcome in self.guards
        assert self.case.state == (LEADS_TO[name, before] if outcome == "done" else before)
        event(f"{name}: {outcome}")

    @rule(
        name=st.sampled_from(sorted({name for name, _ in MAY_MAKE})), who=st.sampled_from(ACTORS), stale=st.booleans()
    )
    def anybody_presses_anything(self, name, who, stale):
        self.press(name, who, stale=stale)

    @rule(choice=st.integers(0, 99), kind=st.sampled_from(["fixable", "fixable", "refused"]))
    def somebody_entitled_goes_on(self, choice, kind):
        state = self.case.state
        lawful = [
            (name, who) for (name, source), people in MAY_MAKE.items() if source == state for who in sorted(people)
        ]
        if lawful:
            self.press(*lawful[choice % len(lawful)], kind=kind)

    @rule(school=st.sampled_from(["示例大学", "另一示例大学", ""]))
    def the_worker_edits(self, school):
        case = self.case

        def edit():
            case.worker.school = school
            case.worker.save()
            actions.profile_changed(case.worker, by=self.users["worker"], part="basic")

        outcome = self.outcome_of(edit)
        if case.state == A.PENDING_REVIEW:
            assert outcome == ("done" if school else "required_emptied")
        else:
            assert outcome == ("done" if case.state in (A.NOT_APPLIED, *DONE_STATES, *ENDED_STATES) else "locked")
        if outcome != "done":
            assert self.case.form_version == case.form_version
        event(f"edit: {outcome}")

    @rule(days=st.integers(1, 45))
    def time_passes(self, days):
        self.traveller.shift(timedelta(days=days))

    @invariant()
    def nobody_sees_more_than_the_own(self):
        for name in ("stranger", "zhao_min"):
            assert not Application.objects.visible_to(self.users[name]).exists()

    @invariant()
    def the_queue_holds_exactly_what_may_be_decided(self):
        case = self.case
        for name in ("li_jing", "zhang_wei", "sun_hao"):
            waits = queries.awaiting(self.users[name]).filter(pk=self.pk).exists()
            other = {A.PENDING_REVIEW: "final", A.INITIAL_APPROVED: "first"}.get(case.state)
            blocked = case.decisions.filter(stage=other, reviewer=self.users[name]).exists()
            assert waits == (bool(other) and bool(case.moves_for(self.users[name])) and not blocked)

    @invariant()
    def the_record_agrees_with_the_state(self):
        case = self.case
        completed = case.state in (A.REGISTERED, A.CERT_ISSUED)
        assert Registration.objects.exists() == completed
        assert case.certificate_viewable == completed
        assert (case.due_on is not None) == (
            case.state in (A.PENDING_REVIEW, A.INITIAL_APPROVED, A.FINAL_APPROVED) or completed
        )
        assert case.forms.count() == case.form_version
        passed = case.decisions.filter(round=case.round, passed=True)
        assert {each.form_version for each in passed} <= {case.form_version}


@pytest.mark.long
@pytest.mark.django_db
def test_everybody_pressing_everything_in_any_order_only_walks_listed_paths(settings, tmp_path):
    """Every role, every move, edits and a clock (S13)."""
    settings.MEDIA_ROOT = tmp_path
    run_state_machine_as_test(Everybody, settings=WALKS)


WALKS = walks(30, 20)
