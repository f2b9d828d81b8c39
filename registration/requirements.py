"""Conditions that other apps put on a renewal; the hub does not know who they are.

An app registers a source of balances from its ``AppConfig.ready``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from swms.workflow import Refused


@dataclass(frozen=True)
class Balance:
    """How far an applicant is with one condition: what is needed, obtained, and still under review, in ``unit``.

    ``source`` is the rule in words; ``url_name`` where more can be obtained.
    """

    name: str
    label: str
    needed: Decimal
    obtained: Decimal
    pending: Decimal
    unit: str
    source: str
    url_name: str = ""

    @property
    def short(self) -> Decimal:
        """What is still missing; 0 when the condition is met."""
        return max(self.needed - self.obtained, Decimal(0))


Source = Callable[[object], Balance | None]
_SOURCES: list[Source] = []


def require(source: Source) -> Source:
    """Register ``source(application)``, which returns how far the renewal's term is, or ``None`` if it does not apply.

    Usable as a decorator. The application is one of ``RENEWAL_KINDS``; it need not be saved.
    """
    _SOURCES.append(source)
    return source


def withdraw(source: Source) -> None:
    """Take a source out again."""
    _SOURCES.remove(source)


def balances(application) -> list[Balance]:
    """Return how far a renewal is with each condition."""
    return [balance for source in _SOURCES if (balance := source(application)) is not None]


def check_requirements(application) -> None:
    """Raise ``Refused("requirement_short")`` with everything that is short (R-REREG-04)."""
    short = [balance for balance in balances(application) if balance.short]
    if short:
        raise Refused(
            "requirement_short",
            "；".join(in_words(balance) for balance in short),
            short={balance.name: str(balance.short) for balance in short},
        )


def in_words(balance: Balance) -> str:
    """Return 已获／需／差 and 审核中 as one sentence."""
    unit = balance.unit
    needed, obtained, short = (number(each) for each in (balance.needed, balance.obtained, balance.short))
    if not balance.short:
        return f"{balance.label}已满足：需{needed}{unit}，已获{obtained}{unit}"
    text = f"{balance.label}不足：需{needed}{unit}，已获{obtained}{unit}，还差{short}{unit}"
    return f"{text}（另有{number(balance.pending)}{unit}审核中）" if balance.pending else text


def number(value: Decimal) -> str:
    """Return an amount without the noughts behind its last digit: 60, 71.9."""
    return f"{value.normalize():f}"
