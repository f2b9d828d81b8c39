"""The one state machine. Every reviewed record in the system moves through here.

An app declares its states and its table of transitions in ``workflows.py``; views, the
console, the API and Celery all call ``record.move(name)``. Nothing else assigns ``state``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import rules
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.dispatch import Signal

from swms.audit.trail import event, record_all

#: Sent inside the transaction with ``instance`` and ``step``.
transitioned = Signal()

REASON_LENGTH = range(10, 501)  # R-REG-15


class Refused(Exception):
    """A move the rules do not allow; ``code`` is stable, the message is for people."""

    def __init__(self, code: str, message: str, **extra):
        super().__init__(message)
        self.code = code
        self.message = message
        self.extra = extra


@dataclass(frozen=True)
class Step:
    """One move being made: the transition, who makes it (``None``: the system), and what was said.

    ``data`` carries what the move needs beyond a reason, for its guards and its effect.
    """

    transition: "Transition"
    actor: models.Model | None = None
    reason: str = ""
    data: dict = field(default_factory=dict)


Refusal = tuple[models.Model, Refused]  # a row, and why it did not move
Guard = Callable[[models.Model, Step], None]  # raises Refused
Effect = Callable[[models.Model, Step], None]  # sets fields of the locked row, writes beside it


@dataclass(frozen=True)
class Transition:
    """One row of a table. Without ``perm`` only the system makes the move.

    ``versioned`` moves are decisions on a form: they must say which version was looked at.
    """

    name: str
    label: str
    source: str
    target: str
    perm: str | None = None
    needs_reason: bool = False
    versioned: bool = False
    guards: tuple[Guard, ...] = ()
    effect: Effect | None = None


#: Announced when a record is created, so that creation is trailed like any other move.
BEGIN = Transition("begin", "新建", "", "")


class Workflow:
    """A table of transitions, and the only code that carries one out."""

    def __init__(self, *transitions: Transition):
        self._table = {(t.name, t.source): t for t in transitions}
        if len(self._table) != len(transitions):
            raise ValueError("two transitions share a name and a source")

    def __iter__(self) -> Iterator[Transition]:
        return iter(self._table.values())

    def open_to(self, actor, instance) -> list[Transition]:
        """Return the moves out of the current state that ``actor`` may make: the buttons."""
        return [t for t in self if t.source == instance.state and self._may(actor, t, instance)]

    @staticmethod
    def _may(actor, move: Transition, instance) -> bool:
        if actor is None or move.perm is None:
            return actor is None and move.perm is None
        return actor.is_active and rules.has_perm(move.perm, actor, instance)

    @transaction.atomic
    def begin(self, instance, *, actor=None):
        """Save a new record in its first state and open its trail."""
        instance.save(force_insert=True)
        self._announce((instance, Step(BEGIN, actor)))

    @transaction.atomic
    def apply(self, instance, name: str, *, actor=None, reason: str = "", seen: int | None = None, **data):
        """Make the move ``name`` on ``instance``, or raise ``Refused`` or ``PermissionDenied``.

        Locks the row, so of two reviewers who press at once the second is refused. Unsaved
        edits on the instance are dropped by the fresh read, on purpose: save first, then move.
        """
        locked = type(instance)._base_manager.select_for_update(of=("self",))
        instance.refresh_from_db(from_queryset=locked)
        step = self._judged(instance, name, actor, reason.strip(), seen, data)
        self._carry_out(instance, step)
        instance.save()
        self._announce((instance, step))

    @transaction.atomic
    def apply_all(self, rows: models.QuerySet, name: str, *, said: Callable[[models.Model], dict]) -> list[Refusal]:
        """Make the system's move ``name`` on every row, a few statements for all of them; return what was refused.

        ``rows`` is what to lock and read, with the relations that guards and texts look at; ``said(instance)`` is
        what the move is given for a row. One row that is refused does not keep the others from moving.
        """
        moved, refused = [], []
        for instance in rows.select_for_update(of=("self",)).order_by("pk"):
            try:
                step = self._judged(instance, name, None, "", None, said(instance))
            except Refused as error:
                refused.append((instance, error))
                continue
            self._carry_out(instance, step)
            moved.append((instance, step))
        if moved:
            model = rows.model
            # An "insert" writes the moment of creation anew, so that one is not among what is written.
            fields = [
                field.name
                for field in model._meta.concrete_fields
                if not (field.primary_key or getattr(field, "auto_now_add", False))
            ]
            # Every row is there and locked: the "insert" always meets it, and is one statement instead of many.
            model._base_manager.bulk_create(
                [instance for instance, _ in moved], update_conflicts=True, unique_fields=["pk"], update_fields=fields
            )
            self._announce(*moved)
        return refused

    def _judged(self, instance, name: str, actor, reason: str, seen: int | None, data: dict) -> Step:
        """Return the step that ``name`` is now, or raise ``Refused`` or ``PermissionDenied``."""
        move = self._table.get((name, instance.state))
        if move is None:
            raise Refused(
                "wrong_state",
                f"当前状态为“{instance.get_state_display()}”，不能执行此操作",
                state=instance.state,
                action=name,
            )
        if not self._may(actor, move, instance):
            raise PermissionDenied
        if move.needs_reason and len(reason) not in REASON_LENGTH:
            raise Refused("reason_required", f"请填写原因，{REASON_LENGTH[0]}至{REASON_LENGTH[-1]}个字")
        if move.versioned and seen != instance.form_version:
            raise Refused("changed", "资料已更新，请重新查看", form_version=instance.form_version)
        step = Step(move, actor, reason, data)
        for guard in move.guards:
            guard(instance, step)
        return step

    def refusal(
        self, instance, name: str, *, actor=None, reason: str = "", seen: int | None = None, **data
    ) -> Refused | None:
        """Return why the move would be refused at this moment, ``None`` if it would be made.

        For buttons that must not lie: asks what ``apply`` asks, of the instance as it was read, and locks nothing.
        """
        try:
            self._judged(instance, name, actor, reason.strip(), seen, data)
        except Refused as refused:
            return refused
        return None

    @staticmethod
    def _carry_out(instance, step: Step):
        instance.state = step.transition.target
        if step.transition.effect:
            step.transition.effect(instance, step)

    @staticmethod
    def _announce(*moved: tuple[models.Model, Step]):
        """Write the trail of these moves, then let everybody hear of them."""
        events = []
        for instance, step in moved:
            move = step.transition
            changes = {"state": [move.source, instance.state]}
            if move.versioned:
                changes["form_version"] = instance.form_version
            if rules_applied := instance.rules_applied():
                changes["rules"] = rules_applied
            verb = f"{instance._meta.label_lower}.{move.name}"
            events.append(event(verb, instance, actor=step.actor, reason=step.reason, changes=changes))
        record_all(events)
        for instance, step in moved:
            transitioned.send(type(instance), instance=instance, step=step)

    def mermaid(self) -> str:
        """Return the table as a diagram, for docs/ and the help page."""
        arrows = (f"    {t.source} --> {t.target}: {t.label}" for t in self)
        return "\n".join(["stateDiagram-v2", *arrows])


class Reviewed(models.Model):
    """Mix into a model that has a ``state`` and a ``workflow`` to govern it."""

    workflow: ClassVar[Workflow]

    class Meta:
        abstract = True

    def begin(self, *, actor=None):
        self.workflow.begin(self, actor=actor)
        return self

    def move(self, name: str, *, actor=None, reason: str = "", seen: int | None = None, **data):
        """Make one move; see ``Workflow.apply``. Returns the record."""
        self.workflow.apply(self, name, actor=actor, reason=reason, seen=seen, **data)
        return self

    def moves_for(self, user) -> list[Transition]:
        return self.workflow.open_to(user, self)

    def rules_applied(self) -> str:
        """Return how the version of local rules is called under which the record is decided, for its history.

        Nothing where there are none, and while nobody decides.
        """
        return ""

    def people_to_tell(self) -> list:
        """Return the users who hear of a move of this record; see ``swms.notices``."""
        return []

    def mobile_to_tell(self) -> str:
        """Return the mobile of somebody without an account who hears of a move, or nothing."""
        return ""
