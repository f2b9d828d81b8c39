"""What people, offices and the jobs of the night do in the simulated country."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time

SEED = 1
BEGIN = date(2020, 1, 6)
TO_RENEWAL = 1300  # days from the exam to the end of the first term, for most
SILENCE = 10  # days without beat, in the middle
COUNTIES = ("110105", "110108")


@dataclass(frozen=True)
class Life:
    """What is settled about one person before anything happens; shares are of a hundred."""

    number: int
    county: str
    exam: int  # days from the beginning to the date of issue
    chance: random.Random = field(compare=False, repr=False)

    def within(self, percent: int) -> bool:
        return self.chance.randrange(100) < percent

    def days(self, least: int, most: int) -> timedelta:
        return timedelta(days=self.chance.randint(least, most))


class Country:
    """Two counties of one province, their offices, and everybody who lives there."""

    def __init__(self, *, people: int, years: int, seed: int = SEED, silent: bool = False):
        self.days = int(years * 365.25)
        middle = self.days // 2
        self.silent = range(middle, middle + SILENCE) if silent else range(0)
        self.today = BEGIN
        self.order = itertools.count()
        self.plans: list[tuple[date, int, Callable, tuple]] = []
        self.happened: Counter = Counter()
        chance = random.Random(seed)
        self.lives = [
            Life(n, COUNTIES[n % 2], chance.randrange(max(1, self.days - TO_RENEWAL)), random.Random(f"{seed}-{n}"))
            for n in range(people)
        ]

    def live(self) -> dict:
        """Live through all days, the night's jobs first, then what people do; return the promises that are broken.

        They are judged on the last evening.
        """
        from django.db import connection

        from certificates.management.demo.clock import at
        from swms.invariants import judge
        from tests import factories

        with at(_moment(BEGIN, 0)):
            self.offices = _offices(factories)
        for life in self.lives:
            self.on(BEGIN + timedelta(days=life.exam) + life.days(1, 420), self.arrive, life)
        for number in range(self.days + 1):
            self.today = BEGIN + timedelta(days=number)
            if number not in self.silent or number == self.days:
                with at(_moment(self.today, 0)):
                    _night()
            while self.plans and self.plans[0][0] <= self.today:
                _, order, act, arguments = heapq.heappop(self.plans)
                with at(_moment(self.today, 9) + timedelta(seconds=order % 25_000)):
                    act(*arguments)
        with at(_moment(self.today, 23)), connection.cursor() as cursor:
            _night()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # chains the trail, as a commit does
            return {each.promise: each.violations[:5] for each in judge() if each.violations}

    def on(self, day: date, act: Callable, *arguments) -> None:
        heapq.heappush(self.plans, (max(day, self.today), next(self.order), act, arguments))

    # -- what people do -----------------------------------------------------------------------

    def arrive(self, life: Life) -> None:
        """Open an account, fill everything in, and apply; or come too late."""
        from registration.workflows.application import filing_refused
        from tests import factories

        issued = BEGIN + timedelta(days=life.exam)
        one = factories.application(
            f"示例{_chinese(life.number)}",
            code=life.county,
            issue_date=issued,
            number=_identity(life.number),
            mgmt_no=_management_number(life.number, issued),
        )
        if filing_refused(one):
            self.count("too late")
            return
        self.apply(life, one.pk)

    def apply(self, life: Life, pk: int) -> None:
        """Send a case; or leave it at the last step."""
        application = self.case(pk)
        if application.state != "NOT_APPLIED":
            return
        if not self.refused(application, "apply", application.worker.user, promise_version="2026-11"):
            self.on(self.today + life.days(1, 20), self.first, life, pk)

    def first(self, life: Life, pk: int) -> None:
        application = self.case(pk)
        reviewer = self.offices["first"][application.region_id]
        self.review(life, application, "first", reviewer, then=self.final)

    def final(self, life: Life, pk: int) -> None:
        self.review(life, self.case(pk), "final", self.offices["final"], then=self.complete)

    def review(self, life: Life, application, stage: str, reviewer, *, then) -> None:
        seen, pk = application.form_version, application.pk
        if life.within(7):
            kind = "fixable" if life.within(80) else "refused"
            said = {
                "reason": "材料不完整，请按意见补正后重新提交。",
                "refusal_kind": kind,
                "reason_codes": ["photo_not_id"],
            }
            if not self.refused(application, f"fail_{stage}", reviewer, seen=seen, **said):
                self.count(kind)
                self.on(self.today + life.days(1, 40), self.again, life, pk)
        elif not self.refused(application, f"pass_{stage}", reviewer, seen=seen):
            self.on(self.today + life.days(0 if then == self.complete else 1, 12), then, life, pk)

    def again(self, life: Life, pk: int) -> None:
        """After a refusal: go on, some at once, some too late, some never."""
        application = self.case(pk)
        if life.within(85) and not self.refused(application, "reopen", application.worker.user):
            self.apply(life, pk)

    def complete(self, life: Life, pk: int) -> None:
        """The system's part: a job does it at once or some days late, unless the sweep of a night was faster."""
        _enter_and_issue(pk)
        application = self.case(pk)
        if application.state != "CERT_ISSUED":
            return
        record = application.registration
        self.count(application.kind)
        end = record.valid_until
        fate = life.chance.randrange(100)
        if fate < 78:
            self.on(end - life.days(0, 88), self.renew, life, record.pk, True)
        elif fate < 86:
            self.on(end - life.days(0, 88), self.renew, life, record.pk, False)
        if life.within(2):
            self.on(self.today + life.days(30, 900), self.undo, life, record.pk, "revoke")
        if life.within(1):
            self.on(self.today + life.days(30, 900), self.undo, life, record.pk, "cancel")
        if life.within(4):
            self.on(self.today + life.days(30, 900), self.ask_to_move, life, record.pk)
        if life.within(2):
            self.on(self.today + life.days(30, 900), self.ask_for_correction, life, record.pk)

    def renew(self, life: Life, pk: int, send: bool) -> None:
        from registration import actions
        from registration.models import Registration

        case = actions.open_renewal(Registration.objects.get(pk=pk))
        if case and send:
            self.apply(life, case.pk)
        elif case:
            self.count("left at the last step")

    def undo(self, life: Life, pk: int, move: str) -> None:
        from registration.models import Registration

        record = Registration.objects.get(pk=pk)
        reason = "经核实材料虚假，依法撤销。" if move == "revoke" else "本人申请注销，经核实予以注销。"
        if not self.refused(record, move, self.offices["final"], reason=reason, cause="own_request"):
            self.count(move)

    def ask_to_move(self, life: Life, pk: int) -> None:
        """变更 to an institution of the other county."""
        from registration.models import Registration
        from swms.workflow import Refused
        from tests.registration import changes

        record = Registration.objects.select_related("worker__user", "worker__region").get(pk=pk)
        there = next(code for code in COUNTIES if code != record.region_id)
        try:
            change = changes.sent(record.worker, changes.Employer(institution=self.offices["institution"][there]))
        except Refused as refused:
            self.count(f"refused change: {refused.code}")
            return
        self.on(self.today + life.days(1, 14), self.decide_change, life, change.pk, "approve_out", record.region_id)

    def decide_change(self, life: Life, pk: int, move: str, county: str) -> None:
        from registration.actions import transfers
        from registration.models import Transfer
        from swms.workflow import Refused

        change = Transfer.objects.get(pk=pk)
        try:
            transfers.decide(change, move, by=self.offices["first"][county], seen=change.form_version)
        except Refused as refused:
            self.count(f"refused change: {refused.code}")
            return
        if move == "approve_out":
            there = change.to_region_id
            self.on(self.today + life.days(1, 14), self.decide_change, life, pk, "approve", there)
        else:
            self.count("moved")

    def ask_for_correction(self, life: Life, pk: int) -> None:
        """换发 because the police corrected the name."""
        from registration.models import Registration
        from swms.workflow import Refused
        from tests.certificates import makers

        record = Registration.objects.select_related("worker__user", "region").get(pk=pk)
        try:
            one = makers.replacement(record, "correction", new_name=f"更名{_chinese(life.number)}")
        except Refused as refused:
            self.count(f"refused correction: {refused.code}")
            return
        self.on(self.today + life.days(1, 7), self.decide_correction, life, one.pk, "pass_first")

    def decide_correction(self, life: Life, pk: int, move: str) -> None:
        from certificates import actions as papers
        from certificates.models import Replacement

        one = Replacement.objects.select_related("registration__region").get(pk=pk)
        first = self.offices["first"][one.registration.region_id]
        if self.refused(one, move, first if move == "pass_first" else self.offices["final"]):
            return
        if move == "pass_first":
            self.on(self.today + life.days(1, 7), self.decide_correction, life, pk, "pass_final")
        elif papers.replace(pk):
            self.count("corrected")

    # -- small things ---------------------------------------------------------------------------

    def case(self, pk: int):
        from registration.models import Application

        return Application.objects.select_related("worker__user", "worker__region", "qualification", "region").get(
            pk=pk
        )

    def refused(self, record, move: str, actor, **data) -> bool:
        """Make a move; return whether it was refused, which is counted by its code."""
        from swms.workflow import Refused

        try:
            record.move(move, actor=actor, **data)
        except Refused as refused:
            self.count(f"refused: {refused.code}")
            return True
        return False

    def count(self, what: str) -> None:
        self.happened[what] += 1

    @staticmethod
    def end() -> list:
        """Return what the country has come to, by what does not depend on who opened a case first."""
        from registration.models import Application, Registration

        records = Registration.objects.order_by("qualification__mgmt_no").values_list(
            "qualification__mgmt_no", "state", "anchor", "valid_from", "valid_until", "region", "correct_by"
        )
        cases = Application.objects.order_by("qualification__mgmt_no", "kind", "term_end", "pk").values_list(
            "qualification__mgmt_no", "kind", "term_end", "state", "round", "submitted_at__date", "refusal_kind"
        )
        return [*records, *cases]


