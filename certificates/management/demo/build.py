"""The whole demo, from the offices to the last copy, in one transaction: all of it is there, or nothing."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import F

from certificates.management.demo import (
    appeals,
    collecting,
    copies,
    employers,
    inspecting,
    lists,
    notes,
    offices,
    roster_desk,
    stories,
)
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.people import Person
from certificates.pdf import page
from registration import actions, roster
from registration.roster import fictitious
from swms.accounts.models import User
from swms.dates import is_working_day, today
from swms.notices.delivery import deliver
from swms.notices.models import Delivery, Notice
from swms.regions import loader
from swms.regions.models import Region

#: Everybody in the demo has this password; production refuses to be a demo.
PASSWORD = "Yanshi-2026"
INSTITUTIONS = 60
WITHOUT_ACCOUNT = 700
STAND_BY = 5_000_000  # where people begin who are in no story
SHOWN_MESSAGES = 12

OnStep = Callable[[str, int, int], None]


def is_there() -> bool:
    """Tell whether the demo was made already."""
    return User.objects.filter(username=offices.NAMED_STAFF[0][0]).exists()


@transaction.atomic
def build(seed: int, on_step: OnStep, *, most: int | None = None) -> None:
    """Make the demo; ``on_step(what, done, of)`` is told how far it is. ``most`` limits the people of each story."""
    chance = random.Random(seed)
    if not Region.objects.filter(code="110105").exists():
        on_step("行政区划", 0, 1)
        loader.load(loader.DIVISIONS, loader.ABOLISHED)
    on_step("工作人员和机构", 0, 1)
    password = make_password(PASSWORD)
    staff = offices.make_staff(password)
    offices.settle_policies(staff, chance)
    institutions = employers.make_institutions(INSTITUTIONS, staff, chance, password)
    on_step("社工库", 0, 1)
    people = plan(seed, chance, most)
    _import_roster(people, staff, seed)
    world = stories.World(staff, institutions, chance, password)
    page.prepare()
    for done, person in enumerate(people):
        on_step("登记", done, len(people))
        person.story.tell(person, world)
    on_step("加注、反馈和申诉", 0, 1)
    copies.make_copies([each for each in people if _may_have_copies(each)], staff, chance)
    copies.make_verifications(random.Random(seed))
    copies.make_feedbacks(STAND_BY, staff, chance)
    appeals.make_appeals(people, STAND_BY + 1000, staff, chance)
    employers.make_feedbacks([each for each in people if each.worker], 2 * INSTITUTIONS, staff, chance)
    _raise_what_is_late(chance)
    on_step("抽查", 0, 1)
    inspecting.make_campaign(staff, chance)
    on_step("公告和纸质证书", 0, 1)
    collecting.make_bulletins(staff, chance)
    collecting.make_papers(staff, chance)
    roster_desk.fill_desk(staff, seed)
    notes.make_notes(staff)
    on_step("消息", 0, 1)
    _settle_messages()
    # Everything that was to be sent to the workers is done, or found by their sweeps.
    connection.run_on_commit.clear()


def plan(seed: int, chance: random.Random, most: int | None = None) -> list[Person]:
    """Return the people of all stories, who are not anywhere yet; those of the first county come first."""
    people: list[Person] = []
    for story in stories.STORIES:
        for turn in range(min(story.people, most or story.people)):
            number = len(people) + 1
            # The first of a story works where the named reviewers are; a third are in the first three counties.
            province, county = offices.PLACES[0 if turn == 0 else chance.choice((turn % 3, turn % len(offices.PLACES)))]
            issued = today() - timedelta(days=chance.randint(story.issued_ago[1], story.issued_ago[0]))
            person = Person(number, story, county, [], story.username if turn == 0 else "")
            person.rows = _rows(person, seed, province, issued, chance)
            people.append(person)
    return people


def _rows(person: Person, seed: int, province: str, issued: date, chance: random.Random) -> list[fictitious.Holder]:
    """Return the person's certificates, the newest first."""
    place, two = seed % 1000 * 1000 + person.number, person.story.tell is stories.two_levels
    facts = {"province": province, "level": 2 if two else chance.choice((1, 1, 1, 2)), "exam_year": issued.year}
    newest = fictitious.holder(place, chance, issue_date=issued, **facts)
    if person.username:
        while newest.male != person.story.male:
            place += 1000 * 1000  # the same number among the people of another thousand seeds
            newest = fictitious.holder(place, chance, issue_date=issued, **facts)
        newest = replace(newest, name=person.story.name)
    if not two:
        return [newest]
    facts |= {"level": 1, "exam_year": issued.year - 1}
    older = fictitious.holder(place, chance, issue_date=issued - timedelta(days=1), **facts)
    return [newest, replace(older, name=newest.name)]


def _import_roster(people: list[Person], staff: offices.Staff, seed: int) -> None:
    """Bring everybody into the roster as the keeper would: by a file; another one was tried and has faults."""
    rows = [row.cells for person in people for row in person.rows]
    rows += [each.cells for each in fictitious.holders(WITHOUT_ACCOUNT, seed + 1, until=today())]
    lists.bring("演示社工库.csv", rows, staff.keeper)
    wrong = [each.cells for each in fictitious.holders(40, seed + 2, until=today())]
    for number, (place, cell) in enumerate(((4, "110000199003070010"), (5, "2.02411E+17"), (2, ""), (7, "火星省"))):
        wrong[5 + 7 * number][place] = cell
    wrong.append([*rows[0][:2], "某某", *rows[0][3:]])
    tried = roster.stage(io.BytesIO(lists.as_csv(wrong).encode("gb18030")), name="演示待导入.csv", by=staff.keeper)
    roster.run(tried.pk)


def _may_have_copies(person: Person) -> bool:
    without = (stories.begun, stories.revoked, stories.certificate_revoked, stories.certificate_cancelled)
    return person.story.tell not in without


def _raise_what_is_late(chance: random.Random) -> None:
    """Let the job of the newest working day tell the offices above."""
    ago = next(days for days in range(15) if is_working_day(today() - timedelta(days=days)))
    with at(office_hour(ago, chance)):
        actions.escalate()


def _settle_messages() -> None:
    """What happened weeks ago was sent weeks ago and mostly read; the newest messages go to the outbox."""
    newest = list(Delivery.objects.order_by("-created_at").values_list("pk", flat=True)[:SHOWN_MESSAGES])
    Delivery.objects.exclude(pk__in=newest).update(
        status=Delivery.Status.SENT, attempts=1, sent_at=F("created_at"), receipt="demo"
    )
    for pk in reversed(newest):
        deliver(pk)
    older = Notice.objects.order_by("created_at").values("pk")[: Notice.objects.count() // 2]
    Notice.objects.filter(pk__in=older).update(read_at=F("created_at") + timedelta(hours=3))
