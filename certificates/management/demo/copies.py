"""The demo's annotations in every state, and the feedbacks of people whom the roster does not know."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from certificates import actions
from certificates.management.demo import pictures
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.offices import PLACES, Staff
from certificates.management.demo.people import Person
from certificates.models import TERMS_VERSION, Annotation, Certificate, Scenario, VerificationCount
from certificates.workflows import AnnotationState, DocumentState
from registration.actions import feedback as feedbacks
from registration.models import Qualification
from registration.roster import fictitious
from swms.dates import today
from swms.regions.models import Region
from swms.signin.privacy import PRIVACY_VERSION
from swms.uploads.models import Purpose
from swms.uploads.storage import store

MADE_WITHIN = timedelta(seconds=40)

#: What becomes of each copy, how many days ago it was asked for, and for how many days.
COPIES = (
    *(("active", ago, days) for ago, days in ((0, 90), (0, 30), (1, 90), (2, 15), (3, 60), (5, 30), (8, 90), (12, 45))),
    *(("active", ago, days) for ago, days in ((20, 90), (25, 30), (28, 30), (40, 60), (60, 90), (80, 90), (6, 7))),
    *(("expired", ago, days) for ago, days in ((10, 5), (20, 15), (45, 30), (70, 45), (89, 60), (100, 90), (120, 30))),
    *(("ended", ago, 60) for ago in (3, 15, 33)),
    *(("revoked", ago, 90) for ago in (12, 30)),
    *(("failed", ago, 30) for ago in (2, 9)),
    *(("submitted", 0, 30) for _ in range(2)),
)


def make_copies(people: list[Person], staff: Staff, chance: random.Random) -> None:
    """Let people ask for annotated copies of their certificates; one of them has used the quota."""
    scenario = Scenario.objects.get(code="self")
    *others, last = people
    holders = chance.sample(others, len(COPIES))
    for person, (fate, ago, days) in zip(holders, COPIES, strict=True):
        _copy(person, fate, ago, days, scenario, staff, chance)
    for ago in (50, 25, 4):
        _copy(last, "active", ago, 20, scenario, staff, chance)
    actions.expire()


def make_verifications(chance: random.Random) -> None:
    """Let strangers verify copies and certificates in the days since they were made, for their holders to see."""
    ways = VerificationCount.Way
    for annotation in Annotation.objects.filter(state=AnnotationState.ACTIVE).order_by("pk"):
        age = (today() - annotation.applied_on).days
        for _ in range(chance.randrange(4)):
            with at(office_hour(chance.randint(0, age), chance)):
                actions.look_up_code(annotation.verify_token, way=chance.choice((ways.CODE, ways.CODE, ways.API)))
    for certificate in Certificate.objects.filter(state=DocumentState.ISSUED).order_by("pk")[:20]:
        with at(office_hour(chance.randint(0, 20), chance)):
            actions.look_up_code(certificate.verify_token)


def _copy(person: Person, fate: str, ago: int, days: int, scenario: Scenario, staff: Staff, chance) -> None:
    qualification = Qualification.objects.get(mgmt_no=person.rows[0].mgmt_no)
    moment = office_hour(ago, chance)
    with at(moment):
        actions.agree_to_terms(person.user, TERMS_VERSION)
        annotation = actions.request_annotation(
            qualification,
            scenario=scenario,
            valid_days=days,
            info_confirmed=True,
            terms_version=TERMS_VERSION,
            idempotency_key=UUID(int=chance.getrandbits(128), version=4),
            by=person.user,
        )
    if fate == "submitted":
        return
    with at(moment + MADE_WITHIN):
        if fate == "failed":
            annotation.move("fail")
        else:
            actions.annotate([annotation.pk])
    _date_back(annotation, moment)
    if fate == "ended":
        with at(office_hour(max(0, ago - 2), chance)):
            actions.end(annotation, by=person.user)
    if fate == "revoked":
        with at(office_hour(ago - 5, chance)):
            reason = "经核实，报考时提交的学历证明虚假，依法撤销职业水平证书。"
            Qualification.objects.get(pk=qualification.pk).move("revoke", actor=staff.keeper, reason=reason)


def _date_back(annotation: Annotation, moment) -> None:
    """Deadlines go by the database's clock, which the demo cannot turn."""
    annotation.refresh_from_db()
    lasting = annotation.deadline_at - annotation.submitted_at
    Annotation.objects.filter(pk=annotation.pk).update(
        submitted_at=moment, deadline_at=moment + lasting, next_attempt_at=moment
    )
    Annotation.objects.filter(pk=annotation.pk, annotated_at__isnull=False).update(annotated_at=moment + MADE_WITHIN)


FEEDBACKS = ("waiting",) * 6 + ("returned",) * 3 + ("approved",) * 3 + ("rejected",) * 3 + ("withdrawn",) * 2


def make_feedbacks(first_place: int, staff: Staff, chance: random.Random) -> None:
    """Let people whom the roster does not know ask to be added; ``first_place`` is where no other demo person is."""
    for number, fate in enumerate(FEEDBACKS):
        province, county = PLACES[number * 3 % len(PLACES)]
        issued = today() - timedelta(days=chance.randint(80, 320))
        holder = fictitious.holder(
            first_place + number, chance, province=province, level=1, exam_year=issued.year, issue_date=issued
        )
        ago = chance.randint(3, 18)
        with at(office_hour(ago, chance)):
            answers = {
                "name": holder.name,
                "id_type": "ID_CARD",
                "id_number": holder.id_number,
                "level": holder.level,
                "exam_year": holder.exam_year,
                "issue_date": holder.issue_date,
                "mgmt_no": holder.mgmt_no,
                "region": Region.objects.get(code=county),
                "note": "注册时提示身份证号不正确（演示）",
            }
            image = store(pictures.paper("职业水平证书"), owner=None, purpose=Purpose.EVIDENCE)
            mobile = f"1990001{number:04}"
            one = feedbacks.submit(answers, mobile=mobile, image=image, consent_version=PRIVACY_VERSION)
        reviewer = staff.first[county]
        with at(office_hour(max(0, ago - 3), chance)):
            if fate == "approved":
                one.move("approve", seen=one.round, actor=reviewer)
            elif fate == "returned":
                one.move("return_for_more", seen=one.round, actor=reviewer, reason="证书图片不清晰，请重新拍摄后上传。")
            elif fate == "rejected":
                one.move("reject", seen=one.round, actor=reviewer, reason="所填管理号与证书图片不一致，审核不通过。")
            elif fate == "withdrawn":
                feedbacks.withdraw(one)