def _enter_and_issue(pk: int) -> None:
    from certificates import actions as papers
    from registration import actions

    actions.complete(pk)
    papers.issue(pk)


def _night() -> None:
    from registration import tasks
    from registration.queries.due import completions_due

    tasks.expire()
    tasks.sweep()
    for pk in list(completions_due()):  # what the sweep sends to the workers
        _enter_and_issue(pk)
    tasks.open_renewals()


def _offices(factories) -> dict:
    from swms.regions.models import Duty

    first = {
        code: factories.staff(f"初审{code}", (Duty.FIRST_REVIEW, code), username=f"first{code}") for code in COUNTIES
    }
    final = factories.staff("终审", (Duty.FINAL_REVIEW, "110000"), username="final")
    institutions = {}
    for code in COUNTIES:
        one = factories.registering(code=code)
        institutions[code] = one.move("approve", actor=first[code], seen=one.form_version)
    return {"first": first, "final": final, "institution": institutions}


def _moment(day: date, hour: int) -> datetime:
    from django.utils import timezone

    return timezone.make_aware(datetime.combine(day, clock_time(hour, 5)))


def _identity(number: int) -> str:
    """Return the fictitious identity number of one person: another one for each."""
    from swms.idnumbers import check_digit

    born = date(1960, 1, 1) + timedelta(days=number // 999)
    digits = f"110000{born:%Y%m%d}{number % 999 + 1:03}"
    return digits + check_digit(digits)


def _chinese(number: int) -> str:
    """Return a number in characters that a name may have."""
    return "".join("零一二三四五六七八九"[int(digit)] for digit in str(number))


def _management_number(number: int, issued: date) -> str:
    from swms.references import synthetic_management_number

    return synthetic_management_number(issued.year, "11", 1, number + 1)


@contextmanager
def shared_paper() -> Iterator[None]:
    """Draw a certificate's page once and sign that one again and again."""
    from certificates.pdf import page

    draw, drawn = page.render, {}

    def once(kind, content):
        if kind not in drawn:
            drawn[kind] = draw(kind, content)
        return drawn[kind]

    page.render = once
    try:
        yield
    finally:
        page.render = draw
