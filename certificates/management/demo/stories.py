"""What becomes of the demo's social workers: each story goes through the real actions and moves, at its own time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from certificates import actions as papers
from certificates.management.demo import pictures
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.offices import Staff
from certificates.management.demo.people import Person, Story, add_honour, fill_in, hold_local_certificate, open_account
from certificates.models import PROOFS, Replacement
from registration import actions
from registration.models import Application, Institution, Registration
from registration.promise import PROMISE_VERSION
from registration.queries.versions import NOTHING
from swms.codes import HonourLevel
from swms.dates import add_years, today

FIXABLE, REFUSED = "fixable", "refused"
_FAULTS = (
    ("photo_not_id", "照片不是近期免冠证件照，请按要求更换照片。"),
    ("work_incomplete", "工作经历之间有空档，请补充完整后重新提交。"),
    ("region_wrong", "登记区域与工作单位所在地不一致，请核对后修改。"),
    ("employer_wrong", "工作单位名称与登记证书不一致，请更正为单位全称。"),
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


def _ready(person: Person, world: World, days_ago: int) -> None:
    with at(office_hour(days_ago, world.chance)):
        open_account(person, world.password)
        fill_in(person, world.institutions[person.county], world.chance)


def _apply(person: Person, world: World, days_ago: int, row: int = 0) -> Application:
    with at(office_hour(days_ago, world.chance)):
        return actions.apply(application_of(person, row), by=person.user, promise_version=PROMISE_VERSION)


def _decide(application: Application, name: str, reviewer, world: World, days_ago: int, **data) -> None:
    with at(office_hour(days_ago, world.chance)):
        application.refresh_from_db()
        application.move(name, actor=reviewer, seen=application.form_version, **data)


def _refusal(kind: str, world: World) -> dict:
    if kind == REFUSED:
        return {
            "refusal_kind": REFUSED,
            "reason_codes": ["not_eligible"],
            "reason": "经核实，目前不符合首次登记的条件，不予登记。",
        }
    code, reason = world.chance.choice(_FAULTS)
    return {"refusal_kind": FIXABLE, "reason_codes": [code], "reason": reason}


def _pass_first(person: Person, world: World, days_ago: int, row: int = 0) -> Application:
    application = application_of(person, row)
    _decide(application, "pass_first", world.first(person), world, days_ago)
    return application


def _pass_final(person: Person, world: World, days_ago: int, row: int = 0) -> Application:
    application = application_of(person, row)
    _decide(application, "pass_final", world.final(person), world, days_ago)
    return application


def _through(person: Person, world: World, days: tuple[int, int, int], row: int = 0) -> Registration:
    """Apply, pass both reviews, enter into the register and issue; ``days`` ago."""
    applied, first, final = days
    _apply(person, world, applied, row)
    _pass_first(person, world, first, row)
    application = _pass_final(person, world, final, row)
    with at(office_hour(final, world.chance) + timedelta(minutes=1)):
        actions.complete(application.pk)
        papers.issue(application.pk)
    return Registration.objects.get(qualification=application.qualification)


def _days(world: World, earliest: int, latest: int) -> tuple[int, int, int]:
    applied = world.day(earliest, latest)
    first = max(1, applied - world.day(14, 3))
    return applied, first, max(0, first - world.day(12, 2))


# --- the stories ---------------------------------------------------------------------------------


def begun(person: Person, world: World) -> None:
    """An account, and nothing filled in yet."""
    with at(office_hour(world.day(20, 0), world.chance)):
        open_account(person, world.password)


def complete(person: Person, world: World) -> None:
    """Everything filled in, not applied yet."""
    _ready(person, world, world.day(15, 1))


def withdrawn(person: Person, world: World) -> None:
    """Applied and thought better of it."""
    _ready(person, world, 20)
    application = _apply(person, world, world.day(19, 8))
    with at(office_hour(world.day(7, 1), world.chance)):
        actions.withdraw(application, by=person.user)


def waiting(person: Person, world: World) -> None:
    """Waiting for the first review: some for a day, some beyond the 30 working days; some have been edited since."""
    applied = world.chance.choice((0, 1, 2, 3, 5, 8, 12, 18, 25, 30, 36, 40, 44, 48, 58))
    _ready(person, world, applied + 3)
    _apply(person, world, applied)
    if applied > 3 and world.chance.random() < 0.3:
        with at(office_hour(applied - 2, world.chance)):
            answers = {
                "title": "优秀社工",
                "level": HonourLevel.COUNTY,
                "awarding_body": "示例区民政局（演示）",
                "award_date": today() - timedelta(days=60),
            }
            actions.save_honour(person.worker, None, answers, by=person.user, seen=NOTHING)


def looked_at(person: Person, world: World) -> None:
    """Waiting, and open on a reviewer's screen at this moment."""
    _ready(person, world, 12)
    actions.claim(_apply(person, world, world.day(11, 2)), by=world.first(person))


