"""The demo's outbox shows codes to everybody, and so exists in a demo only."""

import pytest

from swms.accounts.models import Authenticator
from swms.notices import demo, tasks
from swms.notices.delivery import backend
from swms.notices.send import sms
from tests import factories

OUTBOX = "/demo/outbox/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def a_demo(settings):
    settings.DEMO = True


def test_outside_a_demo_there_is_no_such_page_even_with_messages_in_the_outbox(client, settings):
    settings.DEMO = False
    sms("19900001234", "验证码 123456", kind="code")
    tasks.sweep()
    answer = client.get(OUTBOX)
    assert answer.status_code == 404
    assert "123456" not in answer.content.decode()


def test_a_demo_shows_the_newest_messages_with_masked_addresses_and_says_that_it_is_a_demo(client, a_demo):
    sms("19900001234", "验证码 123456", kind="code")
    tasks.sweep()
    backend("email").send("wangfang@example.com", "正文", subject="标题", key="mail")
    page = client.get(OUTBOX).content.decode()
    assert "验证码 123456" in page
    assert "199****1234" in page
    assert "w***@example.com" in page
    assert "19900001234" not in page
    assert "本页只在演示系统中存在" in page


def test_the_codes_of_the_demos_people_open_their_accounts_and_nobody_elses_code_is_shown(client, a_demo):
    reviewer, other = factories.staff("李静", username="demo-lijing"), factories.staff("张伟", username="zhangwei")
    device = Authenticator.objects.create(user=reviewer, name="authenticator", confirmed=True)
    Authenticator.objects.create(user=other, name="authenticator", confirmed=True)
    Authenticator.objects.create(user=reviewer, name="half set up", confirmed=False)
    (shown,) = demo.codes_of_the_moment()
    assert (shown.username, shown.name) == ("demo-lijing", "李静")
    assert 1 <= shown.left <= device.STEP
    assert device.verify_token(shown.code)
    page = client.get(OUTBOX).content.decode()
    assert "demo-lijing" in page
    assert "zhangwei" not in page


def test_the_page_comes_anew_by_itself_until_somebody_wants_to_read_in_peace(client, a_demo):
    assert client.get(OUTBOX)["Refresh"] == str(demo.REFRESH)
    assert "Refresh" not in client.get(OUTBOX, {"still": 1})
