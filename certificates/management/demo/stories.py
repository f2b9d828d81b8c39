"""What becomes of the demo's social workers: each story goes through the real actions and moves, at its own time."""

from __future__ import annotations

from datetime import timedelta

from certificates import actions as papers
from certificates.management.demo.clock import at, just_now, office_hour
from certificates.management.demo.moving import change
from certificates.management.demo.people import Person, Story, add_honour, hold_local_certificate, open_account
from certificates.management.demo.replacing import (
    corrected,
    correcting,
    correcting_finally,
    replaced,
    replacement_approved,
    replacement_begun,
    replacement_refused,
    replacement_withdrawn,
    replacing,
)
from certificates.management.demo.steps import (
    FAULTS,
    FIXABLE,
    REFUSED,
    World,
    application_of,
    apply,
    days_of,
    decide,
    fault,
    make_ready,
    pass_final,
    pass_first,
    refusal,
    through,
)
from registration import actions
from registration.models import Registration
from registration.queries.versions import NOTHING, Seen, version_of
from swms import claims
from swms.codes import HonourLevel
from swms.dates import add_years, today

# --- the stories ---------------------------------------------------------------------------------


def begun(person: Person, world: World) -> None:
    """An account, and nothing filled in yet."""
    with at(office_hour(world.day(20, 0), world.chance)):
        open_account(person, world.password)


def complete(person: Person, world: World) -> None:
    """Everything filled in, not applied yet."""
    make_ready(person, world, world.day(15, 1))


def withdrawn(person: Person, world: World) -> None:
    """Applied and thought better of it."""
    make_ready(person, world, 20)
    application = apply(person, world, world.day(19, 8))
    with at(office_hour(world.day(7, 1), world.chance)):
        actions.withdraw(application, by=person.user)


def waiting(person: Person, world: World) -> None:
    """Waiting for the first review: some for a day, some beyond the 30 working days; some have been edited since."""
    applied = world.chance.choice((0, 1, 2, 3, 5, 8, 12, 18, 25, 30, 36, 40, 44, 48, 58))
    make_ready(person, world, applied + 3)
    apply(person, world, applied)
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
    make_ready(person, world, 12)
    claims.claim(apply(person, world, world.day(11, 2)), by=world.first(person))


def second_round(person: Person, world: World) -> None:
    """Sent back once, mended, and waiting again."""
    first = world.day(50, 30)
    make_ready(person, world, first + 4)
    application = apply(person, world, first)
    named = (
        ("honours", "", "honour_untrue", "漏填的荣誉请补上"),
        ("basic", "school", "education_untrue", "写学校全称"),
    )
    told = fault(named, "个人荣誉没有填写完整，毕业院校请写全称。")
    decide(application, "fail_first", world.first(person), world, first - 8, **told)
    with at(office_hour(first - 10, world.chance)):
        actions.reopen(application, by=person.user)
        add_honour(person.worker, world.chance)
    apply(person, world, first - 11)


def passed_first(person: Person, world: World) -> None:
    """初审通过, waiting for the final review."""
    applied = world.day(50, 4)
    make_ready(person, world, applied + 2)
    apply(person, world, applied)
    pass_first(person, world, max(0, applied - world.day(16, 2)))


def failed_first(person: Person, world: World, kind: str = FIXABLE) -> None:
    """初审未通过, to be mended."""
    applied = world.day(40, 10)
    make_ready(person, world, applied + 2)
    application = apply(person, world, applied)
    decide(application, "fail_first", world.first(person), world, applied - 7, **refusal(kind, world))


def mending(person: Person, world: World) -> None:
    """Sent back once and opened again: one thing is mended, one is not, and nothing has been sent."""
    first = world.day(24, 16)
    make_ready(person, world, first + 3)
    application = apply(person, world, first)
    decide(application, "fail_first", world.first(person), world, first - 5, **fault(*FAULTS[0]))
    with at(office_hour(first - 7, world.chance)):
        actions.reopen(application, by=person.user)
        school = {"school": f"{person.worker.school}（演示）"}
        seen = Seen(("school",), version_of(person.worker, ("school",)))
        actions.save_answers(person.worker, school, part="basic", by=person.user, seen=seen)