def second_round(person: Person, world: World) -> None:
    """Sent back once, mended, and waiting again."""
    first = world.day(50, 30)
    _ready(person, world, first + 4)
    application = _apply(person, world, first)
    _decide(application, "fail_first", world.first(person), world, first - 8, **_refusal(FIXABLE, world))
    with at(office_hour(first - 10, world.chance)):
        actions.reopen(application, by=person.user)
        add_honour(person.worker, world.chance)
    _apply(person, world, first - 11)


def passed_first(person: Person, world: World) -> None:
    """初审通过, waiting for the final review."""
    applied = world.day(50, 4)
    _ready(person, world, applied + 2)
    _apply(person, world, applied)
    _pass_first(person, world, max(0, applied - world.day(16, 2)))


def failed_first(person: Person, world: World, kind: str = FIXABLE) -> None:
    """初审未通过, to be mended."""
    applied = world.day(40, 10)
    _ready(person, world, applied + 2)
    application = _apply(person, world, applied)
    _decide(application, "fail_first", world.first(person), world, applied - 7, **_refusal(kind, world))


def refused_first(person: Person, world: World) -> None:
    """初审未通过, 不予登记."""
    failed_first(person, world, REFUSED)


def failed_final(person: Person, world: World) -> None:
    """终审未通过."""
    applied = world.day(45, 15)
    _ready(person, world, applied + 2)
    _apply(person, world, applied)
    application = _pass_first(person, world, applied - 6)
    kind = world.chance.choice((FIXABLE, REFUSED))
    _decide(application, "fail_final", world.final(person), world, applied - 12, **_refusal(kind, world))


def passed_final(person: Person, world: World) -> None:
    """终审通过: a worker enters it into the register within minutes."""
    _ready(person, world, 12)
    _apply(person, world, 10)
    _pass_first(person, world, 5)
    _pass_final(person, world, 0)


def registered(person: Person, world: World) -> None:
    """首次登记已完成: a worker makes the certificate within a minute."""
    passed_final(person, world)
    actions.complete(application_of(person).pk)


def issued(person: Person, world: World) -> None:
    """已出证."""
    days = _days(world, 180, 35)
    _ready(person, world, days[0] + 3)
    _through(person, world, days)


def two_levels(person: Person, world: World) -> None:
    """助理社会工作师 first, 社会工作师 then: the lower registration gave way."""
    _ready(person, world, 44)
    _through(person, world, (43, 38, 33), row=1)
    _through(person, world, (30, 20, 12), row=0)


def _ending_on(person: Person, world: World, until) -> Registration:
    """Register somebody whose local certificate ends on ``until``, half a year ago."""
    _ready(person, world, 200)
    hold_local_certificate(person, add_years(until, -3), until)
    return _through(person, world, (190, 180, 170))


def ending(person: Person, world: World) -> None:
    """The registration ends within three months, and 再登记 is open."""
    registration = _ending_on(person, world, today() + timedelta(days=world.day(85, 10)))
    actions.open_renewal(registration)


def ended(person: Person, world: World) -> None:
    """The registration has ended, and nobody sent the 再登记 that was open."""
    registration = _ending_on(person, world, today() - timedelta(days=world.day(60, 5)))
    with at(office_hour(90, world.chance)):
        renewal = actions.open_renewal(registration)
    actions.expire(registration.pk)
    actions.close_renewal(renewal.pk)


def renewing(person: Person, world: World) -> Registration:
    """再登记 was sent and waits for the first review."""
    registration = _ending_on(person, world, today() + timedelta(days=world.day(40, 20)))
    with at(office_hour(30, world.chance)):
        actions.open_renewal(registration)
    _apply(person, world, world.day(20, 12))
    return registration


