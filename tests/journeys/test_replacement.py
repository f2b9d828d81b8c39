"""A corrected name: the worker, the first desk, the final desk, and the new version of the certificate (R-REP-03)."""

from certificates.models import Certificate, Replacement
from certificates.workflows import ReplacementState
from registration import actions as registering
from registration.promise import PROMISE_VERSION
from tests.journeys.steps import applicant, signed_correctly, wait_for


def test_a_corrected_name_is_printed_on_the_next_version_and_the_old_one_says_so(
    visit, photo, li_jing, zhang_wei, tmp_path
):
    application = applicant("孙丽")
    registering.apply(application, by=application.worker.user, promise_version=PROMISE_VERSION)
    application.move("pass_first", actor=li_jing, seen=application.form_version)
    application.move("pass_final", actor=zhang_wei, seen=application.form_version)
    registering.complete(application.pk)
    first = wait_for(lambda: Certificate.objects.filter(registration__applications=application, state="ISSUED").first())
    number = first.registration.number

    li = visit(width=375)  # on a phone: no PDF in the page that takes the clicks while it loads
    li.sign_in(application.worker.user)
    li.open(f"/certificates/r/{number}")
    li.press("换发登记证书")
    li.page.check("[name=reason][value=correction]")
    li.press("下一步")
    li.fill(new_name="孙莉", files_added=str(photo))
    li.press("下一步：核对")
    assert "孙莉" in li.text
    li.press("提交换发申请")
    ref = li.page.inner_text(".receipt__number")

    for reviewer, label in ((li_jing, "初审通过"), (zhang_wei, "终审通过")):
        desk = visit()
        desk.sign_in(reviewer)
        desk.open("/console/certificates/replacement/")
        desk.press("孙丽")
        beside = desk.page.locator(".diff").first.inner_text()
        assert "孙丽" in beside
        assert "孙莉" in beside
        desk.press(label)
    wait_for(lambda: Replacement.objects.filter(ref=ref, state=ReplacementState.ISSUED).first())

    li.open(f"/certificates/r/{number}")
    assert "孙莉" in li.text
    assert "第 2 版" in li.text
    second = Certificate.objects.get(registration__number=number, version=2)
    assert signed_correctly(second.read(), tmp_path)
    anybody = visit()
    anybody.open(f"/v/{first.verify_token}")
    assert "证书已换发" in anybody.text
    anybody.open(f"/v/{second.verify_token}")
    assert "登记有效" in anybody.text
