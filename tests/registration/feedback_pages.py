"""Giving and following feedback through the pages, for the tests of it."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from PIL import Image

from tests import factories

START = "/registration/feedback/"
CODE = f"{START}code/"
FORM = f"{START}form/"
STATUS = f"{START}status/"
STATUS_CODE = f"{STATUS}code/"
MOBILE = "19900008001"
OTHER_MOBILE = "19900008002"
MGMT_NO = "202511000010000017"
REASON = "证书图片无法辨认，请重新上传清晰的图片。"


@pytest.fixture(autouse=True)
def clock(people):
    """A Monday morning; nobody waits for a minute between two codes."""
    factories.region("110105")
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def sent(db):
    """All texts that go to a mobile, the newest first; without those that were too late from the beginning."""
    from swms.notices.models import Delivery

    def texts(mobile=MOBILE):
        rows = [each for each in Delivery.objects.order_by("-id") if each.mobile == mobile]
        return [each.text for each in rows if not each.expires_at or each.expires_at > each.next_attempt_at]

    return texts


@pytest.fixture
def code_for(sent):
    return lambda mobile=MOBILE: re.search(r"\d{6}", next(text for text in sent(mobile) if "验证码" in text)).group()


@pytest.fixture
def give(clock, code_for):
    """Return a function that gives a feedback through the pages and returns the last answer."""

    def giving(browser, *, mobile=MOBILE, **changes):
        prove(browser, clock, code_for, mobile)
        return browser.post(FORM, answers(**changes))

    return giving


@pytest.fixture
def follow(clock, code_for):
    """Return a function that proves the mobile of a receipt and returns the page of the feedback."""

    def following(browser, ref, *, mobile=MOBILE):
        clock.shift(timedelta(minutes=2))
        question = asked(browser.get(STATUS))
        browser.post(STATUS, {"ref": ref, "mobile": mobile, **question})
        return browser.post(STATUS_CODE, {"code": code_for(mobile)}, follow=True)

    return following


@pytest.fixture
def one(client, give):
    """陈晨's feedback, given through the pages."""
    from registration.models import Feedback

    give(client)
    return Feedback.objects.get()


def asked(page) -> dict:
    form = page.context["form"]
    return {"asked": form["asked"].value(), "answer": str(form._asked["a"] + form._asked["b"])}


def prove(browser, clock, code_for, mobile=MOBILE):
    clock.shift(timedelta(minutes=2))
    browser.post(START, {"mobile": mobile, "consent": "on", **asked(browser.get(START))})
    return browser.post(CODE, {"code": code_for(mobile)})


def picture(colour="#dfe7ef", name="证书.jpg"):
    out = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(out, "JPEG")
    out.seek(0)
    out.name = name
    return out


def answers(**changes) -> dict:
    data = {
        "name": "陈晨",
        "id_type": "ID_CARD",
        "id_number": "110000199501014248",
        "level": "1",
        "exam_year": "2025",
        "issue_date": "2025-09-15",
        "mgmt_no": MGMT_NO,
        "region": "110105",
        "note": "",
        "image": picture(),
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def texts(page) -> str:
    return page.content.decode()