def renewal_returned(person: Person, world: World) -> None:
    """再登记 was sent back for 补正."""
    renewing(person, world)
    application = application_of(person)
    _decide(application, "fail_first", world.first(person), world, 6, **_refusal(FIXABLE, world))


def renewed(person: Person, world: World) -> None:
    """再登记 is complete: the same number, the next three years, the second version of the certificate."""
    renewing(person, world)
    _pass_first(person, world, 9)
    application = _pass_final(person, world, 4)
    with at(office_hour(4, world.chance) + timedelta(minutes=1)):
        actions.complete(application.pk)
        papers.issue(application.pk)


def renewal_void(person: Person, world: World) -> None:
    """The registration was revoked while its 再登记 was being reviewed."""
    registration = renewing(person, world)
    with at(office_hour(8, world.chance)):
        reason = "经核实，申请时提交的工作经历证明虚假，依法撤销登记。"
        registration.move("revoke", actor=world.final(person), reason=reason)
        actions.void_renewal(application_of(person).pk)


def _replacing(person: Person, world: World, reason: str, days_ago: int, **answers) -> Replacement:
    """A certificate was issued, and its replacement is asked for."""
    _ready(person, world, 100)
    registration = _through(person, world, (95, 85, 75))
    with at(office_hour(days_ago, world.chance)):
        one = papers.replacing.begin(registration, reason=reason, by=person.user)
        files = [pictures.paper(PROOFS[reason])] if reason in PROOFS else []
        return papers.replacing.fill_in(one, answers, by=person.user, files=files)


def _sent(person: Person, world: World, reason: str, days_ago: int, **answers) -> Replacement:
    one = _replacing(person, world, reason, days_ago, **answers)
    with at(office_hour(days_ago, world.chance) + timedelta(minutes=5)):
        return papers.replacing.submit(one, by=person.user)


def _decide_replacement(one: Replacement, name: str, reviewer, world: World, days_ago: int, **said) -> None:
    with at(office_hour(days_ago, world.chance)):
        one.move(name, actor=reviewer, **said)


def replacement_begun(person: Person, world: World) -> None:
    """换发 is filled in and not sent."""
    _replacing(person, world, "layout", 1, note="旧版证书没有二维码。")


def replacing(person: Person, world: World) -> None:
    """换发 for a lost paper certificate waits for the review."""
    _sent(person, world, "lost", world.day(24, 1), note="搬家时遗失，已登报声明。")


def correcting(person: Person, world: World) -> None:
    """A corrected name waits for the first review; the proof of the police is there."""
    _sent(person, world, "correction", world.day(6, 1), new_name=corrected_name(person))


def correcting_finally(person: Person, world: World) -> None:
    """A corrected name passed the first review."""
    one = _sent(person, world, "correction", 9, new_name=corrected_name(person))
    _decide_replacement(one, "pass_first", world.first(person), world, 5)


def replacement_approved(person: Person, world: World) -> None:
    """换发 is approved: a worker makes the new version within a minute."""
    _sent(person, world, "local", 5).move("approve", actor=world.first(person))


def replaced(person: Person, world: World) -> None:
    """换发 is done: version 2 is in force, version 1 is 已换发."""
    one = _sent(person, world, "lost", 12, note="遇雨水浸泡，字迹无法辨认。")
    _decide_replacement(one, "approve", world.first(person), world, 6)
    with at(office_hour(6, world.chance) + timedelta(minutes=1)):
        papers.replace(one.pk)


def corrected(person: Person, world: World) -> None:
    """A name was corrected everywhere, and version 2 prints it."""
    one = _sent(person, world, "correction", 20, new_name=corrected_name(person))
    _decide_replacement(one, "pass_first", world.first(person), world, 14)
    _decide_replacement(one, "pass_final", world.final(person), world, 8)
    with at(office_hour(8, world.chance) + timedelta(minutes=1)):
        papers.replace(one.pk)


def replacement_refused(person: Person, world: World) -> None:
    """换发 was refused with a reason."""
    one = _sent(person, world, "correction", 16, new_name=corrected_name(person))
    reason = "上传的证明没有公安机关印章，请上传加盖印章的户籍证明后重新申请。"
    _decide_replacement(one, "fail_first", world.first(person), world, 11, reason=reason)


