"""The two tables of sampling audits, written down a second time and walked by everybody (decision 0029)."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from registration.actions import sampling
from registration.models import Registration, SampledCase, SamplingCampaign
from registration.queries import sampling as asking
from registration.workflows import CampaignState as C
from registration.workflows import SampleState as S
from registration.workflows.sampling.drawing import Commitment, draw, parse, size_of
from swms.dates import today
from tests.registration.changes import registered
from tests.registration.inspections import SEED, SEEN_AT, inspected, planned, superior
from tests.walks import Walk, walks

EXAMINE = {"li_jing", "sun_hao", "zhang_wei"}  # first reviewers over 朝阳区, and the final ones of the office
DECIDE = {"zhang_wei", "sun_hao"}  # final reviewers of exactly 北京市
ABOVE = {"above"}
LAW = {
    ("answer", S.REQUESTED, S.EXAMINING): {"worker"},
    ("extend", S.REQUESTED, S.REQUESTED): {"worker"},
    ("note_silence", S.REQUESTED, S.EXAMINING): {"system"},
    ("supplement", S.EXAMINING, S.EXAMINING): {"worker"},
    ("propose_pass", S.EXAMINING, S.DECIDING): EXAMINE,
    ("ask_more", S.EXAMINING, S.REQUESTED): EXAMINE,
    ("propose_fail", S.EXAMINING, S.PROPOSED): EXAMINE,
    ("state", S.PROPOSED, S.DECIDING): {"worker"},
    ("hear_nothing", S.PROPOSED, S.DECIDING): {"system"},
    ("decide_pass", S.DECIDING, S.PASSED): DECIDE,
    ("decide_fail", S.DECIDING, S.FAILED): DECIDE,
    ("give_back", S.DECIDING, S.EXAMINING): DECIDE,
    ("ask_review", S.FAILED, S.IN_REVIEW): {"worker"},
    ("overturn", S.IN_REVIEW, S.PASSED): ABOVE,
    ("roll_back", S.IN_REVIEW, S.EXAMINING): ABOVE,
    ("uphold", S.IN_REVIEW, S.UPHELD): ABOVE,
    ("stop", S.REQUESTED, S.STOPPED): DECIDE,
    ("stop", S.EXAMINING, S.STOPPED): DECIDE,
    ("stop", S.PROPOSED, S.STOPPED): DECIDE,
    ("stop", S.DECIDING, S.STOPPED): DECIDE,
    ("moot", S.REQUESTED, S.STOPPED): {"system"},
    ("moot", S.EXAMINING, S.STOPPED): {"system"},
    ("moot", S.PROPOSED, S.STOPPED): {"system"},
    ("moot", S.DECIDING, S.STOPPED): {"system"},
}
CAMPAIGN_LAW = {
    ("announce", C.DRAFT, C.ANNOUNCED): DECIDE,
    ("draw", C.ANNOUNCED, C.DRAWN): DECIDE,
    ("start", C.DRAWN, C.UNDER_WAY): DECIDE,
    ("close", C.UNDER_WAY, C.CLOSED): DECIDE,
    ("cancel", C.DRAFT, C.CANCELLED): DECIDE,
    ("cancel", C.ANNOUNCED, C.CANCELLED): DECIDE,
}
GUARDS = {
    "changed",
    "nothing_said",
    "too_late",
    "still_open",
    "extended_already",
    "asked_enough",
    "four_eyes",
    "not_heard",
    "review_used",
    "record_open",
}


@pytest.mark.parametrize(("model", "law"), [(SampledCase, LAW), (SamplingCampaign, CAMPAIGN_LAW)])
def test_the_tables_are_those_of_the_decision(model, law):
    """No move more, no move less, and every state can be reached."""
    assert {(each.name, each.source, each.target) for each in model.workflow} == set(law)
    reached = {model._meta.get_field("state").default}
    while more := {target for _, source, target in law if source in reached} - reached:
        reached |= more
    assert reached == {value for value, _ in model._meta.get_field("state").choices}


class Inspection(Walk):
    """One drawn case, its person, three reviewers of the office, one above, one elsewhere, and a clock."""

    law, judged, guards = LAW, (SampledCase,), GUARDS
    made: tuple

    def start(self):
        self.pk, users = self.made
        self.users |= users

    @property
    def case(self):
        return SampledCase.objects.get(pk=self.pk)

    @rule(words=st.sampled_from(["", "材料已经齐全，请核对。"]))
    def the_person_writes(self, words):
        self.outcome_of(sampling.save, self.case, text=words, files=[], by=self.users["worker"])

    @rule()
    def a_night_passes(self):
        before = self.case.state
        sampling.tend()
        now = self.case.state
        assert now == before or (before, now) in {(S.REQUESTED, S.EXAMINING), (S.PROPOSED, S.DECIDING)}

    @invariant()
    def nobody_fails_unheard_or_by_two_eyes(self):
        case = self.case
        if case.state in (S.FAILED, S.IN_REVIEW, S.UPHELD):
            assert case.finding == "fail"
            approvers = set(case.application.decisions.values_list("reviewer_id", flat=True))
            assert case.decided_by_id not in {case.proposed_by_id, *approvers}
        assert Registration.objects.get(pk=case.registration_id).state == "VALID", "an inspection revokes nothing"

    @invariant()
    def a_clock_runs_while_somebody_is_to_act(self):
        case = self.case
        assert (case.due_on is not None) == (case.state not in (S.PASSED, S.UPHELD, S.STOPPED))

    @invariant()
    def the_queue_holds_exactly_what_may_be_done(self):
        """Nobody is shown what the own part in the case keeps from; 终止 alone makes no queue."""
        case = self.case
        for name in ("li_jing", "zhang_wei", "sun_hao", "above", "zhao_min"):
            user, said = self.users[name], {"reason": self.reason, "seen": case.form_version}
            moves = [move.name for move in case.moves_for(user) if move.name not in ("stop", "ask_more")]
            possible = any(case.workflow.refusal(case, move, actor=user, **said) is None for move in moves)
            assert asking.awaiting(user).filter(pk=self.pk).exists() == possible, name

    @invariant()
    def nobody_else_sees_it(self):
        for name in ("stranger", "zhao_min"):
            assert not SampledCase.objects.visible_to(self.users[name]).exists()


@pytest.mark.django_db
def test_everybody_pressing_everything_in_an_inspection_walks_listed_paths_only(people):
    worker = registered("陈晨")
    case = inspected(people, worker)
    users = {name: getattr(people, name) for name in ("li_jing", "zhang_wei", "sun_hao", "zhao_min")}
    users |= {"worker": worker.user, "stranger": people.wang_fang.user, "above": superior()}
    Inspection.made = case.pk, users
    run_state_machine_as_test(Inspection, settings=walks(12, 15))


class Drawing(Walk):
    """One campaign from its draft on; the list, once frozen, is what it was."""

    law, judged = CAMPAIGN_LAW, (SamplingCampaign,)
    guards = {"seed_too_early", "seed_not_due", "empty_population", "cases_open"}
    made: tuple

    def start(self):
        self.planned, users = self.made
        self.users |= users
        self.pk, self.committed = self.planned(), ""

    @property
    def case(self):
        return SamplingCampaign.objects.get(pk=self.pk)

    def press(self, name, who, *, stale=False):
        if name != "announce":
            return super().press(name, who, stale=stale)
        before = self.case.state
        outcome = self.outcome_of(sampling.announce, self.case, by=self.users[who])
        if before != C.DRAFT:
            assert outcome == "wrong_state"
        elif who not in DECIDE:
            assert outcome == "denied"
        else:
            assert outcome == "done" or outcome in self.guards
        return outcome

    def said(self, case, name):
        return {"seed": SEED, "seed_evidence": SEEN_AT} if name == "draw" else {}

    @invariant()
    def the_draw_is_what_the_seed_makes_of_the_frozen_list(self):
        case = self.case
        if not case.committed:
            assert not case.rows.exists()
            return
        assert self.committed in ("", case.committed)
        self.committed = case.committed
        drawn = set(case.rows.filter(drawn=True).values_list("token", flat=True))
        assert drawn == (draw(parse(case.committed), case.seed) if case.seed else set())
        assert case.cases.count() == (len(drawn) if case.started_at else 0)


@pytest.mark.django_db
def test_everybody_pressing_everything_in_a_campaign_walks_listed_paths_only(people):
    for number in "甲乙丙":
        registered(f"朝阳{number}")
    users = {name: getattr(people, name) for name in ("li_jing", "zhang_wei", "sun_hao", "zhao_min")}
    users |= {"worker": people.chen_chen.user, "above": superior()}
    seed_on = itertools.cycle((1, 5))
    Drawing.made = lambda: planned(people, seed_on=today() + timedelta(days=next(seed_on))).pk, users
    run_state_machine_as_test(Drawing, settings=walks(8, 10))


def test_sizes_round_up_take_from_every_stratum_and_never_more_than_there_is():
    assert [size_of(n, percent=5, per_stratum=None) for n in (1, 20, 21, 100)] == [1, 1, 2, 5]
    assert [size_of(n, percent=None, per_stratum=3) for n in (1, 3, 9)] == [1, 3, 3]
    assert size_of(7, percent=100, per_stratum=None) == 7


def test_a_published_text_is_read_as_it_was_written_and_no_other_is():
    commitment = Commitment("CC-1", "2026-12-01", {"b": 1, "a": 2}, (("t2", "a"), ("t1", "b"), ("t3", "a")))
    again = parse(commitment.text)
    assert again.text == commitment.text
    assert again.sha256 == commitment.sha256
    assert draw(again, SEED) == draw(commitment, SEED) == {"t1", "t2", "t3"}
    for wrong in ("", "swms-draw-1\n", commitment.text.replace("row t1", "raw t1")):
        with pytest.raises(ValueError, match=r"text|understood"):
            parse(wrong)
