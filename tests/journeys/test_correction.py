"""Refused with reasons, corrected where named and nowhere else, passed: the second journey of the main job."""

from registration.models import Application
from registration.workflows import ApplicationState
from tests.journeys.steps import applicant, apply, find_case, pass_review, wait_for

OPINION = "照片背景杂乱，请换成白底证件照；毕业院校与学历证书不一致，请更正。"
UNNAMED = "这一项没有被指出，不需要修改"


def test_who_was_refused_corrects_only_what_was_named_and_is_passed(visit, photo, li_jing, zhang_wei):
    application = applicant("王芳")  # R-REG-14, R-REG-15
    fang = visit()
    fang.sign_in(application.worker.user)
    ref = apply(fang)

    jing = visit()
    jing.sign_in(li_jing)
    find_case(jing, ref)
    school = jing.page.locator("[name=item][value='basic..school']")
    school.focus()
    jing.page.keyboard.press("Space")
    jing.page.keyboard.press("Tab")  # the fitting reason is chosen already
    jing.page.keyboard.press("Tab")
    jing.page.keyboard.type("以毕业证书上的全称为准")
    jing.page.check("[name=item][value='photo..']")
    jing.page.locator("summary", has_text="初审不通过").click()
    jing.page.check("[name=refusal_kind][value=fixable]")
    jing.fill(reason=OPINION)
    jing.press("初审不通过")
    application.refresh_from_db()
    assert application.state == ApplicationState.INITIAL_REJECTED
    assert sorted(application.decisions.get().reason_codes) == ["education_untrue", "photo_not_id"]

    fang.open(f"/registration/applications/{ref}/")
    assert OPINION in fang.text
    fang.press("修改并重新申请")
    fang.press("开始修改")
    assert "需要修改的2项" in fang.text
    assert "以毕业证书上的全称为准" in fang.text
    fang.press("毕业院校")
    assert fang.page.locator("#id_major").is_disabled()
    assert UNNAMED in fang.text
    another = fang.page.evaluate("document.querySelector('#id_major').disabled = false")
    assert another is False
    fang.fill(school="更正后的大学", major="心理学")
    fang.press("保存")
    assert UNNAMED in fang.page.locator("[data-error-summary]").inner_text()
    fang.open(f"/registration/applications/{ref}/")
    fang.press("毕业院校")
    fang.fill(school="更正后的大学")
    fang.save()
    for page, closed in (("/registration/profile/region/", "登记区域"), ("/registration/profile/honours/add/", "荣誉")):
        fang.open(page)
        assert closed in fang.text
        assert UNNAMED in fang.text

    fang.open("/registration/")
    assert "未提交" in fang.text
    assert "还有1项待修改" in fang.text
    fang.open(f"/registration/applications/{ref}/check/")
    assert "还有1项没有修改" in fang.text
    fang.press("返回修改")
    fang.press("照片")
    fang.fill(photo=str(photo))
    fang.save()
    assert apply(fang) == ref

    find_case(jing, ref)
    named = jing.page.locator("[aria-labelledby=corrections-heading]").inner_text()
    assert "第 1 轮指出的2项，都已修改" in named
    assert "示例大学" in named
    assert "更正后的大学" in named
    assert "没有指出而不同" not in named
    assert "春风社会工作服务中心" not in named
    assert OPINION in jing.text
    jing.press("初审通过")
    zhang = visit()
    zhang.sign_in(zhang_wei)
    pass_review(zhang, ref, "王芳", "终审通过")
    wait_for(lambda: Application.objects.filter(ref=ref, state=ApplicationState.CERT_ISSUED))
    fang.open("/registration/")
    assert "已出证" in fang.text
