"""The dates of a case: its window, the thirty days after a refusal, its review, and the make-up channel."""

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone

from registration.models import Application
from registration.queries.clock.entry import RULES, WORKING_DAYS, ClockEntry, Link
from registration.queries.clock.reading import Reading
from registration.queries.policies import policy_of
from registration.queries.progress import may_reapply_from, office_of
from registration.workflows import ApplicationKind, ApplicationState
from registration.workflows.application import Window, filed_in_time, filing_window, fix_last_day, local_start
from swms.dates import today
from swms.ui import cn_date

A, K = ApplicationState, ApplicationKind
NOT_SENT = "申请还没有提交，提交之前审核不会开始。"


def review(reading: Reading, case: Application) -> ClockEntry:
    """Return the entry of a case that is with the office: by when it decides, and whether it can be taken back."""
    about = {"qualification": case.qualification, "application": case, "registration": case.registration}
    about |= {"name": "review", "label": f"{case.get_kind_display()}审核", "rule": RULES["R-REG-16"]}
    about |= {"part": f"{case.ref}-{case.round}", "link": Link("查看申请", case.get_absolute_url())}
    if case.state == A.FINAL_APPROVED:
        text = "终审已通过，系统正在完成登记，通常只需片刻。"
        return ClockEntry(**about, text=text, why_not="系统正在办理，不需要您操作。")
    action, _ = reading.button(case)
    who = office_of(case, final=case.state == A.INITIAL_APPROVED)
    if case.due_on >= today():
        text = f"申请已提交，{who}将在{cn_date(case.due_on)}前完成审核，目前不需要您做什么。"
    else:
        text = f"申请已提交，{who}的审核已超过办结期限{cn_date(case.due_on)}，可以向其查询。"
    why_not = "" if action else "初审已经通过，不能再撤回。"
    return ClockEntry(**about, text=text, last_day=case.due_on, unit=WORKING_DAYS, action=action, why_not=why_not)


def filing(reading: Reading, case: Application) -> Iterator[ClockEntry]:
    """Yield the entries of a case that the person has still to send in: each interval in which it is accepted.

    They carry the same button. Whatever was refused can be sent again in the thirty days after it, in its
    window, and where the province takes late ones; with none of them open the window says that it is over.
    """
    action, refused = reading.button(case)
    button = {"action": action, "why_not": "" if action else f"{refused.message.rstrip('。')}。"}
    button |= {"application": case, "registration": case.registration, "qualification": case.qualification}
    button["link"] = Link("查看申请", case.get_absolute_url())
    if refused and refused.code == "profile_incomplete":
        count = len(refused.extra["missing"])
        button["why_not"] = f"个人信息还有{count}项没有填写：{refused.message.partition('：')[2]}。填写完整后才能提交。"
    correction = _correction(case, button)
    if correction:
        yield correction
    window = filing_window(case)
    late = _makeup(case, window, button)
    if late:
        yield late
    over = window.last_day is not None and window.last_day < today()
    if case.kind != K.MAKEUP_RENEW and not (over and (correction or late)):
        waits = refused is not None and refused.code == "too_early"
        yield _window(case, window, button, unsent=window.is_open and not waits)


def _correction(case: Application, button: dict) -> ClockEntry | None:
    """Return the thirty days after the last refusal, while they last (R-REG-04), or the day on which they end (F10)."""
    fix_by = fix_last_day(case)
    if fix_by is None or fix_by < today() or not filed_in_time(case):
        return None
    entry = button | {"name": "correction", "part": f"{case.ref}-{timezone.localdate(case.refused_at):%Y%m%d}"}
    if case.refusal_kind == Application.RefusalKind.FIXABLE:
        text = f"申请被退回补正，{cn_date(fix_by)}前重新提交的，按首次提交的时间受理。{NOT_SENT}"
        return ClockEntry(
            **entry, label="补正后重新提交", text=text, rule=RULES["R-REG-04"], last_day=fix_by, unsent=True
        )
    opens = may_reapply_from(case)
    if opens is None:  # the next round has begun, on the one day on which both rules let it
        opens = fix_by
    window = filing_window(case)
    still = case.kind != K.MAKEUP_RENEW and window.holds(opens)
    text = f"申请未予登记，{cn_date(opens)}起可以修改并重新申请。"
    if not still:
        text = f"申请未予登记，{cn_date(opens)}可以修改并重新提交；受理期限届时已过，只有当天仍按首次提交的时间受理。"
    return ClockEntry(
        **entry,
        label="重新申请",
        text=text,
        rule=RULES["R-REG-14"],
        opens=opens,
        last_day=None if still else fix_by,
    )


def _makeup(case: Application, window: Window, button: dict) -> ClockEntry | None:
    """Return the make-up channel that the case may be sent in today (R-REG-05, R-REREG-08).

    A plain renewal never is: what lapsed begins a case of its own.
    """
    if case.kind == K.RENEW or (case.kind != K.MAKEUP_RENEW and window.holds(today())) or today() < window.opens:
        return None
    renewing = case.kind == K.MAKEUP_RENEW
    policy = policy_of(case.registration.region if renewing else case.worker.region)
    span = policy.makeup_renew if renewing else policy.makeup_first
    if span is None or today() not in span:
        return None
    text = f"受理期限已过，登记区域所在省份正在受理补登记，{cn_date(span.last)}前可以申请，须说明逾期的原因。{NOT_SENT}"
    return ClockEntry(
        **button,
        name="makeup",
        part=case.ref,
        label="补登记",
        text=text,
        rule=RULES["R-REREG-08" if renewing else "R-REG-05"],
        opens=span.first,
        last_day=span.last,
        unsent=True,
    )


def _window(case: Application, window: Window, button: dict, *, unsent: bool) -> ClockEntry:
    """Return the regular window of a case that is not sent, whether it is still to come, open, or over."""
    about = button | {"opens": window.opens, "last_day": window.last_day, "unsent": unsent}
    if case.is_renewal:
        about |= {"name": "renewal", "part": f"{case.term_end:%Y%m%d}", "rule": RULES["R-REREG-03"]}
        return ClockEntry(**about, label="再登记受理期限", text=window_text(window, "再登记"))
    local = local_start(case) is not None
    rule = RULES["R-REG-06" if local else "R-REG-03"]
    text = "已在地方领取登记证书，首次登记没有截止日期。" + NOT_SENT if local else window_text(window, "首次登记")
    return ClockEntry(**about, name="first_registration", rule=rule, label="首次登记受理期限", text=text)


def window_text(window: Window, what: str, *, begun: bool = True) -> str:
    """Say where the window stands today."""
    if today() < window.opens:
        return f"{what}自{cn_date(window.opens)}起受理，到{cn_date(window.last_day)}为止。"
    if window.is_open:
        not_sent = NOT_SENT if begun else "申请还没有开始。"
        return f"正在受理，请在{cn_date(window.last_day)}前提交。{not_sent}"
    return f"{what}的受理期限已于{cn_date(window.last_day)}届满。"


def waits_from(opens: dt.date) -> str:
    """Say why something is not open yet."""
    return f"还没有到受理期限，{cn_date(opens)}起可以办理。"
