"""The table of appeals against a second transcription of rulebook §2.12, walked by everybody in every order (S13)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from registration import actions, tasks
from registration.models import Appeal
from registration.workflows import AppealState as S
from registration.workflows.appeal import hash_of
from swms.accounts.models import User
from swms.invariants import judge
from swms.throttle import Window
from tests import factories
from tests.walks import Undone, walks

#: Rulebook §2.12, written down a second time: who makes which move from where to where.
LAW = {
    ("approve", S.SUBMITTED, S.APPROVED): "reviewer",
    ("return_for_more", S.SUBMITTED, S.NEED_MORE): "reviewer",
    ("reject", S.SUBMITTED, S.REJECTED): "reviewer",
    ("resubmit", S.NEED_MORE, S.SUBMITTED): "system",
    ("give_back", S.NEED_MORE, S.SUBMITTED): "system",
    ("finish", S.APPROVED, S.DONE): "system",
    ("expire", S.APPROVED, S.EXPIRED): "system",
    ("block", S.APPROVED, S.BLOCKED): "system",
}
#: §2.12's arrows: from 补充材料 only back to the reviewer, from 已通过 to its three ends, from an end nowhere.
ARROWS = {
    S.SUBMITTED: {S.NEED_MORE, S.APPROVED, S.REJECTED},
    S.NEED_MORE: {S.SUBMITTED},
    S.APPROVED: {S.DONE, S.EXPIRED, S.BLOCKED},
    S.DONE: set(),
    S.EXPIRED: set(),
    S.REJECTED: set(),
    S.BLOCKED: set(),
}
MAY_MAKE = {(name, source): who for (name, source, _), who in LAW.items()}
LEADS_TO = {(name, source): target for name, source, target in LAW}
GUARDS = {
    "changed",
    "no_account",
    "mobile_taken",
    "too_late",
    "still_open",
    "not_reset",
    "was_reset",
    "may_be_objected",
}
STAFF = ("li_jing", "zhang_wei", "zhao_min", "security")
ACTORS = (*STAFF, "owner", "stranger", "system")
REASON = "身份证国徽面反光，请重新拍摄后上传。"


def test_the_table_of_appeals_is_the_rulebooks():
    """§2.12: no move more, no arrow that it does not draw."""
    assert {(each.name, each.source, each.target) for each in Appeal.workflow} == set(LAW)
    drawn = {state: {each.target for each in Appeal.workflow if each.source == state} for state in S}
    assert drawn == ARROWS


class Everybody(Undone):
    """One appeal, with an account or without, everybody who might touch it, and a clock that only goes forward."""

    judged = (Appeal,)

    with_account = True

    def __init__(self):
        super().__init__()
        people = self.people
        owner = factories.worker("王芳", region=factories.region("110105"))
        self.old_mobile = owner.user.mobile
        one = factories.appeal(owner if self.with_account else None)
        self.pk, self.new_mobile = one.pk, one.mobile
        self.users = {name: getattr(people, name) for name in ("li_jing", "zhang_wei", "zhao_min")}
        self.users["security"] = factories.staff("郑凯", ("security", None))
        self.users |= {"owner": owner.user, "stranger": factories.worker("陈晨").user, "system": None}
        self.reviewer = "li_jing" if self.with_account else "security"
        self.approved_at = self.reset = self.ended_at = None

    @property
    def case(self) -> Appeal:
        return Appeal.objects.get(pk=self.pk)

    @property
    def account(self) -> User:
        return User.objects.get(pk=self.users["owner"].pk)

    def press(self, name: str, who: str, *, stale: bool = False):
        """Try a move and hold the outcome against the law."""
        case = self.case
        before, now = case.state, timezone.now()
        outcome = self.outcome_of(case.move, name, actor=self.users[who], seen=case.form_version - stale, reason=REASON)
        entitled = MAY_MAKE.get((name, before))
        if entitled is None:
            assert outcome == "wrong_state"
        elif who != (self.reviewer if entitled == "reviewer" else entitled):
            assert outcome == "denied"
        elif outcome == "done":
            self.lawful_now(name, now, stale)
        else:
            assert outcome in GUARDS
        assert self.case.state == (LEADS_TO[name, before] if outcome == "done" else before)
        self.note(name, outcome, now)

    def lawful_now(self, name: str, now, stale: bool):
        """What must have held for the move to be made (R-APL-04)."""
        day = timedelta(hours=24)
        if name in ("approve", "reject", "return_for_more"):
            assert not stale
        if name == "approve":
            assert self.with_account
        if name == "block":
            assert now < self.approved_at + day
        if name == "finish":
            assert self.reset
            assert now >= self.approved_at + day
        if name == "expire":
            assert not self.reset
            assert now >= self.approved_at + day

    def note(self, name: str, outcome: str, now):
        if outcome == "done":
            self.approved_at = now if name == "approve" else self.approved_at
            self.ended_at = now if name in ("reject", "finish", "expire", "block") else self.ended_at
        event(f"{name}: {outcome}")

    @rule(
        name=st.sampled_from(sorted({name for name, _ in MAY_MAKE})), who=st.sampled_from(ACTORS), stale=st.booleans()
    )
    def anybody_presses_anything(self, name, who, stale):
        self.press(name, who, stale=stale)

    @rule(choice=st.integers(0, 99))
    def somebody_entitled_goes_on(self, choice):
        lawful = [key for key in sorted(MAY_MAKE) if key[1] == self.case.state]
        if lawful:
            name, source = lawful[choice % len(lawful)]
            self.press(name, self.reviewer if MAY_MAKE[name, source] == "reviewer" else "system")

    @rule()
    def the_password_is_set(self):
        case = self.case
        open_now = case.state == S.APPROVED and not self.reset and timezone.now() < case.link_until
        # The key itself is nowhere: the walk knows the hash, and asks the action with a key of its own.
        key = "k" * 43
        if case.state == S.APPROVED:
            Appeal.objects.filter(pk=self.pk).update(link_hash=hash_of(key))
        outcome = self.outcome_of(actions.appeals.reset_password, key, "Chunfeng-2026")
        assert outcome == ("done" if open_now else "link_dead")
        if outcome == "done":
            self.reset = True
            if self.case.state == S.DONE:
                self.ended_at = timezone.now()

    @rule()
    def another_link_is_sent(self):
        case, now = self.case, timezone.now()
        may = case.state == S.APPROVED and not self.reset and now < self.approved_at + timedelta(hours=24)
        Window.objects.all().delete()  # how often in a while is tested elsewhere
        outcome = self.outcome_of(actions.appeals.send_again, case)
        assert outcome == ("done" if may else "not_now")

    @rule()
    def the_job_runs(self):
        before = self.case.state
        tasks.tend_appeals()
        after = self.case.state
        assert after == before or after in ARROWS[before]
        if after != before and after in (S.DONE, S.EXPIRED):
            self.ended_at = timezone.now()

    @rule(hours=st.sampled_from([1, 5, 23, 24, 25, 24 * 16, 24 * 31]))
    def time_passes(self, hours):
        self.traveller.shift(timedelta(hours=hours))

    @invariant()
    def only_whose_matter_it_is_sees_it(self):
        blocked = self.case.state == S.BLOCKED
        for name in (*STAFF, "owner", "stranger"):
            sees = Appeal.objects.visible_to(self.users[name]).exists()
            assert sees == (name == self.reviewer or (name == "security" and blocked)), name

    @invariant()
    def the_account_agrees_with_the_state(self):
        case, account = self.case, self.account
        bound = case.state in (S.APPROVED, S.DONE, S.EXPIRED)
        assert account.mobile == (self.new_mobile if bound else self.old_mobile)
        assert account.is_active == (case.state != S.BLOCKED)
        assert (case.due_on is not None) == (case.state in (S.SUBMITTED, S.BLOCKED))
        assert (case.closed_at is not None) == (self.ended_at is not None)

    @invariant()
    def the_images_are_there_until_30_days_after_the_end(self):
        case = self.case
        for image in (case.front, case.back):
            if self.ended_at is None:
                assert image.purged_at is None
            elif image.purged_at:
                assert image.purged_at - self.ended_at > timedelta(days=30)


class EverybodyWithoutAnAccount(Everybody):
    """The same, about a number of which there is no account."""

    with_account = False


@pytest.mark.django_db
@pytest.mark.parametrize("walk", [Everybody, EverybodyWithoutAnAccount])
def test_everybody_pressing_everything_in_any_order_only_walks_listed_paths(walk, settings, tmp_path):
    """Every role, every move, the links, the job and a clock (S13, S14)."""
    settings.MEDIA_ROOT = tmp_path
    run_state_machine_as_test(walk, settings=WALKS)


@pytest.mark.django_db
def test_after_a_whole_course_of_life_every_promise_holds_and_what_it_forbids_is_found(people, settings):
    """8a, 8b, 9c."""
    owner = people.wang_fang
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        one = factories.appeal(owner).move("approve", actor=people.li_jing, seen=1)
        assert broken() == {}
        clock.shift(timedelta(hours=28))
        assert "its time is over" in broken()["9c."][0]
        tasks.tend_appeals()
        assert broken() == {}
        clock.shift(timedelta(days=32))
        assert len(broken()["8a."]) == 2
        tasks.tend_appeals()
        assert broken() == {}
        clock.shift(timedelta(days=3))
        assert "still on disk" in broken()["8a."][0], "this test commits nothing, so the files stay"
        clock.shift(timedelta(days=9))
        two = factories.appeal(owner).move("return_for_more", actor=people.li_jing, seen=1, reason=REASON)
        clock.shift(timedelta(days=18))
        assert "not given back" in broken()["9c."][0]
        tasks.tend_appeals()
        two.refresh_from_db()
        two.move("approve", actor=people.li_jing, seen=2).move("block")
        assert broken() == {}
        User.objects.filter(pk=owner.user_id).update(is_active=True)
        assert broken() == {"8b.": [f"{two.ref}: objected to, and its account is open"]}
        assert one.ref not in str(broken())


def broken() -> dict[str, list[str]]:
    number = {verdict.promise.split()[0]: verdict.violations for verdict in judge()}
    return {key: number[key] for key in ("8a.", "8b.", "9c.", "7a.") if number[key]}


WALKS = walks(20, 20)
