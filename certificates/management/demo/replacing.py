"""The demo's replacements of registration certificates, in every state (R-REP-01…03)."""

from __future__ import annotations

from datetime import timedelta

from certificates import actions as papers
from certificates.management.demo import pictures
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.people import Person
from certificates.management.demo.steps import World, make_ready, through
from certificates.models import PROOFS, Replacement


def _replacing(person: Person, world: World, reason: str, days_ago: int, **answers) -> Replacement:
    """A certificate was issued, and its replacement is asked for."""
    make_ready(person, world, 100)
    registration = through(person, world, (95, 85, 75))
    with at(office_hour(days_ago, world.chance)):
        one = papers.replacing.begin(registration, reason=reason, by=person.user)
        files = [pictures.paper(PROOFS[reason])] if reason in PROOFS else []
        return papers.replacing.fill_in(one, answers, by=person.user, files=files)


def _sent(person: Person, world: World, reason: str, days_ago: int, **answers) -> Replacement:
    one = _replacing(person, world, reason, days_ago, **answers)
    with at(office_hour(days_ago, world.chance) + timedelta(minutes=5)):
        return papers.replacing.submit(one, by=person.user)


def _decide_replacement(one: Replacement, name: str, reviewer, world: World, days_ago: int, **said) -> None:
    with at(office_hour(days_ago, world.chance)):
        one.move(name, actor=reviewer, **said)


def replacement_begun(person: Person, world: World) -> None:
    """换发 is filled in and not sent."""
    _replacing(person, world, "layout", 1, note="旧版证书没有二维码。")


def replacing(person: Person, world: World) -> None:
    """换发 for a lost paper certificate waits for the review."""
    _sent(person, world, "lost", world.day(24, 1), note="搬家时遗失，已登报声明。")


def correcting(person: Person, world: World) -> None:
    """A corrected name waits for the first review; the proof of the police is there."""
    _sent(person, world, "correction", world.day(6, 1), new_name=corrected_name(person))


def correcting_finally(person: Person, world: World) -> None:
    """A corrected name passed the first review."""
    one = _sent(person, world, "correction", 9, new_name=corrected_name(person))
    _decide_replacement(one, "pass_first", world.first(person), world, 5)


def replacement_approved(person: Person, world: World) -> None:
    """换发 is approved: a worker makes the new version within a minute."""
    _sent(person, world, "local", 5).move("approve", actor=world.first(person))


def replaced(person: Person, world: World) -> None:
    """换发 is done: version 2 is in force, version 1 is 已换发."""
    one = _sent(person, world, "lost", 12, note="遇雨水浸泡，字迹无法辨认。")
    _decide_replacement(one, "approve", world.first(person), world, 6)
    with at(office_hour(6, world.chance) + timedelta(minutes=1)):
        papers.replace(one.pk)


def corrected(person: Person, world: World) -> None:
    """A name was corrected everywhere, and version 2 prints it."""
    one = _sent(person, world, "correction", 20, new_name=corrected_name(person))
    _decide_replacement(one, "pass_first", world.first(person), world, 14)
    _decide_replacement(one, "pass_final", world.final(person), world, 8)
    with at(office_hour(8, world.chance) + timedelta(minutes=1)):
        papers.replace(one.pk)


def replacement_refused(person: Person, world: World) -> None:
    """换发 was refused with a reason."""
    one = _sent(person, world, "correction", 16, new_name=corrected_name(person))
    reason = "上传的证明没有公安机关印章，请上传加盖印章的户籍证明后重新申请。"
    _decide_replacement(one, "fail_first", world.first(person), world, 11, reason=reason)


def replacement_withdrawn(person: Person, world: World) -> None:
    """换发 was taken back."""
    one = _sent(person, world, "lost", 7, note="以为遗失，后来找到了。")
    with at(office_hour(6, world.chance)):
        papers.replacing.withdraw(one, by=person.user)


def corrected_name(person: Person) -> str:
    """Return what the person says to be called: the same family name, another given name."""
    name = person.rows[0].name
    return f"{name[0]}{'思宁' if name.endswith('晓宁') else '晓宁'}"
