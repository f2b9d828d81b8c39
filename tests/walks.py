"""Tables of transitions walked by everybody in every order, with a clock that only goes forward (S13)."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import time_machine
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from swms.histories import broken_histories
from swms.workflow import Refused
from tests.people import People

#: ``{(move, source, target): {who may make it}}``: a table of the rulebook, written down a second time.
Law = dict[tuple[str, str, str], set[str]]


def walks(examples: int, steps: int):
    """Return Hypothesis's settings for so many walks of so many steps."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


class Undone(RuleBasedStateMachine):
    """Works in a transaction that is undone, at a clock of its own; ``traveller`` shifts it.

    At the end the trail of every record of ``judged`` must be a path in its table (promise 7).
    """

    judged: ClassVar[tuple[type, ...]] = ()

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = time_machine.travel(timezone.now(), tick=False)
        self.traveller = self.clock.start()
        self.people = People()

    def teardown(self):
        broken = [line for model in self.judged for line in broken_histories(model)]
        self.clock.stop()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        assert broken == []

    @staticmethod
    def outcome_of(call, *args, **kwargs) -> str:
        """Return ``done``, ``denied`` or the code of the refusal."""
        try:
            with transaction.atomic():
                call(*args, **kwargs)
        except PermissionDenied:
            return "denied"
        except Refused as refused:
            return refused.code
        return "done"


class Walk(Undone):
    """One record, and whoever might touch it (``users``, by the names of the law).

    A subclass says ``law`` and ``guards``, makes the record in ``start`` and names it by ``case``; moves that
    need more than a reason get it from ``said``.
    """

    law: ClassVar[Law] = {}
    guards: ClassVar[set[str]] = set()  # codes of refusals that may meet somebody entitled
    reason = "材料不符合要求，请核对后再提交。"

    def __init__(self):
        super().__init__()
        self.users: dict[str, object] = {"system": None}
        self.start()

    def start(self) -> None:
        """Make the record and the people."""

    @property
    def case(self):
        """The record as it is stored now."""
        raise AssertionError("a walk names its record")

    def said(self, case, name: str) -> dict:
        """Return what goes with a move beside the reason and the version that was looked at."""
        return {}

    def version(self, case) -> int:
        return getattr(case, "form_version", 0)

    def press(self, name: str, who: str, *, stale: bool = False) -> str:
        """Try a move and hold the outcome against the law; return it."""
        case = self.case
        before = case.state
        outcome = self.outcome_of(
            case.move,
            name,
            actor=self.users[who],
            seen=self.version(case) - stale,
            reason=self.reason,
            **self.said(case, name),
        )
        lawful = {(move, source): (target, whose) for (move, source, target), whose in self.law.items()}
        target, entitled = lawful.get((name, before), (before, None))
        if entitled is None:
            assert outcome == "wrong_state"
        elif who not in entitled:
            assert outcome == "denied"
        else:
            assert outcome == "done" or outcome in self.guards, outcome
        assert self.case.state == (target if outcome == "done" else before)
        event(f"{name}: {outcome}")
        return outcome

    @rule(choice=st.integers(0, 999), stale=st.booleans())
    def anybody_presses_anything(self, choice, stale):
        names, actors = sorted({name for name, _, _ in self.law}), sorted(self.users)
        self.press(names[choice % len(names)], actors[choice // len(names) % len(actors)], stale=stale)

    @rule(choice=st.integers(0, 99))
    def somebody_entitled_goes_on(self, choice):
        state = self.case.state
        lawful = sorted(
            (name, who) for (name, source, _), whose in self.law.items() if source == state for who in whose
        )
        if lawful:
            self.press(*lawful[choice % len(lawful)])

    @rule(days=st.integers(1, 45))
    def time_passes(self, days):
        state = self.case.state
        self.traveller.shift(timedelta(days=days))
        assert self.case.state == state, "time alone decides nothing"
