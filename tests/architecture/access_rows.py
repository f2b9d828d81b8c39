"""What a row of the access matrix is made of: whom an address is for, and what they are answered (S1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.architecture.world import ROLES

SIGN_IN = (302, 302)
NOT_THERE = (404, 404)
WORKERS = "wang_fang chen_chen"
REVIEWERS = "li_jing zhang_wei zhao_min"
KEEPERS = "zhou_yan qian_li"
STAFF = f"{REVIEWERS} {KEEPERS} wu_qiang zheng_kai he_xin"


@dataclass(frozen=True)
class Access:
    """What each role is answered at one address: ``(GET, POST)``."""

    answers: dict[str, tuple[int, int]]
    why: str = ""  # an address for strangers says why
    keys: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)


def row(everybody, *, stranger=SIGN_IN, but=None, **rest) -> Access:
    answers = dict.fromkeys(ROLES, everybody) | {"stranger": stranger}
    for names, answer in (but or {}).items():
        answers |= dict.fromkeys(names.split(), answer)
    return Access(answers, **rest)


def public(why: str, get: int, post: int, **rest) -> Access:
    """For everybody, signed in or not; ``why`` says why strangers may."""
    return row((get, post), stranger=(get, post), why=why, **rest)


def members(get: int, post: int, **rest) -> Access:
    """For everybody who is signed in, about themselves."""
    return row((get, post), **rest)


def workers(get: int, post: int, *, but=None, **rest) -> Access:
    """For every social worker, about the own affairs; that such pages exist is nobody else's business."""
    return row(NOT_THERE, but={WORKERS: (get, post)} | (but or {}), **rest)


def owner(get: int, post: int, *, but=None, **rest) -> Access:
    """For the worker whose record it is; another worker sees at most that the page takes no such method."""
    foreign = (405 if get == 405 else 404, 405 if post == 405 else 404)
    return row(NOT_THERE, but={"chen_chen": foreign, "wang_fang": (get, post)} | (but or {}), **rest)


def desk(whose: str, get: int, post: int, *, but=None, **rest) -> Access:
    """For the staff on duty."""
    return row(NOT_THERE, but={whose: (get, post)} | (but or {}), **rest)
