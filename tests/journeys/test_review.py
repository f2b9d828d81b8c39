"""A refusal and its answer, seen from the desk: by keyboard, with the proofs in the viewer (R-REG-14, R-REG-15)."""

from registration import actions
from registration.models import Application
from registration.promise import PROMISE_VERSION
from registration.workflows import ApplicationState
from tests import factories
from tests.journeys.steps import applicant, apply, find_case

OPINION = "毕业院校请填写毕业证书上的全称。"
NOTE = "已核对学籍信息，等本人更正。"


def proven(name):
    """Return the application of somebody whose project of the three plans is proven by a document of two pages."""
    one = applicant(name)
    project = factories.past_project(one.worker, is_special=True, plan="THREE_AREAS")
    factories.document(project, one.worker.user)
    return actions.apply(one, by=one.worker.user, promise_version=PROMISE_VERSION)


def test_a_refusal_round_trip_from_the_desk_with_the_keyboard(visit, li_jing):
    case = proven("王芳")
    jing = visit()
    jing.sign_in(li_jing)
    find_case(jing, case.ref)

    # The document, in the page: bigger, turned, the other page, and back.
    viewer = jing.page.locator(".viewer[aria-label*='所属计划']")
    viewer.focus()
    picture = viewer.locator("img")
    jing.page.wait_for_function("e => e.complete && e.naturalHeight === 2000", arg=picture.element_handle())
    small = picture.bounding_box()["height"]
    status = viewer.locator("xpath=following-sibling::div[1]").get_by_role("status")
    for key, said in (
        ("+", "150%"),
        ("+", "200%"),
        ("r", "转了 90 度"),
        ("0", "第 1 页，共 2 页，100%"),
        ("]", "第 2 页"),
    ):
        jing.page.keyboard.press(key)
        assert said in status.inner_text()
        if said == "200%":
            assert picture.bounding_box()["height"] > 1.5 * small
    jing.page.wait_for_function("e => e.complete && e.naturalHeight === 2000", arg=picture.element_handle())
    assert picture.get_attribute("src").endswith("/pages/2/")
    jing.page.keyboard.press("Tab")  # the buttons of the viewer follow it
    assert jing.page.evaluate("document.activeElement.textContent") == "上一页"
    jing.look()

    jing.fill(note=NOTE)
    jing.press("保存备注")
    assert NOTE in jing.text

    point = jing.page.locator("[name=item][value='basic..school']")
    point.focus()
    jing.page.keyboard.press("Space")
    jing.page.select_option("[name='code-basic..school']", "education_untrue")
    summary = jing.page.locator(".decision__reasons > summary")
    summary.focus()
    jing.page.keyboard.press("Enter")
    jing.page.locator("[name=refusal_kind][value=fixable]").focus()
    jing.page.keyboard.press("Space")
    jing.page.locator("#id_reason").focus()
    jing.page.keyboard.type(OPINION)
    button = jing.page.locator("button[value=fail_first]")
    button.focus()
    with jing.page.expect_navigation():  # a key, unlike a click, does not wait for where it leads
        jing.page.keyboard.press("Enter")
    jing.look()
    assert Application.objects.get(pk=case.pk).state == ApplicationState.INITIAL_REJECTED

    fang = visit()
    fang.sign_in(case.worker.user)
    fang.open(f"/registration/applications/{case.ref}/")
    assert OPINION in fang.text
    assert NOTE not in fang.page.content()
    fang.press("修改并重新申请")
    fang.press("开始修改")
    fang.press("毕业院校")
    fang.fill(school="更正后的大学")
    fang.save()
    assert apply(fang) == case.ref

    find_case(jing, case.ref)
    named = jing.page.locator("[aria-labelledby=corrections-heading]")
    assert "第 1 轮指出的1项，都已修改" in named.inner_text()
    assert named.locator("del").all_inner_texts()
    assert "更正后的" in "".join(named.locator("ins").all_inner_texts())
    assert NOTE in jing.text
    jing.press("初审通过")
    assert Application.objects.get(pk=case.pk).state == ApplicationState.INITIAL_APPROVED
