"""Appealing through the pages, following an appeal and opening its links, for the tests of it."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from registration.models import Appeal
from tests import factories
from tests.people import PASSWORD
from tests.registration.feedback_pages import asked, clock, code_for, sent

START = "/registration/appeal/"
CODE = f"{START}code/"
FORM = f"{START}form/"
STATUS = f"{START}status/"
STATUS_CODE = f"{STATUS}code/"
RESET = f"{START}password/"
OBJECTION = f"{START}objection/"
NEW = "19900008001"
OTHER = "19900008002"
REASON = "身份证国徽面反光，请重新拍摄后上传。"
CHANGED = "Xinmima-2026"


@pytest.fixture
def fang(people):
    """王芳, with an account in 朝阳区, a password and a mobile that she lost."""
    user = people.wang_fang.user
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def appeal(clock, code_for):
    """Return a function that makes an appeal through the pages and returns the last answer."""

    def appealing(browser, user=None, *, mobile=NEW, **changes):
        prove(browser, clock, code_for, mobile)
        return browser.post(FORM, answers(user, **changes))

    return appealing


@pytest.fixture
def follow(clock, code_for):
    """Return a function that proves the mobile of a receipt and returns the page of the appeal."""

    def following(browser, ref, *, mobile=NEW):
        clock.shift(timedelta(minutes=2))
        question = asked(browser.get(STATUS))
        browser.post(STATUS, {"ref": ref, "mobile": mobile, **question})
        return browser.post(STATUS_CODE, {"code": code_for(mobile)}, follow=True)

    return following


@pytest.fixture
def hers(client, appeal, fang):
    """王芳's appeal, made through the pages; ``client`` may follow it."""
    appeal(client, fang)
    return Appeal.objects.get()


@pytest.fixture
def approved(hers, people):
    """It was approved by 李静."""
    return hers.move("approve", actor=people.li_jing, seen=1)


@pytest.fixture
def key_for(sent):
    """Return a function that gives the key of the newest link to a mobile."""

    def key(mobile=NEW):
        return re.search(r"\?key=([\w-]+)", next(text for text in sent(mobile) if "?key=" in text))[1]

    return key


def prove(browser, clock, code_for, mobile=NEW):
    clock.shift(timedelta(minutes=2))
    browser.post(START, {"mobile": mobile, "consent": "on", **asked(browser.get(START))})
    return browser.post(CODE, {"code": code_for(mobile)})


def answers(user=None, **changes) -> dict:
    data = {
        "name": user.name if user else "何平",
        "id_number": user.id_number if user else factories.id_number(),
        "front": factories.id_card("人像面"),
        "back": factories.id_card("国徽面"),
        "reason": "原手机号已停机",
        "images_consent": "on",
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def reset(key: str, password: str = CHANGED, **defaults):
    """Set a password behind the link with this key, in a browser of nobody."""
    return Client(**defaults).post(RESET, {"key": key, "password": password, "again": password})


def sign_in(name: str, password: str) -> bool:
    browser = Client(REMOTE_ADDR="203.0.113.77")
    browser.post("/account/sign-in/", {"username": name, "password": password})
    return "_auth_user_id" in browser.session


__all__ = ["asked", "clock", "code_for", "sent"]
