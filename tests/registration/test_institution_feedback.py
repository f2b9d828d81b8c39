# ruff: noqa: F811 - fixtures are imported by name
"""A worker whose institution is missing: feedback, the office's answer, and the offer to link (R-PRO-10, §2.8)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from registration import actions, tasks
from registration.models import Institution, InstitutionFeedback, WorkExperience
from registration.workflows import InstitutionFeedbackState as F
from registration.workflows import InstitutionState as S
from swms.histories import broken_histories
from swms.notices.models import Notice
from swms.throttle import Throttled
from swms.workflow import Refused
from tests import factories
from tests.people import signed_in
from tests.registration.feedback_pages import clock, code_for, sent, texts  # noqa: F401
from tests.registration.institution_pages import CONTACT, USCC, link_in

REPORT = "/registration/employers/report/"
NAME = "夏雨社会工作服务中心"
REASON = "经核实该单位不是社会工作服务机构。"


def typed(**changes) -> dict:
    data = {"name": NAME, "uscc": "", "region": "110105", "contact_name": "周敏", "contact_mobile": CONTACT}
    return data | changes


@pytest.fixture
def wang_fang(people):
    return people.wang_fang


@pytest.fixture
def browser(wang_fang):
    return signed_in(wang_fang.user)


@pytest.fixture
def one(browser) -> InstitutionFeedback:
    """王芳's feedback, given through the pages."""
    browser.post(REPORT, typed())
    return InstitutionFeedback.objects.get()


def console(record, page="change"):
    return reverse(f"admin:registration_{record._meta.model_name}_{page}", args=[getattr(record, "ref", record.uid)])


def approve(institution, people):
    institution.refresh_from_db()
    return institution.move("approve", actor=people.li_jing, seen=institution.round)


# --- the worker ------------------------------------------------------------------------------------------


def test_who_does_not_find_the_institution_is_led_to_feedback_with_the_name_that_was_typed(browser):
    page = texts(browser.get("/registration/profile/experience/employer/", {"q": NAME}))
    assert "找不到？反馈机构信息" in page
    form = browser.get(REPORT, {"name": NAME}).context["form"]
    assert form["name"].value() == NAME


def test_a_feedback_has_a_receipt_a_clock_of_15_working_days_and_a_page_of_its_own(browser, one):
    assert one.ref.startswith("JF20261123")
    assert one.due_on == date(2026, 12, 14)
    listed = texts(browser.get("/registration/employers/"))
    assert one.ref in listed
    assert "待审核" in listed
    page = texts(browser.get(one.get_absolute_url()))
    assert "等待审核" in page
    assert CONTACT not in page
    notice = Notice.objects.get(kind="registration.institutionfeedback.begin")
    assert one.ref in notice.body
    assert notice.url == one.get_absolute_url()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("uscc", "52110105TEHT90001X", "最后一位校验不通过"),
        ("uscc", "5211010", "应为18位"),
        ("contact_mobile", "1990000", "11位"),
        ("contact_name", "周", "2至50个字"),
        ("name", "", "请填写机构名称"),
    ],
)
def test_what_cannot_be_right_is_said_beside_its_field_and_nothing_typed_is_lost(browser, field, value, message):
    page = browser.post(REPORT, typed(**{field: value}))
    assert message in str(page.context["form"].errors[field])
    assert page.context["form"]["region"].value() == "110105"
    assert not InstitutionFeedback.objects.exists()


def test_two_presses_give_one_feedback_and_lead_to_its_page(browser, one):
    again = browser.post(REPORT, typed())
    assert again["Location"] == one.get_absolute_url()
    assert InstitutionFeedback.objects.count() == 1


def test_five_feedbacks_a_day_and_no_more(wang_fang):
    for number in range(5):
        factories.institution_feedback(wang_fang, f"第{number}中心")
    with pytest.raises(Throttled):
        factories.institution_feedback(wang_fang, "第六中心")


def test_chen_chen_cannot_open_the_feedback_of_wang_fang(one, people):
    other = signed_in(people.chen_chen.user)
    assert other.get(one.get_absolute_url()).status_code == 404
    assert one.ref not in texts(other.get("/registration/employers/"))


# --- the office ----------------------------------------------------------------------------------------


