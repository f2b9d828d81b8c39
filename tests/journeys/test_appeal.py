"""From a lost mobile to a new password, and the old mobile's objection to it (R-APL-01…06)."""

import re

import pytest
from PIL import Image

from registration.models import Appeal
from swms.notices.models import Delivery
from swms.throttle import Window
from tests import factories
from tests.journeys.browsing import newest_code
from tests.journeys.steps import applicant, staff

CHANGED = "Xinmima-2026"


@pytest.fixture
def card(tmp_path):
    """Both sides of nobody's identity card, as files."""
    paths = []
    for side, colour in (("人像面", "#dfe7ef"), ("国徽面", "#f5e0e0")):
        path = tmp_path / f"{side}.jpg"
        Image.new("RGB", (1011, 638), colour).save(path)
        paths.append(str(path))
    return paths


@pytest.fixture
def security(portal):
    """郑凯, security administrator."""
    return staff("郑凯", "zhengkai", "SECURITY", None)


def link_to(mobile: str) -> str:
    """Return the address in the newest message to a mobile that has one."""
    messages = (each.text for each in Delivery.objects.order_by("-id") if each.mobile == mobile)
    return re.search(r"https?://\S+\?key=\S+", next(text for text in messages if "?key=" in text))[0]


def submit(person, words):
    """Press the visible button, not the one that Enter presses."""
    person.page.locator(".actions").get_by_role("button", name=words).click()
    person.page.wait_for_load_state()
    person.look()


def sign_in(person, name, password):
    person.open("/account/sign-in/")
    person.fill(username=name, password=password)
    person.press("登录")


def test_a_new_mobile_opens_the_account_until_the_old_one_objects(visit, li_jing, security, card):
    user = applicant("欧阳静").worker.user
    old, new = user.mobile, factories.mobile()
    her = visit()
    her.open("/account/sign-in/")
    her.press("忘记密码")
    her.press("提交申诉")
    her.fill(mobile=new)
    her.answer_question()
    her.page.check("[name=consent]")
    her.press("获取验证码")
    her.fill(code=newest_code(new))
    her.press("下一步")
    her.fill(name=user.name, id_number=user.id_number, front=card[0], back=card[1])
    submit(her, "提交申诉")
    assert "同意后勾选" in her.text
    assert her.text.count("已上传：") == 2
    her.page.check("[name=images_consent]")
    submit(her, "提交申诉")
    ref = her.page.locator(".receipt__number").inner_text()
    her.press("查询进度")
    assert "等待审核" in her.text

    jing = visit()
    jing.sign_in(li_jing)
    jing.open("/console/registration/appeal/")
    jing.press(user.name)
    assert user.id_number not in jing.text
    shown = jing.page.locator(".evidence img")
    for number in range(3):  # both sides and the account's photo
        shown.nth(number).scroll_into_view_if_needed()
        shown.nth(number).evaluate("image => image.decode()")
    jing.press("通过")
    assert Appeal.objects.get(ref=ref).state == "APPROVED"

    her.page.reload()
    assert "打开短信中的链接" in her.text
    first = link_to(new)
    Window.objects.filter(scope__startswith="appeal_link").delete()
    her.press("重新发送链接")
    submit(her, "发送链接")
    her.open(first)
    assert "链接已失效" in her.text
    her.complaints.clear()  # 410 is what a dead link is answered
    her.open(link_to(new))
    her.fill(password=CHANGED, again=CHANGED)
    submit(her, "设置新密码")
    sign_in(her, user.id_number, CHANGED)
    assert user.name in her.page.inner_text("body")

    owner = visit(script=False)  # an old telephone
    owner.open(link_to(old))
    assert Appeal.objects.get(ref=ref).state == "APPROVED", "opening the link changes nothing"
    owner.press("提出异议并锁定账户")
    assert "账户已锁定" in owner.text
    her.open("/account/")
    assert "/sign-in/" in her.page.url
    sign_in(her, user.id_number, CHANGED)
    assert "账号或密码不正确" in her.text

    kai = visit()
    kai.sign_in(security)
    kai.open("/console/")
    assert "因原手机号提出异议而锁定" in kai.text
    kai.open(f"/console/registration/appeal/{ref}/")
    kai.page.check("[name=keep][value=old]")
    kai.fill(reason="本人携带身份证到场，已核实身份。")
    kai.press("解除锁定")
    user.refresh_from_db()
    assert (user.is_active, user.mobile) == (True, old)