def replacement_withdrawn(person: Person, world: World) -> None:
    """换发 was taken back."""
    one = _sent(person, world, "lost", 7, note="以为遗失，后来找到了。")
    with at(office_hour(6, world.chance)):
        papers.replacing.withdraw(one, by=person.user)


def corrected_name(person: Person) -> str:
    """Return what the person says to be called: the same family name, another given name."""
    name = person.rows[0].name
    return f"{name[0]}{'思宁' if name.endswith('晓宁') else '晓宁'}"


def revoked(person: Person, world: World) -> None:
    """The registration was revoked for false material."""
    _ready(person, world, 100)
    registration = _through(person, world, (95, 85, 75))
    with at(office_hour(20, world.chance)):
        reason = "经核实，申请时提交的工作经历证明虚假，依法撤销登记。"
        registration.move("revoke", actor=world.final(person), reason=reason)


def cancelled(person: Person, world: World) -> None:
    """The registration was cancelled at the holder's wish."""
    _ready(person, world, 100)
    registration = _through(person, world, (95, 85, 75))
    with at(office_hour(15, world.chance)):
        reason = "本人申请注销登记，经核实予以注销。"
        registration.move("cancel", actor=world.final(person), reason=reason, cause="own_request")


def certificate_revoked(person: Person, world: World) -> None:
    """The 职业水平证书 itself was revoked."""
    with at(office_hour(30, world.chance)):
        open_account(person, world.password)
    _end_certificate(person, world, "revoke", "考试中有违纪违规行为，依法撤销职业水平证书。")


def certificate_cancelled(person: Person, world: World) -> None:
    """The 职业水平证书 was cancelled."""
    with at(office_hour(30, world.chance)):
        open_account(person, world.password)
    _end_certificate(person, world, "cancel", "持证人申请注销职业水平证书，经核实予以注销。")


def _end_certificate(person: Person, world: World, move: str, reason: str) -> None:
    with at(office_hour(9, world.chance)):
        person.worker.qualifications.get().move(move, actor=world.staff.keeper, reason=reason)


STORIES = (
    Story(begun, 22, username="demo-wangming", name="王明", male=True),
    Story(begun, 8, (2500, 1900)),  # only on paper, and too late for 首次登记
    Story(begun, 8, (1500, 420)),  # too late for 首次登记
    Story(complete, 26, username="demo-wangfang", name="王芳"),
    Story(withdrawn, 5),
    Story(waiting, 62, username="demo-chenchen", name="陈晨"),
    Story(looked_at, 4),
    Story(second_round, 9),
    Story(passed_first, 34, username="demo-liubo", name="刘波", male=True),
    Story(failed_first, 14, username="demo-linyue", name="林悦"),
    Story(refused_first, 5),
    Story(failed_final, 8),
    Story(passed_final, 3),
    Story(registered, 3),
    Story(issued, 42, (340, 190), username="demo-yangliu", name="杨柳"),
    Story(two_levels, 5),
    Story(ending, 5, (1400, 1200)),
    Story(ended, 5, (1400, 1200), username="demo-heping", name="何平", male=True),
    Story(renewing, 4, (1400, 1200), username="demo-zhoumin", name="周敏"),
    Story(renewal_returned, 2, (1400, 1200)),
    Story(renewed, 4, (1400, 1200)),
    Story(renewal_void, 1, (1400, 1200)),
    Story(replacement_begun, 1, (340, 110)),
    Story(replacing, 5, (340, 110), username="demo-sunli", name="孙丽"),
    Story(correcting, 3, (340, 110)),
    Story(correcting_finally, 3, (340, 110)),
    Story(replacement_approved, 1, (340, 110)),
    Story(replaced, 3, (340, 110), username="demo-gaoyuan", name="高媛"),
    Story(corrected, 2, (340, 110)),
    Story(replacement_refused, 2, (340, 110)),
    Story(replacement_withdrawn, 1, (340, 110)),
    Story(revoked, 3, (340, 110)),
    Story(cancelled, 2, (340, 110)),
    Story(certificate_revoked, 2),
    Story(certificate_cancelled, 2),
)