def test_approving_invites_the_contact_by_sms_and_tells_the_worker(one, people, sent):
    """§2.8; SEED 30: the institution is notified to register itself."""
    page = signed_in(people.li_jing).post(console(one), {"move": "approve"})
    assert page.status_code == 302
    one.refresh_from_db()
    assert (one.state, one.institution.state, one.institution.name) == (F.APPROVED, S.INVITED, NAME)
    invitation = sent(CONTACT)[0]
    assert "邀请“夏雨社会工作服务中心”注册，请在2026年12月23日前" in invitation
    told = Notice.objects.get(kind="registration.institutionfeedback.approve")
    assert told.recipient == people.wang_fang.user
    assert "/invitation/" not in told.body
    token = link_in(sent(CONTACT), "invitation").rstrip("/").rpartition("/")[2]
    link = one.institution.links.get()
    assert token not in link.token_hash
    assert len(link.token_hash) == 64


def test_zhao_min_of_another_region_neither_finds_nor_decides_it(one, people):
    min_ = signed_in(people.zhao_min)
    assert min_.get(console(one)).status_code == 404
    assert one.ref not in texts(min_.get("/console/registration/institutionfeedback/"))
    assert min_.post("/console/registration/institutionfeedback/", {"text": one.ref}).context["rows"] == []
    with pytest.raises(PermissionDenied):
        one.move("approve", actor=people.zhao_min)


def test_zhang_wei_who_makes_final_reviews_does_not_decide_feedback(one, people):
    assert signed_in(people.zhang_wei).get(console(one)).status_code == 404
    with pytest.raises(PermissionDenied):
        one.move("reject", actor=people.zhang_wei, reason=REASON)


def test_a_reviewer_does_not_decide_the_own_feedback_under_another_account(one, people):
    """As R-REG-18."""
    people.li_jing.id_number = people.wang_fang.user.id_number
    with pytest.raises(PermissionDenied):
        one.move("approve", actor=people.li_jing)


def test_two_reviewers_who_approve_at_once_invite_once(one, people, sent):
    jing = signed_in(people.li_jing)
    jing.post(console(one), {"move": "approve"})
    late = jing.post(console(one), {"move": "approve"})
    assert late.status_code == 409
    assert sum("/invitation/" in text for text in sent(CONTACT)) == 1


def test_the_same_code_or_the_same_name_in_the_region_is_shown_before_the_decision(browser, people):
    there = factories.institution("夏雨中心", uscc=USCC)
    namesake = factories.institution("夏雨 社会工作服务中心")
    factories.institution(NAME, code="310115")  # elsewhere, and so another one
    browser.post(REPORT, typed(uscc=USCC))
    one = InstitutionFeedback.objects.get()
    page = signed_in(people.li_jing).get(console(one))
    checks = {each.name: each.ok for each in page.context["open_checks"]}
    assert checks == {"same_code": False, "same_name": None}
    assert page.context["asking_moves"][0]["form"].fields["institution"].choices == [
        (str(there.uid), f"{there.name}（{USCC}，正常）"),
        (str(namesake.uid), f"{namesake.name}（{namesake.uscc}，正常）"),
    ]


def test_an_institution_that_is_there_is_not_invited_again_but_merged_and_the_worker_may_link_it(browser, people, sent):
    """§2.8: not a duplicate USCC."""
    there = factories.institution("夏雨中心", uscc=USCC)
    browser.post(REPORT, typed(uscc=USCC))
    one, jing = InstitutionFeedback.objects.get(), signed_in(people.li_jing)
    refused = jing.post(console(one), {"move": "approve"})
    assert refused.status_code == 409
    assert "请并入已有机构" in texts(refused)
    empty = jing.post(console(one), {"move": "merge"})
    assert "请选择要并入的机构" in texts(empty)
    jing.post(console(one), {"move": "merge", "institution": str(there.uid)})
    one.refresh_from_db()
    assert (one.state, one.institution) == (F.MERGED, there)
    assert Institution.objects.count() == 1
    assert sent(CONTACT) == []
    page = texts(browser.get(one.get_absolute_url()))
    assert reverse("registration:employer_link", args=[there.uid]) in page


