"""Every screen of the console in a real browser: axe, the policy, and the narrowest screen (S8)."""

import contextvars
import datetime as dt
import io
import mimetypes
import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connections
from django.urls import reverse
from playwright.sync_api import sync_playwright

from registration import roster
from registration.models import Application, Feedback
from swms.regions.models import Duty
from tests import factories
from tests.people import signed_in

ORIGIN = "http://localhost"  # browsers trust it like https
REFUSAL = {"move": "fail_first", "version": "1", "reason": "短"}


@pytest.fixture(scope="module")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's own loop runs in this thread, and Django takes it for an asynchronous program.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
        connections.close_all()  # those of that "asynchronous" program


@pytest.fixture
def see(browser):
    """Return a function that opens a page as ``client``; every request is answered by Django's test client."""
    contexts = []

    def answer(route, request, client, here, shown):
        path = request.url.removeprefix(ORIGIN)
        if path.startswith(settings.STATIC_URL):
            found = finders.find(path.removeprefix(settings.STATIC_URL))
            route.fulfill(body=Path(found).read_bytes(), content_type=mimetypes.guess_type(found)[0])
            return
        got = shown if path == "/shown" else here.run(client.get, path, headers={"host": "localhost"})
        body = got.getvalue() if hasattr(got, "getvalue") else got.content
        # Browsers report a page that came with 409 as an error, which is what its reader is told anyway.
        status = 200 if path == "/shown" else got.status_code
        route.fulfill(status=status, headers=dict(got.items()), body=body)

    def show(client, url, *, post=None, width=1280, name=""):
        shown = client.post(url, post) if post else client.get(url)
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: m.type in {"error", "warning"} and page.complaints.append(m.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        # Playwright answers in a context of its own, where Django would open another connection.
        here = contextvars.copy_context()
        page.route("**/*", lambda route, request: answer(route, request, client, here, shown))
        page.goto(f"{ORIGIN}/shown")
        if (folder := os.environ.get("SWMS_SCREENSHOTS")) and name:
            page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}-{width}.png", full_page=True)
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.fixture
def desk(people):
    """An office with something on every screen: who sits there, by duty."""
    case = factories.submitted("王芳")
    late, near = factories.submitted("陈晨"), factories.submitted("买买提·阿卜杜拉")
    today = dt.date.today()  # noqa: DTZ011 - only for colours
    Application.objects.filter(pk=late.pk).update(due_on=today - dt.timedelta(days=6))
    Application.objects.filter(pk=near.pk).update(due_on=today + dt.timedelta(days=5))
    factories.evidence(case.worker, case.worker.user)
    feedback = Feedback(
        ref="FK20261123ABCDEF",
        name="李娜",
        id_number=factories.id_number(),
        mobile=factories.mobile(),
        level=1,
        exam_year=2025,
        issue_date=dt.date(2025, 9, 15),
        mgmt_no="202511000000000001",
        region=factories.region("110105"),
        note="证书上的姓名写错了。",
    ).begin()
    factories.institution()
    employer = factories.institution_feedback(case.worker, "春风 社会工作服务中心")
    institution = factories.registering("春风社会工作服务中心", uscc=factories.uscc(kind="51"))
    keeper = factories.staff("周燕", (Duty.CERTIFICATE, None), username="zhouyan2")
    lines = [
        "考试年度,级别,姓名,证件类型,证件号码,管理号,签发日期,省份",
        f"2025,助理社会工作师,赵一,居民身份证,{factories.id_number()},202511000100000017,2025-09-15,北京市",
        "2025,助理社会工作师,钱二,居民身份证,110000199003070011,202511000100000025,2025-09-15,北京市",
    ]
    tried = roster.stage(io.BytesIO("\n".join(lines).encode()), name="名单.csv", by=keeper)
    roster.run(tried.pk)
    return {
        "case": case,
        "feedback": feedback,
        "employer": reverse("admin:registration_institutionfeedback_change", args=[employer.ref]),
        "institution": reverse("admin:registration_institution_change", args=[institution.uid]),
        "jing": signed_in(people.li_jing),
        "keeper": signed_in(keeper),
        "system": signed_in(factories.staff("郑凯", (Duty.SYSTEM, None), username="zhengkai")),
        "security": signed_in(factories.staff("吴敏", (Duty.SECURITY, None), username="wumin")),
        "audit": signed_in(factories.staff("冯雪", (Duty.AUDIT, None), username="fengxue")),
        "tried": reverse("admin:registration_rosterimport_change", args=[tried.uid]),
        "reveal": reverse("admin:registration_application_reveal", args=[case.ref]),
        "person": reverse("admin:accounts_user_change", args=[people.li_jing.uid]),
    }


