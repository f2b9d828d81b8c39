"""The demo's social workers: in the roster, with an account, with personal information filled in."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from certificates.management.demo import pictures
from registration import actions
from registration.models import Honour, Institution, PastProject, Worker, WorkExperience
from registration.roster.fictitious import Holder
from swms.accounts.models import User
from swms.audit import trail
from swms.codes import EDUCATION_OFFERED, EmployerType, HonourLevel, IdType, PoliticalStatus, SpecialPlan
from swms.dates import today
from swms.idnumbers import parse
from swms.regions.models import Region
from swms.signin.privacy import PRIVACY_VERSION
from swms.uploads.models import Purpose
from swms.uploads.storage import store

_SCHOOLS = ("示例大学", "示例师范大学", "示例民族学院", "示例开放大学", "示例职业技术学院")
_MAJORS = ("社会工作", "社会学", "心理学", "法学", "公共事业管理", "护理学", "教育学")
_POSTS = ("社工", "项目主管", "督导助理", "社区工作者", "总干事助理", "驻校社工", "医务社工")
_PROJECTS = ("社区为老服务", "困境儿童关爱", "残障人士社会融入", "邻里互助", "社区矫正帮扶", "青少年成长陪伴")
_HONOURS = ("优秀社工", "先进志愿者", "最美社区工作者", "优秀服务案例奖", "抗疫先进个人")
_DUTIES = "负责个案管理、小组活动和社区活动的策划与实施（演示）"


@dataclass(frozen=True)
class Story:
    """A story, how many people have it, how many days ago their certificates were issued, and who is named for it."""

    tell: Callable
    people: int
    issued_ago: tuple[int, int] = (340, 65)
    username: str = ""
    name: str = ""
    male: bool = False


@dataclass
class Person:
    """One of the demo's people: rows of the roster, where they work, and what is to become of them."""

    number: int
    story: Story
    county: str
    rows: list[Holder]
    username: str = ""
    worker: Worker | None = field(default=None, repr=False)

    @property
    def mobile(self) -> str:
        """A number of the test block, another one for each person."""
        return f"1990000{self.number:04}"

    @property
    def user(self) -> User:
        return self.worker.user


def open_account(person: Person, password: str) -> None:
    """Give a person of the roster an account, as account registration does (R-ACC-03)."""
    holder = person.rows[0]
    identity = parse(holder.id_number)
    user = User.objects.create_user(
        kind=User.Kind.WORKER,
        username=person.username or f"demo-worker-{person.number:04}",
        name=holder.name,
        id_type=IdType.ID_CARD,
        id_number=holder.id_number,
        mobile=person.mobile,
        consent_version=PRIVACY_VERSION,
        consented_at=None,
    )
    user.password, user.consented_at = password, user.created_at
    user.save(update_fields=["password", "consented_at"])
    person.worker = Worker.objects.create(user=user, sex=identity.sex, birth_date=identity.birth_date)
    trail.record("accounts.user.register", user, actor=user, changes={"consent_version": PRIVACY_VERSION})
    actions.attach_qualifications(person.worker)


def fill_in(person: Person, institutions: list[Institution], chance: random.Random) -> None:
    """Answer everything that 首次登记 asks, with work, often projects and sometimes honours."""
    worker, place = person.worker, Region.objects.get(code=person.county)
    street = f"演示路{chance.randint(1, 200)}号"
    education, degree = chance.choice((("21", "BACHELOR"), ("21", "BACHELOR"), ("14", "MASTER"), ("31", "NONE")))
    assert education in dict(EDUCATION_OFFERED)
    major = chance.choice(_MAJORS)
    answers = {
        "ethnicity": "05" if "·" in worker.user.name else chance.choices(("01", "11", "03", "15"), (90, 4, 3, 3))[0],
        "political_status": chance.choice((PoliticalStatus.MASSES, PoliticalStatus.PARTY_MEMBER)),
        "education": education,
        "degree": degree,
        "school": f"{chance.choice(_SCHOOLS)}（演示）",
        "major": major,
        "is_sw_major": major == "社会工作",
        "household_region": place,
        "household_address": street,
        "address_region": place,
        "address": street,
        "work_years": chance.randint(0, 3),
        "has_local_cert": False,
        "region": place,
        "photo": store(
            pictures.photo(chance.randrange(20), male=person.rows[0].male),
            owner=worker.user,
            purpose=Purpose.PHOTO,
            holder=worker,
        ),
    }
    for name, value in answers.items():
        setattr(worker, name, value)
    worker.no_email = chance.random() < 0.3
    if not worker.no_email:
        worker.user.email = f"worker{person.number}@example.org"
        worker.user.save(update_fields=["email"])
    worker.save()
    _work(worker, institutions, chance)
    if chance.random() < 0.4:
        _project(worker, chance)
    if chance.random() < 0.35:
        add_honour(worker, chance)


def hold_local_certificate(person: Person, first_registered: date, valid_until: date) -> None:
    """Let the worker have a local certificate, from which the first period counts (R-PRO-05, R-REG-21)."""
    worker = person.worker
    worker.has_local_cert = True
    worker.local_cert_no = f"演示{person.number:06}"
    worker.local_first_reg_date, worker.local_valid_until = first_registered, valid_until
    worker.local_cert_file = store(
        pictures.paper("地方登记证书"), owner=worker.user, purpose=Purpose.EVIDENCE, holder=worker
    )
    worker.save()


def _work(worker: Worker, institutions: list[Institution], chance: random.Random) -> None:
    begun = today() - timedelta(days=chance.randint(200, 1500))
    employer = chance.choice(institutions) if institutions and chance.random() < 0.8 else None
    WorkExperience.objects.create(
        worker=worker,
        institution=employer,
        employer_name=employer.name if employer else "示例街道社区居民委员会（演示）",
        employer_type=EmployerType.SOCIAL_WORK_INSTITUTION if employer else EmployerType.COMMUNITY,
        post=chance.choice(_POSTS),
        start_date=begun,
        duties=_DUTIES,
    )
    if chance.random() < 0.5:
        WorkExperience.objects.create(
            worker=worker,
            employer_name="示例社会福利院（演示）",
            employer_type=EmployerType.PUBLIC_INSTITUTION,
            post=chance.choice(_POSTS),
            start_date=begun - timedelta(days=900),
            end_date=begun - timedelta(days=20),
        )


def _project(worker: Worker, chance: random.Random) -> None:
    special = chance.random() < 0.3
    end = today() - timedelta(days=chance.randint(100, 600))
    project = PastProject.objects.create(
        worker=worker,
        name=f"{chance.choice(_PROJECTS)}项目（演示）",
        start_date=end - timedelta(days=180),
        end_date=end,
        is_special=special,
        plan=chance.choice(SpecialPlan.values) if special else "",
    )
    if special:
        store(pictures.paper("项目参与证明"), owner=worker.user, purpose=Purpose.EVIDENCE, holder=project)


def add_honour(worker: Worker, chance: random.Random) -> None:
    """Give the worker an honour, with its paper."""
    honour = Honour.objects.create(
        worker=worker,
        title=chance.choice(_HONOURS),
        level=chance.choice(HonourLevel.values),
        awarding_body="示例社会工作协会（演示）",
        award_date=today() - timedelta(days=chance.randint(30, 900)),
    )
    store(pictures.paper("荣誉证书"), owner=worker.user, purpose=Purpose.EVIDENCE, holder=honour)