def test_any_other_institution_is_merged_into_by_its_code_and_one_that_ended_is_not(one, people):
    other, ended = factories.institution("别名中心"), factories.institution("旧中心", state=S.DEREGISTERED)
    jing = signed_in(people.li_jing)
    assert "系统中没有使用这个代码的机构" in texts(jing.post(console(one), {"move": "merge", "uscc": ended.uscc}))
    jing.post(console(one), {"move": "merge", "uscc": other.uscc})
    one.refresh_from_db()
    assert one.institution == other


def test_a_refusal_needs_a_reason_that_the_worker_reads(one, browser, people):
    jing = signed_in(people.li_jing)
    assert "请写10字以上" in texts(jing.post(console(one), {"move": "reject", "reason": "不是"}))
    jing.post(console(one), {"move": "reject", "reason": REASON})
    page = texts(browser.get(one.get_absolute_url()))
    assert REASON in page
    assert "可以重新反馈" in page
    assert REASON in Notice.objects.get(kind="registration.institutionfeedback.reject").body


def test_the_contacts_mobile_is_masked_and_showing_it_leaves_a_trace(one, people):
    """R-ACC-13."""
    from swms.audit.models import AuditEvent

    jing = signed_in(people.li_jing)
    assert CONTACT not in texts(jing.get(console(one)))
    assert CONTACT in texts(jing.post(console(one, "reveal"), {"field": "contact_mobile"}))
    assert AuditEvent.objects.get(verb="registration.institutionfeedback.reveal").actor == people.li_jing


def test_reviewers_are_reminded_after_10_working_days(one, people, clock):
    clock.move_to("2026-12-07 08:30:00+08:00")
    assert people.li_jing
    tasks.remind()
    assert "即将到期1件" in people.li_jing.notices.get(kind="registration.reminder").body


# --- 180 days ----------------------------------------------------------------------------------------


def test_an_institution_that_does_not_register_in_180_days_lets_the_feedback_and_the_invitation_expire(
    one, people, clock, browser, sent
):
    """§2.8, R-TIME-02; also when the job did not run on the very day."""
    one.move("approve", actor=people.li_jing)
    clock.shift(timedelta(days=180))
    tasks.expire()
    one.refresh_from_db()
    assert one.state == F.APPROVED
    clock.shift(timedelta(days=4))  # nothing ran for three days
    tasks.expire()
    one.refresh_from_db()
    assert (one.state, one.institution.state) == (F.EXPIRED, S.REJECTED)
    assert "逾期未注册" in Notice.objects.get(kind="registration.institutionfeedback.expire").title
    assert Client().get(link_in(sent(CONTACT), "invitation")).status_code == 410
    tasks.expire()
    assert list(broken_histories(InstitutionFeedback)) == list(broken_histories(Institution)) == []


def test_a_form_that_is_under_review_on_the_180th_day_was_sent_in_time(one, people, clock):
    one.move("approve", actor=people.li_jing)
    clock.shift(timedelta(days=175))
    facts = factories.institution_facts()
    for name, value in facts.items():
        setattr(one.institution, name, value)
    one.institution.certificate_scan = factories.scan()
    one.institution.save()
    one.institution.move("submit")
    clock.shift(timedelta(days=10))
    tasks.expire()
    assert not actions.institutions.expire_feedback(one.pk)
    one.refresh_from_db()
    assert one.state == F.APPROVED
    approve(one.institution, people)
    one.refresh_from_db()
    assert one.state == F.REGISTERED


# --- linking ---------------------------------------------------------------------------------------------


@pytest.fixture
def active(one, people) -> Institution:
    """夏雨, registered and approved after 王芳's feedback."""
    one.move("approve", actor=people.li_jing)
    institution = one.institution
    for name, value in factories.institution_facts(NAME, uscc=USCC).items():
        setattr(institution, name, value)
    institution.certificate_scan = factories.scan()
    institution.save()
    institution.move("submit")
    return approve(institution, people)


