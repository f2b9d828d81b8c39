"""What goes wrong while somebody is at a page: the session ends, the page is overtaken, a button is pressed twice."""

from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse

from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from tests.journeys.steps import applicant, apply, find_case


def test_who_comes_back_after_the_session_ended_is_told_and_gets_back_to_the_form(visit):  # R-ACC-12
    user = applicant("周倩").worker.user
    qian = visit()
    qian.sign_in(user)
    qian.open(reverse("registration:profile_basic"))
    qian.fill(school="还没有保存的大学")
    let_idle(qian)
    qian.press("保存")
    assert "登录已过期" in qian.text
    assert "没有保存" in qian.text
    qian.sign_in(user)
    assert qian.page.url.endswith(reverse("registration:profile_basic"))
    assert qian.page.input_value("[name=school]") == "示例大学"


def let_idle(person):
    """Let an hour pass in which the person does nothing."""
    key = next(each["value"] for each in person.context.cookies() if each["name"] == "sessionid")
    session = SessionStore(session_key=key)
    session["seen"] -= 3600
    session.save()


def test_a_form_that_was_saved_in_another_window_shows_both_and_loses_neither(visit):  # R-REG-12
    user = applicant("吴涛").worker.user
    tao = visit()
    tao.sign_in(user)
    tao.open(reverse("registration:profile_basic"))
    first = tao.page
    second = tao.page = tao.context.new_page()
    tao.open(reverse("registration:profile_basic"))
    tao.fill(school="第二个窗口的大学")
    tao.save()
    tao.page = first
    tao.fill(school="第一个窗口的大学")
    tao.press("保存")
    assert "第二个窗口的大学" in first.inner_text(".diff")
    assert first.input_value("[name=school]") == "第一个窗口的大学"
    second.close()


def test_a_reviewer_never_passes_a_version_that_was_not_on_the_screen(visit, li_jing):  # R-REG-12
    application = applicant("郑洁")
    jie, jing = visit(), visit()
    jie.sign_in(application.worker.user)
    ref = apply(jie)
    jing.sign_in(li_jing)
    find_case(jing, ref)
    jie.open(reverse("registration:profile_basic"))
    jie.fill(school="刚刚改过的大学")
    jie.save()
    jing.press("初审通过")
    assert "刚刚改过的大学" in jing.text
    application.refresh_from_db()
    assert application.state == ApplicationState.PENDING_REVIEW
    jing.press("初审通过")
    application.refresh_from_db()
    assert application.state == ApplicationState.INITIAL_APPROVED


def test_a_double_click_sends_one_application(visit):  # promise 1
    for script in (True, False):
        application = applicant("冯敏" if script else "陈静")
        person = visit(script=script)
        person.sign_in(application.worker.user)
        person.open(reverse("registration:application_check", args=[application.ref]))
        person.page.check("[name=promise]")
        person.page.get_by_role("button", name="申请登记证书").dblclick()
        person.page.wait_for_load_state("networkidle")  # the second press may still be on its way
        person.open(reverse("registration:application_receipt", args=[application.ref]))
        assert application.ref in person.text
        sent = AuditEvent.objects.filter(verb="registration.application.apply", target_id=application.pk)
        assert sent.count() == 1
        assert application.forms.count() == 1
