"""One of everything that an address can name, and one person for every role. Everybody in here is fictitious."""

from __future__ import annotations

import re
import uuid
from functools import cached_property
from operator import attrgetter

from django.db import connection
from django.test import Client

from certificates import actions as certificates
from certificates.actions import collecting
from certificates.models import TERMS_VERSION, Annotation, PaperCertificate, Replacement
from registration import actions
from registration.models import (
    Appeal,
    Application,
    Feedback,
    Honour,
    Institution,
    InstitutionFeedback,
    PastProject,
    RosterConflict,
    RosterImport,
    RosterMerge,
    SampledCase,
    SamplingCampaign,
    Transfer,
    WorkExperience,
)
from registration.promise import PROMISE_VERSION
from swms.accounts.models import User
from swms.bulletins import actions as bulletins
from swms.bulletins.models import Bulletin
from swms.casework.batches import Choice, carry_out, open_batch
from swms.casework.models import BatchDecision, BatchRow
from swms.dates import today
from swms.notices.models import Notice
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.certificates import makers, papers
from tests.people import People, signed_in
from tests.registration.inspections import inspected, say

#: Every role of the matrix, in the order in which its rows speak of them.
ROLES = (
    "stranger",  # not signed in
    "wang_fang",  # the worker to whom everything below belongs
    "chen_chen",  # another worker
    "spring",  # an institution
    "li_jing",  # first reviewer of 朝阳区, where 王芳 registers
    "zhang_wei",  # final reviewer of 北京市
    "zhao_min",  # first and final reviewer of 上海市, who must see nothing
    "zhou_yan",  # keeper of certificates of 北京市
    "qian_li",  # keeper of certificates of the whole country
    "wu_qiang",  # system administrator
    "zheng_kai",  # security administrator
    "he_xin",  # auditor
)