def test_every_worker_who_told_of_it_is_offered_the_institution_and_nobody_is_linked_by_the_name(
    one, wang_fang, people
):
    """R-PRO-10: the own feedback, or one with the same code; a typed name alone is no sign."""
    chen = people.chen_chen
    factories.institution_feedback(chen, "夏雨", uscc=USCC).move("reject", actor=people.li_jing, reason=REASON)
    namesake = factories.worker("林晓")
    factories.experience(namesake, employer_name=NAME)
    wang_fang.experiences.update(employer_name=NAME)
    one.move("approve", actor=people.li_jing)
    one.institution.move("lapse")
    approve(factories.registering(NAME, uscc=USCC), people)
    one.refresh_from_db()
    assert one.state == F.APPROVED, "its feedback named no code, and its invitation was not used"
    offers = Notice.objects.filter(kind="registration.institution.offer")
    assert [each.recipient for each in offers] == [chen.user]
    assert not WorkExperience.objects.exclude(institution=None).exists()


def test_who_was_merged_into_an_institution_on_its_way_is_offered_it_when_it_is_in(one, wang_fang, people):
    institution = factories.registering(NAME)
    one.move("merge", actor=people.li_jing, institution=institution)
    url = reverse("registration:employer_link", args=[institution.uid])
    assert signed_in(wang_fang.user).get(url).status_code == 404
    approve(institution, people)
    offer = Notice.objects.get(kind="registration.institution.offer")
    assert (offer.recipient, offer.url) == (wang_fang.user, url)
    one.refresh_from_db()
    assert one.state == F.MERGED


def test_the_feedback_becomes_registered_and_the_worker_links_the_own_work(active, one, browser, wang_fang):
    one.refresh_from_db()
    assert one.state == F.REGISTERED
    notice = Notice.objects.get(kind="registration.institutionfeedback.register")
    assert notice.recipient == wang_fang.user
    work = wang_fang.experiences.get()
    past = factories.experience(
        wang_fang, employer_name="夏雨 社会工作服务中心", start_date=date(2018, 1, 1), end_date=date(2019, 1, 1)
    )
    step = texts(browser.get(notice.url))
    url = reverse("registration:employer_link", args=[active.uid])
    assert url in step
    form = browser.get(url).context["form"]
    assert [str(row.pk) for row in form.rows] == [str(work.pk), str(past.pk)]
    assert form["experiences"].value() == [str(past.pk)]
    assert "请选择要关联的工作经历" in str(browser.post(url).context["form"].errors)
    browser.post(url, {"experiences": [str(work.pk), str(past.pk)]})
    for row in (work, past):
        row.refresh_from_db()
        assert (row.institution, row.employer_name) == (active, NAME)
    assert "已关联" in texts(browser.get(one.get_absolute_url()))


def test_linking_writes_a_new_version_of_a_form_that_is_under_review(active, browser, people, wang_fang):
    """R-REG-12."""
    application = people.application
    actions.apply(application, by=wang_fang.user, promise_version="2026-11")
    seen = application.form_version
    url = reverse("registration:employer_link", args=[active.uid])
    browser.post(url, {"experiences": [str(wang_fang.experiences.get().pk)]})
    application.refresh_from_db()
    assert application.form_version == seen + 1


def test_what_is_locked_is_said_and_cannot_be_posted_either(active, browser, people, wang_fang):
    """R-REG-11."""
    application = people.application
    actions.apply(application, by=wang_fang.user, promise_version="2026-11")
    application.move("pass_first", actor=people.li_jing, seen=application.form_version)
    url = reverse("registration:employer_link", args=[active.uid])
    assert "以下工作经历现在不能关联" in texts(browser.get(url))
    work = wang_fang.experiences.get()
    browser.post(url, {"experiences": [str(work.pk)]})
    with pytest.raises(Refused, match="个人信息不能修改"):
        actions.link_institution(wang_fang, [work], active, by=wang_fang.user)
    work.refresh_from_db()
    assert work.institution is None


def test_an_institution_that_was_suspended_meanwhile_is_not_linked(active, browser, people, wang_fang):
    active.move("suspend", actor=people.li_jing, reason="年度检查不合格，暂停使用本系统。")
    assert browser.get(reverse("registration:employer_link", args=[active.uid])).status_code == 404
    with pytest.raises(Refused, match="现在不能关联"):
        actions.link_institution(wang_fang, wang_fang.experiences.all(), active, by=wang_fang.user)


def test_who_gave_no_feedback_about_it_finds_no_offer(active, people):
    """陈晨 may choose it from the list like everybody, but nothing was offered."""
    url = reverse("registration:employer_link", args=[active.uid])
    assert signed_in(people.chen_chen.user).get(url).status_code == 404
