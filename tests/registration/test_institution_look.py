# ruff: noqa: F811 - fixtures are imported by name
"""The pages of institutions and of feedback about them in a real browser: axe, the policy, and narrow screens (S8)."""

import os
import re
from pathlib import Path

import pytest
from django.urls import reverse

from tests import factories
from tests.people import signed_in
from tests.registration.feedback_pages import asked
from tests.registration.institution_pages import CODE, FORM, START, STATUS, STATUS_CODE, link_in
from tests.registration.test_pages_look import _faults, browser, look  # noqa: F401

pytestmark = pytest.mark.django_db
REASON = "登记证书扫描件不清晰，请重新上传。"


def inspect(look, url, name, *, before=None, status=""):
    """Look at a page; ``status`` is one that the browser is expected to report as an error of the page itself."""
    page = look(url)
    if before:
        before(page)
    assert [fault for fault in _faults(page) if not status or status not in str(fault)] == [], url
    for width in (375, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    if folder := os.environ.get("SWMS_SCREENSHOTS"):
        for width in (1280, 375):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    return page


def sent(mobile) -> list[str]:
    from swms.notices.models import Delivery

    return [each.text for each in Delivery.objects.order_by("-id") if each.mobile == mobile]


def code_in(texts: list[str]) -> str:
    return re.search(r"验证码 (\d{6})", next(text for text in texts if "验证码" in text)).group(1)


def press(words):
    return lambda page: page.click(f"main .actions button:has-text('{words}')")


def test_the_pages_of_a_worker_whose_institution_is_missing(look, client, people):
    worker = people.wang_fang
    client.force_login(worker.user)
    inspect(look, f"{reverse('registration:profile_work_employer')}?q=夏雨", "employer")
    inspect(look, reverse("registration:employers"), "employers-empty")
    inspect(look, reverse("registration:employer_report"), "report")
    inspect(look, reverse("registration:employer_report"), "report-errors", before=press("提交反馈"))
    one = factories.institution_feedback(worker)
    inspect(look, one.get_absolute_url(), "feedback-pending")
    one.move("approve", actor=people.li_jing)
    inspect(look, one.get_absolute_url(), "feedback-approved")
    other = factories.institution_feedback(worker, "别家")
    other.move("reject", actor=people.li_jing, reason="经核实该单位不是社会工作服务机构。")
    inspect(look, other.get_absolute_url(), "feedback-rejected")
    there = factories.institution("夏雨社会工作服务中心")
    merged = factories.institution_feedback(worker, "夏雨中心")
    merged.move("merge", actor=people.li_jing, institution=there)
    inspect(look, merged.get_absolute_url(), "feedback-merged")
    inspect(look, reverse("registration:employers"), "employers")
    inspect(look, reverse("registration:employer_link", args=[there.uid]), "link")
    inspect(look, reverse("registration:employer_link", args=[there.uid]), "link-errors", before=press("确认关联"))


def test_the_pages_of_an_institution_from_the_invitation_to_its_own_page(look, client, people):
    contact = "19900007009"
    inspect(look, "/", "home")
    inspect(look, START, "start")
    inspect(look, START, "start-errors", before=press("获取验证码"))
    feedback = factories.institution_feedback(people.wang_fang, contact_mobile=contact)
    feedback.move("approve", actor=people.li_jing)
    invitation = link_in(sent(contact), "invitation")
    inspect(look, invitation, "invitation")
    client.post(invitation, {"mobile": contact, "consent": "on"})
    inspect(look, CODE, "code")
    client.post(CODE, {"code": code_in(sent(contact))})
    inspect(look, FORM, "form")
    inspect(look, FORM, "form-errors", before=press("提交注册"))
    one = factories.registering("同心社会工作服务中心", contact=contact)
    inspect(look, f"{START}{one.ref}/receipt/", "receipt")
    inspect(look, f"{STATUS}?ref={one.ref}", "status")
    inspect(look, f"{START}invitation/{'x' * 32}/", "link-over", status="410 (Gone)")
    one.move("approve", actor=people.li_jing, seen=1)
    inspect(look, link_in(sent(contact), "password"), "password")
    client.cookies.update(signed_in(one.account).cookies)
    inspect(look, reverse("registration:institution_own"), "own")


@pytest.mark.parametrize("state", ["SUBMITTED", "RETURNED", "REJECTED", "ACTIVE"])
def test_what_the_contact_sees_in_each_state(look, client, people, state):
    contact = "19900007009"
    one = factories.registering(contact=contact)
    move = {"RETURNED": "return_for_more", "REJECTED": "reject", "ACTIVE": "approve"}.get(state)
    if move:
        one.move(move, actor=people.li_jing, seen=1, reason=REASON)
    question = asked(client.get(STATUS))
    client.post(STATUS, {"ref": one.ref, "mobile": contact, **question})
    inspect(look, STATUS_CODE, "status-code")
    client.post(STATUS_CODE, {"code": code_in(sent(contact))})
    inspect(look, f"{START}{one.ref}/", f"case-{state.lower()}")
    if state == "RETURNED":
        inspect(look, f"{START}{one.ref}/edit/", "edit")
