"""Refused with reasons, corrected where named, passed: the second journey of the main job."""

from registration.models import Application
from registration.workflows import ApplicationState
from tests.journeys.steps import applicant, apply, find_case, pass_review, wait_for

OPINION = "照片背景杂乱，请换成白底证件照；毕业院校与学历证书不一致，请更正。"


def test_who_was_refused_corrects_only_what_was_named_and_is_passed(visit, photo, li_jing, zhang_wei):
    application = applicant("王芳")  # R-REG-14, R-REG-15
    fang = visit()
    fang.sign_in(application.worker.user)
    ref = apply(fang)

    jing = visit()
    jing.sign_in(li_jing)
    find_case(jing, ref)
    jing.page.locator("summary", has_text="初审不通过").click()
    jing.page.check("[name=reason_codes][value=photo_not_id]")
    jing.page.check("[name=reason_codes][value=education_untrue]")
    jing.page.check("[name=refusal_kind][value=fixable]")
    jing.fill(reason=OPINION)
    jing.press("初审不通过")
    application.refresh_from_db()
    assert application.state == ApplicationState.INITIAL_REJECTED

    fang.open(f"/registration/applications/{ref}/")
    assert OPINION in fang.text
    fang.press("修改并重新申请")
    fang.press("开始修改")
    fang.press("照片不是本人近期证件照，或不清晰")
    fang.fill(photo=str(photo))
    fang.save()
    fang.open(f"/registration/applications/{ref}/")
    fang.press("学历或学位信息有误")
    fang.fill(school="更正后的大学")
    fang.save()
    assert apply(fang) == ref

    find_case(jing, ref)
    beside = jing.page.locator(".diff").first.inner_text()
    assert "示例大学" in beside
    assert "更正后的大学" in beside
    assert "春风社会工作服务中心" not in beside
    assert OPINION in jing.text
    jing.press("初审通过")
    zhang = visit()
    zhang.sign_in(zhang_wei)
    pass_review(zhang, ref, "王芳", "终审通过")
    wait_for(lambda: Application.objects.filter(ref=ref, state=ApplicationState.CERT_ISSUED))
    fang.open("/registration/")
    assert "已出证" in fang.text
