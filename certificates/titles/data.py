"""The correspondence as it was published: which document is in force on a day, and its rules (SEED 62–81).

The data are in ``tianjin.json``. A new document is a new entry under ``editions``; an old one stays, with the
day of its repeal, so that what was said on its strength can be looked up again.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

#: What a rule gives, in the words of the notice. "{}" stands for the title or the grade.
MANNERS = {
    "corresponds": "直接对应{}",
    "appoints": "可由单位自主聘任{}",
    "applies": "可申报评审{}",
    "tests": "可申报{}职业技能评价",
    "recognised": "可直接认定为{}",
    "at_most": "符合标准条件的，最高可对应{}",
}
#: From when the years of a rule are counted (R-TTL-04, R-TTL-05).
COUNTED = {"": "", "holding": "取得满{}年", "work": "取得后从事技术技能工作满{}年"}


@dataclass(frozen=True)
class Rule:
    """One line of the correspondence: who holds ``holding`` for so long gets ``result``, in that manner."""

    code: str
    clause: str
    holding: str
    years: int
    counted: str
    manner: str
    result: str

    @property
    def words(self) -> str:
        """What the rule gives."""
        return MANNERS[self.manner].format(self.result)

    @property
    def condition(self) -> str:
        """What the rule asks besides holding the certificate; empty where it asks nothing."""
        return COUNTED[self.counted].format(self.years)


@dataclass(frozen=True)
class Edition:
    """One document with its days in force; ``recorded`` says whether its rules are known here."""

    code: str
    document: str
    number: str
    issuer: str
    in_force_from: date | None
    repealed_on: date | None
    recorded: bool
    rules: tuple[Rule, ...]

    def is_in_force(self, day: date) -> bool:
        """Whether the document holds on the day; on the day of its repeal it does no longer."""
        begun = self.in_force_from is None or self.in_force_from <= day
        return begun and (self.repealed_on is None or day < self.repealed_on)

    @cached_property
    def title(self) -> str:
        """The document as it is cited."""
        return f"《{self.document}》" + (f"（{self.number}）" if self.number else "")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _edition(given: dict) -> Edition:
    days = {name: _day(given[name]) for name in ("in_force_from", "repealed_on")}
    return Edition(**given | days | {"rules": tuple(Rule(**rule) for rule in given["rules"])})


DATA = json.loads(Path(__file__).with_name("tianjin.json").read_text(encoding="utf-8"))
SCOPE: str = DATA["scope"]
VERSION: str = DATA["version"]
#: The eight series in which skills and titles open to each other (R-TTL-07).
SERIES: dict[str, str] = DATA["series"]
#: What somebody may hold: by kind, ``{"label", "items": {code: label}}``.
HOLDINGS: dict[str, dict] = DATA["holdings"]
EDITIONS: tuple[Edition, ...] = tuple(_edition(each) for each in DATA["editions"])


def edition_on(day: date) -> Edition:
    """Return the document in force on the day; of earlier times the oldest that is known."""
    return next((each for each in EDITIONS if each.is_in_force(day)), EDITIONS[-1])


def kind_of(holding: str) -> str:
    """Return of which kind a holding is; raises ``KeyError`` for one that nobody knows."""
    for kind, given in HOLDINGS.items():
        if holding in given["items"]:
            return kind
    raise KeyError(holding)


def label_of(holding: str) -> str:
    """Return a holding as it is called."""
    return HOLDINGS[kind_of(holding)]["items"][holding]
