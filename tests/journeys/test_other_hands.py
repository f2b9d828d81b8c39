"""The same work without a mouse, without scripts, and in large print."""

from django.urls import reverse

from registration.models import Application
from registration.workflows import ApplicationState
from tests import factories
from tests.journeys.steps import (
    annotate,
    applicant,
    apply,
    fill_in,
    give_password,
    newcomer,
    pass_review,
    register,
    signed_correctly,
    wait_for,
)  # fmt: skip
from tests.people import PASSWORD

FOCUSED = """() => {
    const at = document.activeElement;
    return [...(at.labels ?? [])].map((each) => each.innerText).concat(at.innerText || "").join(" ").trim();
}"""
OUTLINED = """() => {
    const at = document.activeElement;
    const style = (each) => getComputedStyle(each);
    const shown = (each) => style(each).outlineStyle !== "none" || style(each).boxShadow !== "none";
    return shown(at) || shown(at.closest("label") ?? at);
}"""


def tab_to(person, words):
    """Press Tab until what has the focus is called so; every stop on the way must be seen."""
    for _ in range(60):
        person.page.keyboard.press("Tab")
        assert person.page.evaluate(OUTLINED), person.page.evaluate(FOCUSED)
        if person.page.evaluate(FOCUSED) == words:
            return
    raise AssertionError(f"Tab never came to {words} on {person.page.url}")


def go(person, words):
    """Tab to a link or button, press Enter and arrive."""
    tab_to(person, words)
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")
    person.look()


def test_from_sign_in_to_the_receipt_by_keyboard_alone(visit):
    application = applicant("何伟")
    wei = visit()
    wei.open("/")
    wei.page.keyboard.press("Tab")
    assert "跳" in wei.page.evaluate(FOCUSED)  # past the menu, straight to what matters
    go(wei, "登录")
    wei.page.keyboard.type(application.worker.user.id_number)  # the first field has the focus already
    wei.page.keyboard.press("Tab")
    wei.page.keyboard.type(PASSWORD)
    with wei.page.expect_navigation():
        wei.page.keyboard.press("Enter")
    wei.open("/registration/")
    go(wei, "查看申请")
    go(wei, "核对并申请登记证书")
    tab_to(wei, "我已阅读并作出以上承诺")
    wei.page.keyboard.press("Space")
    go(wei, "申请登记证书")
    assert application.ref in wei.page.inner_text(".receipt__number")


def test_with_scripts_off_the_whole_way_of_the_worker_works(visit, photo, li_jing, zhang_wei, tmp_path):
    row = newcomer("许诺")
    nuo = visit(script=False, width=375)
    register(nuo, row, factories.mobile())
    fill_in(nuo, photo)
    ref = apply(nuo)
    for reviewer, words in ((li_jing, "初审通过"), (zhang_wei, "终审通过")):
        desk = visit(script=False)
        desk.sign_in(reviewer)
        pass_review(desk, ref, "许诺", words)
    wait_for(lambda: Application.objects.filter(ref=ref, state=ApplicationState.CERT_ISSUED))
    nuo.open("/registration/")
    nuo.press("查看证书")
    assert signed_correctly(annotate(nuo), tmp_path)


EMPTY = ["registration:dashboard", "registration:profile", "registration:profile_basic", "registration:profile_work",
         "registration:profile_honours", "notices:inbox", "signin:account"]  # fmt: skip
WRONG = ["registration:profile_basic", "registration:profile_region", "registration:profile_honours_add"]
PUBLIC = ["home", "signin:sign_in", "registration:register", "certificates:verify", "accessibility"]


def test_pages_with_nothing_with_mistakes_and_in_large_print_are_as_good_as_the_others(visit):
    stranger = visit()
    for large in (False, True):
        if large:
            stranger.press("切换到适老模式")
        for name in PUBLIC:
            stranger.open(reverse(name))
        for name in ("signin:sign_in", "registration:register", "certificates:verify"):
            stranger.open(reverse(name))
            stranger.page.locator("main button[type=submit]").first.click()
            stranger.look()
            assert stranger.page.title().startswith("错误："), name
    full, bare = applicant("沈洁").worker.user, factories.worker("韩冬").user
    for user in (full, bare):
        give_password(user)
        person = visit()
        person.sign_in(user)
        person.press("切换到适老模式")
        for name in EMPTY:
            person.open(reverse(name))
        for name in WRONG if user == bare else ():
            person.open(reverse(name))
            person.press("保存")
            assert person.page.title().startswith("错误："), name
