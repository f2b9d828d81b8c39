"""The first security administrator of an installation is made on its server (S10, S15)."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from swms.accounts.models import Authenticator, User
from swms.audit.models import AuditEvent
from swms.regions.models import Duty, Jurisdiction

pytestmark = pytest.mark.django_db


def make(**options) -> tuple[User, str]:
    """Run the command; return who was made, and the password that it printed."""
    out = io.StringIO()
    call_command("make_administrator", stdout=out, **({"name": "郑凯", "username": "zhengkai"} | options))
    return User.objects.latest("pk"), re.search(r"初始密码 +(\S+)", out.getvalue())[1]


def test_the_first_administrator_sets_up_the_second_factor_and_a_password_before_anything_opens():
    zheng, password = make()
    browser = Client()
    browser.post("/account/sign-in/", {"username": "zhengkai", "password": password})
    assert browser.get("/console/", follow=True).request["PATH_INFO"] == "/account/second-factor/set-up/"
    browser.post("/account/second-factor/set-up/", {"code": Authenticator.objects.get(user=zheng).code()})
    assert browser.get("/console/")["Location"] == "/account/password/"
    chosen = {"present": password, "password": "Chunfeng-2026", "again": "Chunfeng-2026"}
    browser.post("/account/password/", chosen)
    assert browser.get("/console/accounts/user/").status_code == 200


def test_it_leaves_its_trail_and_one_duty():
    zheng, _ = make()
    assert [held.duty for held in Jurisdiction.objects.filter(user=zheng)] == [Duty.SECURITY]
    events = AuditEvent.objects.filter(target_id=str(zheng.pk)).order_by("id")
    assert [event.verb for event in events] == ["accounts.user.create_staff", "accounts.user.grant_duty"]
    assert {event.reason for event in events} == {"在服务器上执行 manage.py make_administrator"}


def test_with_one_at_hand_it_refuses_and_makes_another_only_when_told():
    make()
    with pytest.raises(CommandError, match=r"已有安全管理员.*--again"):
        make(name="冯雪", username="fengxue")
    assert not User.objects.filter(username="fengxue").exists()
    again, _ = make(name="冯雪", username="fengxue", again=True)
    assert again.username == "fengxue"


def test_one_whose_account_was_closed_is_not_at_hand():
    zheng, _ = make()
    User.objects.filter(pk=zheng.pk).update(is_active=False)
    make(name="冯雪", username="fengxue")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"username": "Zheng Kai"}, "用户名：请用3至32个小写字母"),
        ({"name": "郑"}, "姓名："),
        ({"name": ""}, "--name is missing"),
        ({"username": "zhengkai"}, "已有人使用"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_made(options, told):
    User.objects.create_user(kind=User.Kind.STAFF, name="张伟", username="zhengkai")
    with pytest.raises(CommandError, match=told):
        make(**({"username": "zhengkai2"} | options))
    assert not Jurisdiction.objects.exists()


def test_at_a_terminal_it_asks(monkeypatch):
    answers = iter(["郑凯", "zhengkai"])
    monkeypatch.setattr("builtins.input", lambda words: next(answers))
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    zheng, _ = make(name="", username="")
    assert (zheng.name, zheng.username) == ("郑凯", "zhengkai")
