"""A reviewer's morning without a mouse: thirty cases, the keys that say what they do, and the page at 200 % zoom."""

import pytest

from registration.models import Application, Decision
from registration.workflows import ApplicationState
from tests import factories
from tests.journeys.browsing import TWICE
from tests.journeys.steps import staff

CASES = 30
REASON = "照片不是本人近照，请重新上传。jar/next?"  # whose letters are keys
FOCUSED = "document.activeElement"


@pytest.fixture
def gao_feng(portal):
    """高峰, first reviewer of 海淀区, whose queue no other journey fills."""
    return staff("高峰", "gaofeng", "FIRST_REVIEW", "110108")


class Keys:
    """A reviewer's keyboard, and what they see of what they press."""

    def __init__(self, person):
        self.page = person.page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def go(self, *keys: str) -> None:
        """Press what leads to another page."""
        with self.page.expect_navigation():
            self.press(*keys)

    def tab_to(self, name: str) -> None:
        for _ in range(40):
            if self.page.evaluate(f"{FOCUSED}.name") == name:
                return
            self.press("Tab")
        raise AssertionError(f"Tab never reaches {name}")

    @property
    def focused(self) -> str:
        return self.page.evaluate(f"{FOCUSED}.innerText")

    def sees_what_has_focus(self) -> bool:
        """Whether nothing lies over the middle of it, and it is inside the window."""
        return self.page.evaluate(
            """() => {
                const box = document.activeElement.getBoundingClientRect();
                const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return at !== null && (document.activeElement.contains(at) || at.contains(document.activeElement));
            }"""
        )


def approve(keys, case):
    keys.press("a")
    assert keys.focused == "初审通过"
    assert keys.sees_what_has_focus()
    assert Application.objects.get(pk=case.pk).state == ApplicationState.PENDING_REVIEW  # the letter decided nothing
    keys.go("Enter")


def refuse(keys):
    keys.press("r", "Space")  # the first reason
    assert keys.sees_what_has_focus()
    keys.tab_to("refusal_kind")
    keys.press("Space")
    keys.tab_to("reason")
    keys.page.keyboard.type(REASON)
    assert keys.sees_what_has_focus()
    keys.tab_to("move")
    assert keys.focused == "初审不通过"
    keys.go("Enter")


def test_thirty_cases_are_decided_by_keyboard_alone_and_the_next_one_opens_each_time(visit, gao_feng):
    cases = [factories.submitted(f"申请人{number}", code="110108") for number in range(CASES)]
    desk = visit()
    desk.sign_in(gao_feng)
    desk.open("/console/registration/application/")
    keys = Keys(desk)

    keys.press("?")
    assert desk.page.locator("dialog").is_visible()
    desk.look()
    keys.press("a", "Escape")
    assert not desk.page.locator("dialog").is_visible()
    keys.press("/")
    desk.page.keyboard.type("jkanru")
    assert desk.page.locator("[name=text]").input_value() == "jkanru"
    keys.press("Escape", "j", "j", "k")
    assert keys.focused == "申请人0"
    keys.go("Enter")

    put_off = cases[3]
    order = [case for case in cases if case != put_off] + [put_off]
    for number, case in enumerate(order):
        if number == 3:
            assert put_off.ref in desk.text
            keys.go("n")
        assert case.ref in desk.text
        if number == CASES // 2:  # 200 %: half as much of everything is seen
            desk.page.set_viewport_size({"width": TWICE, "height": 450})
        if number == CASES // 2 or number == 0:
            desk.look()
            desk.page.set_viewport_size({"width": TWICE if number else 1280, "height": 450 if number else 900})
        refuse(keys) if number % 6 == 5 else approve(keys, case)
    assert desk.page.url.endswith("/console/registration/application/")
    assert "现在没有等您审核的申请" in desk.text
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= TWICE

    decided = Decision.objects.filter(reviewer=gao_feng, application__in=cases)
    assert decided.filter(passed=True).count() == CASES * 5 // 6
    assert set(decided.filter(passed=False).values_list("reason", flat=True)) == {REASON}
    assert decided.count() == CASES
