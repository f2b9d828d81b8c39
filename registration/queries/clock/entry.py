"""What one line of 登记时钟 says, the rules it quotes, and how spokes add lines of their own."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from registration.models import Application, Qualification, Registration, Worker
from registration.requirements import Balance
from swms.dates import today, working_days_left

DAYS, WORKING_DAYS = "天", "个工作日"


@dataclass(frozen=True)
class Rule:
    """A rule in words for the reader, its id for the code and the API."""

    id: str
    words: str


RULES = {
    rule.id: rule
    for rule in (
        Rule(
            "R-REG-03",
            "首次登记在通过考试后1年内申请，自证书签发日期的次日起算；最后一天是休息日的，顺延到下一个工作日。",
        ),
        Rule("R-REG-04", "未通过之日起30日内重新提交的，按首次提交的时间受理，不受受理期限届满的影响。"),
        Rule("R-REG-05", "超过首次登记受理期限的，只能在登记区域所在省份受理补登记期间申请，并说明逾期的原因。"),
        Rule("R-REG-06", "已在地方领取登记证书的，首次登记不受1年期限的限制。"),
        Rule("R-REG-14", "不予登记的，满30日后可以修改并重新申请。"),
        Rule("R-REG-16", "初审和终审合计30个工作日，受理当日不计；到期不自动通过。"),
        Rule("R-REG-21", "登记有效期为3年，自首次登记时间起算，到当日24时为止；到期日是休息日的，不顺延。"),
        Rule("R-REG-22", "按更高级别登记后，原登记到有效期届满为止，不需要再登记。"),
        Rule("R-REG-24", "登记或职业水平证书被撤销、注销的，登记不再有效。"),
        Rule("R-REREG-03", "再登记在有效期满前3个月内申请，首尾两日都算在内；最后一天是休息日的，顺延到下一个工作日。"),
        Rule("R-REREG-04", "再登记须在本登记有效期内完成规定的继续教育学时，提交时和终审时各核对一次。"),
        Rule("R-REREG-06", "受理期限内提交、有效期满后才审结的，登记视为连续有效。"),
        Rule("R-REREG-07", "受理期限内没有提交再登记的，登记过期；职业水平证书本身仍然有效。"),
        Rule("R-REREG-08", "登记过期后，只能在登记区域所在省份受理补登记期间办理，有效期自审核通过之日起重新计算。"),
    )
}


@dataclass(frozen=True)
class Action:
    """A button: the move that the server accepts at this moment, and the page where it is made."""

    move: str
    label: str
    url: str


@dataclass(frozen=True)
class Link:
    """A way to look at something; nothing is changed there."""

    label: str
    url: str


@dataclass(frozen=True)
class ClockEntry:
    """One thing with a date. ``name`` is stable; with ``part`` it stays the same entry from day to day.

    Exactly one of ``action`` and ``why_not`` is there. ``unsent`` marks what the person has still to send in:
    nothing has been submitted, however much was filled in. ``needs_more`` marks a condition that is short.
    """

    name: str
    qualification: Qualification
    label: str
    text: str
    rule: Rule
    part: str = ""
    opens: dt.date | None = None
    last_day: dt.date | None = None
    unit: str = DAYS
    action: Action | None = None
    why_not: str = ""
    link: Link | None = None
    balance: Balance | None = None
    application: Application | None = None
    registration: Registration | None = None
    unsent: bool = False
    needs_more: bool = False

    @property
    def uid(self) -> str:
        """The same for the same thing in every answer, for calendars and for the ledger of reminders."""
        return f"{self.name}-{self.qualification.uid}-{self.part}".rstrip("-")

    @property
    def left(self) -> int | None:
        """Days, or working days, to the last day; 0 on the day itself, negative once it is past."""
        if self.last_day is None:
            return None
        if self.unit == WORKING_DAYS:
            return working_days_left(today(), self.last_day)
        return (self.last_day - today()).days

    @property
    def next_day(self) -> dt.date | None:
        """The next day on which something changes: it opens, or it ends; ``None`` when neither is to come."""
        return min((day for day in (self.opens, self.last_day) if day and day >= today()), default=None)


#: Returns the entries of other apps about a worker's certificates, all of them at once.
Source = Callable[[Worker, list[Qualification]], Iterable[ClockEntry]]
SOURCES: list[Source] = []


def contribute(source: Source) -> Source:
    """Let a spoke add its dates to everybody's clock, from its ``AppConfig.ready``; usable as a decorator.

    A source is asked once for all certificates of a worker, so it must not query for each of them.
    """
    SOURCES.append(source)
    return source
