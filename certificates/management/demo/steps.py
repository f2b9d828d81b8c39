"""What the demo's stories are made of: the world they happen in, and the steps of a registration."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from certificates import actions as papers
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.offices import Staff
from certificates.management.demo.people import Person, fill_in, open_account
from registration import actions
from registration.models import Application, Institution, Registration
from registration.promise import PROMISE_VERSION

FIXABLE, REFUSED = "fixable", "refused"
#: What is named of a form: section, answer, reason and remark; the words for the applicant. ``""`` is a whole section.
FAULTS = (
    (
        (
            ("photo", "", "photo_not_id", "请用近期白底免冠证件照"),
            ("basic", "school", "education_untrue", "写学校全称"),
        ),
        "照片和毕业院校需要更正，其余内容不用修改。",
    ),
    (
        (("work", "", "work_incomplete", "补上两段经历之间的时间"), ("basic", "work_years", "basic_untrue", "")),
        "工作经历之间有空档，请补充完整后重新提交。",
    ),
    (
        (("basic", "household", "address_incomplete", "写到门牌号"), ("basic", "address", "address_incomplete", "")),
        "户籍和通讯地址都请写到门牌号，核对后重新提交。",
    ),
    ((("honours", "", "honour_untrue", "荣誉名称以证书为准"),), "个人荣誉的名称与证书不一致，请更正。"),
)


@dataclass
class World:
    """What every story needs: the offices, the institutions by county, a source of chance, a password's hash."""

    staff: Staff
    institutions: dict[str, list[Institution]]
    chance: random.Random
    password: str

    def first(self, person: Person):
        """Return the first reviewer of the person's county."""
        return self.staff.first[person.county]

    def final(self, person: Person):
        """Return the final reviewer of the person's province."""
        return self.staff.final[f"{person.county[:2]}0000"]

    def day(self, earliest: int, latest: int) -> int:
        """Return a number of days ago, between the two."""
        return self.chance.randint(latest, earliest)


def application_of(person: Person, row: int = 0) -> Application:
    """Return the person's newest application for one of the certificates."""
    number = person.rows[row].mgmt_no
    return Application.objects.filter(qualification__mgmt_no=number).latest("pk")


# --- steps that stories are made of ----------------------------------------------------------


def make_ready(person: Person, world: World, days_ago: int) -> None:
    with at(office_hour(days_ago, world.chance)):
        open_account(person, world.password)
        fill_in(person, world.institutions[person.county], world.chance)


def apply(person: Person, world: World, days_ago: int, row: int = 0) -> Application:
    with at(office_hour(days_ago, world.chance)):
        return actions.apply(application_of(person, row), by=person.user, promise_version=PROMISE_VERSION)


def decide(application: Application, name: str, reviewer, world: World, days_ago: int, **data) -> None:
    with at(office_hour(days_ago, world.chance)):
        application.refresh_from_db()
        application.move(name, actor=reviewer, seen=application.form_version, **data)


def refusal(kind: str, world: World) -> dict:
    if kind == REFUSED:
        return {
            "refusal_kind": REFUSED,
            "reason_codes": ["not_eligible"],
            "reason": "经核实，目前不符合首次登记的条件，不予登记。",
        }
    return fault(*world.chance.choice(FAULTS))


def fault(named: tuple, reason: str) -> dict:
    """Return what goes with a refusal that names these items."""
    items = [
        {"section": section, "entry": "", "key": key, "code": code, "remark": remark}
        for section, key, code, remark in named
    ]
    return {"refusal_kind": FIXABLE, "items": items, "reason": reason}


def pass_first(person: Person, world: World, days_ago: int, row: int = 0) -> Application:
    application = application_of(person, row)
    decide(application, "pass_first", world.first(person), world, days_ago)
    return application


def pass_final(person: Person, world: World, days_ago: int, row: int = 0) -> Application:
    application = application_of(person, row)
    decide(application, "pass_final", world.final(person), world, days_ago)
    return application


def through(person: Person, world: World, days: tuple[int, int, int], row: int = 0) -> Registration:
    """Apply, pass both reviews, enter into the register and issue; ``days`` ago."""
    applied, first, final = days
    apply(person, world, applied, row)
    pass_first(person, world, first, row)
    application = pass_final(person, world, final, row)
    with at(office_hour(final, world.chance) + timedelta(minutes=1)):
        actions.complete(application.pk)
        papers.issue(application.pk)
    return Registration.objects.get(qualification=application.qualification)


def days_of(world: World, earliest: int, latest: int) -> tuple[int, int, int]:
    applied = world.day(earliest, latest)
    first = max(1, applied - world.day(14, 3))
    return applied, first, max(0, first - world.day(12, 2))