#: Name: who looks, at which page, and what is posted there.
SCREENS = {
    "front": ("jing", "admin:index", None),
    "queue": ("jing", "admin:registration_application_changelist", None),
    "nothing found": ("jing", "admin:registration_application_changelist", {"text": "无此人"}),
    "found": ("jing", "admin:registration_application_changelist", {"text": "王芳"}),
    "review": ("jing", "case", None),
    "refusal with errors": ("jing", "case", REFUSAL),
    "decision on another version": ("jing", "case", {"move": "pass_first", "version": "7"}),
    "number shown": ("jing", "reveal", {"field": "id_number"}),
    "feedback queue": ("jing", "admin:registration_feedback_changelist", None),
    "feedback": ("jing", "feedback", None),
    "register": ("jing", "admin:registration_registration_changelist", None),
    "institutions": ("jing", "admin:registration_institution_changelist", None),
    "institution": ("jing", "institution", None),
    "institution returned with errors": ("jing", "institution", {"move": "return_for_more", "reason": "短"}),
    "institution feedback queue": ("jing", "admin:registration_institutionfeedback_changelist", None),
    "institution feedback": ("jing", "employer", None),
    "merge with errors": ("jing", "employer", {"move": "merge", "uscc": "52"}),
    "certificates": ("jing", "admin:certificates_certificate_changelist", None),
    "roster": ("keeper", "admin:registration_qualification_changelist", None),
    "qualification": ("keeper", "qualification", None),
    "imports": ("keeper", "admin:registration_rosterimport_changelist", None),
    "imports with errors": ("keeper", "admin:registration_rosterimport_changelist", {"file": ""}),
    "list tried": ("keeper", "tried", None),
    "annotations": ("keeper", "admin:certificates_annotation_changelist", None),
    "notices": ("system", "admin:notices_notice_changelist", None),
    "messages": ("system", "admin:notices_delivery_changelist", None),
    "promises": ("system", "admin:swms_heartbeat_changelist", None),
    "promises judged": ("system", "admin:swms_heartbeat_changelist", {"now": "1"}),
    "staff": ("security", "admin:accounts_user_changelist", None),
    "new staff": ("security", "admin:accounts_user_add", None),
    "new staff with errors": ("security", "admin:accounts_user_add", {"name": "", "username": "A"}),
    "person": ("security", "person", None),
    "grant with errors": ("security", "person", {"do": "grant", "duty": "first_review"}),
    "trail": ("audit", "admin:audit_auditevent_changelist", None),
    "chain": ("audit", "admin:audit_auditevent_chain", None),
    "gallery": ("jing", "admin:gallery", None),
}


def _url(desk, target):
    if target == "case":
        return reverse("admin:registration_application_change", args=[desk["case"].ref])
    if target == "feedback":
        return reverse("admin:registration_feedback_change", args=[desk["feedback"].ref])
    if target == "qualification":
        return reverse("admin:registration_qualification_change", args=[desk["case"].qualification.mgmt_no])
    return desk.get(target) or reverse(target)


@pytest.mark.parametrize("name", SCREENS)
def test_axe_and_the_browser_find_nothing_and_nothing_scrolls_sideways(see, desk, name):
    who, target, post = SCREENS[name]
    page = see(desk[who], _url(desk, target), post=post, name=name)
    assert [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]] == []
    assert page.complaints == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if folder := os.environ.get("SWMS_SCREENSHOTS"):
        page.set_viewport_size({"width": 375, "height": 800})
        page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}-375.png", full_page=True)