class World(People):
    """王芳 has one case under review, one finished with its certificate, and an annotated copy."""

    @cached_property
    def spring_user(self) -> User:
        user = User.objects.create_user(kind=User.Kind.INSTITUTION, name=self.spring.name, username="chunfeng")
        self.spring.account = user
        self.spring.save()
        return user

    @cached_property
    def qian_li(self) -> User:
        return factories.staff("钱丽", (Duty.CERTIFICATE, None), username="qianli")

    @cached_property
    def wu_qiang(self) -> User:
        return factories.staff("吴强", (Duty.SYSTEM, None), username="wuqiang")

    @cached_property
    def zheng_kai(self) -> User:
        return factories.staff("郑凯", (Duty.SECURITY, None), username="zhengkai")

    @cached_property
    def he_xin(self) -> User:
        return factories.staff("何欣", (Duty.AUDIT, None), username="hexin")

    def user(self, role: str) -> User | None:
        """Return who plays a role of ``ROLES``, ``None`` for the stranger."""
        if role == "stranger":
            return None
        person = self.spring_user if role == "spring" else getattr(self, role)
        return person if isinstance(person, User) else person.user

    #: A display mode, a region, a province and a move, as they stand in addresses.
    display_mode, place, province, move = "elder", "110105", "110000", "withdraw"
    first = 1  # page of a document

    @property
    def next_year(self) -> int:
        return today().year + 1

    # -- what addresses name ----------------------------------------------------------------

    @cached_property
    def application(self) -> Application:
        return factories.submitted("王芳")

    @cached_property
    def finished(self) -> Application:
        """王芳's other case, of a higher level, in 已出证."""
        worker = self.wang_fang
        row = factories.qualification("王芳", number=worker.user.id_number, level=2)
        actions.attach_qualifications(worker)
        one = Application.objects.get(qualification=row)
        actions.apply(one, by=worker.user, promise_version=PROMISE_VERSION)
        one.move("pass_first", actor=self.li_jing, seen=one.form_version)
        one.move("pass_final", actor=self.zhang_wei, seen=one.form_version)
        actions.complete(one.pk)
        certificates.issue(one.pk)
        one.refresh_from_db()
        return one

    @cached_property
    def registration(self):
        return self.finished.qualification.registration

    @cached_property
    def annotation(self) -> Annotation:
        certificates.agree_to_terms(self.wang_fang.user, TERMS_VERSION)
        one = makers.ask(self.finished.qualification)
        certificates.annotate([one.pk])
        one.refresh_from_db()
        return one

    @cached_property
    def replacement(self) -> Replacement:
        """王芳's replacement, 待审核; it was sent before her other application, which would have refused it."""
        one = Replacement(
            ref="HF-110105-2026-00001",
            worker=self.wang_fang,
            registration=self.registration,
            reason="lost",
            note="搬家时遗失",
        ).begin(actor=self.wang_fang.user)
        Application.objects.filter(pk=self.application.pk).update(state="NOT_APPLIED")
        one.move("submit", actor=self.wang_fang.user)
        Application.objects.filter(pk=self.application.pk).update(state="PENDING_REVIEW")
        return one

    @cached_property
    def experience(self) -> WorkExperience:
        return self.wang_fang.experiences.get()

    @cached_property
    def project(self) -> PastProject:
        return factories.past_project(self.wang_fang)

    @cached_property
    def honour(self) -> Honour:
        return Honour.objects.create(
            worker=self.wang_fang, title="优秀社工", level="COUNTY", awarding_body="示例单位", award_date=today()
        )

    @cached_property
    def transfer(self) -> Transfer:
        return factories.change(self.wang_fang, into=self.spring)

    @cached_property
    def feedback(self) -> Feedback:
        return Feedback(
            ref="FK-110105-2026-00001",
            name="陈晨",
            id_number=factories.id_number(),
            mobile=factories.mobile(),
            level=1,
            exam_year=2025,
            issue_date=today(),
            mgmt_no="110000202500000001",
            region=factories.region("110105"),
        ).begin()

    @cached_property
    def appeal(self) -> Appeal:
        """王芳's, which 李静 has to decide."""
        return factories.appeal(self.wang_fang)

    @cached_property
    def objected(self) -> Appeal:
        """Of 林悦, whose old mobile objected, so that her account is locked."""
        one = factories.appeal(factories.worker("林悦", region=factories.region("110105")))
        return one.move("approve", actor=self.li_jing, seen=1).move("block")

    @cached_property
    def institution(self) -> Institution:
        """夏雨, in 待审核; 王芳 told of it under the code of 春风."""
        return factories.registering()

    @cached_property
    def institution_feedback(self) -> InstitutionFeedback:
        return factories.institution_feedback(self.wang_fang, "春风中心", uscc=self.spring.uscc)

    #: What the SMS of 夏雨's would have said; neither is right.
    token = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6"

    @cached_property
    def inspection(self) -> SampledCase:
        """王芳's finished registration, drawn by a campaign of 北京市 and examined: 李静 may propose."""
        self.finished  # noqa: B018 (it is made by being asked for)
        return say(inspected(self, self.wang_fang), "answer")

    @property
    def campaign(self) -> SamplingCampaign:
        return self.inspection.campaign

    @cached_property
    def paper(self) -> PaperCertificate:
        """王芳's, asked for by courier; she took the request back after the first list and gave another address."""
        row, holder = self.finished.qualification, self.wang_fang.user
        batch = papers.published(self.zhou_yan, row)
        collecting.request_mail(papers.paper_of(row), papers.address(), by=holder)
        collecting.export_requests(batch, by=self.zhou_yan)
        collecting.cancel_mail(papers.paper_of(row), by=holder)
        collecting.request_mail(papers.paper_of(row), papers.address(), by=holder)
        return papers.paper_of(row)

    #: The list for the carrier.
    list_number = 1

    @cached_property
    def bulletin(self) -> Bulletin:
        """周燕's, public, of 北京市."""
        said = {"title": "纸质证书领取通知", "body": "请于工作日领取。"}
        draft = bulletins.draft(region=factories.region("110000"), module="certificates", by=self.zhou_yan, **said)
        return bulletins.publish(draft, by=self.zhou_yan)

    @cached_property
    def roster_import(self) -> RosterImport:
        return RosterImport.objects.create(
            file_name="名册.xlsx", sha256="0" * 64, by=self.qian_li, outcome=RosterImport.Outcome.FINISHED
        )

    @cached_property
    def roster_conflict(self) -> RosterConflict:
        """A row of that import which calls a holder otherwise."""
        row = factories.qualification("孙六")
        return RosterConflict(
            roster_import=self.roster_import,
            row=2,
            kind="name",
            name="孙陆",
            id_type=row.id_type,
            id_number=row.id_number,
            mgmt_no=row.mgmt_no,
            level=row.level,
            exam_year=row.exam_year,
            issue_date=row.issue_date,
            province=row.province,
        ).begin()

    @cached_property
    def roster_merge(self) -> RosterMerge:
        """Of two holders without accounts, proposed by the keeper of the country."""
        keep, join = factories.qualification("周七"), factories.qualification("周七", level=2)
        reason = "公安机关出具的证件号码变更证明。"
        return actions.merging.propose(keep, join, reason=reason, by=self.qian_li)

    @cached_property
    def batch(self) -> BatchDecision:
        """What 李静 confirmed, of a case that is gone."""
        gone = Choice("DJ-110105-2026-99999", 1, "pass_first", "初审通过")
        one = open_batch(uuid.uuid4(), "registration.application", [gone], by=self.li_jing, attestation="已逐件查看")
        carry_out(one, _gone)
        return one

    @cached_property
    def notice(self) -> Notice:
        return Notice.objects.filter(recipient=self.wang_fang.user).latest("pk")

    @cached_property
    def photo(self):
        return self.wang_fang.photo

    @cached_property
    def proof(self):
        """A document of 王芳's."""
        return factories.document(self.wang_fang, self.wang_fang.user)

    # -- looking at it ------------------------------------------------------------------------

    def make(self) -> None:
        """Make everything now, so that no request is the first to do so."""
        for role in ROLES:
            self.user(role)
        for name in (
            "application",
            "annotation",
            "replacement",
            "experience",
            "project",
            "honour",
            "feedback",
            "appeal",
            "objected",
            "transfer",
            "roster_import",
            "inspection",
            "bulletin",
            "paper",
            "roster_conflict",
            "roster_merge",
            "proof",
            "batch",
        ):
            getattr(self, name)
        for name in ("institution", "institution_feedback"):
            getattr(self, name)
        with connection.cursor() as cursor:  # what a commit does: entries of the log get their places
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        # Who has not agreed to 服务须知 is led to it first, and would never come to the question of whose it is.
        certificates.agree_to_terms(self.chen_chen.user, TERMS_VERSION)

    def browser(self, role: str, *, second_factor: bool = True) -> Client:
        """Return the browser of a role; a page that breaks answers 500 instead of raising."""
        user = self.user(role)
        if user is None:
            return Client(raise_request_exception=False)
        if second_factor:
            return signed_in(user, raise_request_exception=False)
        browser = Client(raise_request_exception=False)
        browser.force_login(user)
        return browser

    def address(self, route: str, keys: dict[str, str], *, missing: bool = False) -> str:
        """Return the path of a route with what ``keys`` names in it: ``{"ref": "application.ref"}``.

        With ``missing`` it names something of the same form that does not exist.
        """

        def value(match: re.Match) -> str:
            text = str(attrgetter(keys[match["name"]])(self))
            return nothing_like(text) if missing else text

        return "/" + re.sub(r"<(?:\w+:)?(?P<name>\w+)>", value, route)


def _gone(row: BatchRow) -> None:
    raise Refused("gone", "没有找到这件申请")


def nothing_like(text: str) -> str:
    """Return a key of the same form as ``text`` that names nothing."""
    if text.isdigit() and len(text) < 18:
        return str(2**31 - 1)
    return re.sub(r"\d", lambda digit: str(9 - int(digit[0])), text)
