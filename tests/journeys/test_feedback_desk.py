"""From 请输入正确的身份证号 through feedback to an account, with scripts and without (R-ACC-04…07)."""

import pytest
from PIL import Image

from registration.models import Feedback
from swms.throttle import Window
from tests import factories
from tests.journeys.browsing import newest_code
from tests.people import PASSWORD

NAME = "欧阳晨"
CHAOYANG = ("110000", "110105")  # a municipality has no step between
REASON = "证书图片无法辨认，请重新上传清晰的图片。"


@pytest.fixture
def scan(tmp_path):
    """A file with a picture of no certificate."""
    path = tmp_path / "证书.jpg"
    Image.new("RGB", (1200, 850), "#f5efe0").save(path)
    return path


def no_minute_between_codes():
    Window.objects.filter(scope="sms_0").delete()


def try_to_register(person, number, mobile):
    no_minute_between_codes()
    person.open("/registration/account/")
    person.fill(name=NAME, id_number=number, mobile=mobile)
    person.answer_question()
    person.page.check("[name=consent]")
    person.press("获取验证码")
    person.fill(code=newest_code(mobile), password=PASSWORD, again=PASSWORD)
    submit(person, "注册")


def give_feedback(person, mobile, mgmt_no, scan):
    """Press 反馈 beside the message, prove the mobile, fill in, send; return the receipt number."""
    no_minute_between_codes()
    person.press("反馈")
    person.press("获取验证码")
    assert "请阅读隐私告知" in person.text
    person.answer_question()
    person.page.check("[name=consent]")
    person.press("获取验证码")
    person.fill(code=newest_code(mobile))
    person.press("下一步")
    person.fill(level="1", exam_year="2025", image=str(scan), mgmt_no="1")
    submit(person, "提交反馈")
    assert "请填写签发日期" in person.text
    assert "已上传：证书.jpg" in person.text
    person.fill(issue_date="2025-09-15", mgmt_no=mgmt_no)
    person.choose_region("region", *CHAOYANG)
    submit(person, "提交反馈")
    assert "反馈已提交" in person.text
    return person.page.locator(".receipt__number").inner_text()


def submit(person, words):
    """Press the visible button, not the one that Enter presses."""
    person.page.locator(".actions").get_by_role("button", name=words).click()
    person.page.wait_for_load_state()
    person.look()


@pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
def test_who_is_missing_from_the_roster_gets_in_by_feedback(visit, li_jing, scan, script):
    number, mobile = factories.id_number(), factories.mobile()
    mgmt_no = factories.synthetic_management_number(2025, "11", 1, 77_000 + script)
    chen = visit(script=script)
    try_to_register(chen, number, mobile)
    assert "请输入正确的身份证号" in chen.text
    ref = give_feedback(chen, mobile, mgmt_no, scan)
    chen.press("查询进度")
    assert "等待审核" in chen.text

    jing = visit()
    jing.sign_in(li_jing)
    jing.open(f"/console/registration/feedback/{ref}/")
    assert number not in jing.text
    assert mgmt_no in jing.text
    jing.see_picture(".evidence img")
    jing.page.locator("summary", has_text="退回补正").click()
    jing.fill(reason=REASON)
    jing.page.get_by_role("button", name="退回补正").click()
    jing.look()

    no_minute_between_codes()
    again = visit(script=script)  # another day, another computer
    again.open(f"/registration/feedback/{ref}/receipt/")
    assert NAME not in again.text
    again.press("查询进度")
    again.fill(mobile=mobile)
    again.answer_question()
    again.press("获取验证码")
    again.fill(code=newest_code(mobile))
    again.press("查看反馈")
    assert REASON in again.text
    again.press("修改并重新提交")
    again.fill(note="已重新拍摄。", image=str(scan))
    submit(again, "重新提交")
    assert "已重新提交" in again.text

    jing.open(f"/console/registration/feedback/{ref}/")
    assert "补正时修改了" in jing.text
    jing.press("审核通过")
    assert Feedback.objects.get(ref=ref).state == "APPROVED"

    again.page.reload()
    again.look()
    again.press("注册账户")
    try_to_register(again, number, mobile)
    assert mgmt_no in again.text
