"""From an institution that is missing to a work experience that is linked to it (R-PRO-10, R-SVC-07)."""

import re

import pytest
from PIL import Image

from registration.models import Institution, InstitutionFeedback
from swms.notices.models import Delivery
from tests import factories
from tests.journeys.browsing import authenticator_code, newest_code
from tests.journeys.steps import CHAOYANG, applicant
from tests.people import PASSWORD

NAME = "知行社会工作服务中心"


@pytest.fixture
def scan(tmp_path):
    """A file with a picture of no certificate."""
    path = tmp_path / "登记证书.jpg"
    Image.new("RGB", (1200, 850), "#f5efe0").save(path)
    return path


def newest_link(mobile: str) -> str:
    """Return the address in the newest SMS to a mobile that has one, without the portal's own."""
    texts = [each.text for each in Delivery.objects.order_by("-id") if each.mobile == mobile]
    return re.search(r"https?://[^/]+(/\S+)", next(text for text in texts if "://" in text)).group(1)


def submit(person, words):
    """Press the visible button, not the one that Enter presses."""
    person.page.locator(".actions").get_by_role("button", name=words).click()
    person.page.wait_for_load_state()
    person.look()


def report(person, contact):
    """Look for the institution, not find it, and tell of it; return the receipt number."""
    person.open("/registration/profile/experience/")
    person.open("/registration/profile/experience/employer/")
    person.fill(q=NAME)
    person.press("查找")
    assert "没有找到" in person.text
    person.press("找不到？反馈机构信息")
    assert person.page.input_value("[name=name]") == NAME
    person.fill(contact_name="周敏", contact_mobile=contact)
    person.choose_region("region", *CHAOYANG)
    submit(person, "提交反馈")
    assert "等待审核" in person.text
    return person.page.locator("main .number").first.inner_text()


def register(person, contact, uscc, scan):
    """Open the link of the invitation, prove the mobile, fill in, send; return the receipt number."""
    person.open(newest_link(contact))
    assert NAME in person.text
    person.fill(mobile=contact)
    person.page.check("[name=consent]")
    submit(person, "获取验证码")
    person.fill(code=newest_code(contact))
    submit(person, "下一步")
    assert person.page.input_value("[name=name]") == NAME
    person.fill(
        uscc=f"{uscc[:-1]}{'A' if uscc[-1] != 'A' else 'B'}", org_type="PRIVATE_NON_ENTERPRISE", legal_rep="周明",
        established="2018-05-20", address="示例路8号", business_scope="社区为老服务", staff_total="9",
        staff_licensed="3", certificate_scan=str(scan),
    )  # fmt: skip
    submit(person, "提交注册")
    assert "最后一位校验不通过" in person.text
    assert "已上传：登记证书.jpg" in person.text
    person.fill(uscc=uscc)
    submit(person, "提交注册")
    return person.page.locator(".receipt__number").inner_text()


def test_a_missing_institution_is_reported_invited_registered_and_linked(visit, li_jing, scan):
    contact, uscc = factories.mobile(), factories.uscc()
    wang_fang = applicant("王芳").worker
    wang = visit()
    wang.sign_in(wang_fang.user)
    ref = report(wang, contact)

    jing = visit()
    jing.sign_in(li_jing)
    jing.open("/console/registration/institutionfeedback/")
    jing.page.get_by_role("row").filter(has_text=ref).get_by_role("link").first.click()
    jing.look()
    assert NAME in jing.text
    assert contact not in jing.text
    jing.press("审核通过并邀请机构")
    assert InstitutionFeedback.objects.get(ref=ref).state == "APPROVED"

    zhou = visit()
    receipt = register(zhou, contact, uscc, scan)
    zhou.press("查询进度")
    assert "等待审核" in zhou.text

    institution = Institution.objects.get(ref=receipt)
    jing.open(f"/console/registration/institution/{institution.uid}/")
    assert uscc in jing.text
    jing.see_picture(".evidence img")
    jing.press("审核通过")
    institution.refresh_from_db()
    assert institution.is_active

    zhou.open(newest_link(contact))
    zhou.fill(password=PASSWORD, again=PASSWORD)
    submit(zhou, "设置密码")
    zhou.open("/account/sign-in/")
    zhou.fill(username=uscc, password=PASSWORD)
    zhou.press("登录")
    if "/privacy/" in zhou.page.url:
        zhou.page.locator("main form button[type=submit]").first.click()
        zhou.page.wait_for_load_state()
    assert "设置第二步验证" in zhou.text
    zhou.fill(code=authenticator_code(institution.account))
    zhou.press("确认并启用")
    zhou.open("/registration/institutions/own/")
    assert NAME in zhou.text

    wang.open("/registration/employers/")
    wang.press(NAME)
    wang.press("查看并确认")
    work = wang_fang.experiences.get()
    wang.fill(experiences=str(work.pk))
    submit(wang, "确认关联")
    work.refresh_from_db()
    assert work.institution == institution
    assert NAME in wang.text