def refused_first(person: Person, world: World) -> None:
    """初审未通过, 不予登记."""
    failed_first(person, world, REFUSED)


def failed_final(person: Person, world: World) -> None:
    """终审未通过."""
    applied = world.day(45, 15)
    make_ready(person, world, applied + 2)
    apply(person, world, applied)
    application = pass_first(person, world, applied - 6)
    kind = world.chance.choice((FIXABLE, REFUSED))
    decide(application, "fail_final", world.final(person), world, applied - 12, **refusal(kind, world))


def passed_final(person: Person, world: World) -> None:
    """终审通过: a worker enters it into the register within minutes."""
    make_ready(person, world, 12)
    apply(person, world, 10)
    pass_first(person, world, 5)
    application = application_of(person)
    with at(just_now()):
        application.move("pass_final", actor=world.final(person), seen=application.form_version)


def registered(person: Person, world: World) -> None:
    """首次登记已完成: a worker makes the certificate within a minute."""
    passed_final(person, world)
    actions.complete(application_of(person).pk)


def issued(person: Person, world: World) -> None:
    """已出证."""
    days = days_of(world, 180, 35)
    make_ready(person, world, days[0] + 3)
    through(person, world, days)


def two_levels(person: Person, world: World) -> None:
    """助理社会工作师 first, 社会工作师 then: the lower registration gave way."""
    make_ready(person, world, 44)
    through(person, world, (43, 38, 33), row=1)
    through(person, world, (30, 20, 12), row=0)


def moving(fate: str):
    """Return the story of somebody who is registered and asks for a change; ``fate`` as in ``demo.moving``."""

    def tell(person: Person, world: World) -> None:
        make_ready(person, world, 95)
        through(person, world, (90, 80, 70))
        change(person, world, fate)

    return tell


def _ending_on(person: Person, world: World, until) -> Registration:
    """Register somebody whose local certificate ends on ``until``, half a year ago."""
    make_ready(person, world, 200)
    hold_local_certificate(person, add_years(until, -3), until)
    return through(person, world, (190, 180, 170))


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
    apply(person, world, world.day(20, 12))
    return registration


def renewal_returned(person: Person, world: World) -> None:
    """再登记 was sent back for 补正."""
    renewing(person, world)
    application = application_of(person)
    decide(application, "fail_first", world.first(person), world, 6, **refusal(FIXABLE, world))


def renewed(person: Person, world: World) -> None:
    """再登记 is complete: the same number, the next three years, the second version of the certificate."""
    renewing(person, world)
    pass_first(person, world, 9)
    application = pass_final(person, world, 4)
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


def revoked(person: Person, world: World) -> None:
    """The registration was revoked for false material."""
    make_ready(person, world, 100)
    registration = through(person, world, (95, 85, 75))
    with at(office_hour(20, world.chance)):
        reason = "经核实，申请时提交的工作经历证明虚假，依法撤销登记。"
        registration.move("revoke", actor=world.final(person), reason=reason)


def cancelled(person: Person, world: World) -> None:
    """The registration was cancelled at the holder's wish."""
    make_ready(person, world, 100)
    registration = through(person, world, (95, 85, 75))
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
    Story(mending, 4, username="demo-zhaolei", name="赵蕾"),
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
    Story(replacing, 5, (340, 110), username="demo-zhangyan", name="张燕"),
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
    Story(moving("waiting"), 4, (340, 190), username="demo-sunli", name="孙莉"),
    Story(moving("draft"), 2, (340, 190)),
    Story(moving("within"), 4, (340, 190)),
    Story(moving("late"), 2, (340, 190)),
    Story(moving("let_go"), 3, (340, 190)),
    Story(moving("moved"), 4, (340, 190)),
    Story(moving("within_done"), 2, (340, 190)),
    Story(moving("refused"), 2, (340, 190)),
    Story(moving("withdrawn"), 2, (340, 190)),
    Story(moving("void"), 1, (340, 190)),
)
