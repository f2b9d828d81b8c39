"""The dates of a registration in the register: its term, its renewal, its hours, and what is left once it lapsed."""

import copy
from collections.abc import Iterator

from django.urls import reverse

from registration.models import Application, Registration
from registration.queries.clock import cases
from registration.queries.clock.entry import RULES, Action, ClockEntry, Link, Rule
from registration.queries.clock.reading import Reading
from registration.queries.next_steps import goes_on, may_begin
from registration.queries.policies import policy_of
from registration.requirements import Balance, balances, in_words, number
from registration.workflows import IN_REVIEW_STATES, ApplicationKind, RegistrationState
from registration.workflows.application import renewal_window
from swms.dates import today
from swms.ui import cn_date

R = RegistrationState
_BEGIN = {"renew": "办理再登记", "makeup": "办理补登记"}


def of_record(reading: Reading, record: Registration) -> Iterator[ClockEntry]:
    """Yield the entries of a registration; where it stands is judged by its dates, never by a job's state alone."""
    standing = record.standing
    yield _term(record, standing)
    renewals = reading.renewals(record.qualification)
    case = next((each for each in reversed(renewals) if goes_on(each)), None)
    if standing not in (R.VALID, R.IN_REREG, R.EXPIRED):
        # The certificate is gone and its registration with it, but the case can be taken back until it is closed.
        if case and case.state in IN_REVIEW_STATES and record.state == R.IN_REREG:
            yield cases.review(reading, case)
        return
    if case is None:
        yield _without_a_case(record, standing, renewals)
    elif case.state in IN_REVIEW_STATES:
        yield cases.review(reading, case)
    else:
        yield from cases.filing(reading, case)
    yield from _hours(reading, record, case)


def _term(record: Registration, standing: RegistrationState) -> ClockEntry:
    end, past = cn_date(record.valid_until), record.valid_until < today()
    rule, dated = "R-REG-21", True
    why_not = "有效期不能单独延长，到期前由再登记延续。"
    match standing:
        case R.REVOKED | R.CANCELLED:
            text, rule, dated = f"登记{standing.label}，不再有效。", "R-REG-24", False
            why_not = "如有异议，请联系作出决定的民政部门。"
        case R.SUPERSEDED:
            text = f"已按更高级别登记，这份登记{'已于' if past else '的有效期到'}{end}{'届满' if past else '为止'}。"
            rule, why_not = "R-REG-22", "由更高级别的登记替代，不需要再登记。"
        case R.EXPIRED:
            text, rule = f"登记有效期已于{end}届满，登记已过期。职业水平证书本身仍然有效。", "R-REREG-07"
            why_not = "过期的登记不能直接恢复。"
        case R.IN_REREG if past:
            text, rule = f"登记有效期已于{end}届满，再登记还没有审结，登记视为连续有效。", "R-REREG-06"
        case _:
            text = f"登记有效期自{cn_date(record.valid_from)}至{end}。"
    return ClockEntry(
        "term",
        record.qualification,
        label="登记有效期",
        text=text,
        rule=RULES[rule],
        part=f"{record.valid_until:%Y%m%d}",
        last_day=record.valid_until if dated else None,
        why_not=why_not,
        link=_certificate(record),
        registration=record,
    )


def _without_a_case(record: Registration, standing: RegistrationState, renewals: list[Application]) -> ClockEntry:
    """Return the renewal that nobody has begun, or, once its window is over, the make-up channel."""
    window = renewal_window(record.valid_until)
    begin = may_begin(record, renewals)
    action = Action(begin, _BEGIN[begin], reverse("registration:renewal", args=[record.number])) if begin else None
    about = {"qualification": record.qualification, "registration": record, "action": action}
    if window.is_open or standing != R.EXPIRED or window.opens > today():
        why_not = "" if action else _why_no_renewal(window)
        return ClockEntry(
            **about,
            name="renewal",
            part=f"{record.valid_until:%Y%m%d}",
            label="再登记受理期限",
            text=cases.window_text(window, "再登记", begun=False),
            rule=RULES["R-REREG-03"],
            opens=window.opens,
            last_day=window.last_day,
            why_not=why_not,
            unsent=begin == "renew",
        )
    span = policy_of(record.region).makeup_renew
    coming = span is not None and today() <= span.last
    text = f"再登记的受理期限已于{cn_date(window.last_day)}届满，没有提交再登记。"
    why_not = "" if action else "登记区域所在省份目前不受理补登记。"
    if begin:
        text += f"登记区域所在省份正在受理补登记，{cn_date(span.last)}前可以申请。"
    elif coming:
        why_not = cases.waits_from(span.first)
    return ClockEntry(
        **about,
        name="makeup",
        part=f"{record.valid_until:%Y%m%d}",
        label="补登记",
        text=text,
        rule=RULES["R-REREG-08"],
        opens=span.first if coming else None,
        last_day=span.last if coming else None,
        why_not=why_not,
    )


def _why_no_renewal(window) -> str:
    if today() < window.opens:
        return cases.waits_from(window.opens)
    return "这个有效期的再登记已经办结，不需要再次申请。"


def _hours(reading: Reading, record: Registration, case: Application | None) -> Iterator[ClockEntry]:
    """Yield how far the person is with each condition of the next renewal, as other apps keep count (R-REREG-04)."""
    asked = copy.copy(case) if case else Application(kind=ApplicationKind.RENEW, term_end=record.valid_until)
    asked.worker, asked.qualification, asked.registration = reading.worker, record.qualification, record
    waived = policy_of(record.region).ce_waived_on(today())
    for balance in balances(asked):
        yield _balance(record, balance, waived)


def _balance(record: Registration, balance: Balance, waived: bool) -> ClockEntry:
    words = in_words(balance)
    waiver = "登记区域所在省份现在免于提供证明。" if waived and balance.short else ""
    short = f"还差{number(balance.short)}{balance.unit}。{waiver}由相应的记录自动计入，不在这里填写。"
    return ClockEntry(
        "hours" if balance.name == "hours" else f"condition_{balance.name}",
        record.qualification,
        label=balance.label,
        text=f"{words}。{waiver}",
        rule=Rule("R-REREG-04", balance.source if _is_words(balance.source) else RULES["R-REREG-04"].words),
        part=f"{record.valid_until:%Y%m%d}",
        last_day=record.valid_until,
        why_not=short if balance.short else "已经满足，不需要操作。",
        link=Link("查看明细", reverse(balance.url_name)) if balance.url_name else None,
        balance=balance,
        registration=record,
        needs_more=bool(balance.short) and not waived,
    )


def _is_words(source: str) -> bool:
    return not source.isascii()


def _certificate(record: Registration) -> Link | None:
    if record.standing in (R.REVOKED, R.CANCELLED):
        return None
    return Link("查看登记证书", reverse("certificates:registration", args=[record.number]))
