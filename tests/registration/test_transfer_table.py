"""The table of changes, walked by both offices and everybody else in every order (rulebook §2.5)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from registration.actions import transfers
from registration.models import Institution, Registration, Transfer
from registration.queries import transfers as asking
from registration.workflows import TransferState as T
from swms.dates import today
from swms.workflow import Refused
from tests import factories
from tests.people import People
from tests.registration.changes import CHAOYANG, HAIDIAN, REASON, at_institution, draft, registered, standing, to
from tests.walks import Undone, walks

OUT, IN, ALONE = {"li_jing", "sun_hao"}, {"liu_bo", "sun_hao"}, {"li_jing", "sun_hao"}

#: Rulebook §2.5, written down a second time: who makes which move from where to where; ``alone`` within one region.
LAW = {
    ("submit", T.DRAFT, T.PENDING_IN): {"worker"},
    ("submit_across", T.DRAFT, T.PENDING_OUT): {"worker"},
    ("discard", T.DRAFT, T.WITHDRAWN): {"worker"},
    ("approve_out", T.PENDING_OUT, T.PENDING_IN): OUT,
    ("approve", T.PENDING_IN, T.APPROVED): IN,
    ("reject", T.PENDING_OUT, T.REJECTED): OUT,
    ("reject", T.PENDING_IN, T.REJECTED): IN,
    ("withdraw", T.PENDING_OUT, T.WITHDRAWN): {"worker"},
    ("withdraw", T.PENDING_IN, T.WITHDRAWN): {"worker"},
    ("cancel", T.DRAFT, T.CANCELLED): {"system"},
    ("cancel", T.PENDING_OUT, T.CANCELLED): {"system"},
    ("cancel", T.PENDING_IN, T.CANCELLED): {"system"},
}
MAY_MAKE = {(name, source): who for (name, source, _), who in LAW.items()}
LEADS_TO = {(name, source): target for name, source, target in LAW}
LABELS = {
    "DRAFT": "草稿",
    "PENDING_OUT": "待转出地审核",
    "PENDING_IN": "待转入地审核",
    "APPROVED": "变更完成",
    "REJECTED": "未通过",
    "WITHDRAWN": "已撤回",
    "CANCELLED": "已失效",
}
REVIEWERS = ("li_jing", "liu_bo", "sun_hao", "zhang_wei", "zhao_min")
ACTORS = ("worker", "stranger", *REVIEWERS, "system")
GUARDS = {"changed", "four_eyes", "already_approved", "two_regions", "one_region", "target_gone", "date_out_of_range"}


def test_the_table_of_changes_is_the_rulebooks():
    """§2.5: no move more, no move less, and its labels to the letter."""
    assert {(each.name, each.source, each.target) for each in Transfer.workflow} == set(LAW)
    assert dict(T.choices) == LABELS


def test_every_state_can_be_reached():
    reached = {T.DRAFT}
    while more := {target for _, source, target in LAW if source in reached} - reached:
        reached |= more
    assert reached == set(T)


class TwoOffices(Undone):
    """One worker with two registrations and one change after another; everybody who might touch it; a clock.

    The people are made once for all walks (``everybody``); each walk undoes what it did.
    """

    judged = (Transfer, Registration)

    everybody: tuple

    def __init__(self):
        super().__init__()
        self.worker, self.users = self.everybody
        self.begun = standing(self.worker)
        self.moved = False

    @initialize(across=st.booleans())
    def a_draft(self, across):
        self.across = across
        self.pk = draft(self.worker, to(HAIDIAN if across else CHAOYANG)).pk
        self.institution = self.case.to_institution

    @property
    def case(self) -> Transfer:
        return Transfer.objects.select_related(*asking.SHOWN).get(pk=self.pk)

    def entitled(self, name: str) -> set[str] | None:
        """Return who may make the move now, by the law and by the clock (R-CHG-10)."""
        case = self.case
        who = MAY_MAKE.get((name, case.state))
        if who is None or case.state == T.DRAFT or "worker" in who or "system" in who:
            return who
        who = set(ALONE if not self.across else who)
        return who | ({"zhang_wei"} if case.due_on < today() else set())

    def press(self, name: str, who: str, *, stale: bool = False):
        case, before, entitled = self.case, standing(self.worker), self.entitled(name)
        state = case.state
        outcome = self.outcome_of(case, name, self.users[who], case.form_version - stale)
        if entitled is None:
            assert outcome == "wrong_state"
        elif who not in entitled:
            assert outcome == "denied"
        else:
            assert outcome == "done" or outcome in GUARDS, outcome
        ended = outcome == "target_gone" and state != T.DRAFT
        assert self.case.state == (LEADS_TO[name, state] if outcome == "done" else T.CANCELLED if ended else state)
        if outcome == "done" and name == "approve":
            self.moved = True
            assert self.case.decided_by_id != self.case.approved_out_by_id
        else:
            assert standing(self.worker) == before, "nothing but the approval moves anything"
        event(f"{name}: {outcome}")

    @staticmethod
    def outcome_of(case, name, who, seen) -> str:
        """Return ``done``, ``denied`` or the code of the refusal; reviewers press as the console does."""
        said = {"reason": REASON} if name in ("reject", "cancel") else {}
        try:
            if name in ("approve", "approve_out", "reject"):
                transfers.decide(case, name, by=who, seen=seen, **said)
            else:
                case.move(name, actor=who, seen=seen, **said)
        except PermissionDenied:
            return "denied"
        except Refused as refused:
            return refused.code
        return "done"

    @rule(
        name=st.sampled_from(sorted({name for name, _ in MAY_MAKE})), who=st.sampled_from(ACTORS), stale=st.booleans()
    )
    def anybody_presses_anything(self, name, who, stale):
        self.press(name, who, stale=stale)

    @rule(choice=st.integers(0, 99))
    def somebody_entitled_goes_on(self, choice):
        state = self.case.state
        lawful = [(n, w) for n, source in MAY_MAKE if source == state and n != "cancel" for w in self.entitled(n)]
        if lawful:
            self.press(*sorted(lawful)[choice % len(lawful)])

    @rule()
    def the_worker_begins_again(self):
        case = self.case
        if case.state == T.APPROVED:
            with pytest.raises(Refused, match="不能重新申请"):
                transfers.copy(case, by=self.worker.user)
            return
        again = transfers.copy(case, by=self.worker.user)
        if case.state in (T.REJECTED, T.WITHDRAWN, T.CANCELLED):
            assert again.state == T.DRAFT
            for name in again.proofs:
                setattr(again, name, getattr(again, name) or factories.evidence(again, self.worker.user))
            again.effective_date = today()
            again.save()
            self.pk = again.pk
        else:
            assert again.pk == self.pk, "what is open is not copied"

    @rule(days=st.integers(1, 40))
    def time_passes(self, days):
        state = self.case.state
        self.traveller.shift(timedelta(days=days))
        assert self.case.state == state, "time alone approves nothing"

    @rule(active=st.booleans())
    def the_institution_comes_and_goes(self, active):
        """Suspended, it ends what leads to it and is under review; resumed, it can be chosen again (R-CHG-07)."""
        institution, state = Institution.objects.get(pk=self.institution.pk), self.case.state
        if institution.is_active == active:
            return
        institution.move("resume" if active else "suspend", actor=self.users["bureau"], reason=REASON)
        assert self.case.state == (T.CANCELLED if not active and state in (T.PENDING_OUT, T.PENDING_IN) else state)

    @invariant()
    def at_most_one_change_is_open(self):
        assert self.worker.transfers.filter(state__in=(T.DRAFT, T.PENDING_OUT, T.PENDING_IN)).count() <= 1

    @invariant()
    def everything_moved_or_nothing(self):
        now = standing(self.worker)
        numbers = [row[:3] for row in now["registrations"]]
        assert numbers == [row[:3] for row in self.begun["registrations"]], "number and validity stay"
        assert len([row for row in now["work"] if row[2] is None]) == 1
        if not self.moved:
            assert now == self.begun
            return
        region = HAIDIAN if self.across else CHAOYANG
        assert {now["region"], *(row[3] for row in now["registrations"])} == {region}
        assert len(now["work"]) == len(self.begun["work"]) + 1

    @invariant()
    def nobody_sees_more_than_the_own(self):
        for name in ("stranger", "zhao_min"):
            assert not Transfer.objects.visible_to(self.users[name]).exists()
        sent_there = Transfer.objects.filter(to_region=HAIDIAN, submitted_at__isnull=False)
        assert set(Transfer.objects.visible_to(self.users["liu_bo"])) == set(sent_there)

    @invariant()
    def the_queue_holds_exactly_what_may_be_decided(self):
        if not hasattr(self, "pk"):
            return
        case = self.case
        for name in REVIEWERS:
            waits = asking.awaiting(self.users[name]).filter(pk=self.pk).exists()
            user = self.users[name]
            own_approval = case.state == T.PENDING_IN and case.approved_out_by_id == user.pk
            assert waits == (bool(case.moves_for(user)) and not own_approval)


@pytest.mark.django_db
def test_everybody_pressing_everything_in_any_order_moves_all_or_nothing(settings, tmp_path):
    """Every role, both offices, every move, institutions that come and go, and a clock (S13)."""
    settings.MEDIA_ROOT = tmp_path
    people = People()
    worker = at_institution(registered("陈晨", levels=(1, 2)), people.spring)
    users = {name: getattr(people, name) for name in REVIEWERS if name != "liu_bo"}
    users["liu_bo"] = factories.staff("刘波", ("first_review", HAIDIAN), username="liubo")
    users["bureau"] = factories.staff("机构科", ("first_review", "110000"), username="jigouke")
    users |= {"worker": worker.user, "stranger": factories.worker("路人").user, "system": None}
    TwoOffices.everybody = worker, users
    run_state_machine_as_test(TwoOffices, settings=WALKS)


WALKS = walks(12, 15)
