"""Registering an institution and following it through the pages, for the tests of it."""

import re
from datetime import timedelta

from tests.registration.feedback_pages import asked, picture

START = "/registration/institutions/"
CODE = f"{START}code/"
FORM = f"{START}form/"
STATUS = f"{START}status/"
STATUS_CODE = f"{STATUS}code/"
CONTACT = "19900007001"
USCC = "52110105TEHT900016"


def answers(**changes) -> dict:
    data = {
        "name": "夏雨社会工作服务中心",
        "uscc": USCC,
        "org_type": "PRIVATE_NON_ENTERPRISE",
        "region": "110105",
        "business_authority": "",
        "legal_rep": "周明",
        "established": "2018-05-20",
        "address": "示例路8号",
        "contact_name": "周敏",
        "email": "",
        "business_scope": "社区为老服务",
        "staff_total": "9",
        "staff_licensed": "3",
        "intro": "",
        "certificate_scan": picture(name="登记证书.jpg"),
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def link_in(texts: list[str], kind: str) -> str:
    """Return the address in the newest message with a link of this kind."""
    text = next(each for each in texts if f"/{kind}/" in each)
    return re.search(rf"/registration/institutions/{kind}/[\w-]+/", text).group()


def prove(browser, clock, code_for, *, start=START, mobile=CONTACT):
    """Prove the mobile, by an invitation's page or by the door for everybody."""
    clock.shift(timedelta(minutes=2))
    question = asked(browser.get(start)) if start == START else {}
    browser.post(start, {"mobile": mobile, "consent": "on", **question})
    return browser.post(CODE, {"code": code_for(mobile)})
