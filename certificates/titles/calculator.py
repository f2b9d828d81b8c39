"""What the correspondence says of somebody: each rule that bears on what is held, and from which day it holds."""

from dataclasses import dataclass
from datetime import date

from certificates.titles.data import SERIES, Edition, Rule, edition_on, kind_of
from swms.dates import add_years

SOCIAL_WORK = "social_work"
#: Kinds whose rules are open to eight series only (R-TTL-07).
BY_SERIES = ("skill", "title")


@dataclass(frozen=True)
class Question:
    """What is asked: what is held since when, in which series, since when skilled work is done, and on which day."""

    holding: str
    on: date
    obtained_on: date | None = None
    series: str = ""
    working_since: date | None = None

    @property
    def kind(self) -> str:
        return kind_of(self.holding)


@dataclass(frozen=True)
class Answer:
    """One rule applied. ``standing``: ``yes``, ``later`` (from ``since``), ``unknown`` (a date is missing)."""

    rule: Rule
    standing: str
    since: date | None = None

    @property
    def badge(self) -> str:
        return {"yes": "已符合", "later": "尚未满年限", "unknown": "还需日期"}[self.standing]


@dataclass(frozen=True)
class Found:
    """All that the correspondence says: the document, the answers, and why there are none (``barred``)."""

    edition: Edition
    answers: list[Answer]
    barred: str = ""


def answers(question: Question) -> Found:
    """Apply the document that is in force on the day asked for (R-TTL-01, R-TTL-04…09)."""
    edition = edition_on(question.on)
    barred = _barred(question, edition)
    if barred:
        return Found(edition, [], barred)
    return Found(edition, [_apply(rule, question) for rule in edition.rules if rule.holding == question.holding])


def _barred(question: Question, edition: Edition) -> str:
    """Return why nothing corresponds, in words; empty if something may."""
    if not edition.recorded:
        return f"这一天适用的是{edition.title}，已经废止，本站没有收录其内容"
    if question.kind in BY_SERIES and question.series not in SERIES:
        return (
            f"不适用：技能等级与职称只在{len(SERIES)}个系列之间相互衔接（{'、'.join(SERIES.values())}），"
            "社会工作等其他系列不在其中"
        )
    if question.kind == "overseas" and question.series == SOCIAL_WORK:
        return "不适用：社会工作者是国家规定的以考代评专业，境外职业资格不能对应"
    return ""


def _apply(rule: Rule, question: Question) -> Answer:
    """Apply one rule. N years are full on the anniversary itself; 29 February has it on the 28th (R-TTL-06)."""
    if not rule.years:
        return Answer(rule, "yes")
    since = question.obtained_on
    if rule.counted == "work":
        # Work done before the certificate was obtained does not count (R-TTL-04).
        begun = question.working_since
        since = max(since, begun) if since and begun else None
    if since is None:
        return Answer(rule, "unknown")
    full = add_years(since, rule.years)
    return Answer(rule, "yes" if full <= question.on else "later", full)
